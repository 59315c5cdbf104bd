"""Results have the same bits for every number of workers, backend and order of completion."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

import scalml
from tests.faults.tools import FAMILIES, SleepBy, bits, chunked, numbers

X, y = numbers()


@pytest.fixture(scope="module")
def expected():
    with scalml.config_context(backend="serial"):
        return {name: bits(make().fit(chunked(X), y)) for name, make in FAMILIES.items()}


@pytest.mark.fault("F23")
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("backend", "n_jobs"),
    [("threads", 2), ("threads", 3), ("threads", 4), ("processes", 2), (None, 1), (None, None)],
)
def test_workers_do_not_matter(family, backend, n_jobs, expected):
    with scalml.config_context(backend=backend, n_jobs=n_jobs):
        assert bits(FAMILIES[family]().fit(chunked(X), y)) == expected[family]


@pytest.mark.fault("F23")
@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [3, 4])
def test_more_processes_do_not_matter(n_jobs, expected):
    with scalml.config_context(backend="processes", n_jobs=n_jobs):
        for family, make in FAMILIES.items():
            assert bits(make().fit(chunked(X), y)) == expected[family], family
    scalml.runtime.stop_workers()


@pytest.mark.fault("F23")
@pytest.mark.filterwarnings("default")  # what distributed deprecates is not ours
def test_engines_of_others_do_not_matter(expected):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor(pure=False) as executor,
        scalml.config_context(backend=executor, n_jobs=2),
    ):
        for family, make in FAMILIES.items():
            assert bits(make().fit(chunked(X), y)) == expected[family], family
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(2, mp_context=context) as executor,
        scalml.config_context(backend=executor, n_jobs=2),
    ):
        for family, make in FAMILIES.items():
            assert bits(make().fit(chunked(X), y)) == expected[family], family


@pytest.mark.fault("F24")
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_the_order_of_completion_does_not_matter(family, backend, expected):
    with scalml.config_context(backend=backend, n_jobs=2):
        for seed in range(2):
            model = FAMILIES[family]().fit(chunked(X, func=SleepBy(seed)), y)
            assert bits(model) == expected[family]

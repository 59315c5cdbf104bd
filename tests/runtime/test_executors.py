"""Every backend, and executors of others, give the same bits."""

import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import joblib
import numpy as np
import pytest

import scalml
from scalml.runtime import executors, imap, stop_workers
from scalml.runtime.worker import run_here


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return scalml.from_array(rng.lognormal(0, 3, (4003, 3)).astype(np.float32), chunk_rows=97)


def total(block):
    return block.sum(axis=0)


def bits(X):
    return scalml.reduce_chunks(total, X).tobytes()


@pytest.fixture(scope="module")
def expected(X):
    with scalml.config_context(backend="serial"):
        return bits(X)


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_our_own(X, expected, backend):
    with scalml.config_context(backend=backend, n_jobs=2):
        assert bits(X) == expected


def test_threads_of_others(X, expected):
    with ThreadPoolExecutor(2) as executor, scalml.config_context(backend=executor, n_jobs=2):
        assert bits(X) == expected


@pytest.fixture(scope="module")
def standard():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


def test_processes_of_the_standard_library(X, expected, standard):
    large = np.arange(100_000.0)
    with scalml.config_context(backend=standard, n_jobs=2):
        assert bits(X) == expected
        results = list(imap(large.__mul__, [1, 2]))  # a broadcast and results by file
    assert np.array_equal(results[1], large * 2)
    assert os.listdir(executors.workspace()) == ["lock"]


def test_an_executor_of_others_that_breaks_says_so(X):
    context = multiprocessing.get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=context) as executor,
        scalml.config_context(backend=executor, n_jobs=1),
        pytest.raises(BrokenProcessPool) as caught,
    ):
        list(imap(os._exit, [1]))
    assert any("make a new one" in note for note in caught.value.__notes__)


@pytest.mark.filterwarnings("default")  # what distributed deprecates is not ours
def test_dask(X, expected):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor(pure=False) as executor,
        scalml.config_context(backend=executor, n_jobs=2),
    ):
        assert bits(X) == expected
        with pytest.raises(ZeroDivisionError) as caught:
            scalml.reduce_chunks(lambda block: 1 // 0, X)
        assert "while reading rows 0:97" in caught.value.__notes__[0]


def test_n_jobs():
    cores = joblib.cpu_count()
    for n_jobs, expected in [(None, cores), (3, 3), (-1, cores), (-1000, 1)]:
        with scalml.config_context(n_jobs=n_jobs):
            assert executors.n_workers() == expected
            assert run_here(executors.n_workers) == 1


def test_n_jobs_inside_joblib():
    for backend in ("loky", "threading"):
        found = joblib.Parallel(2, backend=backend)(
            joblib.delayed(executors.n_workers)() for _ in range(2)
        )
        assert found == [1, 1]


def test_users_joblib_keeps_working_beside_ours(X, expected):
    with scalml.config_context(backend="processes", n_jobs=2):
        assert bits(X) == expected
        assert joblib.Parallel(2)(joblib.delayed(abs)(i) for i in (-1, 1)) == [1, 1]
        assert bits(X) == expected


def test_the_pool_stays_warm_and_stops_when_told(X):
    with scalml.config_context(backend="processes", n_jobs=2):
        first = set(imap(lambda _: (time.sleep(0.05), os.getpid())[1], range(8)))
        assert executors.running_workers() == 2
        assert set(imap(lambda _: os.getpid(), range(8))) <= first
    stop_workers()
    assert executors.running_workers() == 0

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import scalml
from scalml.config import parse_bytes


def test_a_context_is_left_as_it_was_found():
    before = scalml.get_config()
    with scalml.config_context(n_jobs=2), scalml.config_context(backend="serial"):
        assert scalml.get_config() == {**before, "n_jobs": 2, "backend": "serial"}
    assert scalml.get_config() == before
    with pytest.raises(RuntimeError), scalml.config_context(n_jobs=2):
        raise RuntimeError
    assert scalml.get_config() == before


def test_a_context_is_one_threads_own_and_set_config_everybodys():
    seen = {}
    before = scalml.get_config()
    thread = threading.Thread(target=lambda: seen.update(scalml.get_config()))
    try:
        scalml.set_config(n_jobs=3)
        with scalml.config_context(n_jobs=1):
            thread.start()
            thread.join()
    finally:
        scalml.set_config(**before)
    assert seen["n_jobs"] == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (1, 1),
        (np.int64(5), 5),
        (2.5e9, 2_500_000_000),
        (1e17, 10**17),
        ("10", 10),
        ("1kB", 1000),
        (" 1.5 GiB ", 3 * 2**29),
        ("2g", 2 * 10**9),
        ("1TiB", 2**40),
    ],
)
def test_sizes(text, expected):
    assert parse_bytes(text) == expected


@pytest.mark.parametrize(
    "value", [0, -1, True, "", "GiB", "-1GB", "1.2.3MB", "1XB", "0.1", 1e400, float("nan"), [1]]
)
def test_no_sizes(value):
    with pytest.raises(ValueError, match=r"memory_limit must be a positive number .* got"):
        parse_bytes(value)


@pytest.mark.parametrize("n_jobs", [0, 1.5, "2", True, [1]])
def test_no_numbers_of_workers(n_jobs):
    with pytest.raises(ValueError, match="n_jobs must be a non-zero integer or None, got"):
        scalml.set_config(n_jobs=n_jobs)


@pytest.mark.parametrize("backend", ["dask", 3, ThreadPoolExecutor, ["serial"]])
def test_no_backends(backend):
    with pytest.raises(ValueError, match="backend must be one of 'serial', 'threads'"):
        scalml.set_config(backend=backend)


def test_unknown_settings_are_named():
    with pytest.raises(TypeError, match="no setting 'jobs'; the settings are n_jobs, backend"):
        scalml.set_config(jobs=2)


def test_paths_are_taken_for_the_cache():
    with scalml.config_context(cache_dir=Path("/somewhere")):
        assert scalml.get_config()["cache_dir"] == "/somewhere"
    with pytest.raises(TypeError):
        scalml.set_config(cache_dir=3)


def test_numpy_integers_are_numbers_of_workers():
    with scalml.config_context(n_jobs=np.int64(2)):
        assert scalml.get_config()["n_jobs"] == 2

import subprocess
import sys
import threading

import numpy as np
import pytest
from sklearn.cluster import KMeans  # OpenMP is loaded  # noqa: F401
from threadpoolctl import threadpool_info, threadpool_limits

import scalml
from scalml.runtime import imap, one_blas_thread
from scalml.runtime.threads import _Limit


def numbers(api=None):
    return [i["num_threads"] for i in threadpool_info() if api in (None, i["user_api"])]


@pytest.fixture(autouse=True)
def two_threads():
    with threadpool_limits(2):
        yield


def test_nested_and_failing_limits_are_restored():
    assert set(numbers()) == {2}
    with pytest.raises(ZeroDivisionError), one_blas_thread(), one_blas_thread():
        assert set(numbers()) == {1}
        raise ZeroDivisionError
    assert set(numbers()) == {2}


def test_overlapping_limits_end_with_the_last():
    limit = _Limit()
    entered, left = threading.Event(), threading.Event()

    def other():
        limit.enter()
        entered.set()
        left.wait()
        limit.leave()

    thread = threading.Thread(target=other)
    thread.start()
    entered.wait()
    limit.enter()
    limit.leave()
    assert set(numbers("blas")) == {1}  # the other still counts on it
    left.set()
    thread.join()
    assert set(numbers()) == {2}


@pytest.mark.fault("F30")
@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_every_worker_has_one_thread(backend):
    with scalml.config_context(backend=backend, n_jobs=2):
        for found in imap(lambda _: numbers_in_worker(), range(4)):
            assert found
            assert set(found) == {1}
    assert set(numbers()) == {2}


def numbers_in_worker():
    import sklearn.cluster  # noqa: F401
    from threadpoolctl import threadpool_info

    np.ones((300, 300)) @ np.ones((300, 300))
    return [info["num_threads"] for info in threadpool_info()]


@pytest.mark.fault("F30")
@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_the_limits_return_after_an_error_and_an_abandoned_pass(backend):
    X = scalml.from_array(np.ones((100, 2)), chunk_rows=5)
    with scalml.config_context(backend=backend, n_jobs=2):
        with pytest.raises(ZeroDivisionError):
            scalml.reduce_chunks(lambda block: 1 // 0, X)
        blocks = scalml.read_chunks(X)
        next(blocks)
        blocks.close()
    assert set(numbers()) == {2}


def test_libraries_that_are_loaded_later_are_held_as_well():
    code = """
from scalml.runtime import one_blas_thread
from threadpoolctl import threadpool_info
with one_blas_thread():
    pass
before = {info["filepath"] for info in threadpool_info()}
import sklearn.cluster, scipy.linalg
late = [info for info in threadpool_info() if info["filepath"] not in before]
assert late, before
with one_blas_thread():
    assert {info["num_threads"] for info in threadpool_info()} == {1}
"""
    subprocess.run([sys.executable, "-c", code], check=True, env=None)

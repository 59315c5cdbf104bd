import os
import threading
from functools import partial

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.runtime import imap
from scalml.runtime.passes import ChunkSum
from scalml.runtime.worker import (
    KEPT_BROADCASTS,
    LARGE_RESULT,
    Broadcast,
    Parcel,
    in_worker,
    opened,
    run_broadcast,
    run_here,
)
from scalml.sources.memory import MemorySource


@pytest.mark.parametrize(
    "result",
    [
        np.arange(100_000.0),
        np.asfortranarray(np.arange(100_000.0).reshape(1000, 100)),
        {"a": np.ones(50_001, np.int8), "b": np.ones(200_000, np.float32), "c": "text"},
        pd.DataFrame({"x": np.arange(50_000), "s": [str(i) for i in range(50_000)]}),
    ],
    ids=["array", "fortran", "several", "frame"],
)
def test_large_results_travel_in_files_that_are_unlinked(tmp_path, result):
    parcel = Parcel.of(result, str(tmp_path))
    assert isinstance(parcel, Parcel)
    assert len(parcel.head) < 10_000
    assert len(os.listdir(tmp_path)) == 1
    back = opened(parcel)
    assert os.listdir(tmp_path) == []
    if isinstance(result, pd.DataFrame):
        pd.testing.assert_frame_equal(back, result)
    elif isinstance(result, dict):
        assert all(np.array_equal(back[k], result[k]) for k in result)
    else:
        np.testing.assert_array_equal(back, result)
        back[0] = 1  # results are the parent's own


def test_small_results_travel_as_they_are(tmp_path):
    result = np.ones(LARGE_RESULT // 8 - 1)
    assert Parcel.of(result, str(tmp_path)) is result
    assert opened(result) is result
    assert os.listdir(tmp_path) == []


def test_a_parcel_nobody_wants_is_removed(tmp_path):
    parcel = Parcel.of(np.ones(LARGE_RESULT), str(tmp_path))
    parcel.discard()
    parcel.discard()
    assert os.listdir(tmp_path) == []


def test_rows_in_memory_are_left_out_of_broadcasts(tmp_path):
    source = MemorySource(np.random.default_rng(0).random((100_000, 5)), 1000)
    broadcast = Broadcast.of(ChunkSum(np.sum, (source,)), str(tmp_path))
    assert len(broadcast.blob) < 5000
    assert broadcast.load().sources[0].lengths == source.lengths
    assert broadcast.load().sources[0].data.shape == (0, 5)
    assert source.data.shape == (100_000, 5)


def test_large_broadcasts_are_read_from_a_file_once_and_checked(tmp_path):
    work = partial(np.dot, np.arange(10_000.0))
    broadcast = Broadcast.of(work, str(tmp_path))
    assert broadcast.blob is None
    assert os.listdir(tmp_path) == [os.path.basename(broadcast.path)]
    changed = Broadcast.of(partial(np.dot, np.arange(10_001.0)), str(tmp_path))
    with open(changed.path, "ab") as file:
        file.write(b"x")
    with pytest.raises(OSError, match="was changed"):
        changed.load()
    assert broadcast.load() is broadcast.load()
    for one in (broadcast, changed, broadcast):
        one.discard()
    assert os.listdir(tmp_path) == []
    assert run_broadcast(broadcast, np.ones(10_000)) == np.arange(10_000).sum()


def test_results_that_nobody_was_told_of_go_with_their_pass(tmp_path):
    one, other = (Broadcast.of(np.ones, str(tmp_path)) for _ in range(2))
    run_broadcast(one, 100_000)
    kept = run_broadcast(other, 100_000)
    one.discard()
    assert opened(kept).sum() == 100_000
    assert os.listdir(tmp_path) == []


def test_only_the_latest_broadcasts_are_kept():
    first = Broadcast.of(partial(max, 0), None)
    loaded = first.load()
    for i in range(KEPT_BROADCASTS):
        Broadcast.of(partial(max, i + 1), None).load()
    assert first.load() is not loaded


class Estimator:
    def __init__(self, metric):
        self.metric = metric

    def get_params(self, deep=True):
        return {"metric": self.metric}


@pytest.mark.parametrize(
    ("func", "name"),
    [
        (partial(np.sum, axis=threading.Lock()), "argument 'axis'"),
        (partial(np.sum, threading.Lock()), "argument 0"),
        (partial(np.sum, [1, threading.Lock()]), "item 1 of argument 0"),
        (Estimator(threading.Lock()), "parameter 'metric' of Estimator"),
        (partial(np.sum, axis=Estimator(threading.Lock())), "parameter 'metric' of Estimator"),
    ],
)
def test_what_does_not_pickle_is_named(func, name):
    source = MemorySource(np.zeros(3))
    with pytest.raises(TypeError, match=name) as caught:
        Broadcast.of(ChunkSum(func, (source,)), None)
    assert "_thread.lock" in str(caught.value)
    assert 'backend="threads"' in str(caught.value)


class Stubborn(Exception):
    pass


def fail(_):
    error = Stubborn("this and that")
    error.lock = threading.Lock()
    error.add_note("while reading rows 0:3")
    raise error


def test_errors_that_do_not_pickle_keep_their_words():
    with pytest.raises(RuntimeError, match="Stubborn: this and that") as caught:
        run_broadcast(Broadcast.of(fail, None), 1)
    assert caught.value.__notes__ == ["while reading rows 0:3"]


def test_a_task_knows_that_it_is_one():
    assert not in_worker()
    assert run_here(in_worker)
    assert run_here(run_here, in_worker)
    assert not in_worker()
    with pytest.raises(ZeroDivisionError):
        run_here(divmod, 1, 0)
    assert not in_worker()


def _memory_of_a_map(path):
    import psutil

    mapped = np.load(path, mmap_mode="r")
    before = psutil.Process().memory_info().rss
    mapped.sum()
    return psutil.Process().memory_info().rss - before


@pytest.mark.skipif(not os.path.exists("/proc"), reason="memory figures need /proc")
def test_pages_of_mapped_files_are_not_a_worker_s_memory(tmp_path):
    """The pool takes growth by 300 MB for a leak, and ends the worker."""
    pytest.importorskip("psutil")
    path = tmp_path / "rows.npy"
    np.save(path, np.ones(2**23))
    with scalml.config_context(backend="processes", n_jobs=2):
        (grown,) = imap(partial(_grown, str(path)), [0])
    assert grown < 2**23  # of the 64 MiB that were read


def _grown(path, _):
    return _memory_of_a_map(path)

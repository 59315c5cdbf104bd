import gc
import os
import threading
import time
import weakref
from collections import Counter
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.runtime import count_rows, imap, workspace
from scalml.runtime.passes import _group_level, choose
from scalml.runtime.worker import in_worker
from scalml.sources.base import Mapped
from scalml.sources.memory import MemorySource

BACKENDS = ["serial", "threads", "processes"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    with scalml.config_context(backend=request.param, n_jobs=2):
        yield request.param


def numbers(n_rows=100, chunk_rows=7):
    return scalml.from_array(np.arange(float(n_rows)), chunk_rows=chunk_rows)


# -- reduce_chunks ------------------------------------------------------------------------------
def test_it_sums_over_aligned_chunks(backend):
    X, y = numbers(), numbers(chunk_rows=9)
    assert scalml.reduce_chunks(lambda x, none, y: x @ y, X, None, y) == (np.arange(100) ** 2).sum()


def test_a_local_pass_stays_in_this_process(backend):
    rows = scalml.from_array(np.ones((4000, 300)), chunk_rows=500)
    found = scalml.reduce_chunks(lambda x: Counter([os.getpid()] * len(x)), rows, local=True)
    assert found == {os.getpid(): 4000}


def test_chunks_without_rows_are_skipped(backend):
    rows = Mapped(lambda x: x[x > 50], [numbers().source], keeps_rows=False)
    assert scalml.reduce_chunks(np.min, rows) > 0  # np.min of nothing would raise
    assert scalml.reduce_chunks(np.sum, rows) == sum(range(51, 100))


def test_no_rows_at_all_is_an_error(backend):
    rows = Mapped(lambda x: x[:0], [numbers().source], keeps_rows=False)
    with pytest.raises(ValueError, match="data in memory has no rows; at least one is needed"):
        scalml.reduce_chunks(np.sum, rows)
    with pytest.raises(ValueError, match="has no rows"):
        scalml.reduce_chunks(np.sum, scalml.from_array(np.empty((0, 2))))


def test_nothing_but_none_is_an_error():
    with pytest.raises(ValueError, match="at least one collection, got only None"):
        scalml.reduce_chunks(np.sum, None)


def test_errors_say_where_they_were(backend):
    def refuse(block):
        if 50 in block:
            error = ValueError("fifty")
            error.row = 1
            raise error
        return 0

    with pytest.raises(ValueError, match="fifty") as caught:
        scalml.reduce_chunks(refuse, numbers())
    assert caught.value.__notes__ == [
        "first at row 50 of data in memory",
        "while reading rows 49:56 of data in memory",
    ]


def test_a_pass_inside_a_pass_is_serial(backend):
    def inner(block):
        assert in_worker()
        assert choose([numbers().source]).backend == "serial"
        return scalml.reduce_chunks(np.sum, scalml.from_array(block, chunk_rows=2))

    assert scalml.reduce_chunks(inner, numbers()) == sum(range(100))
    assert not in_worker()


def test_groups_are_powers_of_two_and_leave_work_for_several():
    assert _group_level([numbers(1000, 1).source], numbers(1000, 1).source) == 7
    few = numbers(7, 1).source
    assert _group_level([few], few) == 0
    wide = MemorySource(np.zeros((80, 2**17)), 10)
    assert _group_level([wide], wide) == 0


# -- imap and the window ------------------------------------------------------------------------
class Result:
    alive: ClassVar = weakref.WeakSet()
    most: ClassVar = 0

    def __init__(self, item):
        self.item = item
        Result.alive.add(self)
        Result.most = max(Result.most, len(Result.alive))


@pytest.mark.parametrize(("backend", "n_jobs"), [("serial", 1), ("threads", 2), ("threads", 4)])
def test_the_window_is_bounded(backend, n_jobs):
    Result.most = 0
    with scalml.config_context(backend=backend, n_jobs=n_jobs):
        seen = []
        for result in imap(Result, range(40)):
            seen.append(result.item)
            time.sleep(0.002)  # the workers are faster
            del result
    assert seen == list(range(40))
    assert Result.most <= n_jobs + 2
    gc.collect()
    assert not Result.alive


@pytest.mark.parametrize(("backend", "n_jobs"), [("serial", 1), ("threads", 2)])
def test_items_are_taken_lazily(backend, n_jobs):
    taken = []

    def items():
        for item in range(100):
            taken.append(item)
            yield item

    with scalml.config_context(backend=backend, n_jobs=n_jobs):
        results = imap(lambda item: item * 2, items())
        assert taken == []
        for n in range(1, 50):
            next(results)
            assert len(taken) <= n + n_jobs + 2
        results.close()


def test_items_may_be_anything(backend):
    items = [None, "a", (1, 2), {"b": 3}]
    assert list(imap(lambda item: item, items)) == items
    with pytest.raises(ZeroDivisionError):
        list(imap(lambda item: 1 // item, [1, 0]))


# -- read_chunks --------------------------------------------------------------------------------
def test_blocks_come_in_the_order_asked_for(backend):
    X = numbers(10, 3)
    blocks = scalml.read_chunks(X, None, order=[3, 0, 2])
    assert [(x.tolist(), none) for x, none in blocks] == [
        ([9], None),
        ([0, 1, 2], None),
        ([6, 7, 8], None),
    ]
    assert list(scalml.read_chunks(X, func=np.sum)) == [3, 12, 21, 9]


def test_a_reading_that_is_given_up_leaves_nothing(backend):
    X = scalml.from_array(np.zeros((64, 50_000)), chunk_rows=1)
    blocks = scalml.read_chunks(X)
    next(blocks)
    blocks.close()
    del blocks
    deadline = time.monotonic() + 5
    while os.listdir(workspace()) != ["lock"]:
        assert time.monotonic() < deadline, os.listdir(workspace())
        time.sleep(0.02)
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("scalml")]
    assert left == []
    assert scalml.reduce_chunks(np.size, X) == 64 * 50_000


def test_rows_are_counted_once(backend):
    calls = []

    def keep(block):
        calls.append(1)
        return block[block % 3 == 0]

    rows = Mapped(keep, [numbers().source], keeps_rows=False)
    assert rows.n_rows is None
    assert count_rows(rows) == 34
    before = len(calls)
    assert count_rows(rows) == rows.n_rows == 34
    assert len(calls) == before


def test_a_file_that_changes_between_passes_is_noticed(tmp_path):
    from scalml.sources.base import DataChangedError

    path = tmp_path / "x.npy"
    np.save(path, np.arange(100.0))
    X = scalml.read_npy(path, chunk_rows=10)
    assert scalml.reduce_chunks(np.sum, X) == 4950
    np.save(path, np.ones(100))
    with pytest.raises(DataChangedError, match=r"x\.npy"):
        scalml.reduce_chunks(np.sum, X)


# -- the backend --------------------------------------------------------------------------------
def test_little_work_is_done_here():
    with scalml.config_context(n_jobs=4):
        assert choose([numbers().source]).backend == "serial"
        assert choose([MemorySource(np.zeros(2**21), 2**21)]).backend == "serial"  # one chunk


def test_raw_memory_is_for_threads():
    source = MemorySource(np.zeros(2**21), 2**17)
    with scalml.config_context(n_jobs=4):
        plan = choose([source])
        assert (plan.backend, plan.n_workers, plan.window) == ("threads", 4, 6)
    with scalml.config_context(n_jobs=1):
        assert choose([source]).backend == "serial"


@pytest.mark.parametrize(("chunks", "expected"), [(256, "processes"), (16, "threads")])
def test_text_and_costly_functions_are_for_processes_once_that_pays(chunks, expected):
    scalml.runtime.stop_workers()
    data = MemorySource(np.zeros(chunks * 2**18, np.int8), 2**18)
    costly = Mapped(lambda block: np.stack([block] * 16, 1), [data], expensive=True)
    with scalml.config_context(n_jobs=2):
        assert choose([costly]).backend == expected


def test_frames_pass_through_processes():
    frame = pd.DataFrame({"a": range(10), "b": list("abcdefghij")})
    with scalml.config_context(backend="processes", n_jobs=2):
        blocks = [b for (b,) in scalml.read_chunks(scalml.from_frame(frame, chunk_rows=4))]
    pd.testing.assert_frame_equal(pd.concat(blocks, ignore_index=True), frame)

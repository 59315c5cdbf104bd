"""The retry loop against a pool that fails as told; real workers die in tests/faults."""

import errno
from concurrent.futures import BrokenExecutor, Future

import pytest

from scalml.runtime import ChunkFailedError
from scalml.runtime.executors import Pool
from scalml.runtime.retry import run_in_order


class Scripted(Pool):
    """Takes from `script[item]` what each attempt at an item does; afterwards it succeeds.

    As in a real pool, a death takes down all that were submitted since the last restart.
    """

    def __init__(self, script=None, window=3):
        self.script = script or {}
        self.window = window
        self.open = []
        self.submitted = []
        self.restarted = self.abandoned = self.false_starts = 0

    def submit(self, item):
        self.submitted.append(item)
        future = Future()
        steps = self.script.get(item, [])
        step = steps.pop(0) if steps else item * 10
        if isinstance(step, BrokenExecutor):
            for other in [*self.open, future]:
                if not other.done():
                    other.set_exception(step)
        elif isinstance(step, BaseException):
            future.set_exception(step)
        elif self.window > 1 and self.script:
            self.open.append(future)
            future.set_result(step)
        else:
            future.set_result(step)
        return future

    def restart(self):
        self.restarted += 1
        self.open.clear()

    def alone(self):
        return Single(self)

    def abandon(self):
        self.abandoned += 1


class Single:
    """The single worker of such a pool; the first of `false_starts` starts fail."""

    def __init__(self, pool):
        self.pool = pool
        self.closed = 0

    def ready(self):
        self.pool.open.clear()
        self.pool.false_starts -= 1
        return self.pool.false_starts < 0

    def submit(self, item):
        return self.pool.submit(item)

    def close(self):
        self.closed += 1


def run(pool, items=range(6), **options):
    tasks = ((item,) for item in items)
    return list(run_in_order(pool, tasks, lambda item: f"Chunk {item}", **options))


@pytest.mark.parametrize("window", [1, 2, 5, 50])
def test_results_come_in_order(window):
    assert run(Scripted(window=window)) == [0, 10, 20, 30, 40, 50]


def test_no_task_is_taken_before_there_is_room():
    taken = []

    def tasks():
        for item in range(100):
            taken.append(item)
            yield (item,)

    results = run_in_order(Scripted(window=4), tasks(), str)
    assert taken == []
    for n in range(1, 20):
        next(results)
        assert len(taken) == n + 3


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_worker_that_dies_is_replaced(deaths):
    pool = Scripted({2: [BrokenExecutor("{SIGKILL(-9)}")] * deaths})
    assert run(pool) == [0, 10, 20, 30, 40, 50]
    assert pool.restarted == 1


def test_a_chunk_that_kills_three_times_when_it_is_alone_is_named_with_the_signal():
    death = BrokenExecutor("exit codes {SIGSEGV(-11)}")
    assert run(Scripted({2: [death] * 3})) == [0, 10, 20, 30, 40, 50]  # once among others
    with pytest.raises(ChunkFailedError, match=r"Chunk 2 .* 3 times \(\{SIGSEGV\(-11\)\}\)"):
        run(Scripted({2: [death] * 4}))


def test_workers_that_die_as_they_start_are_nobody_s_fault():
    pool = Scripted({2: [BrokenExecutor("{SIGKILL(-9)}")]})
    pool.false_starts = 20
    assert run(pool) == [0, 10, 20, 30, 40, 50]


def test_workers_that_never_start_are_told_of():
    pool = Scripted({2: [BrokenExecutor("{SIGKILL(-9)}")]})
    pool.false_starts = 10**6
    with pytest.raises(ChunkFailedError, match="40 worker processes in a row died before"):
        run(pool)


@pytest.mark.fault("F32")
def test_failures_may_be_kept_in_their_places():
    lethal = {number: [BrokenExecutor("{SIGKILL(-9)}")] * 4 for number in (2, 3)}
    pool = Scripted(lethal)
    *results, last = run(pool, keep_failures=True)
    assert last == 50
    assert [str(found)[:7] for found in results] == ["0", "10", "Chunk 2", "Chunk 3", "40"]
    assert all(isinstance(found, ChunkFailedError) for found in results[2:4])
    assert [pool.submitted.count(number) for number in (2, 3)] == [4, 4]


def test_an_executor_that_cannot_restart_says_so():
    pool = Scripted({2: [BrokenExecutor("gone")]})
    pool.restarts = False
    with pytest.raises(BrokenExecutor, match="gone") as caught:
        run(pool)
    assert "make a new one" in caught.value.__notes__[0]


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_errors_that_disks_get_over_are_tried_again(number):
    assert run(Scripted({3: [OSError(number, "disk")] * 2})) == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize(
    ("number", "attempts"), [(errno.EIO, 3), (errno.ENOENT, 1), (errno.ENOSPC, 1)]
)
def test_other_errors_and_the_third_are_raised(number, attempts):
    pool = Scripted({3: [OSError(number, "disk")] * 9})
    with pytest.raises(OSError, match="disk"):
        run(pool)
    assert pool.submitted.count(3) == attempts


def test_tasks_under_way_are_cancelled_when_one_fails():
    class Lazy(Scripted):
        def submit(self, item):
            if item == 0:
                return super().submit(item)
            self.open.append(Future())
            return self.open[-1]

    pool = Lazy({0: [ValueError("bad row")]})
    with pytest.raises(ValueError, match="bad row"):
        run(pool)
    assert [future.cancelled() for future in pool.open] == [True, True]


def test_a_task_that_never_ends_does_not_hold_up_an_error(monkeypatch):
    monkeypatch.setattr("scalml.runtime.retry.SETTLE_SECONDS", 0.05)

    class Stuck(Scripted):
        def submit(self, item):
            future = super().submit(item) if item == 0 else Future()
            if item:
                future.set_running_or_notify_cancel()
            return future

    with pytest.raises(ValueError, match="bad row"):
        run(Stuck({0: [ValueError("bad row")]}))


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_interrupts_abandon_the_pool(interrupt):
    pool = Scripted({2: [interrupt()]})
    with pytest.raises(interrupt):
        run(pool)
    assert pool.abandoned == 1

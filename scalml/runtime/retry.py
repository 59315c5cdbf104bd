"""Tasks run through a sliding window, in order, and again after a worker's death."""

from __future__ import annotations

import errno
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError, Future, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from .executors import WORKER_LOST, Alone, Pool
from .worker import Parcel, opened

log = logging.getLogger("scalml")

MAX_ATTEMPTS = 3
MAX_STARTS = 40  # of workers that die before a task is given to them, in a row
TRANSIENT = {errno.EIO, errno.EAGAIN, errno.EINTR, errno.ESTALE, errno.ETIMEDOUT, errno.EBUSY}
SETTLE_SECONDS = 2.0  # a failed pass waits this long for tasks that are under way


class ChunkFailedError(RuntimeError):
    """A chunk ended its worker process every time it was tried."""


@dataclass
class _Task:
    arguments: tuple[Any, ...]
    future: Future[Any]
    attempts: int = field(default=1)


def run_in_order(
    pool: Pool,
    tasks: Iterable[tuple[Any, ...]],
    describe: Callable[..., str],
    *,
    split: Callable[..., list[tuple[Any, ...]]] = lambda *arguments: [arguments],
    join: Callable[[Iterable[Any]], Any] = list,
    keep_failures: bool = False,
) -> Generator[Any, None, None]:
    """Results of `tasks` (argument tuples), in order, at most ``pool.window`` under way.

    The death of a worker fails every task under way. Those are then run one at a time by a single
    worker, cut by `split` into tasks whose results `join` puts together again: a chunk is to blame
    only if that worker dies while it is computing it, `MAX_ATTEMPTS` times. A worker that dies as
    it starts costs a start. Errors that a disk or network may get over are tried again as well.
    Results are the same bits as without the fault.

    Raises
    ------
    ChunkFailedError
        For a task that ends its worker three times; with `keep_failures` this error is the task's
        result, and the others go on. Also where no worker starts at all.
    """
    waiting: deque[_Task] = deque()
    remaining = iter(tasks)
    patience = 0.0
    try:
        while True:
            while len(waiting) < pool.window:
                arguments = next(remaining, None)
                if arguments is None:
                    break
                waiting.append(_Task(arguments, pool.submit(*arguments)))
            if not waiting:
                return
            try:
                result = waiting[0].future.result()
            except WORKER_LOST as error:
                _rerun_suspects(pool, waiting, error, describe, split, join, keep_failures)
                continue
            except ChunkFailedError as error:
                if not keep_failures:
                    raise
                result = error
            except OSError as error:
                _try_again(pool, waiting[0], error)
                continue
            waiting.popleft()
            result = opened(result)
            yield result
            del result  # not held while the next one is computed
    except Exception:
        patience = SETTLE_SECONDS
        raise
    except (KeyboardInterrupt, SystemExit):
        pool.abandon()
        raise
    finally:
        _drop(waiting, patience)


def _drop(tasks: Iterable[_Task], seconds: float) -> None:
    """Cancel tasks, wait a little for those under way, and remove what any of them leaves."""
    running = [task.future for task in tasks if not task.future.cancel()]
    wait(running, timeout=seconds)
    for future in running:
        future.add_done_callback(_discard)


def _discard(future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        result = future.result()
        if isinstance(result, Parcel):
            result.discard()


def _rerun_suspects(
    pool: Pool,
    waiting: Iterable[_Task],
    error: BaseException,
    describe: Callable[..., str],
    split: Callable[..., list[tuple[Any, ...]]],
    join: Callable[[Iterable[Any]], Any],
    keep_failures: bool,
) -> None:
    """Run each task that the broken pool took down alone, until it is done or is to blame."""
    if not pool.restarts:
        error.add_note("scalml cannot restart an executor that it was given; make a new one.")
        raise error
    pool.restart()
    suspects = [task for task in waiting if isinstance(_error_of(task.future), WORKER_LOST)]
    log.warning("A worker process died (%s); %d tasks run again.", _cause(error), len(suspects))
    with closing(pool.alone()) as place:
        for task in suspects:
            parts = [_Task(arguments, task.future) for arguments in split(*task.arguments)]
            try:
                for part in parts:
                    _run_alone(place, part, describe)
            except ChunkFailedError as failure:
                if not keep_failures:
                    raise
                task.future = Future()
                task.future.set_exception(failure)
                continue
            if len(parts) == 1:
                task.future = parts[0].future
            else:
                task.future = Future()
                try:
                    task.future.set_result(join(opened(part.future.result()) for part in parts))
                except Exception as failure:
                    task.future.set_exception(failure)


def _run_alone(place: Alone, task: _Task, describe: Callable[..., str]) -> None:
    """Run a task until it is done, or has ended its worker too often."""
    deaths = starts = 0
    while True:
        if not place.ready():
            starts += 1
            if starts >= MAX_STARTS:
                raise ChunkFailedError(
                    f"{starts} worker processes in a row died before they computed anything. What "
                    "ends them, or is imported as they start?"
                )
            continue
        starts = 0
        task.future = place.submit(*task.arguments)
        error = _error_of(task.future)
        if not isinstance(error, WORKER_LOST):
            return
        place.close()
        deaths += 1
        if deaths >= MAX_ATTEMPTS:
            raise ChunkFailedError(
                f"{describe(*task.arguments)} ended its worker process {deaths} times "
                f"({_cause(error)}). Out of memory, or a library that crashes on these rows?"
            ) from error


def _try_again(pool: Pool, task: _Task, error: OSError) -> None:
    if error.errno not in TRANSIENT or task.attempts >= MAX_ATTEMPTS:
        raise error
    log.warning("%s; trying again.", error)
    time.sleep(0.05 * task.attempts)
    task.attempts += 1
    task.future = pool.submit(*task.arguments)


def _error_of(future: Future[Any]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _cause(error: BaseException) -> str:
    """What ended the worker, as loky tells it: ``{SIGKILL(-9)}``."""
    found = re.search(r"\{[^}]*\}", str(error))
    return found[0] if found else type(error).__name__

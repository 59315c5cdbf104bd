"""Where tasks run: here, in threads, in a warm pool of processes, or in an engine of the user's."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from concurrent.futures import ProcessPoolExecutor as StandardProcesses
from multiprocessing import resource_tracker
from typing import Any

import joblib

# joblib ships loky: scripts need no main guard and lambdas pickle. An executor of our own, since
# taking the reusable one would break the user's next joblib.Parallel.
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import ShutdownExecutorError
from joblib.parallel import get_active_backend

from ..config import current_config
from .signals import interrupts_held
from .worker import (
    Broadcast,
    in_worker,
    load_broadcast,
    run_broadcast,
    run_here,
    start_worker,
)
from .workspace import exchange, workspace

IDLE_SECONDS = 300
# A worker died, or another thread of the user's restarted the pool that this one shares.
WORKER_LOST = (BrokenExecutor, ShutdownExecutorError)
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    ),
    "1",
)
# Freed chunks go back to the system, not into a reserve that counts as held (GNU library, Arrow).
LITTLE_RESERVE = {
    "MALLOC_MMAP_THRESHOLD_": str(8 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


def n_workers() -> int:
    """Workers that the configuration asks for; one inside a worker, by default also somebody's."""
    n_jobs = current_config().n_jobs
    if in_worker():
        return 1
    if n_jobs is None:
        nested = getattr(get_active_backend()[0], "nesting_level", 0)  # in a joblib.Parallel
        inside = nested or multiprocessing.parent_process() is not None
        return 1 if inside else joblib.cpu_count()
    return int(n_jobs) if n_jobs > 0 else max(1, joblib.cpu_count() + 1 + int(n_jobs))


class Pool:
    """Runs tasks of one pass; `submit` returns a future. Subclasses say where."""

    shares_memory = True
    restarts = True
    window = 1

    def submit(self, *arguments: Any) -> Future[Any]:
        raise TypeError("Only subclasses run tasks.")

    def restart(self) -> None:
        """Replace dead workers."""

    def alone(self) -> Alone:
        """A place for one task at a time, to see whether it ends its worker."""
        raise TypeError("Only pools of processes have workers that die.")

    def abandon(self) -> None:
        """Stop at once: the user interrupted, or the pass failed."""

    def close(self) -> None:
        """The pass is over."""


class SerialPool(Pool):
    """Tasks run when they are submitted, in this thread."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self.work = work

    def submit(self, *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(run_here(self.work, *arguments))
        except Exception as error:
            future.set_exception(error)
        return future


class ThreadPool(Pool):
    """Threads of this process, for chunks in memory or mapped and kernels that release the GIL."""

    def __init__(self, work: Callable[..., Any], workers: int, window: int) -> None:
        self.work = work
        self.window = window
        self.executor = ThreadPoolExecutor(workers, thread_name_prefix="scalml")

    def submit(self, *arguments: Any) -> Future[Any]:
        return self.executor.submit(run_here, self.work, *arguments)

    def abandon(self) -> None:
        self.executor.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        self.executor.shutdown(wait=True)


class ProcessPool(Pool):
    """Worker processes that stay warm between passes."""

    shares_memory = False

    def __init__(self, work: Callable[..., Any], workers: int, window: int) -> None:
        self.broadcast = Broadcast.of(work, exchange())
        self.workers = workers
        self.window = window
        _warm.users += 1

    def submit(self, *arguments: Any) -> Future[Any]:
        try:
            executor = _warm.executor(self.workers)
            with interrupts_held():
                return executor.submit(run_broadcast, self.broadcast, *arguments)
        except WORKER_LOST as error:  # a worker died since the last task: told like any death
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    def restart(self) -> None:
        _warm.stop(kill=True)

    def alone(self) -> Alone:
        return Alone(self.broadcast)

    def abandon(self) -> None:
        _warm.stop(kill=True)

    def close(self) -> None:
        _warm.users -= 1
        self.broadcast.discard()


class Alone:
    """A single worker process, so that a task that is running when it dies is the only suspect."""

    def __init__(self, broadcast: Broadcast) -> None:
        self.broadcast = broadcast
        self._executor: ProcessPoolExecutor | None = None

    def ready(self) -> bool:
        """Whether a worker is up and has the function; False if it died before that.

        Imports take it longer than most tasks, and its death meanwhile is no task's fault.
        """
        try:
            if self._executor is None:
                self._executor = _started(1)
            with interrupts_held():
                up = self._executor.submit(load_broadcast, self.broadcast)
            up.result()
        except WORKER_LOST:
            self.close()
            return False
        return True

    def submit(self, *arguments: Any) -> Future[Any]:
        assert self._executor is not None
        try:
            with interrupts_held():
                return self._executor.submit(run_broadcast, self.broadcast, *arguments)
        except WORKER_LOST as error:
            future: Future[Any] = Future()
            future.set_exception(error)
            return future

    def close(self) -> None:
        """End the worker."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=True)


class ForeignPool(Pool):
    """Any `concurrent.futures.Executor`: Dask, Ray through an adapter, the standard library's."""

    restarts = False

    def __init__(self, work: Callable[..., Any], executor: Executor, window: int) -> None:
        self.executor = executor
        self.window = window
        self.shares_memory = isinstance(executor, ThreadPoolExecutor)
        self.broadcast: Broadcast | None = None
        self.call: tuple[Any, ...] = (run_here, work)
        if not self.shares_memory:
            # Only processes of this machine are sure to see our files.
            local = isinstance(executor, StandardProcesses)
            self.broadcast = Broadcast.of(work, exchange() if local else None)
            self.call = (run_broadcast, self.broadcast)

    def submit(self, *arguments: Any) -> Future[Any]:
        return self.executor.submit(*self.call, *arguments)

    def close(self) -> None:
        if self.broadcast is not None:
            self.broadcast.discard()


def _started(workers: int) -> ProcessPoolExecutor:
    # Starting it later, with the workers, would lift the block on their interrupts.
    resource_tracker.ensure_running()
    return ProcessPoolExecutor(
        workers,
        timeout=IDLE_SECONDS,
        initializer=start_worker,
        initargs=(os.getpid(), workspace(), exchange()),
        env=ONE_THREAD | LITTLE_RESERVE,
    )


class _WarmProcesses:
    """The one pool of worker processes, kept between passes and ended with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._size = 0
        self._pid = 0
        self._used = 0.0
        self.users = 0  # passes under way

    def running(self) -> int:
        """Workers that are up already: those that nobody has used for long have left."""
        up = self._executor is not None and self._pid == os.getpid()
        return self._size if up and time.monotonic() - self._used < IDLE_SECONDS else 0

    def executor(self, workers: int) -> ProcessPoolExecutor:
        with self._lock:
            if self._executor is not None and (self._size, self._pid) != (workers, os.getpid()):
                self._stop(kill=False)
            if self._executor is None:
                self._executor = _started(workers)
                self._size, self._pid = workers, os.getpid()
            self._used = time.monotonic()
            return self._executor

    def stop(self, kill: bool) -> None:
        with self._lock:
            self._stop(kill)

    def _stop(self, kill: bool) -> None:
        executor, self._executor = self._executor, None
        if executor is not None and self._pid == os.getpid():
            executor.shutdown(wait=True, kill_workers=kill)


_warm = _WarmProcesses()
atexit.register(_warm.stop, True)


def running_workers() -> int:
    """Worker processes that are up already."""
    return _warm.running()


def stop_idle_workers() -> bool:
    """End worker processes that no pass is using, for the memory they hold; whether there were."""
    idle = _warm.running() > 0 and _warm.users == 0
    if idle:
        _warm.stop(kill=True)
    return idle


def stop_workers() -> None:
    """End the worker processes; the next pass that needs them starts new ones."""
    _warm.stop(kill=True)

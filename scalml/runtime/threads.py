"""One BLAS thread while chunks are computed: more would race and change the bits of sums."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import threadpoolctl
from threadpoolctl import ThreadpoolController


class _Limit:
    """Counts who wants the limit, so that nested and concurrent passes share it.

    BLAS has one setting for the whole process: the first to come sets it and the last to go
    restores it. OpenMP has one for each thread that starts parallel regions: each thread sets its
    own. threadpoolctl 3.8 silently ignores every thread but the first that limits OpenBLAS; here
    the last to go may be another one, so the privilege is given up each time.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.users = 0
        self.blas: Any = None
        self.mine = threading.local()
        self.libraries: ThreadpoolController | None = None
        self.n_modules = 0

    def enter(self) -> None:
        depth = getattr(self.mine, "depth", 0)
        self.mine.depth = depth + 1
        with self.lock:
            self.users += 1
            if self.users == 1:
                _let_any_thread_limit()
                self.blas = self.controller().select(user_api="blas").limit(limits=1)
            if depth == 0:
                self.mine.openmp = self.controller().select(user_api="openmp").limit(limits=1)

    def leave(self) -> None:
        self.mine.depth -= 1
        with self.lock:
            if self.mine.depth == 0:
                self.mine.openmp.restore_original_limits()
            self.users -= 1
            if self.users == 0:
                _let_any_thread_limit()
                self.blas.restore_original_limits()
                _let_any_thread_limit()

    def controller(self) -> ThreadpoolController:
        """The libraries loaded by now; looking for them takes a millisecond, so not every time."""
        if self.libraries is None or self.n_modules != len(sys.modules):
            self.n_modules = len(sys.modules)
            self.libraries = ThreadpoolController()
        return self.libraries


def _let_any_thread_limit() -> None:
    openblas = getattr(threadpoolctl, "OpenBLASController", None)
    release = getattr(openblas, "clear_controlling_thread", None)  # older ones have no such rule
    if release is not None:
        release(force=True)


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS and OpenMP to one thread; the previous limits return even after an error."""
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()

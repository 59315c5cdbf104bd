"""SIGTERM ends a pass as an exception would, so that workers and files go with the process."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_passes = [0]  # passes of the main thread that are open; generators close in any order


@contextmanager
def orderly_termination() -> Iterator[None]:
    """While in force, SIGTERM raises ``SystemExit(143)`` in the main thread.

    Only where nobody else has asked for the signal; the default returns afterwards.
    """
    ours = signal.getsignal(signal.SIGTERM) in (signal.SIG_DFL, _leave)
    if not ours or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    _passes[0] += 1
    try:
        yield
    finally:
        _passes[0] -= 1
        # A generator that is collected in another thread cannot set signals; the next pass will.
        if _passes[0] == 0 and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Block SIGINT in this thread, and for good in the processes that are started meanwhile.

    Ctrl-C goes to every process of a terminal; workers leave it to their parent, from before
    they can say so themselves.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)

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
    """Put SIGINT off until the end, and block it for good in the processes that are started.

    Ctrl-C goes to every process of a terminal; workers leave it to their parent, from before
    they can say so themselves. Here it is blocked too, but another thread may take it, and Python
    would raise its exception in the middle of what the main thread starts.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    came: list[Any] = []
    handler = signal.getsignal(signal.SIGINT)
    ours = callable(handler) and threading.current_thread() is threading.main_thread()
    # The mask changes while interrupts are only collected: one that came in between would leave
    # it as it must not stay.
    if ours:
        signal.signal(signal.SIGINT, lambda *call: came.append(call))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if ours:
            signal.signal(signal.SIGINT, handler)
        if came and callable(handler):
            handler(*came[0])


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)

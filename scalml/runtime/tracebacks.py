"""Tracebacks without the frames between the user's line and the one that failed."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from importlib.util import find_spec
from types import TracebackType
from typing import Any, TypeVar

log = logging.getLogger("scalml")
Error = TypeVar("Error", bound=BaseException)


def _folder(package: str, *below: str) -> str:
    """Where a package is, which need not be imported for that."""
    found = find_spec(package)
    return os.path.join(os.path.dirname(str(found.origin)) if found else package, *below, "")


PASSED = (
    os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ""),
    _folder("joblib"),
    _folder("concurrent.futures"),
    _folder("sklearn", "callback"),
    os.path.abspath(contextlib.__file__),
    os.path.abspath(threading.__file__),
)
"""Where frames are that an error only passes through."""


def shortened(error: Error) -> Error:
    """An error whose traceback has the frames of others, and the one that failed.

    With the logger "scalml" at DEBUG it is left as it is.
    """
    if log.isEnabledFor(logging.DEBUG):
        return error
    entries: list[TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    kept: TracebackType | None = None
    for place, one in enumerate(reversed(entries)):
        last = place == 0
        if last or not one.tb_frame.f_code.co_filename.startswith(PASSED):
            kept = TracebackType(kept, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return error.with_traceback(kept)


class ShortTracebacks:
    """Shortens the traceback of what a ``with`` block raises.

    A class, as what `contextlib` makes of a generator puts the whole traceback back.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, entries: Any) -> None:
        if isinstance(error, Exception):
            shortened(error)

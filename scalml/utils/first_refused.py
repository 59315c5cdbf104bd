"""The first row of a block that a function refuses, by halving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..sources.base import n_rows_of
from ..sources.blocks import take_rows


def first_refused(call: Callable[[Any], Any], block: Any) -> int | None:
    """Number of the first row that a function refuses, by halving; None if it refuses all."""
    low, high = 0, n_rows_of(block)
    some_pass = high == 1 or _passes(call, take_rows(block, high - 1, high))
    while high - low > 1:
        middle = (low + high) // 2
        if _passes(call, take_rows(block, low, middle)):
            low, some_pass = middle, True
        else:
            high = middle
    return low if some_pass else None


def _passes(call: Callable[[Any], Any], rows: Any) -> bool:
    try:
        call(rows)
    except ValueError:
        return False
    return True

"""Sums in a fixed binary tree over chunk index, however the chunks were grouped into tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class TreeSum:
    """Adds values that arrive in index order as a balanced binary tree would.

    Works as a binary counter: equal subtrees are merged as soon as they meet, so only
    log2(n) values are held. A group of 2**k values that begins at a multiple of 2**k may be
    added at once, and gives the same tree. None stands for no rows and takes no place.

    Examples
    --------
    >>> total = TreeSum()
    >>> for word in "abcde":
    ...     total.add(word)
    >>> total.result()
    'abcde'
    """

    def __init__(self) -> None:
        self._stack: list[tuple[int, Any]] = []

    def add(self, value: Any, level: int = 0) -> None:
        """Append the sum of the next 2**level values."""
        if value is None:
            return
        while self._stack and self._stack[-1][0] == level:
            _, left = self._stack.pop()
            value = left + value
            level += 1
        self._stack.append((level, value))

    def result(self) -> Any:
        """The sum of all; None if there was nothing."""
        total = None
        for _, value in reversed(self._stack):
            total = value if total is None else value + total
        return total


def add_up(values: Iterable[Any]) -> Any:
    """The sum of values that arrive in index order."""
    total = TreeSum()
    for value in values:
        total.add(value)
    return total.result()

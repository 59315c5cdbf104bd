"""A dict of statistics that adds key by key: one pass for folds, column groups or aggregates."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any


class Several(dict[Hashable, Any]):
    """Statistics by name; a key that one side lacks is an identity there.

    Examples
    --------
    >>> from scalml.statistics import Several
    >>> Several(rows=3) + Several(rows=4, errors=1)
    Several({'rows': 7, 'errors': 1})
    >>> Several(rows=7, errors=1) - Several(rows=4)
    Several({'rows': 3, 'errors': 1})
    """

    def __add__(self, other: Several) -> Several:
        if not isinstance(other, Several):
            return NotImplemented
        merged = Several(self)
        for key, statistic in other.items():
            merged[key] = merged[key] + statistic if key in merged else statistic
        return merged

    def __sub__(self, other: Several) -> Several:
        """Take out what was added; every key of `other` must be there (KeyError)."""
        if not isinstance(other, Several):
            return NotImplemented
        rest = Several(self)
        for key, statistic in other.items():
            rest[key] = rest[key] - statistic
        return rest

    def __repr__(self) -> str:
        return f"Several({super().__repr__()})"

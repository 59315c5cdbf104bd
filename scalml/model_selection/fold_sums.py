"""One pass that sums a statistic for every side of every split, each row worked through once."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd

from scalml.runtime import reduce_chunks
from scalml.statistics import Several

TRAIN, TEST = 1, 2
MAX_CODED = 39  # splits whose memberships are the digits, base 3, of a 64-bit integer


class FoldSums:
    """Statistics of the rows by their memberships, from which those of each side follow.

    Rows with the same memberships in all splits are summed together: k folds make k sums, and
    the training rows of a fold are k - 1 of them. Nothing is ever subtracted, which would lose
    digits. Where memberships are too manifold for that, each side of each split is summed for
    itself.

    Parameters
    ----------
    found : Several
        Statistics by (weights, part).
    n_splits : int

    Examples
    --------
    >>> import numpy as np, scalml
    >>> X = scalml.from_array(np.arange(6.0).reshape(6, 1), chunk_rows=4)
    >>> memberships = np.array([[2, 1], [2, 1], [2, 1], [1, 2], [1, 2], [1, 2]], dtype=np.int8)
    >>> sums = FoldSums.over(lambda X, y, w: X.sum(), X, None, scalml.from_array(memberships))
    >>> [float(sums.side(split, TRAIN)) for split in range(2)], float(sums.all())
    ([12.0, 3.0], 15.0)
    """

    def __init__(self, found: Several, n_splits: int) -> None:
        self.found = found
        self.n_splits = n_splits

    @classmethod
    def over(
        cls,
        func: Callable[..., Any],
        X: Any,
        y: Any,
        memberships: Any,
        weights: tuple[Any, ...] = (None,),
    ) -> FoldSums:
        """Sum ``func(X, y, weight)`` over aligned collections, for each of several weights.

        Parameters
        ----------
        func : callable
            Of a block of X, y and weights; picklable, and with sums.
        X, y : collections, or y None
        memberships : ChunkedArray of shape (n_rows, n_splits)
            0 for a row in neither side, 1 in the training, 2 in the test rows.
        weights : tuple of collections or None
        """
        n_splits = memberships.shape[1]
        found = reduce_chunks(
            SplitBlock(func, n_splits), X, y, memberships, *weights, name="statistics of folds"
        )
        return cls(found, n_splits)

    def side(self, split: int, code: int, weights: int = 0) -> Any:
        """Sum over the training (1) or test (2) rows of a split; None without such rows."""

        def belongs(part: Any) -> bool:
            if part[0] == "set":
                return part[1] // 3**split % 3 == code
            return part == ("side", split, code)

        return self._total(weights, belongs)

    def all(self, weights: int = 0) -> Any:
        """Sum over all rows, also those in no side of any split."""
        return self._total(weights, lambda part: part[0] in ("set", "all"))

    def _total(self, weights: int, belongs: Callable[[Any], bool]) -> Any:
        keys: Any = sorted(self.found)
        parts = [part for kind, part in keys if kind == weights and belongs(part)]
        return reduce(add, (self.found[weights, part] for part in parts)) if parts else None


class SplitBlock:
    """Statistics of one block by its rows' memberships."""

    def __init__(self, func: Callable[..., Any], n_splits: int) -> None:
        self.func = func
        self.n_splits = n_splits

    def __call__(self, X: Any, y: Any, memberships: Any, *weights: Any) -> Several:
        found = Several()
        for part, rows in parts_of(memberships, len(memberships) // (4 * X.shape[1] + 4)):
            blocks = [None if data is None else data[rows] for data in (X, y, *weights)]
            for kind, weight in enumerate(blocks[2:]):
                found[kind, part] = self.func(blocks[0], blocks[1], weight)
        return found


def parts_of(memberships: np.ndarray, max_sets: int) -> list[tuple[Any, Any]]:
    """Rows of a block by what they are to all splits, or else for each side and for all.

    A set of rows costs a statistic, so that it pays only with several rows for each column.
    """
    n_splits = memberships.shape[1]
    if n_splits <= MAX_CODED:
        codes, sets = pd.factorize(memberships @ 3 ** np.arange(n_splits))
        if len(sets) <= max(n_splits + 1, max_sets):
            return [
                (("set", int(code)), _as_slice(np.flatnonzero(codes == place)))
                for place, code in enumerate(sets)
            ]
    parts: list[tuple[Any, Any]] = [(("all",), slice(None))]
    for split in range(n_splits):
        for code in (TRAIN, TEST):
            rows = np.flatnonzero(memberships[:, split] == code)
            if rows.size:
                parts.append((("side", split, code), _as_slice(rows)))
    return parts


def _as_slice(rows: np.ndarray) -> Any:
    """Consecutive rows as a slice, which copies nothing."""
    if rows[-1] - rows[0] + 1 == rows.size:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows

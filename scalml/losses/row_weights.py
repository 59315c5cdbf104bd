"""Weights of rows: one column for all models, or several of which each model has one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.statistics.base import as_weights


@dataclass(frozen=True, eq=False)
class Run:
    """Neighbouring models of equal weights, and the rows of a slab that count for them.

    Attributes
    ----------
    models : slice
    rows : slice or ndarray of int, or None
        Of the slab; None if it is all of them.
    weight : ndarray of shape (n_rows,) or None
        Of these rows; None if they are 1.
    """

    models: slice
    rows: Any
    weight: np.ndarray | None

    def of(self, slab: Any) -> Any:
        """These rows of whatever has those of the slab."""
        return slab if self.rows is None else slab[self.rows]

    def weigh(
        self, loss: np.ndarray, slope: np.ndarray, sign: np.ndarray | None = None
    ) -> np.ndarray:
        """Sums of the losses; slopes are multiplied by weights, and signs, in place.

        Parameters
        ----------
        loss : ndarray of shape (n_models, n_rows)
        slope : ndarray of shape (..., n_models, n_rows)
        sign : ndarray of shape (n_rows,), optional
        """
        if self.weight is None:
            sums, factor = loss.sum(axis=1), sign
        else:
            sums = np.dot(loss, self.weight)
            factor = self.weight if sign is None else self.weight * sign
        if factor is not None:
            slope *= factor
        return sums


class RowWeights:
    """Weights of rows, one column for all models or several that models choose from.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,) or (n_rows, n_weightings), or None
        Not negative.
    weighting : ndarray of shape (n_models,) or None
        Which column each model has, if there are several; equal ones side by side.
    n_rows, n_models : int

    Attributes
    ----------
    total : float or ndarray of shape (n_models,)
        Sum of the weights, of each model if there are several.

    Notes
    -----
    Several weightings are mostly the training rows of several splits. Models of different
    weightings never share a matrix product: its bits depend on how many columns there are, and
    the models of one split must not depend on those of another, which have seen its test rows.
    """

    def __init__(
        self, sample_weight: Any, weighting: np.ndarray | None, n_rows: int, n_models: int
    ) -> None:
        weight = as_weights(sample_weight)
        self._columns: list[tuple[slice, np.ndarray | None]] = [(slice(0, n_models), weight)]
        self.total: Any = float(n_rows if weight is None else weight.sum())
        if weight is None or weighting is None:
            return
        used, which = np.unique(weighting, return_inverse=True)
        columns = np.ascontiguousarray(weight.T[used])
        self.total = columns.sum(axis=1)[which]
        cuts = [0, *np.flatnonzero(np.diff(which)) + 1, n_models]
        self._columns = [
            (slice(a, b), columns[which[a]]) for a, b in zip(cuts, cuts[1:], strict=False)
        ]

    def runs(self, part: slice) -> Iterator[Run]:
        """The rows of a slab that count for models of equal weights, and these weights.

        Rows of weight zero are left out where they are most rows or those at an end of the slab;
        elsewhere copying the others would cost more than it saves.
        """
        for models, column in self._columns:
            if column is None:
                yield Run(models, None, None)
                continue
            weight = column[part]
            count = np.count_nonzero(weight)
            rows: Any = None
            if count == 0:
                continue
            if count < weight.size:
                kept = np.flatnonzero(weight)
                if kept[-1] - kept[0] < count:
                    rows = slice(int(kept[0]), int(kept[-1]) + 1)
                elif 2 * count < weight.size:
                    rows = kept
                weight = weight if rows is None else weight[rows]
            yield Run(models, rows, None if (weight == 1.0).all() else weight)

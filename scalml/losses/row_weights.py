"""Weights of rows, and which of several models each row counts for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.statistics.base import as_weights

FEWEST_ROWS = 128  # of a kind, on average, for each product of their own
MOST_WEIGHTINGS = 52  # whose sets are numbers that floats hold


@dataclass(frozen=True, eq=False)
class Kind:
    """Rows of a slab that count for the same models.

    Attributes
    ----------
    name : int
        Equal for rows of the same models.
    rows : slice or ndarray of int, or None
        Of the slab; None if it is all of them.
    models : slice or ndarray of int
    weights : list of (slice, ndarray or None)
        Of the rows, by runs of these models; None if they are 1.
    """

    name: int
    rows: Any
    models: Any
    weights: list[tuple[slice, Any]]

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
        sums = np.empty(len(loss))
        for models, weight in self.weights:
            if weight is None:
                sums[models], factor = loss[models].sum(axis=1), sign
            else:
                sums[models] = np.dot(loss[models], weight)
                factor = weight if sign is None else weight * sign
            if factor is not None:
                slope[..., models, :] *= factor
        return sums


class RowWeights:
    """Weights of rows, one set for all models or several that models choose from.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,) or (n_rows, n_weightings), or None
        Not negative.
    weighting : ndarray of shape (n_models,) or None
        Which column each model has, if there are several; quickest where equal ones are side by
        side.
    n_rows, n_models : int

    Attributes
    ----------
    total : float or ndarray of shape (n_models,)
        Sum of the weights, of each model if there are several.

    Notes
    -----
    Several weightings are mostly the training rows of several splits: a row then weighs the same
    in each that has it, and nothing in the others, whose models need not see it.
    """

    def __init__(
        self, sample_weight: Any, weighting: np.ndarray | None, n_rows: int, n_models: int
    ) -> None:
        weight = as_weights(sample_weight)
        self.runs: list[tuple[slice, Any]] = [(slice(0, n_models), weight)]
        self.total: Any = float(n_rows if weight is None else weight.sum())
        self.sets: Any = None
        if weight is None or weighting is None:
            return
        used, which = np.unique(weighting, return_inverse=True)
        columns = np.ascontiguousarray(weight.T[used])
        self.total = columns.sum(axis=1)[which]
        cuts = [0, *np.flatnonzero(np.diff(which)) + 1, n_models]
        self.runs = [(slice(a, b), columns[which[a]]) for a, b in zip(cuts, cuts[1:], strict=False)]
        if used.size > MOST_WEIGHTINGS:
            return
        counts = columns != 0
        bits = 1 << np.arange(used.size)
        self.bits = bits[which]
        self.sets = (bits.astype(np.float64) @ counts).astype(np.int64)
        self.common = columns.max(axis=0)
        self.alike = not (counts & (columns != self.common)).any()
        if self.alike and ((self.common == 1) | (self.common == 0)).all():
            self.common = None
        self.fewest = FEWEST_ROWS * (1 if self.alike else used.size)

    def kinds(self, part: slice) -> Iterator[Kind]:
        """The rows of a slab by the models that they count for; those of none are left out.

        Where there are very many kinds, all rows come as one, with weights of zero.
        """
        everything = Kind(0, None, slice(None), _taken(self.runs, part, None))
        if self.sets is None:
            yield everything
            return
        sets = self.sets[part]
        found = sets[:1] if (sets == sets[0]).all() else np.unique(sets)
        if len(found) > max(len(sets) // self.fewest, 1):
            yield everything
            return
        for one in found[found > 0]:
            rows: Any = None
            if len(found) > 1:
                rows = np.flatnonzero(sets == one)
                if rows[-1] - rows[0] < len(rows):
                    rows = slice(rows[0], rows[-1] + 1)
            models = np.flatnonzero(self.bits & one)
            weights = _taken(self._runs(one, models.size), part, rows)
            yield Kind(int(one), rows, models, weights)

    def _runs(self, one: int, n_models: int) -> list[tuple[slice, Any]]:
        """The runs of the models of a set, with weights of the whole block."""
        if self.alike:
            return [(slice(0, n_models), self.common)]
        runs, start = [], 0
        for models, weight in self.runs:
            if self.bits[models.start] & one:
                stop = start + models.stop - models.start
                runs.append((slice(start, stop), weight))
                start = stop
        return runs


def _taken(runs: list[tuple[slice, Any]], part: slice, rows: Any) -> list[tuple[slice, Any]]:
    """Runs with the weights of some rows of a slab."""
    own = slice(None) if rows is None else rows
    return [(models, None if weight is None else weight[part][own]) for models, weight in runs]

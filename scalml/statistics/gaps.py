"""The Gram matrix of rows with gaps, from which that of the rows filled in any way follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import as_columns, as_weights, shift_of
from scalml.statistics.gram import Gram, products, refuse_infinite
from scalml.statistics.moments import Moments


@dataclass(frozen=True, eq=False)
class GapGram:
    """Gram of [X with its gaps filled, where the gaps are, Y].

    A column filled with the value v is the column filled with f, plus v - f times the column that
    is 1 in the gaps and 0 elsewhere. So one pass serves any filling, and the gaps of some rows can
    be filled with the mean of others.

    Attributes
    ----------
    gram : Gram
        Of [X, gaps, Y], with ``columns.size`` columns of gaps.
    columns : ndarray of int
        Columns of X that have gaps, ascending.
    fill : ndarray of shape (columns.size,)
        What their gaps are filled with: about their mean, so that no digits are lost.

    Notes
    -----
    Rows go in slabs into one buffer, as for `Gram`, with a column more for each that has gaps in
    this block: a block without gaps costs what `Gram` costs.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.array([[1.0], [np.nan], [4.0]]), np.array([0.0, 1.0, 2.0])
    >>> gaps = GapGram.of(X[:1], y[:1]) + GapGram.of(X[1:], y[1:])
    >>> gaps.known.mean
    array([2.5])
    >>> gaps.filled(gaps.known.mean).X_mean, gaps.filled(np.array([7.0])).X_mean
    (array([2.5]), array([4.]))
    """

    gram: Gram
    columns: np.ndarray
    fill: np.ndarray

    @classmethod
    def of(cls, X: Any, y: Any = None, sample_weight: Any = None) -> GapGram:
        """From one block; NaN is a gap, and infinity refused as by `Gram.of`."""
        X = as_columns(X)
        if sparse.issparse(X):
            return cls(Gram.of(X, y, sample_weight), np.empty(0, dtype=np.int64), np.empty(0))
        with np.errstate(over="ignore", invalid="ignore"):
            whole = X.dtype.kind != "f" or np.isfinite(X.sum(dtype=np.float64))
        gaps = np.zeros((0, X.shape[1]), dtype=bool) if whole else np.isnan(X)
        columns = np.flatnonzero(gaps.any(axis=0))
        if not columns.size:
            return cls(Gram.of(X, y, sample_weight), columns, np.empty(0))
        d, c, fill = X.shape[1], columns.size, shift_of(X)
        Y = None if y is None else as_columns(np.asarray(y))
        y_shift = np.empty(0) if Y is None else shift_of(Y)
        shift = np.concatenate([fill, np.zeros(c), y_shift])
        weight = as_weights(sample_weight)

        def write(part: slice, out: np.ndarray) -> None:
            np.subtract(X[part], fill, out=out[:, :d])
            np.copyto(out[:, :d], 0.0, where=gaps[part])
            out[:, d:] = gaps[part] if c == d else gaps[part][:, columns]

        with np.errstate(over="ignore", invalid="ignore"):
            raw = products(len(X), d + c, write, Y, y_shift, weight)
            finite = np.isfinite(raw.sum())
        if not finite:
            refuse_infinite(X, Y, allow_nan=True)
        return cls(Gram.about(raw, shift, X, y, weight), columns, fill[columns])

    def __add__(self, other: GapGram) -> GapGram:
        if not isinstance(other, GapGram):
            return NotImplemented
        columns = np.union1d(self.columns, other.columns)
        fill = np.empty(columns.size)
        for one in (other, self):  # ours where both have one
            fill[np.searchsorted(columns, one.columns)] = one.fill
        return GapGram(self._as(columns, fill) + other._as(columns, fill), columns, fill)

    def _as(self, columns: np.ndarray, fill: np.ndarray) -> Gram:
        """Our Gram with more columns of gaps, and others' filling."""
        at = np.searchsorted(columns, self.columns)
        gram = self._moved(fill[at] - self.fill)
        d, ours = self.n_features, self.columns.size
        place = np.full(columns.size, -1)
        place[at] = d + np.arange(ours)
        targets = np.arange(d + ours, gram.mean.size)
        return _columns(gram, np.concatenate([np.arange(d), place, targets]))

    def _moved(self, step: np.ndarray) -> Gram:
        """Our Gram with so much added to the filling of each column that has gaps."""
        if not step.any():
            return self.gram
        mean, cross = self.gram.mean.copy(), self.gram.cross.copy()
        gaps = slice(self.n_features, self.n_features + self.columns.size)
        mean[self.columns] += step * mean[gaps]
        cross[self.columns] += step[:, None] * cross[gaps]
        cross[:, self.columns] += cross[:, gaps] * step
        np.fill_diagonal(cross, np.maximum(cross.diagonal(), 0.0))
        return replace(self.gram, mean=mean, cross=cross)

    @property
    def n_features(self) -> int:
        """Columns of X."""
        return self.gram.n_features - self.columns.size

    @property
    def missing(self) -> np.ndarray:
        """Weight of the gaps of each column, shape (n_features,)."""
        found = np.zeros(self.n_features)
        gaps = slice(self.n_features, self.n_features + self.columns.size)
        found[self.columns] = self.gram.mean[gaps] * self.gram.weight
        whole = np.rint(found)  # means of zeros and ones were divided and multiplied
        return np.where(np.abs(found - whole) < 1e-6, whole, found)

    @property
    def known(self) -> Moments:
        """Moments of the values that are there."""
        d, weight = self.n_features, self.gram.weight
        n = weight - self.missing
        origin = self.gram.mean[:d].copy()
        origin[self.columns] = self.fill
        apart = self.gram.mean[:d] - origin  # a gap adds nothing to sums about its filling
        some = np.where(n > 0, n, 1.0)
        centre = np.where(n > 0, origin + apart * (weight / some), 0.0)
        squares = self.gram.cross.diagonal()[:d] + weight * apart**2
        squares = squares - n * np.where(n > 0, centre - origin, 0.0) ** 2
        return Moments(n, centre, np.where(n > 0, np.maximum(squares, 0.0), 0.0))

    def filled(self, values: np.ndarray, kept: Any = slice(None), indicators: Any = ()) -> Gram:
        """Gram of [X with its gaps filled, Y].

        Parameters
        ----------
        values : ndarray of shape (n_features,)
            What fills the gaps of each column.
        kept : index of columns, optional
            Those of X to keep.
        indicators : sequence of int, optional
            Columns of X whose gaps make a column of zeros and ones each, after those of X.
        """
        gram = self._moved(np.asarray(values, dtype=np.float64)[self.columns] - self.fill)
        d = self.n_features
        place = np.full(d, -1)
        place[self.columns] = d + np.arange(self.columns.size)
        targets = np.arange(d + self.columns.size, gram.mean.size)
        wanted = place[np.asarray(indicators, dtype=np.int64)]
        return _columns(gram, np.concatenate([np.arange(d)[kept], wanted, targets]))

    def complete(self) -> Gram:
        """Gram of [X, Y], which must have no gaps.

        Raises
        ------
        ValueError
            If there is one.
        """
        if self.columns.size:
            raise ValueError(
                f"Input X contains NaN: {self.columns.size} columns have missing values, the first "
                f"is column {self.columns[0]}. Fill them with scalml.impute.SimpleImputer."
            )
        return self.gram


def _columns(gram: Gram, take: np.ndarray) -> Gram:
    """Gram of chosen columns, the targets among them; -1 is a column of zeros."""
    absent = take < 0
    mean, cross = gram.mean[take], gram.cross[np.ix_(take, take)]
    mean[absent] = 0.0
    cross[absent] = cross[:, absent] = 0.0
    return replace(gram, mean=mean, cross=cross)

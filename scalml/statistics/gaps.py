"""The Gram matrix of rows with gaps, from which that of the rows filled in any way follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import about_means, as_columns, as_weights, mean_moved, two_sum
from scalml.statistics.gram import (
    Gram,
    first_moments,
    products,
    refuse_infinite,
    shift_of_both,
    shifted,
)
from scalml.statistics.moments import Moments

FEW = 0.2  # of the values: from here on, products of matrices are faster than sums of rows


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
        What their gaps are filled with: about their mean, or 0 if no mean is far from it.

    Notes
    -----
    Rows go in slabs into one buffer, as for `Gram`. Few gaps are added up one by one, each the row
    that it is in; many as a matrix of zeros and ones. A block without gaps costs little more than
    `Gram`, one in twenty gaps twice as much.

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
        if sparse.issparse(X) or X.dtype.kind != "f":
            return cls(Gram.of(X, y, sample_weight), np.empty(0, dtype=np.int64), np.empty(0))
        d, Y = X.shape[1], None if y is None else as_columns(np.asarray(y))
        weight, shift = as_weights(sample_weight), shift_of_both(X, Y)

        def about(shift: np.ndarray) -> tuple[_Gaps, np.ndarray]:
            gaps = _Gaps(X, shift[:d], Y, shift[d:], weight)
            return gaps, gaps.products()

        with np.errstate(over="ignore", invalid="ignore"):
            shift, (gaps, raw) = about_means(shift, about, lambda found: first_moments(found[1]))
            finite = np.isfinite(raw.sum())
        if not finite:
            refuse_infinite(X, Y, allow_nan=True)
        columns = np.flatnonzero(gaps.found)
        fill, y_shift = shift[:d], shift[d:]
        shift = np.concatenate([fill, np.zeros(columns.size), y_shift])
        raw = gaps.beside(raw, columns)
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
        if at.size == columns.size:
            return gram
        d, ours = self.n_features, self.columns.size
        place = np.full(columns.size, -1)
        place[at] = d + np.arange(ours)
        targets = np.arange(d + ours, gram.mean.size)
        return _columns(gram, np.concatenate([np.arange(d), place, targets]))

    def _moved(self, step: np.ndarray) -> Gram:
        """Our Gram with so much added to the filling of each column that has gaps."""
        if not step.any():
            return self.gram
        mean, cross = np.zeros_like(self.gram.mean), self.gram.cross.copy()
        gaps = slice(self.n_features, self.n_features + self.columns.size)
        mean[self.columns] = step * self.gram.mean[gaps]
        mean, rest = mean_moved(self.gram.mean, self.gram.rest, mean)
        cross[self.columns] += step[:, None] * cross[gaps]
        cross[:, self.columns] += cross[:, gaps] * step
        np.fill_diagonal(cross, np.maximum(cross.diagonal(), 0.0))
        return replace(self.gram, mean=mean, rest=rest, cross=cross)

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
        apart = (self.gram.mean[:d] - origin) + self.gram.rest[
            :d
        ]  # a gap adds nothing to sums about its filling
        some = np.where(n > 0, n, 1.0)
        squares = self.gram.cross.diagonal()[:d] + weight * apart**2
        step = np.where(n > 0, apart * (weight / some), 0.0)
        squares = np.where(n > 0, np.maximum(squares - n * step**2, 0.0), 0.0)
        centre, rest = two_sum(np.where(n > 0, origin, 0.0), step)
        return Moments(n, centre, squares, rest)

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


class _Gaps:
    """Products of the gaps of X with X, each other and Y, added up as `products` has rows written.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features), of floats
    fill : ndarray of shape (n_features,)
        What is written in the gaps, and what X is shifted about.
    Y, y_shift, weight
        As for `products`.
    """

    def __init__(
        self,
        X: np.ndarray,
        fill: np.ndarray,
        Y: np.ndarray | None,
        y_shift: np.ndarray,
        weight: np.ndarray | None,
    ) -> None:
        d = X.shape[1]
        self.X, self.shifted = X, shifted(X, fill)
        self.Y, self.y_shift, self.weight = Y, y_shift, weight
        self.found = np.zeros(d, dtype=bool)
        self.with_X, self.with_gaps = np.zeros((d, d)), np.zeros((d, d))
        self.with_Y = np.zeros((d, y_shift.size))

    def products(self) -> np.ndarray:
        """Products of [X, Y, 1], gaps filled."""
        n_rows, d = self.X.shape
        return products(n_rows, d, self.rows_of, self.Y, self.y_shift, self.weight)

    def rows_of(self, part: slice, out: np.ndarray) -> np.ndarray:
        """A slab of X, shifted and filled."""
        Z = self.shifted(part, out)
        marked = np.isnan(Z)
        at = np.flatnonzero(marked)
        if not at.size:
            return Z
        if Z is not out:
            out[...] = Z
        out.reshape(-1)[at] = 0.0
        d = out.shape[1]
        rows = at // d
        columns = at - rows * d
        weight = None if self.weight is None else self.weight[part]
        few = at.size < FEW * marked.size
        gaps = _sparse(rows, columns, marked.shape, weight) if few else _dense(marked, weight)
        self.with_X += gaps @ out
        if self.Y is not None:
            self.with_Y += gaps @ (self.Y[part] - self.y_shift)
        self._count(marked, np.bincount(columns, minlength=d) > 0, weight)
        return out

    def _count(self, marked: np.ndarray, found: np.ndarray, weight: np.ndarray | None) -> None:
        """Add the products of gaps with each other."""
        self.found |= found
        place: Any = ...
        if not found.all():
            marked, place = marked[:, found], np.ix_(found, found)
        # The count of so few rows is exact in float32, which is twice as fast.
        M: Any = marked.astype(np.float32) if weight is None else marked * np.sqrt(weight)[:, None]
        self.with_gaps[place] += np.dot(M.T, M)

    def beside(self, raw: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Products of [X, gaps, Y, 1] from those of [X, Y, 1], with some of the columns of gaps."""
        d, c = self.found.size, columns.size
        wide = np.empty((len(raw) + c,) * 2)
        gaps, others = slice(d, d + c), np.delete(np.arange(len(wide)), slice(d, d + c))
        wide[np.ix_(others, others)] = raw
        wide[gaps, :d] = self.with_X[columns]
        wide[gaps, gaps] = self.with_gaps[np.ix_(columns, columns)]
        wide[gaps, d + c : -1] = self.with_Y[columns]
        wide[gaps, -1] = self.with_gaps.diagonal()[columns]
        wide[:, gaps] = wide[gaps].T
        return wide


def _sparse(
    rows: np.ndarray, columns: np.ndarray, shape: tuple[int, ...], weight: np.ndarray | None
) -> Any:
    """Weights of gaps at places of a slab, shape (n_features, n_rows)."""
    n, d = shape
    data = np.ones(rows.size) if weight is None else weight[rows]
    ends = np.searchsorted(rows, np.arange(n + 1))
    return sparse.csc_matrix((data, columns, ends), shape=(d, n))


def _dense(marked: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Weights of gaps where a slab is marked, shape (n_features, n_rows)."""
    return (marked.astype(np.float64) if weight is None else marked * weight[:, None]).T


def _columns(gram: Gram, take: np.ndarray) -> Gram:
    """Gram of chosen columns, the targets among them; -1 is a column of zeros."""
    absent = take < 0
    mean, rest, cross = gram.mean[take], gram.rest[take], gram.cross[np.ix_(take, take)]
    mean[absent] = rest[absent] = 0.0
    cross[absent] = cross[:, absent] = 0.0
    return replace(gram, mean=mean, rest=rest, cross=cross)

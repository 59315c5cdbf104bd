"""Mean and variance of columns from counts, means and centred squares that merge exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scalml.statistics.base import (
    SHIFT_ROWS,
    TILED_COLUMNS,
    about_means,
    as_columns,
    as_weights,
    canonical,
    csr_rows,
    is_plain,
    mean_apart,
    mean_moved,
    shift_of,
    slab_rows,
    slabs,
    tiled,
    two_sum,
)
from scalml.statistics.finite import require_finite

PIECE_ROWS = 2**14  # of one column: what is computed of them stays in cache


@dataclass(frozen=True, eq=False)
class Moments:
    """Weighted count, mean and centred sum of squares of each column, NaN being missing.

    Attributes
    ----------
    n : ndarray of shape (n_columns,)
        Sum of the weights of the values that are not missing.
    centre : ndarray of shape (n_columns,)
        Their mean, 0 where there is no value.
    squares : ndarray of shape (n_columns,)
        Weighted sum of squared differences from the mean.
    rest : ndarray of shape (n_columns,), or 0.0
        What rounding to `centre` left out of the mean.

    Notes
    -----
    A block is worked through in slabs of about a megabyte, which are cast to float64 in C order,
    so that the memory order of the input does not change a bit of the result. Where a mean lies
    far from zero, they are shifted, so that it costs no accuracy; where the first rows have misled
    about the mean, once more. Blocks merge by [1]_, from means of twice the digits; the same
    formula read backwards takes a block out again.

    The columns of a frame are added up one by one, as they lie. CSR blocks are never made dense:
    what is not stored counts as zero.

    References
    ----------
    .. [1] Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance", The
       American Statistician 37, 242-247.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Moments
    >>> top, bottom = np.array([[1.0, 5.0]]), np.array([[3.0, 5.0], [5.0, np.nan]])
    >>> moments = Moments.of(top) + Moments.of(bottom)
    >>> moments.n, moments.mean, moments.var
    (array([3., 2.]), array([3., 5.]), array([2.66666667, 0.        ]))
    >>> (moments - Moments.of(top)).mean
    array([4., 5.])
    """

    n: np.ndarray
    centre: np.ndarray
    squares: np.ndarray
    rest: Any = 0.0

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        allow_nan: bool = True,
        allow_inf: bool = False,
    ) -> Moments:
        """Moments of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_columns) or (n_rows,), or DataFrame
            Any numeric dtype and memory order; of a frame NumPy's dtypes.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Not negative.
        allow_nan : bool, default=True
            Whether NaN stands for a missing value rather than an error.
        allow_inf : bool, default=False
            Whether an infinity is taken as a number: mean and variance follow IEEE arithmetic.

        Raises
        ------
        ValueError
            From `require_finite`, with the place of the value.
        """
        weight = as_weights(sample_weight)
        with np.errstate(over="ignore", invalid="ignore"):
            if sparse.issparse(X):
                moments, gaps, infinite = _of_sparse(canonical(X), weight)
            elif isinstance(X, pd.DataFrame):
                moments, gaps, infinite = _of_columns([x.to_numpy() for _, x in X.items()], weight)
            else:
                moments, gaps, infinite = _of_dense(as_columns(X), weight)
        if (infinite and not allow_inf) or (gaps and not allow_nan):
            names = None
            if isinstance(X, pd.DataFrame):
                names, X = list(X.columns), X.to_numpy(dtype=np.float64)
            require_finite(X, names, allow_nan=allow_nan)
        return moments

    def __add__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        n = self.n + other.n
        share = _divide(other.n, n)
        with np.errstate(over="ignore", invalid="ignore"):
            apart = mean_apart(self.centre, self.rest, other.centre, other.rest)
            centre, rest = mean_moved(self.centre, self.rest, apart * share)
            first = self.n == 0  # from the 0 of no values to the mean is too far for its rest
            centre, rest = np.where(first, other.centre, centre), np.where(first, other.rest, rest)
            squares = self.squares + other.squares + apart * apart * (self.n * share)
            return Moments(n, centre, squares, rest)

    def __sub__(self, other: Moments) -> Moments:
        if not isinstance(other, Moments):
            return NotImplemented
        n = np.maximum(self.n - other.n, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            apart = mean_apart(self.centre, self.rest, other.centre, other.rest)
            step = -apart * _divide(other.n, n)
            centre, rest = mean_moved(self.centre, self.rest, step)
            apart = mean_apart(centre, rest, other.centre, other.rest)
            taken = other.squares + apart * apart * (n * _divide(other.n, self.n))
        left = n > 0
        squares = np.where(left, np.maximum(self.squares - taken, 0.0), 0.0)
        return Moments(n, np.where(left, centre, 0.0), squares, np.where(left, rest, 0.0))

    @property
    def mean(self) -> np.ndarray:
        """Means; NaN where no value was seen."""
        return np.where(self.n > 0, self.centre, np.nan)

    @property
    def var(self) -> np.ndarray:
        """Population variances (``ddof=0``); NaN where no value was seen."""
        return np.where(self.n > 0, _divide(self.squares, self.n), np.nan)

    @property
    def std(self) -> np.ndarray:
        """Square roots of the variances."""
        return np.sqrt(self.var)

    @property
    def scale(self) -> np.ndarray:
        """What standardising divides by: `std`, but 1 for constants.

        A column is constant if its variance is not above what rounding leaves of it [1]_.
        """
        eps, var = np.finfo(np.float64).eps, self.var
        with np.errstate(invalid="ignore", over="ignore"):
            constant = var <= self.n * eps * var + (self.n * self.mean * eps) ** 2
            return np.where(constant, 1.0, np.sqrt(var))

    @property
    def sum(self) -> np.ndarray:
        """Weighted sums; 0 where no value was seen."""
        return self.n * self.centre


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.zeros_like(b), where=b > 0)


# Each gives the moments, whether there are gaps, and whether there may be infinities: sums that
# are not finite once gaps are left out, which overflow makes, too.
def _of_dense(X: np.ndarray, weight: np.ndarray | None) -> tuple[Moments, bool, bool]:
    shift, found = about_means(shift_of(X), partial(_about, X, weight), itemgetter(0, 1, 2))
    n, total, squares, gaps = found
    return _unshifted(n, total, squares, shift), gaps, not np.isfinite(total.sum())


def _about(X: np.ndarray, weight: np.ndarray | None, shift: np.ndarray) -> tuple[Any, ...]:
    """Weights, sums and squares of the columns less a shift; whether there are gaps."""
    n_rows, n_columns = X.shape
    near = not shift.any()
    as_it_is = near and is_plain(X)
    rows = slab_rows(n_columns)
    ones = np.ones(min(rows, n_rows))
    buffer = np.empty((ones.size, n_columns))
    shifts = tiled(shift, ones.size)
    n, total, squares = np.zeros((3, n_columns))
    gaps = False
    for part in slabs(n_rows, rows):
        length = part.stop - part.start
        Z = X[part] if as_it_is else buffer[:length]
        w = ones[:length] if weight is None else weight[part]
        if not near:
            np.subtract(X[part], shifts[:length], out=Z)
        elif not as_it_is:
            Z[...] = X[part]
        slab_total = np.dot(w, Z)
        if math.isfinite(slab_total.sum()):
            n += length if weight is None else w.sum()
        else:
            missing = np.isnan(Z)
            gaps = gaps or bool(missing.any())
            Z = np.where(missing, 0.0, Z)
            n += np.dot(w, (~missing).astype(np.float64))
            slab_total = np.dot(w, Z)
        total += slab_total
        if weight is None and n_columns >= TILED_COLUMNS:
            squares += np.einsum("ij,ij->j", Z, Z)
        else:
            squares += np.dot(w, np.multiply(Z, Z, out=buffer[:length]))
    return n, total, squares, gaps


def _unshifted(n: Any, total: np.ndarray, squares: np.ndarray, shift: np.ndarray) -> Moments:
    apart = _divide(total, n)
    squares = np.maximum(squares - apart * total, 0.0)
    centre, rest = two_sum(shift, apart)
    return Moments(n, np.where(n > 0, centre, 0.0), squares, np.where(n > 0, rest, 0.0))


def _of_columns(columns: list[np.ndarray], weight: np.ndarray | None) -> tuple[Moments, bool, bool]:
    shift = shift_of(np.column_stack([x[:SHIFT_ROWS] for x in columns]))
    buffers = np.ones((3, min(PIECE_ROWS, len(columns[0]))))

    def about(shift: np.ndarray) -> np.ndarray:
        pairs = zip(columns, shift, strict=True)
        return np.array([_of_column(x, s, weight, buffers) for x, s in pairs]).T

    shift, (n, total, squares, gaps) = about_means(shift, about, itemgetter(0, 1, 2))
    return _unshifted(n, total, squares, shift), bool(gaps.any()), not np.isfinite(total.sum())


def _of_column(
    x: np.ndarray, shift: Any, weight: np.ndarray | None, buffers: np.ndarray
) -> tuple[float, ...]:
    """Weight of a column's known values, their shifted sum and squares, and its number of gaps."""
    ones, buffer, spare = buffers
    n = total = squares = gaps = 0.0
    for part in slabs(len(x), PIECE_ROWS):
        z = buffer[: part.stop - part.start]
        w = ones[: len(z)] if weight is None else weight[part]
        np.subtract(x[part], shift, out=z, dtype=np.float64)
        piece_total = np.dot(w, z)
        if math.isfinite(piece_total):
            n += len(z) if weight is None else w.sum()
        else:
            missing = np.isnan(z)
            here = np.count_nonzero(missing)
            gaps += here
            n += len(z) - here if weight is None else np.dot(w, (~missing).astype(np.float64))
            # Zero for NaN, without a mask: where gaps lie at random it costs wrong guesses.
            np.fmin(z, 0.0, out=spare[: len(z)])
            np.fmax(z, 0.0, out=z)
            z += spare[: len(z)]
            piece_total = np.dot(w, z)
        total += piece_total
        squares += np.dot(z, z if weight is None else w * z)
    return n, total, squares, gaps


def _of_sparse(X: Any, weight: np.ndarray | None) -> tuple[Moments, bool, bool]:
    n_rows, n_columns = X.shape
    values, at = X.data.astype(np.float64), X.indices
    entry_weight = None if weight is None else weight[csr_rows(X)]
    everything = float(n_rows) if weight is None else float(weight.sum())
    known = None if math.isfinite(values.sum()) else ~np.isnan(values)
    gaps = known is not None and not known.all()

    def by_column(entries: np.ndarray | None) -> np.ndarray:
        """Weighted sums of entries, or their weight."""
        if entry_weight is not None:
            entries = entry_weight if entries is None else entry_weight * entries
        return np.bincount(at, weights=entries, minlength=n_columns).astype(np.float64)

    # The weight of what is not stored is a difference; what rounding leaves of zero is cut off.
    n = by_column(None)
    unstored = everything - n
    unstored[unstored < 1e-14 * n_rows * everything] = 0.0
    if gaps:
        values, at = values[known], at[known]
        entry_weight = None if entry_weight is None else entry_weight[known]
        n = by_column(None)
    # Values less one of their column: the rounding of a sum would give constants a variance.
    shift = np.zeros(n_columns)
    shift[at[::-1]] = values[::-1]  # of repeated indices the last one stays
    shift = np.where(np.isfinite(shift), shift, 0.0)
    centre = shift + _divide(by_column(values - shift[at]), n)
    # That one may have been far from the others: the differences from the mean correct it.
    apart = values - centre[at]
    total = by_column(apart)
    rest = _divide(total, n)
    np.multiply(apart, apart, out=apart)
    squares = by_column(apart) - rest * total
    centre, rest = two_sum(centre, np.where(np.isfinite(rest), rest, 0.0))
    stored = Moments(n, centre, np.maximum(squares, 0.0), rest)
    zeros = np.zeros(n_columns)
    return Moments(unstored, zeros, zeros) + stored, gaps, not np.isfinite(values.sum())

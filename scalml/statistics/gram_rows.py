"""Rows that stand for the Gram matrix of [X, Y], where there are fewer rows than columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import as_columns, as_weights, mean_apart, mean_moved, two_sum
from scalml.statistics.coded import CodedRows
from scalml.statistics.gram import Gram, Products, refuse_infinite, shift_of_both

VERY_FEW = 16


def are_few(n_rows: int | None, width: int) -> bool:
    """Whether rows are kept rather than the products of their columns: up to half as many rows.

    From there on their singular values cost more than the eigenvalues of the products.
    """
    return n_rows is not None and 2 * n_rows <= width


def gram_or_rows(X: Any, y: Any = None, sample_weight: Any = None) -> GramRows | Gram:
    """Statistic of a block that may be all there is: `GramRows` if its rows are very few.

    Were blocks of many rows kept as rows, too, they would all be multiplied where they merge.
    """
    n_rows, width = as_columns(X).shape
    return (GramRows if VERY_FEW * n_rows <= width else Gram).of(X, y, sample_weight)


@dataclass(frozen=True, eq=False)
class GramRows(Products):
    """Weighted means of the columns of X and Y, and rows whose products are the centred ones.

    Attributes
    ----------
    n, weight, mean, rest, n_targets, flat, dtype
        As of `Gram`.
    rows : ndarray of shape (n - 1, n_features + n_targets)
        ``rows.T @ rows`` is the cross-product of [X, Y] about its mean.

    Notes
    -----
    Centred rows, times the roots of their weights, are orthogonal to the vector of these roots. A
    reflection [1]_ that takes it to the first axis leaves zeros in the first row, which is dropped.
    Blocks merge as those of `Gram` do, the rank-one term being one row more; when they are no
    longer few, or rows are taken out, they become a `Gram`.

    References
    ----------
    .. [1] Golub, Van Loan (2013), "Matrix Computations", section 5.1.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.gram_rows import GramRows
    >>> X, y = np.array([[0.0, 1, 0, 1, 7], [1, 1, 2, 0, 1]]), np.array([1.0, 3.0])
    >>> rows = GramRows.of(X[:1], y[:1]) + GramRows.of(X[1:], y[1:])
    >>> rows.rows.shape, rows.XtX[0], rows.XtY[0]
    ((1, 6), array([ 0.5,  0. ,  1. , -0.5, -3. ]), array([1.]))
    """

    n: int
    weight: float
    mean: np.ndarray
    rest: np.ndarray
    rows: np.ndarray
    n_targets: int
    flat: bool
    dtype: Any

    @classmethod
    def of(cls, X: Any, y: Any = None, sample_weight: Any = None) -> GramRows:
        """From one block; parameters and errors are those of `Gram.of`."""
        X = as_columns(X)
        dtype = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
        dense = X.toarray() if sparse.issparse(X) or isinstance(X, CodedRows) else X
        Y = None if y is None else as_columns(np.asarray(y))
        weight = as_weights(sample_weight)
        w: np.ndarray = np.ones(len(dense)) if weight is None else weight
        total = float(np.sum(w))
        n_targets = 0 if Y is None else Y.shape[1]
        flat = y is None or np.ndim(y) == 1
        Z = np.empty((len(dense), dense.shape[1] + n_targets))

        def mean_about(shift: np.ndarray) -> np.ndarray:
            """Write the rows less a shift; how far their mean is from it."""
            np.subtract(dense, shift[: dense.shape[1]], out=Z[:, : dense.shape[1]])
            if Y is not None:
                np.subtract(Y, shift[dense.shape[1] :], out=Z[:, dense.shape[1] :])
            return np.dot(w, Z) / total if total > 0 else np.zeros(Z.shape[1])

        with np.errstate(over="ignore", invalid="ignore"):
            shift = shift_of_both(dense, Y)
            shift = shift + mean_about(shift)  # which the first rows may have misled
            apart = mean_about(shift)
            finite = np.isfinite(np.vdot(Z, Z))
        if not finite:
            refuse_infinite(X, Y)
        mean, rest = two_sum(shift, apart)
        if not total > 0:
            return cls(len(Z), 0.0, mean, rest, Z[:0], n_targets, flat, dtype)
        roots = np.sqrt(w)
        Z -= apart
        Z *= roots[:, None]
        unit = roots / np.sqrt(total)
        across = Z[0] + np.dot(unit, Z)
        rows = Z[1:] - np.outer(unit[1:], across / (1.0 + unit[0]))
        return cls(len(Z), total, mean, rest, rows, n_targets, flat, dtype)

    @property
    def cross(self) -> np.ndarray:  # type: ignore[override]
        """Centred cross-products of [X, Y], computed when asked for."""
        return np.dot(self.rows.T, self.rows)

    def whole(self) -> Gram:
        """The Gram matrix itself."""
        return Gram(
            self.n,
            self.weight,
            self.mean,
            self.rest,
            self.cross,
            self.n_targets,
            self.flat,
            self.dtype,
        )

    def about(self, centred: bool) -> tuple[np.ndarray, np.ndarray]:
        """Rows of X and of Y whose products are those about the means, or else about zero."""
        rows = self.rows
        if not centred:
            rows = np.vstack([rows, np.sqrt(self.weight) * self.mean])
        return rows[:, : self.n_features], rows[:, self.n_features :]

    def __add__(self, other: GramRows | Gram) -> GramRows | Gram:
        if isinstance(other, Gram):
            return self.whole() + other
        if not isinstance(other, GramRows):
            return NotImplemented
        self.require_like(other)
        n = self.n + other.n
        if not other.weight or not self.weight:
            return replace(self if self.weight else other, n=n)
        weight = self.weight + other.weight
        share = other.weight / weight
        apart = mean_apart(self.mean, self.rest, other.mean, other.rest)
        mean, rest = mean_moved(self.mean, self.rest, apart * share)
        rows = np.vstack([self.rows, other.rows, apart * np.sqrt(self.weight * share)])
        found = replace(self, n=n, weight=weight, mean=mean, rest=rest, rows=rows)
        return found if are_few(len(rows), mean.size) else found.whole()

    def __radd__(self, other: Gram) -> Gram:
        return other + self.whole() if isinstance(other, Gram) else NotImplemented

    def __sub__(self, other: GramRows | Gram) -> Gram:
        return self.whole() - (other.whole() if isinstance(other, GramRows) else other)

    def __rsub__(self, other: Gram) -> Gram:
        return other - self.whole() if isinstance(other, Gram) else NotImplemented

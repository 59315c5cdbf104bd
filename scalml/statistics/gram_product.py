"""The Gram matrix of X times a few directions, for X too wide to have a Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import (
    canonical,
    mean_apart,
    mean_moved,
    shift_of,
    slab_rows,
    slabs,
    two_sum,
)
from scalml.statistics.finite import require_finite


@dataclass(frozen=True, eq=False)
class GramProduct:
    """Product of the centred Gram matrix of X with directions Q, and the means of X.

    Attributes
    ----------
    n : int
        Rows.
    mean : ndarray of shape (n_features,)
        Means of the columns.
    rest : ndarray of shape (n_features,)
        What rounding to `mean` left out.
    directions : ndarray of shape (n_features, n_directions)
        Q. How far blocks are apart along them follows from how far their means are, with all its
        digits; differences of means along them would have lost these.
    cross : ndarray of shape (n_features, n_directions)
        ``sum_i (x_i - mean) (x_i - mean)' Q``.
    squares : float
        Sum of all squared differences from the means: the trace of the Gram matrix.

    Notes
    -----
    A power iteration or a Krylov method needs no more of the rows than this, once a pass: both
    products, with X and with its transpose, are made while a slab of rows is in cache. Blocks
    merge as those of `Gram` do, by moving both to the joint mean. CSR blocks are not centred but
    corrected.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import GramProduct
    >>> X, Q = np.array([[0.0, 1.0], [1.0, 1.0], [5.0, 4.0]]), np.array([[1.0], [0.0]])
    >>> product = GramProduct.of(X[:1], directions=Q) + GramProduct.of(X[1:], directions=Q)
    >>> product.cross.ravel(), product.squares
    (array([14.,  9.]), 20.0)
    >>> product.raw.ravel()
    array([26., 21.])
    """

    n: int
    mean: np.ndarray
    rest: np.ndarray
    directions: np.ndarray
    cross: np.ndarray
    squares: float

    @classmethod
    def of(cls, X: Any, *, directions: np.ndarray) -> GramProduct:
        """Product for one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
            Any numeric dtype and memory order.
        directions : ndarray of shape (n_features, n_directions), float64

        Raises
        ------
        ValueError
            From `require_finite`, when X holds NaN or infinity.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            sums = (_sums_sparse if sparse.issparse(X) else _sums_dense)(X, directions)
            shift, total, along, cross, squares = sums
            finite = np.isfinite(cross.sum() + squares)
        if not finite:
            require_finite(X)
            raise ValueError(
                "Products of columns of X overflow float64. Scale the columns first, for example "
                "with StandardScaler."
            )
        n = X.shape[0]
        apart = total / max(n, 1)
        cross -= np.outer(apart, along)
        mean, rest = two_sum(shift, apart)
        squares = max(squares - float(apart @ total), 0.0)
        return cls(n, mean, rest, directions, cross, squares)

    def __add__(self, other: GramProduct) -> GramProduct:
        if not isinstance(other, GramProduct):
            return NotImplemented
        if not self.n or not other.n:
            return self if self.n else other
        n = self.n + other.n
        share = other.n / n
        apart = mean_apart(self.mean, self.rest, other.mean, other.rest)
        along = apart @ self.directions
        return GramProduct(
            n,
            *mean_moved(self.mean, self.rest, apart * share),
            self.directions,
            self.cross + other.cross + np.outer(apart, along * (self.n * share)),
            self.squares + other.squares + float(apart @ apart) * self.n * share,
        )

    @property
    def raw(self) -> np.ndarray:
        """The product of the Gram matrix about zero, ``X' X Q``."""
        return self.cross + np.outer(self.mean * self.n, self.mean @ self.directions)


def _sums_dense(X: np.ndarray, directions: np.ndarray) -> tuple[Any, ...]:
    """Shift; sums, sums along the directions, products and squares of what is left of X."""
    n_rows, d = X.shape
    shift = shift_of(X)
    rows = slab_rows(d, at_least=256)
    ones = np.ones(min(rows, n_rows))
    buffer = np.empty((ones.size, d))
    total, along, squares = np.zeros(d), np.zeros(directions.shape[1]), 0.0
    cross = np.zeros(directions.shape)
    for part in slabs(n_rows, rows):
        Z = buffer[: part.stop - part.start]
        np.subtract(X[part], shift, out=Z)
        coordinates = np.dot(Z, directions)
        cross += np.dot(Z.T, coordinates)
        total += np.dot(ones[: len(Z)], Z)
        along += np.dot(ones[: len(Z)], coordinates)
        squares += float(np.vdot(Z, Z))
    return shift, total, along, cross, squares


def _sums_sparse(X: Any, directions: np.ndarray) -> tuple[Any, ...]:
    """Return the same about zero, which keeps X sparse."""
    X = canonical(X.astype(np.float64, copy=False))
    coordinates = X @ directions
    total = X.T @ np.ones(X.shape[0])
    squares = float(np.vdot(X.data, X.data))
    return np.zeros(X.shape[1]), total, coordinates.sum(axis=0), X.T @ coordinates, squares

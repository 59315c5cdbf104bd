"""The Gram matrix of [X, Y] about its mean: all that squared-error models need, in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import (
    about_means,
    as_columns,
    as_weights,
    is_plain,
    mean_apart,
    mean_moved,
    shift_of,
    slab_rows,
    slabs,
    tiled,
    two_sum,
)
from scalml.statistics.coded import CODED_ROWS, CodedRows, cross_products
from scalml.statistics.finite import require_finite

DOUBLE = np.dtype(np.float64)


class Products:
    """What follows from centred cross-products of [X, Y], however they are kept."""

    weight: float
    mean: np.ndarray
    cross: Any
    n_targets: int

    @property
    def n_features(self) -> int:
        """Columns of X."""
        return self.mean.size - self.n_targets

    @property
    def X_mean(self) -> np.ndarray:
        """Weighted means of X, shape (n_features,)."""
        return self.mean[: self.n_features]

    @property
    def Y_mean(self) -> np.ndarray:
        """Weighted means of the targets, shape (n_targets,)."""
        return self.mean[self.n_features :]

    @property
    def XtX(self) -> np.ndarray:
        """Centred X'X, shape (n_features, n_features)."""
        return self.cross[: self.n_features, : self.n_features]

    @property
    def XtY(self) -> np.ndarray:
        """Centred X'Y, shape (n_features, n_targets)."""
        return self.cross[: self.n_features, self.n_features :]

    @property
    def YtY(self) -> np.ndarray:
        """Centred Y'Y, shape (n_targets, n_targets)."""
        return self.cross[self.n_features :, self.n_features :]

    @property
    def raw(self) -> np.ndarray:
        """Cross-products of [X, Y] about zero, as models without an intercept need them."""
        return self.cross + np.outer(self.mean * self.weight, self.mean)

    def require_like(self, other: Products) -> None:
        """Raise ValueError unless features and targets agree in number."""
        ours = (self.n_features, self.n_targets)
        theirs = (other.n_features, other.n_targets)
        if ours != theirs:
            raise ValueError(
                f"Grams add when features and targets agree in number, got {ours} and {theirs}."
            )


@dataclass(frozen=True, eq=False)
class Gram(Products):
    """Weighted means and centred cross-products of the columns of X and the targets Y.

    Attributes
    ----------
    n : int
        Rows.
    weight : float
        Sum of the weights; `n` without weights.
    mean : ndarray of shape (n_features + n_targets,)
        Weighted means of [X, Y].
    rest : ndarray of shape (n_features + n_targets,)
        What rounding to `mean` left out.
    cross : ndarray of shape (n_features + n_targets, n_features + n_targets)
        ``sum_i w_i (z_i - mean)(z_i - mean)'`` with z a row of [X, Y].
    n_targets : int
        How many of the last columns are targets; 0 without y.
    flat : bool, default=True
        Whether y was a vector: what is solved from the Gram then has no axis of targets.
    dtype : dtype, default=float64
        float32 when X was, for results to be so too; the sums are float64 in any case.

    Notes
    -----
    Rows go in slabs into one C-ordered float64 buffer, shifted about a value near the mean and
    scaled by the square root of the weight; targets and (scaled) ones into another. Products of
    the buffers then yield sums and squares. Without the shift, columns whose mean is 10^6 standard
    deviations from zero would lose every digit; where no mean is further than two, it is left out,
    and rows without weights are multiplied as they lie.

    Blocks merge by moving both cross-products to the joint mean, a rank-one term [1]_. CSR blocks
    are not centred: their raw product, which stays sparse until its end, is corrected likewise.

    References
    ----------
    .. [1] Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance", The
       American Statistician 37, 242-247.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Gram
    >>> X, y = np.array([[0.0], [1.0], [5.0]]), np.array([1.0, 3.0, 11.0])
    >>> gram = Gram.of(X[:1], y[:1]) + Gram.of(X[1:], y[1:])
    >>> gram.X_mean, gram.XtX, gram.XtY
    (array([2.]), array([[14.]]), array([[28.]]))
    """

    n: int
    weight: float
    mean: np.ndarray
    rest: np.ndarray
    cross: np.ndarray
    n_targets: int
    flat: bool = True
    dtype: Any = DOUBLE

    @classmethod
    def of(cls, X: Any, y: Any = None, sample_weight: Any = None) -> Gram:
        """Gram of one block.

        Parameters
        ----------
        X : ndarray, CSR matrix or CodedRows of shape (n_rows, n_features)
            Any numeric dtype and memory order.
        y : ndarray of shape (n_rows,) or (n_rows, n_targets), optional
        sample_weight : array-like of shape (n_rows,), optional
            Not negative.

        Raises
        ------
        ValueError
            From `require_finite`, when X or y holds NaN or infinity.
        """
        X = as_columns(X)
        Y = None if y is None else as_columns(np.asarray(y))
        weight = as_weights(sample_weight)
        with np.errstate(over="ignore", invalid="ignore"):
            raw, shift = _raw_of(X)(X, Y, weight)
            finite = np.isfinite(raw.sum())
        if not finite:
            refuse_infinite(X, Y)
        return cls.about(raw, shift, X, y, weight)

    @classmethod
    def about(cls, raw: np.ndarray, shift: np.ndarray, X: Any, y: Any, weight: Any) -> Gram:
        """Gram of the rows of X and y from their `products` about a shift."""
        total = float(X.shape[0]) if weight is None else float(weight.sum())
        sums = raw[-1, :-1]
        apart = sums / total if total > 0 else np.zeros_like(sums)
        cross = raw[:-1, :-1] - np.outer(apart, sums)
        # Rounding may leave a constant column a variance below zero.
        np.fill_diagonal(cross, np.maximum(cross.diagonal(), 0.0))
        n_targets = 0 if y is None else 1 if np.ndim(y) == 1 else y.shape[1]
        dtype = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
        flat = y is None or np.ndim(y) == 1
        mean, rest = two_sum(shift, apart)
        return cls(X.shape[0], total, mean, rest, cross, n_targets, flat, dtype)

    def __add__(self, other: Gram) -> Gram:
        if not isinstance(other, Gram):
            return NotImplemented
        self.require_like(other)
        if not other.weight or not self.weight:
            kept = self if self.weight else other
            return replace(kept, n=self.n + other.n)
        weight = self.weight + other.weight
        apart = mean_apart(self.mean, self.rest, other.mean, other.rest)
        share = other.weight / weight
        mean, rest = mean_moved(self.mean, self.rest, apart * share)
        return replace(
            self,
            n=self.n + other.n,
            weight=weight,
            mean=mean,
            rest=rest,
            cross=self.cross + other.cross + np.outer(apart, apart * (self.weight * share)),
        )

    def __sub__(self, other: Gram) -> Gram:
        if not isinstance(other, Gram):
            return NotImplemented
        self.require_like(other)
        weight = max(self.weight - other.weight, 0.0)
        n = self.n - other.n
        if not other.weight:
            return replace(self, n=n)
        if not weight:
            mean, cross = np.zeros_like(self.mean), np.zeros_like(self.cross)
            return replace(self, n=n, weight=0.0, mean=mean, rest=mean, cross=cross)
        apart = mean_apart(self.mean, self.rest, other.mean, other.rest)
        mean, rest = mean_moved(self.mean, self.rest, -apart * (other.weight / weight))
        apart = mean_apart(mean, rest, other.mean, other.rest)
        cross = self.cross - other.cross
        cross -= np.outer(apart, apart * (weight * other.weight / self.weight))
        np.fill_diagonal(cross, np.maximum(cross.diagonal(), 0.0))
        return replace(self, n=n, weight=weight, mean=mean, rest=rest, cross=cross)


def refuse_infinite(X: Any, Y: np.ndarray | None, allow_nan: bool = False) -> None:
    """Say why products of X and Y are not finite.

    Raises
    ------
    ValueError
    """
    require_finite(X, allow_nan=allow_nan)
    if Y is not None:
        require_finite(Y[:, 0] if Y.shape[1] == 1 else Y, label="y")
    raise ValueError(
        "Products of columns of X (or y) overflow float64. Scale the columns first, for example "
        "with StandardScaler."
    )


def products(
    n_rows: int,
    width: int,
    rows_of: Callable[[slice, np.ndarray], np.ndarray],
    Y: np.ndarray | None,
    y_shift: np.ndarray,
    weight: np.ndarray | None,
) -> np.ndarray:
    """Products of the columns of Z, of Y less its shift and of a last one of ones with each other.

    Parameters
    ----------
    n_rows, width : int
        Shape of Z.
    rows_of : callable
        ``rows_of(part, out)`` returns a slab of rows of Z, C-ordered: `out`, written to, or a view
        of what is there anyway.
    Y : ndarray of shape (n_rows, n_targets) or None
    y_shift : ndarray of shape (n_targets,)
    weight : ndarray of shape (n_rows,) or None

    Returns
    -------
    raw : ndarray of shape (width + n_targets + 1, width + n_targets + 1)
    """
    t = y_shift.size
    rows = slab_rows(width + t + 1, at_least=512)
    # Targets and ones lie in a buffer of their own, as rows: beside so few columns as X often has,
    # two or three more would slow the writing and the product of all of them.
    buffer = np.empty((min(rows, n_rows), width))
    beside_buffer = np.ones((t + 1, len(buffer)))
    raw, own = np.zeros((width + t + 1,) * 2), np.empty((width, width))
    for part in slabs(n_rows, rows):
        n = part.stop - part.start
        beside = beside_buffer[:, :n]
        Z = rows_of(part, buffer[:n])
        if Y is not None:
            np.subtract(Y[part].T, y_shift[:, None], out=beside[:t])
        if weight is not None:
            np.sqrt(weight[part], out=beside[t])
            Z = np.multiply(Z, beside[t][:, None], out=buffer[:n])
            beside[:t] *= beside[t]
        # NumPy sees that both factors are one array and computes half of the products.
        raw[:width, :width] += np.dot(Z.T, Z, out=own)
        raw[width:, :width] += np.dot(beside, Z)
        raw[width:, width:] += np.dot(beside, beside.T)
    raw[:width, width:] = raw[width:, :width].T
    return raw


def shifted(X: np.ndarray, shift: np.ndarray) -> Callable[[slice, np.ndarray], np.ndarray]:
    """What gives `products` the rows of X less a shift."""
    if is_plain(X) and not shift.any():
        return lambda part, out: X[part]
    shifts = tiled(shift, min(X.shape[0], slab_rows(X.shape[1])))

    def rows_of(part: slice, out: np.ndarray) -> np.ndarray:
        return np.subtract(X[part], shifts[: len(out)], out=out)

    return rows_of


def _raw_of(X: Any) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    if isinstance(X, CodedRows):
        return _raw_coded
    return _raw_sparse if sparse.issparse(X) else _raw_dense


def _raw_coded(
    X: CodedRows, Y: np.ndarray | None, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Products of [X, Y, 1], numbers and Y about their shift, categories about zero."""
    Y = np.empty((len(X), 0)) if Y is None else Y
    d = X.shape[1]
    shift = np.concatenate([X.spread(shift_of(X.numbers)), shift_of(Y)])
    numbers = np.ones(shift.size, dtype=bool)
    numbers[:d] = X.spread(np.ones(X.numbers.shape[1])) > 0

    def moments_of(raw: np.ndarray) -> tuple[Any, ...]:
        n, total, squares = first_moments(raw)
        return n, np.where(numbers, total, 0.0), squares

    shift, raw = about_means(shift, partial(_coded_products, X, Y, weight), moments_of)
    return raw, shift


def _coded_products(
    X: CodedRows, Y: np.ndarray, weight: np.ndarray | None, shift: np.ndarray
) -> np.ndarray:
    d = X.shape[1]
    raw = np.zeros((shift.size + 1,) * 2)
    for part in slabs(len(X), CODED_ROWS):
        beside = np.column_stack([Y[part] - shift[d:], np.ones(part.stop - part.start)])
        w = None if weight is None else weight[part]
        cross_products(X[part].beside(beside, shift[:d]), w, raw)
    return raw


def _raw_dense(
    X: np.ndarray, Y: np.ndarray | None, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Products of [X, Y, 1] about the shift."""
    n_rows, d = X.shape

    def about(shift: np.ndarray) -> np.ndarray:
        return products(n_rows, d, shifted(X, shift[:d]), Y, shift[d:], weight)

    shift, raw = about_means(shift_of_both(X, Y), about, first_moments)
    return raw, shift


def shift_of_both(X: np.ndarray, Y: np.ndarray | None) -> np.ndarray:
    """`shift_of` X and of Y."""
    return np.concatenate([shift_of(X), np.empty(0) if Y is None else shift_of(Y)])


def first_moments(raw: np.ndarray) -> tuple[Any, ...]:
    """Weight, sums and sums of squares among `products`."""
    return raw[-1, -1], raw[-1, :-1], raw.diagonal()[:-1]


def _raw_sparse(
    X: Any, Y: np.ndarray | None, weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Products of [X, Y, 1], X about zero and Y about its shift."""
    n_rows, d = X.shape
    X = X.astype(np.float64)
    y_shift = np.empty(0) if Y is None else shift_of(Y)
    shift = np.concatenate([np.zeros(d), y_shift])
    dense = np.ones((n_rows, y_shift.size + 1))
    if Y is not None:
        np.subtract(Y, y_shift, out=dense[:, :-1])
    if weight is not None:
        root = np.sqrt(weight)
        X = sparse.diags_array(root).tocsr() @ X
        dense *= root[:, None]
    raw = np.empty((shift.size + 1,) * 2)
    raw[:d, :d] = (X.T @ X).toarray()
    raw[:d, d:] = X.T @ dense
    raw[d:, :d] = raw[:d, d:].T
    raw[d:, d:] = dense.T @ dense
    return raw, shift

"""Log loss of linear models: values, gradients and curvature, for several coefficients at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import Sums, as_weights, slab_rows, slabs


@dataclass(frozen=True, eq=False)
class LogisticLoss(Sums):
    """Log loss of k linear models and its gradients, summed over rows.

    Attributes
    ----------
    weight : float
        Sum of the weights.
    value : ndarray of shape (k,)
        Weighted sums of ``log(1 + exp(z)) - y z`` with ``z = x @ coef + intercept``.
    gradient : ndarray of shape (n_coefficients, k)
        Derivatives by the coefficients, the intercept's last.

    Notes
    -----
    Rows are worked through in slabs that stay in cache, so that a pass reads memory once although
    it multiplies twice. C-ordered float64 blocks are used as they are; others are cast slab by
    slab into one buffer. Sigmoid and loss share one exponential, of ``-abs(z)``, that cannot
    overflow.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import LogisticLoss
    >>> X, y = np.array([[-1.0], [2.0]]), np.array([0, 1])
    >>> both = LogisticLoss.of(X, y, coef=np.array([[0.0, 1.0]]))
    >>> both.value.round(4), both.gradient.round(4)
    (array([1.3863, 0.4402]), array([[-1.5   , -0.5073]]))
    """

    weight: float
    value: np.ndarray
    gradient: np.ndarray

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None, *, coef: np.ndarray) -> LogisticLoss:
        """Loss of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
            0 or 1.
        sample_weight : array-like of shape (n_rows,), optional
        coef : ndarray of shape (n_features, k) or (n_features + 1, k)
            Coefficients by column; an additional last row holds intercepts.
        """
        n_features = X.shape[1]
        coef = np.ascontiguousarray(coef, dtype=np.float64)
        slopes = coef[:n_features]
        intercepts = coef[n_features] if coef.shape[0] > n_features else None
        y = np.asarray(y, dtype=np.float64)
        weight = as_weights(sample_weight)
        value, gradient = np.zeros(coef.shape[1]), np.zeros_like(coef)
        # Coefficients of a bold line search overflow to an infinite value, which it rejects.
        with np.errstate(over="ignore", invalid="ignore"):
            for part, A in _slabs_of(X):
                w = None if weight is None else weight[part]
                Z = A @ slopes
                if intercepts is not None:
                    Z += intercepts
                loss, residual = _loss_and_residual(Z, y[part, None])
                value += loss.sum(axis=0) if w is None else w @ loss
                if w is not None:
                    residual *= w[:, None]
                gradient[:n_features] += A.T @ residual
                if intercepts is not None:
                    gradient[n_features] += residual.sum(axis=0)
        total = float(X.shape[0]) if weight is None else float(weight.sum())
        return cls(total, value, gradient)


@dataclass(frozen=True, eq=False)
class LogisticHessian(Sums):
    """Second derivatives of the log loss of one linear model, summed over rows.

    Attributes
    ----------
    weight : float
        Sum of the weights.
    hessian : ndarray of shape (n_coefficients, n_coefficients) or (n_coefficients,)
        By the coefficients of ``x - shift``, the intercept's last; only the diagonal if asked so.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import LogisticHessian
    >>> LogisticHessian.of(np.array([[2.0], [4.0]]), coef=np.zeros(2), shift=[3.0]).hessian
    array([[0.5, 0. ],
           [0. , 0.5]])
    """

    weight: float
    hessian: np.ndarray

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        coef: np.ndarray,
        shift: Any = None,
        diagonal: bool = False,
    ) -> LogisticHessian:
        """Curvature of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : ignored
            The curvature does not depend on it.
        sample_weight : array-like of shape (n_rows,), optional
        coef : ndarray of shape (n_features,) or (n_features + 1,)
            Where the derivatives are taken; about zero, whatever the shift.
        shift : array-like of shape (n_features,), optional
            Taken off each column: an intercept makes the shift immaterial to the model, and a
            shift near the mean makes the Hessian well-conditioned.
        diagonal : bool, default=False
            Whether only the diagonal is computed.
        """
        n_features = X.shape[1]
        coef = np.asarray(coef, dtype=np.float64)
        shift = np.zeros(n_features) if shift is None else np.asarray(shift, dtype=np.float64)
        weight = as_weights(sample_weight)
        hessian = np.zeros(coef.shape * (1 if diagonal else 2))
        with np.errstate(over="ignore", invalid="ignore"):
            for part, A in _slabs_of(X, unpacked=not diagonal and _dense_is_cheaper(X)):
                z = A @ coef[:n_features]
                if coef.size > n_features:
                    z += coef[n_features]
                e = np.exp(-np.abs(z))
                curvature = e / (1.0 + e) ** 2
                if weight is not None:
                    curvature *= weight[part]
                product = _sparse_product if sparse.issparse(A) else _dense_product
                hessian += product(A, curvature, shift, coef.size - n_features, diagonal)
        total = float(X.shape[0]) if weight is None else float(weight.sum())
        return cls(total, hessian)


def _dense_is_cheaper(X: Any) -> bool:
    """Whether X' W X takes less time with the zeros of a CSR block filled in.

    Measured with 15 entries a row: the sparse product takes 6 ns for each pair of entries of a
    row, the dense one 0.02 ns for each pair of columns.
    """
    return bool(sparse.issparse(X) and X.shape[1] < 17 * X.nnz / max(X.shape[0], 1))


def _slabs_of(X: Any, unpacked: bool = False) -> Any:
    """Pairs of a slice and its rows in float64; a CSR block is one slab unless `unpacked`."""
    n_rows, n_columns = X.shape
    if sparse.issparse(X):
        for part in slabs(n_rows, slab_rows(n_columns) if unpacked else max(n_rows, 1)):
            yield part, X[part].toarray().astype(np.float64, copy=False) if unpacked else X
        return
    rows = slab_rows(n_columns)
    if X.dtype == np.float64 and X.flags.c_contiguous:
        for part in slabs(n_rows, rows):
            yield part, X[part]
        return
    buffer = np.empty((min(rows, n_rows), n_columns))
    for part in slabs(n_rows, rows):
        A = buffer[: part.stop - part.start]
        A[:] = X[part]
        yield part, A


def _loss_and_residual(Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``log(1 + exp(Z)) - y Z`` and ``sigmoid(Z) - y``; Z is overwritten."""
    e = np.abs(Z)
    np.negative(e, out=e)
    np.exp(e, out=e)
    positive = Z > 0
    probability = np.where(positive, 1.0, e)
    probability /= 1.0 + e
    loss = np.log1p(e, out=e)
    loss += np.where(positive, Z, 0.0)
    Z *= y
    loss -= Z
    probability -= y
    return loss, probability


def _dense_product(
    A: np.ndarray, curvature: np.ndarray, shift: np.ndarray, intercept: int, diagonal: bool
) -> np.ndarray:
    Z = np.empty((A.shape[0], A.shape[1] + intercept))
    np.subtract(A, shift, out=Z[:, : A.shape[1]])
    Z[:, A.shape[1] :] = 1.0
    if diagonal:
        np.multiply(Z, Z, out=Z)
        return curvature @ Z
    Z *= np.sqrt(curvature)[:, None]
    return Z.T @ Z


def _sparse_product(
    A: Any, curvature: np.ndarray, shift: np.ndarray, intercept: int, diagonal: bool
) -> np.ndarray:
    """The same about the shift by rank-one corrections, A itself staying sparse."""
    total, sums = curvature.sum(), A.T @ curvature
    if diagonal:
        slopes = A.multiply(A).T @ curvature - 2.0 * shift * sums + total * shift * shift
        return np.concatenate([slopes, np.full(intercept, total)])
    d = A.shape[1]
    scaled = A.astype(np.float64)
    scaled.data *= np.repeat(curvature, np.diff(A.indptr))
    product = np.zeros((d + intercept,) * 2)
    raw = (A.T @ scaled).tocoo()
    product[raw.row, raw.col] = raw.data
    if shift.any():
        product[:d, :d] -= np.outer(shift, sums) + np.outer(sums - total * shift, shift)
    if intercept:
        product[d, :d] = product[:d, d] = sums - total * shift
        product[d, d] = total
    return product

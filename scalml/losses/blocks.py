"""All that losses ask of a block of rows: cut it, multiply it by coefficients, and back.

A new kind of block joins by a branch in each of these functions; the losses see numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import as_weights, slab_rows, slabs
from scalml.statistics.coded import CODED_ROWS, CodedRows, cross_products

MOST_PRODUCTS = 2**20  # of rows of a CSR slab with models: eight megabytes of margins


def parts_of(X: Any, n_models: int = 1, unpacked: bool = False) -> Iterator[tuple[slice, Any]]:
    """Cut a block into slabs in float64 that stay in cache with what is computed of them.

    Parameters
    ----------
    X : ndarray, CSR matrix or CodedRows of shape (n_rows, n_features)
    n_models : int, default=1
        Numbers that are computed of every row.
    unpacked : bool, default=False
        Whether a slab of a CSR matrix is made dense.

    Yields
    ------
    part : slice
        Rows of the slab.
    A : ndarray, C-contiguous, CSR matrix or CodedRows
        C-ordered float64 blocks are used as they are, others cast into one buffer. A CSR block
        is one slab unless there are many models.
    """
    n_rows, n_columns = X.shape
    rows = slab_rows(max(n_columns, n_models // 2))
    if isinstance(X, CodedRows):
        for part in slabs(n_rows, max(CODED_ROWS // n_models, 1024)):
            yield part, X[part]
        return
    if sparse.issparse(X):
        rows = rows if unpacked else max(MOST_PRODUCTS // n_models, 1024)
        for part in slabs(n_rows, rows):
            A = X if rows >= n_rows and not unpacked else X[part]
            yield part, A.toarray().astype(np.float64, copy=False) if unpacked else A
        return
    if X.dtype == np.float64 and X.flags.c_contiguous:
        for part in slabs(n_rows, rows):
            yield part, X[part]
        return
    buffer = np.empty((min(rows, n_rows), n_columns))
    for part in slabs(n_rows, rows):
        A = buffer[: part.stop - part.start]
        A[:] = X[part]
        yield part, A


def margins(A: Any, coef: np.ndarray) -> np.ndarray:
    """Products of a slab's rows with models.

    Parameters
    ----------
    A : slab of shape (n_rows, n_features)
    coef : ndarray of shape (n_models, n_features) or (n_models, n_features + 1)
        An additional last column holds intercepts.

    Returns
    -------
    ndarray of shape (n_models, n_rows), C-contiguous
    """
    d = A.shape[1]
    if is_compact(A):
        Z = np.ascontiguousarray((A @ np.ascontiguousarray(coef[:, :d].T)).T)
    else:
        Z = np.ascontiguousarray(coef[:, :d]) @ A.T
    if coef.shape[1] > d:
        Z += coef[:, d:]
    return Z


def add_gradients(A: Any, residual: np.ndarray, gradient: np.ndarray) -> None:
    """Add the products of residuals (n_models, n_rows) with a slab's rows to (n_models, p)."""
    d = A.shape[1]
    if is_compact(A):
        gradient[:, :d] += (A.T @ np.ascontiguousarray(residual.T)).T
    else:
        gradient[:, :d] += residual @ A
    if gradient.shape[1] > d:
        gradient[:, d] += residual.sum(axis=1)


def weighted_gram(
    A: Any,
    weight: np.ndarray,
    shift: np.ndarray,
    intercept: int,
    diagonal: bool,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """``B' diag(weight) B`` of a slab's rows less a shift, B with a column of ones if asked.

    Parameters
    ----------
    A : slab of shape (n_rows, n_features)
    weight : ndarray of shape (n_rows,)
        Not negative.
    shift : ndarray of shape (n_features,)
    intercept : {0, 1}
    diagonal : bool
        Whether only the diagonal is wanted.
    out : ndarray, optional
        What to add it to, and return.
    """
    if isinstance(A, CodedRows) and not diagonal:
        return cross_products(A.beside(np.ones((len(A), intercept)), shift), weight, out)
    product = _product(A, weight, shift, intercept, diagonal)
    return product if out is None else np.add(out, product, out=out)


def _product(
    A: Any, weight: np.ndarray, shift: np.ndarray, intercept: int, diagonal: bool
) -> np.ndarray:
    if isinstance(A, CodedRows):
        return A.beside(np.ones((len(A), intercept)), shift).squares.T @ weight
    if sparse.issparse(A):
        return _sparse_gram(A, weight, shift, intercept, diagonal)
    B = np.empty((A.shape[0], A.shape[1] + intercept))
    np.subtract(A, shift, out=B[:, : A.shape[1]])
    B[:, A.shape[1] :] = 1.0
    if diagonal:
        np.multiply(B, B, out=B)
        return weight @ B
    B *= np.sqrt(weight)[:, None]
    return B.T @ B


def is_compact(X: Any) -> bool:
    """Whether a block leaves its zeros out."""
    return isinstance(X, CodedRows) or bool(sparse.issparse(X))


def dense_is_cheaper(X: Any) -> bool:
    """Whether the Gram of a CSR block takes less time with its zeros filled in.

    Measured with 15 entries a row: the sparse product takes 6 ns for each pair of entries of a
    row, the dense one 0.02 ns for each pair of columns.
    """
    return bool(sparse.issparse(X) and X.shape[1] < 17 * X.nnz / max(X.shape[0], 1))


def _sparse_gram(
    A: Any, weight: np.ndarray, shift: np.ndarray, intercept: int, diagonal: bool
) -> np.ndarray:
    """The same about the shift by rank-one corrections, A itself staying sparse."""
    total, sums = weight.sum(), A.T @ weight
    if diagonal:
        slopes = A.multiply(A).T @ weight - 2.0 * shift * sums + total * shift * shift
        return np.concatenate([slopes, np.full(intercept, total)])
    d = A.shape[1]
    scaled = A.astype(np.float64)
    scaled.data *= np.repeat(weight, np.diff(A.indptr))
    product = np.zeros((d + intercept,) * 2)
    raw = (A.T @ scaled).tocoo()
    product[raw.row, raw.col] = raw.data
    if shift.any():
        product[:d, :d] -= np.outer(shift, sums) + np.outer(sums - total * shift, shift)
    if intercept:
        product[d, :d] = product[:d, d] = sums - total * shift
        product[d, d] = total
    return product


class RowWeights:
    """Weights of rows, one set for all models or several that models choose from.

    Parameters
    ----------
    sample_weight : array-like of shape (n_rows,) or (n_rows, n_weightings), or None
    weighting : ndarray of shape (n_models,) or None
        Which column each model has, if there are several; quickest where equal ones are side by
        side.
    n_rows, n_models : int

    Attributes
    ----------
    total : float or ndarray of shape (n_models,)
        Sum of the weights, of each model if there are several.
    """

    def __init__(
        self, sample_weight: Any, weighting: np.ndarray | None, n_rows: int, n_models: int
    ) -> None:
        weight = as_weights(sample_weight)
        self.runs: list[tuple[slice, Any]] = [(slice(0, n_models), weight)]
        self.total: Any = float(n_rows if weight is None else weight.sum())
        if weighting is not None and weight is not None:
            columns = np.ascontiguousarray(weight.T)
            self.total = columns.sum(axis=1)[weighting]
            cuts = [0, *np.flatnonzero(np.diff(weighting)) + 1, n_models]
            self.runs = [
                (slice(a, b), columns[weighting[a]]) for a, b in zip(cuts, cuts[1:], strict=False)
            ]

    def weigh(
        self, part: slice, loss: np.ndarray, slope: np.ndarray, sign: np.ndarray | None = None
    ) -> np.ndarray:
        """Sums of the losses of some rows; slopes are multiplied by weights, and signs, in place.

        Parameters
        ----------
        part : slice
            Of the rows.
        loss : ndarray of shape (n_models, len(part))
        slope : ndarray of shape (..., n_models, len(part))
        sign : ndarray of shape (len(part),), optional
        """
        sums = np.empty(len(loss))
        for models, weight in self.runs:
            if weight is None:
                sums[models], factor = loss[models].sum(axis=1), sign
            else:
                w = weight[part]
                sums[models], factor = loss[models] @ w, w if sign is None else w * sign
            if factor is not None:
                slope[..., models, :] *= factor
        return sums

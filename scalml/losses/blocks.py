"""All that losses ask of a block of rows: cut it, multiply it by coefficients, and back.

A new kind of block joins by a branch in each of these functions; the losses see numbers only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import slab_rows, slabs
from scalml.statistics.coded import CODED_ROWS, CodedRows, cross_products

GRAM_COLUMNS = 256  # of the product of a CSR slab with itself that are held apart
MOST_PRODUCTS = 2**20  # of rows of a CSR slab with models: eight megabytes of margins


def parts_of(
    X: Any, n_models: int = 1, unpacked: bool = False, large: bool = False
) -> Iterator[tuple[slice, Any]]:
    """Cut a block into slabs in float64 that stay in cache with what is computed of them.

    Parameters
    ----------
    X : ndarray, CSR matrix or CodedRows of shape (n_rows, n_features)
    n_models : int, default=1
        Numbers that are computed of every row.
    unpacked : bool, default=False
        Whether a slab of a CSR matrix is made dense.
    large : bool, default=False
        Whether dense slabs are four times as large: threads that do little with one wait long for
        their turns.

    Yields
    ------
    part : slice
        Rows of the slab.
    A : ndarray, C-contiguous, CSR matrix or CodedRows
        C-ordered float64 blocks are used as they are, others cast into one buffer. A CSR block
        is one slab unless there are many models.
    """
    n_rows, n_columns = X.shape
    rows = slab_rows(max(n_columns, n_models // 2)) * (4 if large else 1)
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


def margins(A: Any, coef: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Products of a slab's rows with models.

    Parameters
    ----------
    A : slab of shape (n_rows, n_features)
    coef : ndarray of shape (n_models, n_features) or (n_models, n_features + 1)
        An additional last column holds intercepts.
    out : ndarray of shape (n_models, n_rows), optional
        Where they may be put.

    Returns
    -------
    ndarray of shape (n_models, n_rows), C-contiguous
    """
    d = A.shape[1]
    if is_compact(A):
        Z = np.ascontiguousarray((A @ np.ascontiguousarray(coef[:, :d].T)).T)
    else:
        Z = np.matmul(np.ascontiguousarray(coef[:, :d]), A.T, out=out)
    if coef.shape[1] > d:
        Z += coef[:, d:]
    return Z


def gradients(A: Any, residual: np.ndarray, n_coefficients: int) -> np.ndarray:
    """Products of residuals (n_models, n_rows) with a slab's rows: (n_models, n_coefficients).

    One coefficient more than there are features is the intercept's.
    """
    d = A.shape[1]
    found = np.empty((len(residual), n_coefficients))
    if is_compact(A):
        found[:, :d] = (A.T @ np.ascontiguousarray(residual.T)).T
    else:
        found[:, :d] = np.dot(residual, A)
    if n_coefficients > d:
        found[:, d] = residual.sum(axis=1)
    return found


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
    if sparse.issparse(A) and not diagonal:
        return _sparse_gram(A, weight, shift, intercept, out)
    product = _product(A, weight, shift, intercept, diagonal)
    return product if out is None else np.add(out, product, out=out)


def _product(
    A: Any, weight: np.ndarray, shift: np.ndarray, intercept: int, diagonal: bool
) -> np.ndarray:
    if isinstance(A, CodedRows):
        return A.beside(np.ones((len(A), intercept)), shift).squares.T @ weight
    if sparse.issparse(A):
        sums, total = A.T @ weight, weight.sum()
        slopes = A.multiply(A).T @ weight - 2.0 * shift * sums + total * shift * shift
        return np.concatenate([slopes, np.full(intercept, total)])
    B = np.empty((A.shape[0], A.shape[1] + intercept))
    np.subtract(A, shift, out=B[:, : A.shape[1]])
    B[:, A.shape[1] :] = 1.0
    if diagonal:
        np.multiply(B, B, out=B)
        return np.dot(weight, B)
    B *= np.sqrt(weight)[:, None]
    return np.dot(B.T, B)


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
    A: Any, weight: np.ndarray, shift: np.ndarray, intercept: int, out: np.ndarray | None
) -> np.ndarray:
    """The same about the shift by rank-one corrections, A itself staying sparse.

    Some columns at a time, as the product may have few zeros and then takes more than `out`.
    """
    d = A.shape[1]
    out = np.zeros((d + intercept,) * 2) if out is None else out
    total, sums = weight.sum(), A.T @ weight
    scaled = A.astype(np.float64)
    scaled.data *= np.repeat(weight, np.diff(A.indptr))
    transposed = scaled.T.tocsr()
    for columns in slabs(d, GRAM_COLUMNS):
        raw = (transposed[columns] @ A).tocoo()
        band = out[columns]
        band[raw.row, raw.col] += raw.data
        if shift.any():
            of, by = shift[columns], sums[columns]
            band[:, :d] -= np.outer(of, sums) + np.outer(by - total * of, shift)
    if intercept:
        out[d, :d] += sums - total * shift
        out[:d, d] += sums - total * shift
        out[d, d] += total
    return out

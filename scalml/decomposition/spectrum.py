"""Eigenvalues and eigenvectors of a Gram matrix, accurate for columns of very different units."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.linalg.lapack import dpstrf

from scalml.statistics import Gram
from scalml.statistics.base import slab_rows, slabs

EPS = np.finfo(np.float64).eps
TIE = 1e-9  # absolute values that differ by less, relatively, differ by rounding


class Spectrum(NamedTuple):
    """Eigenvalues, largest first, and the eigenvectors that belong to them, as rows."""

    values: np.ndarray
    axes: np.ndarray


def spectrum(A: np.ndarray) -> Spectrum:
    """All eigenvalues and eigenvectors of a symmetric positive semi-definite matrix.

    Parameters
    ----------
    A : ndarray of shape (n_features, n_features)

    Returns
    -------
    Spectrum
        Values are zero beyond the rank of A. Signs as `upright`.

    Notes
    -----
    Computed as the squared singular values and the left singular vectors of a Cholesky factor,
    ``A = L L'``, rather than by `eigh`: where columns have units so different that variances
    span twelve orders of magnitude, `eigh` loses the small ones in the rounding of the large
    ones; the factor's rounding is relative to each column [1]_, and its singular values span only
    six. The factorisation pivots on A scaled to a unit diagonal and ends where what is left of
    every column is rounding, which is the rank.

    References
    ----------
    .. [1] Demmel, Veselić (1992), "Jacobi's method is more accurate than QR", SIAM Journal on
       Matrix Analysis and Applications 13, 1204-1245.

    Examples
    --------
    >>> import numpy as np
    >>> spectrum(np.array([[2.0, 1.0], [1.0, 2.0]])).values.round(12)
    array([3., 1.])
    """
    d = len(A)
    scale = np.sqrt(A.diagonal())
    unit = np.where(scale > 0, scale, 1.0)
    factor, pivots, rank, _ = dpstrf(A / unit[:, None] / unit, tol=d * EPS, lower=1)
    L = np.empty((d, rank))
    L[pivots - 1] = np.tril(factor)[:, :rank]
    L *= scale[:, None]
    values = np.zeros(d)
    U, singular, _ = np.linalg.svd(L)
    values[:rank] = singular**2
    return Spectrum(values, upright(U.T))


def upright(axes: np.ndarray) -> np.ndarray:
    """Rows with the sign that makes their entry of largest absolute value positive.

    Of entries that are equal but for rounding the first decides, so that the sign does not
    depend on how the rows of X were cut.

    Examples
    --------
    >>> import numpy as np
    >>> upright(np.array([[0.6, -0.8], [-0.5, 0.5 + 1e-15]]))
    array([[-0.6,  0.8],
           [ 0.5, -0.5]])
    """
    size = np.abs(axes)
    first = np.argmax(size >= size.max(axis=1, keepdims=True, initial=0.0) * (1 - TIE), axis=1)
    signs = np.sign(axes[np.arange(len(axes)), first])
    return np.ascontiguousarray(axes * signs[:, None])


def is_blurred(found: Spectrum, variances: np.ndarray) -> bool:
    """Whether an eigenvalue, other than zero, is small beside the columns that it comes from.

    Columns nearly cancel there, and the rounding of the Gram matrix shows in the eigenvector.

    Parameters
    ----------
    found : Spectrum
    variances : ndarray of shape (n_features,)
        The diagonal of the matrix.
    """
    share = found.values / np.maximum(found.axes**2 @ variances, np.finfo(np.float64).tiny)
    return bool(((share > 0) & (share < 1e-6)).any())


def gram_along(X: Any, origin: np.ndarray, axes: np.ndarray) -> Gram:
    """Gram matrix of the coordinates of rows along axes, for one block.

    Along eigenvectors the columns are uncorrelated but for rounding, so that their Gram matrix
    loses nothing: solving it again gives what a singular value decomposition of the rows gives.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
    origin : ndarray of shape (n_features,)
    axes : ndarray of shape (n_axes, n_features)
    """
    total = None
    for part in slabs(X.shape[0], slab_rows(X.shape[1], at_least=1024)):
        rows = X[part].toarray() if sparse.issparse(X) else X[part]
        found = Gram.of((rows - origin) @ axes.T)
        total = found if total is None else total + found
    assert total is not None  # chunks without rows are never asked
    return total

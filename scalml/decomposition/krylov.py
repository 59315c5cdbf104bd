"""The leading eigenvectors of a matrix that is known only by its products with a few vectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator

import numpy as np
from scipy.linalg import qr
from sklearn.exceptions import ConvergenceWarning

from scalml.decomposition.spectrum import EPS, Spectrum, upright

MAX_PRODUCTS = 60
BASIS_BYTES = 2**28  # a basis that grows beyond is reduced to its best directions
TOL = 1e-12


def leading(
    d: int, k: int, *, extra: int, tol: float, rng: np.random.RandomState
) -> Generator[np.ndarray, np.ndarray, Spectrum]:
    """Find the `k` largest eigenvalues of a symmetric positive semi-definite matrix A of order d.

    Parameters
    ----------
    d, k : int
    extra : int
        Vectors in a block beyond `k`.
    tol : float
        Stop when no residual ``|A v - value v|`` exceeds `tol` times the largest eigenvalue;
        `TOL` where `tol` is less.
    rng : RandomState
        Draws the first block.

    Yields
    ------
    Q : ndarray of shape (d, at most k + extra)
        To be sent ``A @ Q``.

    Returns
    -------
    Spectrum
        The k largest, signs as `upright`.

    Warns
    -----
    ConvergenceWarning
        If `MAX_PRODUCTS` products do not suffice.

    Notes
    -----
    Block Lanczos with full orthogonalisation [1]_: after p products the eigenvectors are the best
    in the span of ``Q, A Q, ..., A^(p-1) Q``, where subspace iteration (the usual randomised
    method) takes them from ``A^(p-1) Q`` alone and needs two passes over the rows for each. The
    residuals come for free: they lie in the part of the last product that is outside the basis. A
    basis beyond 256 MiB, and four blocks, restarts from its best vectors, which loses nothing
    that has been found [2]_. Where A has low rank the basis ends by itself.

    References
    ----------
    .. [1] Musco, Musco (2015), "Randomized block Krylov methods for stronger and faster
       approximate singular value decomposition", NeurIPS 28.
    .. [2] Wu, Simon (2000), "Thick-restart Lanczos method for large symmetric eigenvalue
       problems", SIAM Journal on Matrix Analysis and Applications 22, 602-616.

    Examples
    --------
    >>> import numpy as np
    >>> A = np.diag(np.arange(50.0))
    >>> search = leading(50, 2, extra=3, tol=0.0, rng=np.random.RandomState(0))
    >>> answer(search, A.__matmul__).values.round(8)
    array([49., 48.])
    """
    block = min(k + extra, d)
    width = min(max(4 * block, BASIS_BYTES // (8 * d)), MAX_PRODUCTS * block, d)
    basis, m = np.empty((d, width), order="F"), 0  # the first m columns are orthonormal
    V, T = basis[:, :0], np.empty((0, 0))  # these columns; V'AV
    values, Y = np.empty(0), np.empty((0, 0))
    Q = np.linalg.qr(rng.standard_normal((d, block)))[0]
    for _ in range(MAX_PRODUCTS):
        if m + Q.shape[1] > width:
            basis[:, :block], T = V @ Y[:, :block], np.diag(values[:block])
            m = block
        product = yield Q
        # 1. Extend the basis, and solve within it.
        side, corner = basis[:, :m].T @ product, Q.T @ product
        T = np.block([[T, side], [side.T, (corner + corner.T) / 2]])
        basis[:, m : m + Q.shape[1]] = Q
        m += Q.shape[1]
        V = basis[:, :m]
        values, Y = np.linalg.eigh(T)
        values, Y = np.maximum(values[::-1], 0.0), Y[:, ::-1]
        # 2. What of A V y is outside the basis comes from the last product.
        rest = product - V @ (V.T @ product)
        rest -= V @ (V.T @ rest)
        residual = np.linalg.norm(rest @ Y[-Q.shape[1] :, :k], axis=0).max(initial=0.0)
        if residual <= max(tol, TOL) * values[0]:
            break
        # 3. Go on with it, without directions that are rounding.
        Q, R, _ = qr(rest, mode="economic", pivoting=True)
        Q = Q[:, np.abs(R.diagonal()) > 10 * EPS * values[0]][:, : d - m]
        if not Q.shape[1]:
            break
        Q = np.linalg.qr(Q - V @ (V.T @ Q))[0]
    else:
        warnings.warn(
            f"The {k} leading components are not exact after {MAX_PRODUCTS} passes: a residual is "
            f"{residual / values[0]:.1e} of the largest eigenvalue, not {max(tol, TOL):.1e}. The "
            "spectrum decays slowly there: choose more or fewer components, or a larger tol.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return Spectrum(values[:k], upright((V @ Y[:, :k]).T))


def answer(
    search: Generator[np.ndarray, np.ndarray, Spectrum],
    product: Callable[[np.ndarray], np.ndarray],
) -> Spectrum:
    """Run a search on a matrix in memory, given as the function that multiplies with it."""
    Q = next(search)
    while True:
        try:
            Q = search.send(product(Q))
        except StopIteration as stop:
            return stop.value

"""Solves normal equations: by Cholesky if it can, with least norm if it must, signs if asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh, svd
from scipy.linalg.lapack import dpocon
from scipy.optimize import nnls

EPS = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Equations:
    """A factored system ``A w = b`` with A symmetric positive semi-definite.

    Attributes
    ----------
    solve : callable
        b of shape (d, k) to w of that shape: the solution, or the one of least norm.
    rcond : float
        Smallest over largest eigenvalue of what was factored; digits lost by `solve`.
    """

    solve: Callable[[np.ndarray], np.ndarray]
    rcond: float


def factor(A: np.ndarray) -> Equations | None:
    """Cholesky factor of A scaled to a unit diagonal; None if A is singular to rounding.

    Scaling makes the loss of digits depend on how the columns are correlated and no longer on
    their units.
    """
    diagonal = A.diagonal()
    if not (diagonal > 0).all():
        return None
    scale = 1.0 / np.sqrt(diagonal)
    scaled = A * scale[:, None] * scale
    try:
        cholesky = cho_factor(scaled)
    except LinAlgError:
        return None
    rcond = float(dpocon(cholesky[0], np.abs(scaled).sum(axis=0).max(initial=0.0))[0])
    if rcond < EPS * max(10, len(A)):
        return None
    return Equations(lambda b: scale[:, None] * cho_solve(cholesky, scale[:, None] * b), rcond)


def least_norm(values: np.ndarray, vectors: np.ndarray, rank: int) -> Equations:
    """Equations from the `rank` largest of ascending eigenvalues: the solution of least norm."""
    kept, V = values[values.size - rank :], vectors[:, values.size - rank :]
    rcond = float(kept[0] / kept[-1]) if rank else 1.0
    return Equations(lambda b: V @ ((V.T @ b) / kept[:, None]), rcond)


def spectrum(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ascending eigenvalues, none below zero, and eigenvectors."""
    values, vectors = eigh(A)
    return np.maximum(values, 0.0), vectors


def rank_of(values: np.ndarray, tol: float) -> int:
    """How many singular values, roots of these eigenvalues, exceed `tol` times the largest."""
    cutoff = max(tol * tol, EPS * values.size) * values.max(initial=0.0)
    return int(np.count_nonzero(values > cutoff))


def equations_of(A: np.ndarray) -> Equations:
    """Factored A: by Cholesky, or of least norm when singular to rounding."""
    found = factor(A)
    if found is None:
        values, vectors = spectrum(A)
        found = least_norm(values, vectors, rank_of(values, 0.0))
    return found


@dataclass(frozen=True)
class RowFactors:
    """Rows X that are few, as ``U @ diag(singular) @ V``, cut off where they are rounding."""

    U: np.ndarray
    singular: np.ndarray
    V: np.ndarray
    rank: int

    def solve(self, Y: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
        """Minimise ``sum((Y - X w)**2) + alpha * sum(w**2)``, of least norm, for each target."""
        along = np.dot(self.U[:, : self.rank].T, Y)
        kept = self.singular[: self.rank, None]
        return np.dot(self.V[: self.rank].T, along * (kept / (kept**2 + alpha)))


def factors_of_rows(X: np.ndarray, tol: float) -> RowFactors:
    """Singular values of rows, those that are at most `tol` times the largest being no rank.

    Products of columns lose half of the digits; rows lose none, and need no refinement.
    """
    U, singular, V = svd(X, full_matrices=False)
    rank = int(np.count_nonzero(singular > tol * singular.max(initial=0.0)))
    return RowFactors(U, singular, V, rank)


def nonnegative_of_rows(X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Minimise ``sum((y - X w)**2)`` over ``w >= 0`` for every column y of Y."""
    length = np.sqrt(np.einsum("ij,ij->j", X, X))
    scale = np.where(length > 0, 1.0 / np.where(length > 0, length, 1.0), 0.0)
    return scale[:, None] * np.column_stack([nnls(X * scale, y)[0] for y in Y.T])


def nonnegative(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Minimise ``w'A w / 2 - b'w`` over ``w >= 0`` for every column b of B.

    With ``A = R'R`` this is least squares in R, d rows that stand for all the data; it is solved
    by the active sets of Lawson and Hanson (SciPy's `nnls`).
    """
    diagonal = A.diagonal()
    scale = np.where(diagonal > 0, 1.0 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    values, V = spectrum(A * scale[:, None] * scale)
    rank = rank_of(values, 0.0)
    if not rank:
        return np.zeros_like(B)
    root, V = np.sqrt(values[values.size - rank :]), V[:, values.size - rank :]
    targets = (V.T @ (scale[:, None] * B)) / root[:, None]
    R = root[:, None] * V.T
    found = [nnls(R, target)[0] for target in targets.T]
    return scale[:, None] * np.column_stack(found)


def nonnegative_step(A: np.ndarray, coef: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Move the positive coefficients so that ``residual = B - A coef`` vanishes there."""
    moved = coef.copy()
    for k in range(coef.shape[1]):
        free = np.flatnonzero(coef[:, k] > 0)
        if free.size:
            step = equations_of(A[np.ix_(free, free)]).solve(residual[free, k : k + 1])
            moved[free, k] = np.maximum(moved[free, k] + step[:, 0], 0.0)
    return moved


def refinements(rcond: float) -> int:
    """Passes over the data that bring back the digits lost: none, one or two."""
    if rcond > 1e-5:
        return 0
    return 1 if rcond > 1e-9 else 2

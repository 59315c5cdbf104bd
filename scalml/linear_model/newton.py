"""Newton's method with a Hessian from a sample, corrected by what full gradients reveal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

Vector = np.ndarray
Solve = Callable[[Vector], Vector]
SUFFICIENT = 1e-4  # share of the decrease that the slope promises (Armijo)
CONTRACTING = 0.3  # a gradient that shrinks less calls for a new Hessian


@dataclass(frozen=True)
class Minimum:
    """Where the search ended: `x`, whether `tol` was met, updates made, functions evaluated."""

    x: Vector
    converged: bool
    n_iter: int
    n_evaluations: int


def minimise(
    objective: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]],
    curvature: Callable[[Vector], Solve],
    start: Vector,
    *,
    tol: float,
    max_iter: int,
    exact: bool = False,
    memory: int = 20,
) -> Minimum:
    """Minimise a smooth convex function whose gradients cost a pass and whose Hessian does not.

    Parameters
    ----------
    objective : callable
        Columns of points, shape (p, k), to values (k,) and gradients (p, k): one pass over data.
    curvature : callable
        A point to a function that solves with an approximate Hessian there.
    start : ndarray of shape (p,)
    tol : float
        Bound on the largest absolute component of the gradient.
    max_iter : int
        Most updates.
    exact : bool, default=False
        Whether `curvature` is the Hessian itself: then it is taken anew for every update.
    memory : int, default=20
        Most pairs of steps and gradient differences that correct the Hessian.

    Notes
    -----
    A step solves with the sample's Hessian (the chord), corrected by the BFGS formula [1]_ for
    the steps already made: the chord contracts the gradient by a constant, the corrections make
    that faster than any constant. The full step comes first; if it does not decrease the function
    enough, one more pass tries seven shorter ones side by side. Once the gradient is within `tol`
    a last step is taken on the gradient already known, which costs no pass.

    References
    ----------
    .. [1] Nocedal, Wright (2006), "Numerical Optimization", 2nd ed., algorithm 7.4.
    """
    x = start
    values, gradients = objective(x[:, None])
    value, gradient = values[0], gradients[:, 0]
    evaluations = 1
    solve, fresh = curvature(x), True
    pairs: deque[tuple[Vector, Vector]] = deque(maxlen=memory)
    for n_iter in range(1, max_iter + 1):
        direction = -_corrected(gradient, pairs, solve)
        slope = float(gradient @ direction)
        if not slope < 0:
            pairs.clear()
            direction = -gradient
            slope = float(gradient @ direction)
        if np.abs(gradient).max() <= tol:
            if slope < 0 and np.abs(direction).max() <= 0.01 * max(1.0, np.abs(x).max()):
                x = x + direction
            return Minimum(x, True, n_iter, evaluations)

        values, gradients = objective((x + direction)[:, None])
        evaluations += 1
        step, best = 1.0, 0
        if not _sufficient(values, gradients, value, gradient, slope, np.ones(1))[0]:
            steps = 0.5 ** np.arange(1, 8)
            values, gradients = objective(x[:, None] + direction[:, None] * steps)
            evaluations += 1
            good = _sufficient(values, gradients, value, gradient, slope, steps).nonzero()[0]
            if not good.size:
                if fresh and not pairs:
                    # Only rounding is left to gain, or nothing at all.
                    return Minimum(x, False, n_iter - 1, evaluations)
                solve, fresh = curvature(x), True
                pairs.clear()
                continue
            best = int(good[np.argmin(values[good])])
            step = steps[best]

        moved, change = step * direction, gradients[:, best] - gradient
        slow = np.abs(gradients[:, best]).max() > CONTRACTING * np.abs(gradient).max()
        x, value, gradient = x + moved, values[best], gradients[:, best]
        fresh = exact or slow
        if fresh:
            solve = curvature(x)
        if not exact and moved @ change > 1e-12 * np.linalg.norm(moved) * np.linalg.norm(change):
            pairs.append((moved, change))
    converged = bool(np.abs(gradient).max() <= tol)
    return Minimum(x, converged, max_iter, evaluations)


def _sufficient(
    values: np.ndarray,
    gradients: np.ndarray,
    value: float,
    gradient: Vector,
    slope: float,
    steps: np.ndarray,
) -> np.ndarray:
    """Whether each value decreases enough, or, where rounding hides that, the gradient shrinks."""
    decreased = values <= value + SUFFICIENT * steps * slope
    alike = np.abs(values - value) <= 1e-10 * abs(value)
    shrunk = np.abs(gradients).max(axis=0) < np.abs(gradient).max()
    return np.isfinite(values) & (decreased | (alike & shrunk))


def _corrected(gradient: Vector, pairs: deque[tuple[Vector, Vector]], solve: Solve) -> Vector:
    """The L-BFGS two-loop recursion around `solve`."""
    q = gradient.copy()
    used = []
    for moved, change in reversed(pairs):
        rho = 1.0 / (moved @ change)
        alpha = rho * (moved @ q)
        q -= alpha * change
        used.append((rho, alpha, moved, change))
    q = solve(q)
    for rho, alpha, moved, change in reversed(used):
        q += (alpha - rho * (change @ q)) * moved
    return q


def solver_of(hessian: np.ndarray) -> Solve:
    """A function that solves with a positive semi-definite Hessian, or with its diagonal if 1-D.

    The matrix is scaled to a unit diagonal first. If it is singular, the least multiple of the
    identity that makes its Cholesky factor exist is added.
    """
    diagonal = hessian if hessian.ndim == 1 else hessian.diagonal()
    # A direction without curvature, as of a constant column, is left where it is.
    curved = diagonal > 0
    scale = np.where(curved, 1.0 / np.sqrt(np.where(curved, diagonal, 1.0)), 0.0)
    if hessian.ndim == 1:
        return lambda b: b * scale * scale
    scaled = hessian * scale[:, None]
    scaled *= scale
    for jitter in (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0):
        np.fill_diagonal(scaled, 1.0 + jitter)
        try:
            # The transpose is Fortran-ordered, as LAPACK wants it: one copy, and no reordering.
            factor = cho_factor(scaled.T, lower=True)
        except (LinAlgError, ValueError):
            continue
        if jitter or factor[0].diagonal().min(initial=1.0) > 1e-7:
            return lambda b: scale * cho_solve(factor, scale * b, check_finite=False)
    return lambda b: b

"""Newton's method with a Hessian from a sample, corrected by what full gradients reveal.

A search is a generator: it asks for the function at some points, is sent values and gradients,
and returns a `Minimum`. So one pass over the data answers many searches (`minimise_together`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

Vector = np.ndarray
Pairs = deque[tuple[Vector, Vector]]
Found = tuple[np.ndarray, np.ndarray]  # values (k,) and gradients (p, k) at k points
Solve = Callable[[Vector], Vector]
Step = Callable[[Vector, Vector, Pairs], Vector]
Search = Generator[np.ndarray, Found, "Minimum"]

SUFFICIENT = 1e-4  # share of the decrease that the slope promises (Armijo)
CONTRACTING = 0.3  # a gradient that shrinks less calls for a new Hessian
STALLING = 0.7  # one that hardly shrinks, of a Hessian too flat to be factored as it is
STEADY = 0.1  # a contraction that the next step may be expected to repeat
DECREASE = 0.001  # of `tol` that the function may still decrease by at the end
SAFETY = 0.5  # of `tol` that a gradient may have that is expected, not computed
SMALL_MOVE = 0.01  # of the largest coefficient, or of 1: a last step that is taken on trust
MOVE = 100  # times `tol`: the longest last step where the minimum is one point
LEAST_MOVE = 1e-7  # that is asked for, however small `tol` is
HALVINGS = 7


@dataclass(frozen=True)
class Minimum:
    """Where a search ended.

    Attributes
    ----------
    x : ndarray of shape (p,)
    converged : bool
        Whether `tol` was met.
    n_iter : int
        Updates made.
    n_evaluations : int
        How often the function was asked for.
    seen : ndarray of shape (p,)
        The last point whose gradient is known: `x`, or where the last step to it began.
    """

    x: Vector
    converged: bool
    n_iter: int
    n_evaluations: int
    seen: Vector


def search(
    chord: Callable[[Vector, Vector], Step],
    start: Vector,
    *,
    tol: float,
    max_iter: int,
    lasso: Vector | None = None,
    exact: bool = False,
    patient: bool = False,
    firm: bool = False,
    memory: int = 20,
) -> Search:
    """Search the minimum of a convex function whose gradients cost a pass, its Hessian not.

    Parameters
    ----------
    chord : callable
        A point and the gradient there to a function that proposes steps with the curvature of
        that point: ``step(x, gradient, pairs)``, where `pairs` are steps made and differences of
        gradients that they made, to correct the curvature by. See `newton_step`.
    start : ndarray of shape (p,)
    tol : float
        Bound on the largest absolute component of the least subgradient, and on a thousand times
        the decrease that is left after the last step.
    max_iter : int
        Most updates.
    lasso : ndarray of shape (p,), optional
        The function is the one asked for plus ``lasso @ abs(x)``.
    exact : bool, default=False
        Whether `chord` has the very curvature: then it is taken anew for every update.
    patient : bool, default=False
        Whether `chord` costs more than many steps: it is taken anew where no step helps only.
    firm : bool, default=False
        Whether the minimum is one point, however flat the function is about it: then the search
        goes on while a step would still move coefficients by more than a hundred times `tol`, of
        the largest of them or of 1.
    memory : int, default=20
        Most pairs.

    Yields
    ------
    points : ndarray of shape (p, k)
        Answered by values of shape (k,) and gradients of shape (p, k), of the smooth part.

    Returns
    -------
    Minimum
        Where no step is left, by `max_iter` or as none decreases the function, the gradient alone
        decides whether it has converged.

    Notes
    -----
    A step uses the sample's Hessian (the chord), corrected by the BFGS formula [1]_ for the steps
    already made: the chord contracts the gradient by a constant, the corrections make that faster
    than any constant. The full step comes first; if it does not decrease the function enough, one
    more pass tries seven shorter ones side by side. Once the gradient is within `tol` a last step
    is taken on the gradient already known, which costs no pass. As chords contract at a steady
    rate, a small last step is taken too where the gradient behind it, which the last rate
    foretells, is within half of `tol`: the stopping rule of simplified Newton iterations [2]_.

    References
    ----------
    .. [1] Nocedal, Wright (2006), "Numerical Optimization", 2nd ed., algorithm 7.4.

    .. [2] Hairer, Wanner (1996), "Solving Ordinary Differential Equations II", 2nd ed., IV.8.
    """
    weights = np.zeros(start.size) if lasso is None else lasso
    x = start
    values, gradients = yield x[:, None]
    value, gradient = values[0] + weights @ np.abs(x), gradients[:, 0]
    violation = subgradient(x, gradient, weights)
    evaluations = 1
    step, fresh = chord(x, gradient), True
    pairs: Pairs = deque(maxlen=memory)
    rate = 1.0  # by which the last step contracted the gradient
    for n_iter in range(1, max_iter + 1):
        direction = step(x, gradient, pairs)
        slope = _slope(x, direction, gradient, weights)
        if not slope < 0:
            pairs.clear()
            direction = -violation
            slope = _slope(x, direction, gradient, weights)
        # Where directions are nearly flat a small gradient alone may be far from the minimum.
        largest, promise = np.abs(violation).max(initial=0.0), -slope / 2
        moves = float(np.abs(direction).max(initial=0.0) / max(1.0, np.abs(x).max(initial=0.0)))
        # What this step will leave of the gradient, if it is as good as the last one.
        left = rate if rate <= STEADY and lasso is None else 1.0
        settled = not firm or moves <= max(MOVE * tol, LEAST_MOVE)
        near = settled and left**2 * promise <= DECREASE * tol
        if near and largest <= tol:
            x, seen = x + direction if slope < 0 and moves <= SMALL_MOVE else x, x
            return Minimum(x, True, n_iter, evaluations, seen)
        if near and left * largest <= SAFETY * tol and left < 1 and moves <= SMALL_MOVE:
            return Minimum(x + direction, True, n_iter, evaluations, x)

        best = None
        for steps in (np.ones(1), 0.5 ** np.arange(1, HALVINGS + 1)):
            points = x[:, None] + direction[:, None] * steps
            values, gradients = yield points
            values = values + weights @ np.abs(points)
            evaluations += 1
            violations = subgradient(points, gradients, weights[:, None])
            shrunk = np.abs(violations).max(axis=0) < np.abs(violation).max()
            good = np.flatnonzero(_sufficient(values, value, slope * steps, shrunk))
            if good.size:
                best = int(good[np.argmin(values[good])])
                break
        if best is None:
            if fresh and not pairs:
                break  # only rounding is left to gain, or nothing at all
            del step  # its Hessian makes room for the next one
            step, fresh = chord(x, gradient), True
            pairs.clear()
            continue

        moved, change = steps[best] * direction, gradients[:, best] - gradient
        ratio = np.abs(violations[:, best]).max() / largest
        slow, stalling = ratio > CONTRACTING, ratio > STALLING
        rate = ratio if steps[best] == 1.0 else 1.0
        x, value, gradient = points[:, best], values[best], gradients[:, best]
        violation = violations[:, best]
        fresh = exact or (slow and not patient)
        if fresh:
            del step
            step = chord(x, gradient)
        curved = moved @ change > 1e-12 * np.linalg.norm(moved) * np.linalg.norm(change)
        if curved and (stalling or not exact):
            pairs.append((moved, change))
    else:
        n_iter = max_iter + 1
    converged = bool(np.abs(violation).max(initial=0.0) <= tol)
    return Minimum(x, converged, n_iter - 1, evaluations, x)


def minimise_together(
    objective: Callable[[Mapping[Any, np.ndarray]], Mapping[Any, Found]],
    searches: Mapping[Any, Search],
) -> dict[Any, Minimum]:
    """Run searches to their ends, all of them one evaluation at a time.

    Parameters
    ----------
    objective : callable
        Points by the name of their search to values and gradients by that name: one pass.
    searches : mapping of names to searches

    Returns
    -------
    dict of names to Minimum
    """
    found: dict[Any, Minimum] = {}
    asked = {name: next(one) for name, one in searches.items()}
    while asked:
        answers, asked = objective(asked), {}
        for name, answer in answers.items():
            try:
                asked[name] = searches[name].send(answer)
            except StopIteration as end:
                found[name] = end.value
    return found


def newton_step(solve: Solve) -> Step:
    """Steps of Newton's method with a function that solves with the Hessian."""

    def step(x: Vector, gradient: Vector, pairs: Pairs) -> Vector:
        return -_corrected(gradient, pairs, solve)

    return step


def subgradient(x: np.ndarray, gradient: np.ndarray, lasso: np.ndarray) -> np.ndarray:
    """The least subgradient of a function plus ``lasso @ abs(x)``; zero at its minimum."""
    pulled = np.sign(gradient) * np.maximum(np.abs(gradient) - lasso, 0.0)
    return np.where(x != 0, gradient + lasso * np.sign(x), pulled)


def _slope(x: Vector, direction: Vector, gradient: Vector, lasso: Vector) -> float:
    """The decrease that a step promises to first order, the absolute values taken as they are."""
    return float(gradient @ direction + lasso @ (np.abs(x + direction) - np.abs(x)))


def _sufficient(
    values: np.ndarray, value: float, promised: np.ndarray, shrunk: np.ndarray
) -> np.ndarray:
    """Whether each value decreases enough, or, where rounding hides that, the gradient shrinks."""
    decreased = values <= value + SUFFICIENT * promised
    alike = np.abs(values - value) <= 1e-10 * abs(value) + 1e-15
    return np.isfinite(values) & (decreased | (alike & shrunk))


def _corrected(gradient: Vector, pairs: Sequence[tuple[Vector, Vector]], solve: Solve) -> Vector:
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


def solver_of(hessian: np.ndarray, overwrite: bool = False) -> Solve:
    """A function that solves with a positive semi-definite Hessian.

    Parameters
    ----------
    hessian : ndarray of shape (p, p), or (k, p, p) for blocks, or (p,) for a diagonal
    overwrite : bool, default=False
        Whether the factor may take the place of the Hessian, of which it needs no copy then.

    Notes
    -----
    The matrix is scaled to a unit diagonal first. If it is singular, the least multiple of the
    identity that makes its Cholesky factor exist is added: one triangle becomes the factor, the
    other still has what to begin again with.
    """
    if hessian.ndim == 3:
        solves = [solver_of(block, overwrite) for block in hessian]
        p = hessian.shape[1]
        return lambda b: np.concatenate([s(b[i * p : (i + 1) * p]) for i, s in enumerate(solves)])
    diagonal = hessian if hessian.ndim == 1 else hessian.diagonal()
    # A direction without curvature, as of a constant column, is left where it is.
    curved = diagonal > 0
    scale = np.where(curved, 1.0 / np.sqrt(np.where(curved, diagonal, 1.0)), 0.0)
    if hessian.ndim == 1:
        return lambda b: b * scale * scale
    # The transpose is Fortran-ordered, as LAPACK wants it: what is its lower triangle is the
    # upper one here.
    scaled = np.array(hessian, dtype=np.float64, order="C", copy=None if overwrite else True)
    scaled *= scale[:, None]
    scaled *= scale
    for jitter in (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0):
        np.fill_diagonal(scaled, 1.0 + jitter)
        try:
            factor = cho_factor(scaled.T, lower=True, overwrite_a=True, check_finite=False)
        except (LinAlgError, ValueError):
            factor = None
        # Not a number, from one in the Hessian, is not greater either.
        if factor is not None and factor[0].diagonal().min(initial=1.0) > (0 if jitter else 1e-7):
            return lambda b: scale * cho_solve(factor, scale * b, check_finite=False)
        _mirror(scaled)
    return lambda b: b


def _mirror(matrix: np.ndarray, width: int = 256) -> None:
    """Make the upper triangle what the lower one is, by squares that stay in cache."""
    for first in range(0, len(matrix), width):
        rows = slice(first, first + width)
        corner, beyond = matrix[rows, rows], slice(first + width, None)
        upper = np.triu_indices(len(corner), 1)
        corner[upper] = corner.T[upper]
        matrix[rows, beyond] = matrix[beyond, rows].T

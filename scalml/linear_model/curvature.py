"""The Hessian of a linear model about the mean of its rows, and the steps it proposes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lasso_path

from scalml.linear_model.newton import Pairs, Step, Vector, newton_step, solver_of

FEW_ROWS = 100  # of a category in the sample, which say little of its curvature
MOST_WORK = 1e9  # products in one run of coordinate descent: a second


@dataclass(frozen=True, eq=False)
class Curvature:
    """A Hessian by the coefficients of ``x - shift``, which is well-conditioned near the mean.

    Coefficients are flat, class after class, each class's intercept behind its slopes; a binary
    model has one class of them.

    Attributes
    ----------
    hessian : ndarray of shape (q, q), (n_classes, p, p) or (q,)
    shift : ndarray of shape (n_features,)
    n_classes : int
    """

    hessian: np.ndarray
    shift: np.ndarray
    n_classes: int = 1

    def inner(self, gradient: Vector) -> Vector:
        """A gradient by the coefficients about the shift."""
        found = gradient.reshape(self.n_classes, -1).copy()
        d = self.shift.size
        if found.shape[1] > d:
            found[:, :d] -= found[:, d:] * self.shift
        return found.ravel()

    def inner_step(self, step: Vector, sign: float = 1.0) -> Vector:
        """A step of the coefficients about the shift: intercepts grow by ``shift @ slopes``."""
        found = step.reshape(self.n_classes, -1).copy()
        d = self.shift.size
        found[:, d:] += sign * (found[:, :d] @ self.shift)[:, None]
        return found.ravel()

    def outer_step(self, step: Vector) -> Vector:
        """Back from `inner_step`."""
        return self.inner_step(step, -1.0)

    def newton_step(self) -> Step:
        """Steps to the minimum of the quadratic model; the Hessian is overwritten."""
        solve = solver_of(self.hessian, overwrite=True)
        frame = replace(self, hessian=np.empty(0))  # the factor is all that is kept
        return newton_step(lambda gradient: frame.outer_step(solve(frame.inner(gradient))))

    def lasso_step(self, lasso: Vector, where: np.ndarray | None = None) -> Step:
        """Steps to the minimum of the quadratic model plus ``lasso @ abs(x)``.

        Parameters
        ----------
        lasso : ndarray of shape (q,)
            Zero for what is not penalised.
        where : ndarray of int of shape (q,), optional
            The coefficients that this is the Hessian of; others do not move.
        """

        def step(x: Vector, gradient: Vector, pairs: Pairs) -> Vector:
            here = slice(None) if where is None else where
            hessian = self.hessian
            if where is None:
                inner = [(self.inner_step(moved), self.inner(change)) for moved, change in pairs]
                hessian = updated(hessian, inner)
            moved = lasso_minimum(hessian, self.inner(gradient[here]), lasso, x[here])
            direction = np.zeros_like(x)
            # Exact zeros are reached by taking off what is there, to the last bit.
            direction[here] = self.outer_step(moved)
            return direction

        return step


def fix_gauge(hessian: np.ndarray, n_classes: int, intercepts_only: bool, d: int) -> None:
    """Give curvature to what adds the same to every class, which the loss does not see."""
    p = len(hessian) // n_classes
    shaped = hessian.reshape(n_classes, p, n_classes, p)
    for j in range(d if intercepts_only else 0, p):
        shaped[:, j, :, j] += shaped[:, j, :, j].diagonal().mean()


def add_missing(
    hessian: np.ndarray, expected: np.ndarray, seen: np.ndarray, n_classes: int
) -> None:
    """Give categories that a sample has too few of the curvature that they have in all rows.

    Parameters
    ----------
    hessian : ndarray of shape (q, q), (n_classes, p, p) or (q,)
        Of the sample; changed in place.
    expected, seen : ndarray of shape (n_features,)
        Rows of each category that a sample should have, and those that this one has; 0 for what is
        no category.
    n_classes : int

    Notes
    -----
    Of a category that the sample has few rows of, the curvature is no less than the average: the
    sample's optimum fits these few too well. What is missing is added to the diagonal. Rows and
    columns are not scaled, as that moves flat directions: where categories lie within categories
    (aeroplanes of a carrier), the Hessian has those in which one goes up and its parts go down.
    """
    p = hessian.shape[-1] // (n_classes if hessian.ndim < 3 else 1)
    expected, seen = (np.append(one, np.zeros(p - len(one))) for one in (expected, seen))
    each = np.arange(hessian.shape[-1])
    places = each if hessian.ndim == 1 else (..., each, each)
    own = hessian[places].reshape(n_classes, p)
    there = expected > 0
    wanted = own * np.divide(expected, seen, out=np.ones(p), where=there & (seen > 0))
    average = wanted[:, there].sum(axis=1, keepdims=True) / max(expected.sum(), 1e-300)
    wanted = np.where(there & (seen < FEW_ROWS), np.maximum(wanted, expected * average), wanted)
    hessian[places] += np.maximum(wanted - own, 0.0).reshape(hessian[places].shape)


def updated(hessian: np.ndarray, pairs: Sequence[tuple[Vector, Vector]]) -> np.ndarray:
    """The BFGS formula: a Hessian that agrees with the differences of gradients seen."""
    hessian = hessian.copy()
    for moved, change in pairs:
        product = hessian @ moved
        expected, seen = moved @ product, moved @ change
        if expected > 0 and seen > 0:
            hessian += np.outer(change / seen, change) - np.outer(product / expected, product)
    return hessian


def lasso_minimum(hessian: np.ndarray, gradient: Vector, lasso: Vector, x: Vector) -> Vector:
    """The step s that minimises ``gradient @ s + s @ hessian @ s / 2 + lasso @ abs(x + s)``.

    Parameters
    ----------
    hessian : ndarray of shape (q, q)
    gradient, lasso, x : ndarray of shape (q,)

    Notes
    -----
    What is not penalised is eliminated; the rest is a lasso on as many pseudo-rows as
    coefficients, the Cholesky factor of the Hessian, which scikit-learn's coordinate descent
    solves [1]_.

    References
    ----------
    .. [1] Friedman, Hastie, Tibshirani (2010), "Regularization paths for generalized linear
       models via coordinate descent", J. Stat. Softw. 33.
    """
    held, free = np.flatnonzero(lasso > 0), np.flatnonzero(lasso <= 0)
    step = np.zeros_like(x)
    solve = solver_of(hessian[np.ix_(free, free)], overwrite=True) if free.size else None
    cross = hessian[np.ix_(free, held)]
    H, g = hessian[np.ix_(held, held)], gradient[held]
    if solve is not None:
        eliminated = np.column_stack([solve(column) for column in cross.T])
        H, g = H - cross.T @ eliminated, g - eliminated.T @ gradient[free]
    # Coordinates in which every penalty is the largest one.
    scale = lasso[held] / lasso[held].max()
    H, g = H + H.T, g / scale
    H /= np.outer(2.0 * scale, scale)
    start = x[held] * scale
    factor = _factored(H)
    wanted = H @ start - g
    pseudo = solve_triangular(factor, wanted, lower=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # what is left, the next step mends
        coefs = lasso_path(
            np.ascontiguousarray(factor.T),
            pseudo,
            alphas=[lasso[held].max() / held.size],
            precompute=H,
            Xy=wanted,
            coef_init=start,
            tol=1e-14,
            max_iter=int(np.clip(MOST_WORK / held.size**2, 100, 100_000)),
        )[1]
    step[held] = coefs[:, 0] / scale - x[held]
    if solve is not None:
        step[free] = -solve(gradient[free] + cross @ step[held])
    return step


def _factored(H: np.ndarray) -> np.ndarray:
    """The Cholesky factor of a matrix, raised in place by the least share that it needs."""
    found = H.diagonal().copy()
    diagonal = np.maximum(found, 0.0)
    least = diagonal + 1e-12 * max(diagonal.max(initial=0.0), np.finfo(float).tiny)
    for jitter in (1e-14, 1e-11, 1e-8, 1e-5, 1e-2, 1.0):
        np.fill_diagonal(H, found + (jitter * least + (least - diagonal)))
        try:
            return cholesky(H, lower=True)
        except (LinAlgError, ValueError):
            continue
    H[:] = np.diag(least)
    return np.sqrt(H)

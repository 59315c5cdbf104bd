"""The penalised log loss as functions to minimise: on a sample in memory, and on all chunks."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scalml.linear_model.labels import BinaryLabels
from scalml.linear_model.newton import Solve, minimise, solver_of
from scalml.losses import LogisticHessian, LogisticLoss
from scalml.runtime import reduce_chunks
from scalml.statistics import require_finite
from scalml.statistics.base import shift_of

MOST_FEATURES = 5000  # of a Hessian: 200 MB, and seconds to factor
CHEAP_FEATURES = 1000  # of a Hessian that may be computed anew for every update
ROWS_A_FEATURE = 20  # of a rough Hessian, and at least 20,000: off by a fifth, which BFGS mends


class Problem:
    """Mean log loss plus ``penalty * sum(coef**2) / 2``, with its Hessian from a sample.

    Parameters
    ----------
    sample : tuple of (X, y, weight)
        Rows in memory, y of 0 and 1.
    penalty : float
        Not applied to the intercept.
    fit_intercept : bool
    whole : bool
        Whether the sample is all of the data.
    """

    def __init__(self, sample: Any, penalty: float, fit_intercept: bool, whole: bool) -> None:
        self.X, self.y, self.weight = sample
        n_rows, self.d = self.X.shape
        self.penalty = penalty
        self.diagonal = self.d > MOST_FEATURES or (not whole and n_rows < 4 * self.d)
        # A gradient on the sample costs d times less than a Hessian: many, with a rough Hessian,
        # are cheaper than few with an exact one.
        self.stride = max(1, n_rows // max(ROWS_A_FEATURE * self.d, 20_000))
        self.exact = not self.diagonal and self.d <= CHEAP_FEATURES and self.stride == 1
        # A Hessian about the mean is well-conditioned; without an intercept there is no choice.
        self.shift = np.zeros(self.d)
        if fit_intercept and not sparse.issparse(self.X):
            self.shift = shift_of(self.X)

    def _penalised(self, loss: LogisticLoss, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slopes = columns[: self.d]
        values = loss.value / loss.weight + self.penalty / 2 * (slopes * slopes).sum(axis=0)
        gradients = loss.gradient / loss.weight
        gradients[: self.d] += self.penalty * slopes
        return values, gradients

    def on_sample(self, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and gradients on the sample, for points in columns."""
        loss = loss_of_finite(self.X, self.y, self.weight, coef=columns)
        return self._penalised(loss, columns)

    def on_chunks(
        self, X: Any, y: Any, sample_weight: Any, labels: BinaryLabels, columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Values and gradients on all rows: one pass."""
        func = partial(loss_of_finite, labels=labels, coef=columns)
        loss = reduce_chunks(func, X, y, sample_weight, name="gradient")
        return self._penalised(loss, columns)

    def curvature(self, x: np.ndarray, stride: int = 1) -> Solve:
        """A function that solves with the Hessian at x of every `stride`-th row of the sample."""
        weight = self.weight if self.weight is None else self.weight[::stride]
        found = LogisticHessian.of(
            self.X if stride == 1 else self.X[::stride],
            None,
            weight,
            coef=x,
            shift=self.shift,
            diagonal=self.diagonal,
        )
        if stride > 1 and not found.weight > 0:
            return self.curvature(x)
        hessian = found.hessian / found.weight
        slopes = np.arange(self.d)
        hessian[slopes if self.diagonal else (slopes, slopes)] += self.penalty
        solve = solver_of(hessian)
        if x.size == self.d:
            return solve

        # The Hessian is by coefficients of x - shift, whose intercept is larger by shift @ slopes.
        def shifted(gradient: np.ndarray) -> np.ndarray:
            inner = gradient.copy()
            inner[:-1] -= self.shift * gradient[-1]
            step = solve(inner)
            step[-1] -= self.shift @ step[:-1]
            return step

        return shifted

    def rough_curvature(self, x: np.ndarray) -> Solve:
        """`curvature` from some twenty rows a feature."""
        return self.curvature(x, self.stride)

    def sample_minimum(self, start: np.ndarray, tol: float) -> np.ndarray:
        """Where the sample's objective is least: a start that is off by the sample's error only.

        `start` itself if the sample cannot tell, having one class or no weight.
        """
        weight = np.ones(self.y.size) if self.weight is None else self.weight
        share = float(weight @ self.y) / max(float(weight.sum()), np.finfo(float).tiny)
        if not 0.0 < share < 1.0:
            return start
        found = minimise(
            self.on_sample,
            self.rough_curvature,
            start,
            tol=max(tol, 0.01 / math.sqrt(self.y.size)),
            max_iter=30,
            exact=self.exact,
        )
        return found.x


def loss_of_finite(
    X: Any,
    y: Any,
    sample_weight: Any,
    *,
    coef: np.ndarray,
    labels: BinaryLabels | None = None,
) -> LogisticLoss:
    """`LogisticLoss` of one block; ValueError if X is not finite.

    NaN or infinity in X make the loss so too, so X is looked at only then.
    """
    if labels is not None:
        y, sample_weight = labels.encode(y, sample_weight)
    loss = LogisticLoss.of(X, y, sample_weight, coef=coef)
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(loss.gradient.sum() + loss.value.sum())
    if not finite:
        require_finite(X)
    return loss

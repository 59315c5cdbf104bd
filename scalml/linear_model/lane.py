"""A penalised model among several that are fitted together, and the Hessians these share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.linear_model.curvature import Curvature
from scalml.linear_model.newton import Found, Vector

MOST_HESSIANS = 8  # that are kept
NEAR = 0.05  # margins, as a weighted average, whose Hessians are taken to be the same


@dataclass(frozen=True, eq=False)
class Lane:
    """One of the models that are fitted together.

    Attributes
    ----------
    ridge, lasso : ndarray of shape (n_classes * p,)
        The penalty is ``ridge @ x**2 / 2 + lasso @ abs(x)``, beside the mean log loss.
    weighting : int
        Which of the weightings of `Labels` its loss and its Hessian have.
    fit_intercept : bool
        Whether p is the number of features and one more.
    """

    ridge: Vector
    lasso: Vector
    weighting: int
    fit_intercept: bool

    @property
    def sparse(self) -> bool:
        """Whether coefficients may be exactly zero."""
        return bool(self.lasso.any())

    @property
    def firm(self) -> bool:
        """Whether a ridge penalty, and nothing else, holds the slopes."""
        return bool(self.ridge.any()) and not self.sparse

    @property
    def strength(self) -> float:
        """How much the most penalised coefficient is penalised."""
        return float(self.ridge.max(initial=0.0) + self.lasso.max(initial=0.0))

    def penalised(self, points: np.ndarray, value: np.ndarray, gradient: np.ndarray) -> Found:
        """Values (k,) and gradients (q, k) of the loss at points, with the ridge penalty's."""
        ridge = self.ridge[:, None]
        return value + (ridge * points * points).sum(axis=0) / 2, gradient + ridge * points


@dataclass(frozen=True, eq=False)
class Known:
    """The Hessian of a loss, without a penalty, and where it was taken.

    Attributes
    ----------
    kind : tuple
        Equal for Hessians of the same rows, weights and form.
    x : ndarray of shape (q,)
    curvature : Curvature
    """

    kind: tuple[Any, ...]
    x: Vector
    curvature: Curvature

    def serves(self, x: Vector, n_features: int) -> bool:
        """Whether the margins at x are about those of the place it was taken."""
        if np.array_equal(x, self.x):
            return True
        found, p = self.curvature, n_features + 1
        if found.hessian.ndim != 2 or x.size != found.n_classes * p:
            return False  # a diagonal says too little, and without intercepts there is no average
        step = found.inner_step(x - self.x)
        average = found.hessian.diagonal()[n_features::p].sum()
        return bool(step @ found.hessian @ step <= NEAR**2 * average)


class KnownHessians:
    """The last few Hessians that were computed, for lanes that come by the same places.

    Parameters
    ----------
    most_bytes : int
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._known: list[Known] = []

    def find(self, kind: tuple[Any, ...], x: Vector, n_features: int) -> Curvature | None:
        """The last of a kind that serves at x."""
        for one in reversed(self._known):
            if one.kind == kind and one.serves(x, n_features):
                return one.curvature
        return None

    def make_room(self) -> None:
        """Forget the oldest where another one would be too many."""
        sizes = [one.curvature.hessian.nbytes for one in self._known]
        while sizes and sum(sizes) + sizes[-1] > self.most_bytes:
            del self._known[0], sizes[0]

    def keep(self, kind: tuple[Any, ...], x: Vector, curvature: Curvature) -> bool:
        """Whether a new one was small enough to be kept."""
        if curvature.hessian.nbytes > self.most_bytes:
            return False
        self._known = [*self._known[1 - MOST_HESSIANS :], Known(kind, x, curvature)]
        return True

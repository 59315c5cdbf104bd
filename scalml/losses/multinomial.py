"""Multinomial log loss of linear models: the softmax of one margin a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.losses.blocks import (
    dense_is_cheaper,
    gradients,
    margins,
    parts_of,
    weighted_gram,
)
from scalml.losses.row_weights import RowWeights
from scalml.statistics.base import Sums, as_weights

FORMS = ("full", "blocks", "diagonal")


@dataclass(frozen=True, eq=False)
class MultinomialLoss(Sums):
    """Multinomial log loss of k linear models and its gradients, summed over rows.

    Attributes
    ----------
    weight : float or ndarray of shape (k,)
        Sum of the weights; of each model if they differ.
    value : ndarray of shape (k,)
        Weighted sums of ``log(sum(exp(z))) - z[y]`` with a margin ``z`` for every class.
    gradient : ndarray of shape (n_coefficients, n_classes, k)
        Derivatives by the coefficients, the intercepts last. They sum to zero over classes.

    Notes
    -----
    As `LogisticLoss`: slabs that stay in cache, both products matrix by matrix, with the columns
    of all classes and models side by side.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import MultinomialLoss
    >>> X, y = np.array([[-1.0], [2.0]]), np.array([0, 2])
    >>> loss = MultinomialLoss.of(X, y, coef=np.zeros((1, 3, 1)))
    >>> loss.value.round(4), loss.gradient[:, :, 0].round(4)
    (array([2.1972]), array([[ 1.3333,  0.3333, -1.6667]]))
    """

    weight: Any
    value: np.ndarray
    gradient: np.ndarray

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        coef: np.ndarray,
        weighting: np.ndarray | None = None,
        width: int | None = None,
    ) -> MultinomialLoss:
        """Loss of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : ndarray of int of shape (n_rows,)
            Numbers of classes, from 0.
        sample_weight : array-like of shape (n_rows,) or (n_rows, n_weightings), optional
        coef : ndarray of shape (n_features, n_classes, k) or (n_features + 1, n_classes, k)
            An additional last row holds intercepts.
        weighting : ndarray of int of shape (k,), optional
            Which column of `sample_weight` each model has, if there are several.
        width : int, optional
            How many models slabs are cut for, k by default, as in `LogisticLoss.of`.
        """
        p, n_classes, k = coef.shape
        models = np.ascontiguousarray(np.asarray(coef, dtype=np.float64).T)  # (k, n_classes, p)
        models = models.swapaxes(0, 1)
        y = np.asarray(y)
        weights = RowWeights(sample_weight, weighting, X.shape[0], k)
        value, gradient = np.zeros(k), np.zeros(models.shape)
        with np.errstate(over="ignore", invalid="ignore"):
            for part, A in parts_of(X, n_classes * (width or k), large=True):
                for run in weights.runs(part):
                    slab, codes = run.of(A), run.of(y[part])
                    some = models[:, run.models].reshape(-1, p)
                    rows = np.arange(codes.size)
                    Z = margins(slab, some).reshape(n_classes, -1, codes.size)
                    own = Z[codes, :, rows].T
                    largest, log_total = _softmax(Z)
                    Z[codes, :, rows] -= 1.0
                    value[run.models] += run.weigh(largest - own + log_total, Z)
                    found = gradients(slab, Z.reshape(len(some), -1), p)
                    gradient[:, run.models] += found.reshape(n_classes, -1, p)
        return cls(weights.total, value, np.ascontiguousarray(gradient.transpose(2, 0, 1)))


@dataclass(frozen=True, eq=False)
class MultinomialHessian(Sums):
    """Second derivatives of the multinomial log loss of one linear model, summed over rows.

    Attributes
    ----------
    weight : float
        Sum of the weights.
    hessian : ndarray
        With p coefficients a class, about the shift: of shape (n_classes * p, n_classes * p),
        class after class, if "full"; (n_classes, p, p) if "blocks"; (n_classes * p,) if
        "diagonal".

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import MultinomialHessian
    >>> MultinomialHessian.of(np.array([[3.0]]), coef=np.zeros((1, 3))).hessian.round(4)
    array([[ 2., -1., -1.],
           [-1.,  2., -1.],
           [-1., -1.,  2.]])
    """

    weight: float
    hessian: np.ndarray

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        coef: np.ndarray,
        shift: Any = None,
        form: str = "full",
    ) -> MultinomialHessian:
        """Curvature of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : ignored
            The curvature does not depend on it.
        sample_weight : array-like of shape (n_rows,), optional
        coef : ndarray of shape (n_features, n_classes) or (n_features + 1, n_classes)
        shift : array-like of shape (n_features,), optional
            Taken off each column, as in `LogisticHessian.of`.
        form : {"full", "blocks", "diagonal"}, default="full"
            Whether pairs of classes, and pairs of coefficients, are left out.
        """
        if form not in FORMS:
            raise ValueError(f"form must be one of {FORMS}, got {form!r}.")
        n_features = X.shape[1]
        p, n_classes = coef.shape
        models = np.ascontiguousarray(np.asarray(coef, dtype=np.float64).T)
        shift = np.zeros(n_features) if shift is None else np.asarray(shift, dtype=np.float64)
        weight = as_weights(sample_weight)
        intercept, diagonal = p - n_features, form == "diagonal"
        pairs = [(a, b) for a in range(n_classes) for b in range(a, n_classes)]
        if form != "full":
            pairs = [(a, a) for a in range(n_classes)]
        sums = np.zeros((len(pairs), *((p,) if diagonal else (p, p))))
        with np.errstate(over="ignore", invalid="ignore"):
            for part, A in parts_of(X, n_classes, not diagonal and dense_is_cheaper(X)):
                P = margins(A, models)
                _softmax(P)
                for place, (a, b) in enumerate(pairs):
                    curvature = P[a] * (1.0 - P[a] if a == b else P[b])
                    if weight is not None:
                        curvature *= weight[part]
                    np.maximum(curvature, 0.0, out=curvature)  # 1 - P may round below zero
                    weighted_gram(A, curvature, shift, intercept, diagonal, sums[place])
        total = float(X.shape[0]) if weight is None else float(weight.sum())
        if form == "full":
            hessian = np.empty((n_classes, p, n_classes, p))
            for (a, b), block in zip(pairs, sums, strict=True):
                hessian[a, :, b] = hessian[b, :, a] = block if a == b else -block
            return cls(total, hessian.reshape(n_classes * p, n_classes * p))
        return cls(total, sums.ravel() if diagonal else sums)


def _softmax(Z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make Z its softmax over the first axis; returns the largest, and what the log adds to it."""
    largest = Z.max(axis=0)
    Z -= largest
    np.exp(Z, out=Z)
    total = Z.sum(axis=0)
    Z /= total
    return largest, np.log(total, out=total)

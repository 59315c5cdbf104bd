"""Log loss of linear models: values, gradients and curvature, for several coefficients at once."""

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

LARGEST = 700.0  # margin whose exponential is finite; what is beyond adds to the loss as it is


@dataclass(frozen=True, eq=False)
class LogisticLoss(Sums):
    """Log loss of k linear models and its gradients, summed over rows.

    Attributes
    ----------
    weight : float or ndarray of shape (k,)
        Sum of the weights; of each model if they differ.
    value : ndarray of shape (k,)
        Weighted sums of ``log(1 + exp(z)) - y z`` with ``z = x @ coef + intercept``.
    gradient : ndarray of shape (n_coefficients, k)
        Derivatives by the coefficients, the intercept's last.

    Notes
    -----
    Rows are worked through in slabs that stay in cache, so that a pass reads memory once although
    it multiplies twice; many models make both products matrix by matrix, those of each weighting
    for themselves (`RowWeights`). C-ordered float64 blocks are used as they are; others are cast
    slab by slab into one buffer. No exponential overflows.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import LogisticLoss
    >>> X, y = np.array([[-1.0], [2.0]]), np.array([0, 1])
    >>> both = LogisticLoss.of(X, y, coef=np.array([[0.0, 1.0]]))
    >>> both.value.round(4), both.gradient.round(4)
    (array([1.3863, 0.4402]), array([[-1.5   , -0.5073]]))
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
    ) -> LogisticLoss:
        """Loss of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : array-like of shape (n_rows,)
            0 or 1.
        sample_weight : array-like of shape (n_rows,) or (n_rows, n_weightings), optional
        coef : ndarray of shape (n_features, k) or (n_features + 1, k)
            Coefficients by column; an additional last row holds intercepts.
        weighting : ndarray of int of shape (k,), optional
            Which column of `sample_weight` each model has, if there are several.
        width : int, optional
            How many models slabs are cut for, k by default; what is equal in all passes makes the
            bits of a model independent of how many others are still looked at.
        """
        models = np.ascontiguousarray(np.asarray(coef, dtype=np.float64).T)
        k, p = models.shape
        # Of a row that is 1, the margin of being wrong is -z: the loss is then of one kind.
        signs = 1.0 - 2.0 * np.asarray(y, dtype=np.float64)
        weights = RowWeights(sample_weight, weighting, X.shape[0], k)
        value, gradient = np.zeros(k), np.zeros_like(models)
        room: Any = None
        # Coefficients of a bold line search overflow to an infinite value, which it rejects.
        with np.errstate(over="ignore", invalid="ignore"):
            for part, A in parts_of(X, width or k, large=True):
                room = np.empty((3, k * A.shape[0])) if room is None else room
                for run in weights.runs(part):
                    own, sign, some = run.of(A), run.of(signs[part]), models[run.models]
                    shape = len(some), sign.size
                    Z, *spare = (one[: len(some) * sign.size].reshape(shape) for one in room)
                    Z = margins(own, some, out=Z)
                    Z *= sign
                    loss, slope = _softplus_and_slope(Z, *spare)
                    value[run.models] += run.weigh(loss, slope, sign)
                    gradient[run.models] += gradients(own, slope, p)
        return cls(weights.total, value, np.ascontiguousarray(gradient.T))


@dataclass(frozen=True, eq=False)
class LogisticHessian(Sums):
    """Second derivatives of the log loss of one linear model, summed over rows.

    Attributes
    ----------
    weight : float
        Sum of the weights.
    hessian : ndarray of shape (n_coefficients, n_coefficients) or (n_coefficients,)
        By the coefficients of ``x - shift``, the intercept's last; only the diagonal if asked so.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import LogisticHessian
    >>> LogisticHessian.of(np.array([[2.0], [4.0]]), coef=np.zeros(2), shift=[3.0]).hessian
    array([[0.5, 0. ],
           [0. , 0.5]])
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
        diagonal: bool = False,
    ) -> LogisticHessian:
        """Curvature of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : ignored
            The curvature does not depend on it.
        sample_weight : array-like of shape (n_rows,), optional
        coef : ndarray of shape (n_features,) or (n_features + 1,)
            Where the derivatives are taken; about zero, whatever the shift.
        shift : array-like of shape (n_features,), optional
            Taken off each column: an intercept makes the shift immaterial to the model, and a
            shift near the mean makes the Hessian well-conditioned.
        diagonal : bool, default=False
            Whether only the diagonal is computed.
        """
        n_features = X.shape[1]
        coef = np.asarray(coef, dtype=np.float64)
        shift = np.zeros(n_features) if shift is None else np.asarray(shift, dtype=np.float64)
        weight = as_weights(sample_weight)
        hessian: Any = None
        with np.errstate(over="ignore", invalid="ignore"):
            for part, A in parts_of(X, unpacked=not diagonal and dense_is_cheaper(X)):
                e = np.exp(-np.abs(margins(A, coef[None])[0]))
                curvature = e / (1.0 + e) ** 2
                if weight is not None:
                    curvature *= weight[part]
                intercept = coef.size - n_features
                hessian = weighted_gram(A, curvature, shift, intercept, diagonal, hessian)
        if hessian is None:
            hessian = np.zeros(coef.shape * (1 if diagonal else 2))
        total = float(X.shape[0]) if weight is None else float(weight.sum())
        return cls(total, hessian)


def _softplus_and_slope(
    Z: np.ndarray, loss: np.ndarray, other: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """``log(1 + exp(Z))`` and its derivative, both to full relative accuracy, from one exponential.

    Z is overwritten, and no array made: those that stay in cache cost less than new ones.
    """
    highest = Z.max(initial=0.0)
    if highest > LARGEST:
        np.subtract(Z, LARGEST, out=other)
        excess = np.maximum(other, 0.0)
        np.minimum(Z, LARGEST, out=Z)
    np.exp(Z, out=Z)
    np.log1p(Z, out=loss)
    np.add(Z, 1.0, out=other)
    Z /= other
    if highest > LARGEST:
        loss += excess
    return loss, Z

"""Squared error of linear models and its gradient, with features and targets about their means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.losses.blocks import is_compact
from scalml.statistics.base import Sums, as_columns, as_weights, slab_rows, slabs


@dataclass(frozen=True, eq=False)
class SquaredLoss(Sums):
    """Half the squared residuals of t targets and their gradients, summed over rows.

    Attributes
    ----------
    value : ndarray of shape (n_targets,)
        Weighted sums of ``r**2 / 2`` with ``r = (y - y_mean) - (x - x_mean) @ coef``.
    gradient : ndarray of shape (n_features, n_targets)
        Weighted sums of ``-(x - x_mean) r``.

    Notes
    -----
    Residuals are formed from the rows themselves, so the gradient is accurate where one computed
    from a Gram matrix has lost its digits: this is what iterative refinement of the normal
    equations needs.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.losses import SquaredLoss
    >>> X, y = np.array([[1.0], [3.0]]), np.array([2.0, 6.0])
    >>> SquaredLoss.of(X, y, coef=np.array([[1.0]])).gradient
    array([[-10.]])
    """

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
        X_mean: Any = 0.0,
        Y_mean: Any = 0.0,
    ) -> SquaredLoss:
        """Loss of one block.

        Parameters
        ----------
        X : ndarray, CSR matrix or CodedRows of shape (n_rows, n_features)
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
        sample_weight : array-like of shape (n_rows,), optional
        coef : ndarray of shape (n_features, n_targets)
        X_mean : array-like of shape (n_features,), default=0.0
        Y_mean : array-like of shape (n_targets,), default=0.0
        """
        n_rows, n_features = X.shape
        Y = as_columns(np.asarray(y))
        weight = as_weights(sample_weight)
        X_mean = np.broadcast_to(np.asarray(X_mean, dtype=np.float64), n_features)
        value, gradient = np.zeros(coef.shape[1]), np.zeros(coef.shape)
        compact = is_compact(X)
        rows = max(n_rows, 1) if compact else slab_rows(n_features)
        buffer = None if compact else np.empty((min(rows, n_rows), n_features))
        for part in slabs(n_rows, rows):
            R = Y[part].astype(np.float64)
            R -= Y_mean
            if buffer is None:
                A = X
                R -= A @ coef - X_mean @ coef
            else:
                A = buffer[: part.stop - part.start]
                np.subtract(X[part], X_mean, out=A)
                R -= A @ coef
            weighted = R if weight is None else R * weight[part, None]
            value += np.einsum("ij,ij->j", weighted, R) / 2
            gradient -= A.T @ weighted
            if compact:
                gradient += np.outer(X_mean, weighted.sum(axis=0))
        return cls(value, gradient)

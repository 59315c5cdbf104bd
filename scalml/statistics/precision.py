"""Average precision of ranked rows, and the scores of each row's own ranking of labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from scalml.statistics.base import slabs


def precision_area(
    negative: np.ndarray, positive: np.ndarray, start: tuple[float, float] = (0, 0)
) -> float:
    """Sum of ``positive * precision`` over scores: average precision times all positives.

    Parameters
    ----------
    negative, positive : ndarray of shape (n_scores,)
        Masses at ascending scores.
    start : pair of numbers
        Masses above the highest of these scores.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.precision import precision_area
    >>> precision_area(np.array([1, 1, 0]), np.array([0, 1, 1])) / 2
    0.8333333333333333
    """
    negative, positive = negative[::-1], positive[::-1]
    above = start[1] + np.cumsum(positive, dtype=np.float64)
    every = start[0] + np.cumsum(negative, dtype=np.float64) + above
    some = positive != 0
    return float(positive[some] @ (above[some] / every[some]))


def row_average_precisions(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Average precision of the labels of each row; 0 for a row without any.

    Parameters
    ----------
    y : ndarray of shape (n_rows, n_labels), bool
    scores : ndarray of shape (n_rows, n_labels)

    Returns
    -------
    ndarray of shape (n_rows,)
    """

    def of_slab(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        at_least = scores[:, None, :] >= scores[:, :, None]
        ranked = np.count_nonzero(at_least, axis=2)
        hits = np.count_nonzero(at_least & y[:, None, :], axis=2)
        return (y * (hits / ranked)).sum(axis=1) / np.maximum(y.sum(axis=1), 1)

    return _slab_by_slab(of_slab, y, scores)


def row_aucs(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Area under the ROC curve of the labels of each row; NaN for a row without two classes.

    Parameters and return value as `row_average_precisions`.
    """

    def of_slab(y: np.ndarray, scores: np.ndarray) -> np.ndarray:
        left, right = scores[:, :, None], scores[:, None, :]
        pairs = y[:, :, None] & ~y[:, None, :]
        won = np.count_nonzero((left > right) & pairs, axis=(1, 2))
        tied = np.count_nonzero((left == right) & pairs, axis=(1, 2))
        with np.errstate(invalid="ignore"):
            return (won + tied / 2) / np.count_nonzero(pairs, axis=(1, 2))

    return _slab_by_slab(of_slab, y, scores)


def _slab_by_slab(func: Any, y: np.ndarray, scores: np.ndarray) -> np.ndarray:
    rows = max(1, 2**20 // max(1, y.shape[1] ** 2))
    return np.concatenate([func(y[part], scores[part]) for part in slabs(len(y), rows)])

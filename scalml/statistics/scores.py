"""Sums over rows from which accuracy, squared error and R² follow exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.statistics.base import Sums, mean_apart, mean_moved, two_sum
from scalml.statistics.columns import as_objects


@dataclass(frozen=True)
class Accuracy(Sums):
    """Rows (or weight) predicted right, and in all.

    Parameters
    ----------
    correct, total : int or float
        Numbers of rows, or sums of weights.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.scores import Accuracy
    >>> a = Accuracy.of(np.array(["x", "y"]), np.array(["x", "x"]))
    >>> (a + a).mean
    0.5
    """

    correct: int | float
    total: int | float

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Accuracy:
        """From one block: labels of shape (n_rows,), or indicators of shape (n_rows, n_labels)."""
        right = y_true == y_pred
        if right.ndim == 2:
            right = right.all(axis=1)
        if sample_weight is None:
            return cls(int(np.count_nonzero(right)), len(right))
        weight = np.asarray(sample_weight, dtype=np.float64)
        return cls(float(weight @ right), float(weight.sum()))

    @property
    def mean(self) -> float:
        """Share of the rows, or of the weight, that is right."""
        return self.correct / self.total


@dataclass(frozen=True, eq=False)
class Residuals:
    """Squared errors beside the spread of the target, per output.

    The spread is kept about the mean and merged by Chan's rule, so that a target far from zero
    costs no digits and a constant one has exactly no spread.

    Parameters
    ----------
    n_rows : int
    total : float
        Sum of weights.
    errors : ndarray of shape (n_outputs,)
        Weighted sum of squared errors.
    mean, squares : ndarray of shape (n_outputs,)
        Weighted mean of the target and sum of squares about it.
    rest : ndarray of shape (n_outputs,), or 0.0
        What rounding to `mean` left out.

    References
    ----------
    T. Chan, G. Golub, R. LeVeque, Updating formulae and a pairwise algorithm for computing
    sample variances, COMPSTAT 1982.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.scores import Residuals
    >>> a = Residuals.of(np.array([[3.0], [1.0]]), np.array([[2.0], [1.0]]))
    >>> (a + a).errors.tolist(), (a + a).squares.tolist()
    ([2.0], [4.0])
    """

    n_rows: int
    total: float
    errors: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    rest: Any = 0.0

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Residuals:
        """From one block of shape (n_rows, n_outputs)."""
        y_true, y_pred = (np.asarray(y, dtype=np.float64) for y in (y_true, y_pred))
        weight = np.ones(len(y_true)) if sample_weight is None else np.asarray(sample_weight, float)
        n_outputs = y_true.shape[1]
        total = float(weight.sum())
        if total == 0:
            return cls(len(y_true), 0.0, *np.zeros((3, n_outputs)))
        difference = y_true - y_pred
        errors = np.dot(weight, np.square(difference, out=difference))
        shift = y_true[np.flatnonzero(weight)[0]]
        centred = y_true - shift
        mean = np.dot(weight, centred) / total
        centred -= mean
        squares = np.dot(weight, np.square(centred, out=centred))
        mean, rest = two_sum(shift, mean)
        return cls(len(y_true), total, errors, mean, squares, rest)

    def __add__(self, other: Residuals) -> Residuals:
        total = self.total + other.total
        n_rows, errors = self.n_rows + other.n_rows, self.errors + other.errors
        if self.total == 0 or other.total == 0:
            kept = self if other.total == 0 else other
            return Residuals(n_rows, total, errors, kept.mean, kept.squares, kept.rest)
        gap = mean_apart(self.mean, self.rest, other.mean, other.rest)
        share = other.total / total
        squares = self.squares + other.squares + gap**2 * (self.total * share)
        mean, rest = mean_moved(self.mean, self.rest, gap * share)
        return Residuals(n_rows, total, errors, mean, squares, rest)

    @property
    def mean_squared_errors(self) -> np.ndarray:
        """Mean squared error of each output."""
        return self.errors / self.total

    def r2(self, force_finite: bool = True) -> np.ndarray:
        """R² of each output: 1 for no error, 0 where only the target is constant.

        With `force_finite=False` a constant target gives NaN (no error) or -inf.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = 1 - self.errors / self.squares
        if force_finite:
            scores = np.where(self.squares == 0, np.where(self.errors == 0, 1.0, 0.0), scores)
        return scores


@dataclass(frozen=True, eq=False)
class Labels:
    """Sorted distinct labels; the sum is the union.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.scores import Labels
    >>> (Labels.of(np.array([2, 0])) + Labels.of(np.array([1, 2]))).classes.tolist()
    [0, 1, 2]
    """

    classes: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray) -> Labels:
        """From one block of labels of shape (n_rows,)."""
        if y.dtype == object:  # hashing beats sorting Python objects
            return cls(as_objects(sorted(set(y.tolist()))))
        return cls(np.unique(y))

    def __add__(self, other: Labels) -> Labels:
        return Labels(np.union1d(self.classes, other.classes))

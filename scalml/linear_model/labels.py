"""Classes, how often they occur, and the weight each class's rows get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets


@dataclass(frozen=True, eq=False)
class ClassTotals:
    """Sorted distinct labels with their rows and weights; the sum is the union.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.linear_model.labels import ClassTotals
    >>> totals = ClassTotals.of(np.array(["b", "a"])) + ClassTotals.of(np.array(["b", "c"]))
    >>> totals.classes.tolist(), totals.rows.tolist()
    (['a', 'b', 'c'], [1, 2, 1])
    """

    classes: np.ndarray
    rows: np.ndarray
    weight: np.ndarray

    @classmethod
    def of(cls, y: Any, sample_weight: Any = None) -> ClassTotals:
        """Totals of one block of labels of shape (n_rows,); ValueError if y is continuous."""
        y = np.asarray(y)
        classes, codes = np.unique(y, return_inverse=True)
        check_classification_targets(classes)
        rows = np.bincount(codes, minlength=classes.size)
        if sample_weight is None:
            return cls(classes, rows, rows.astype(np.float64))
        weight = np.asarray(sample_weight, dtype=np.float64)
        return cls(classes, rows, np.bincount(codes, weights=weight, minlength=classes.size))

    def __add__(self, other: ClassTotals) -> ClassTotals:
        classes = np.union1d(self.classes, other.classes)
        rows, weight = np.zeros(classes.size, dtype=np.int64), np.zeros(classes.size)
        for part in (self, other):
            at = np.searchsorted(classes, part.classes)
            rows[at] += part.rows
            weight[at] += part.weight
        return ClassTotals(classes, rows, weight)

    def multipliers(self, class_weight: Any) -> np.ndarray | None:
        """What `class_weight` (None, 'balanced' or a dict) multiplies each class's weights by."""
        if class_weight is None:
            return None
        # One row per class, with all its weight, stands for its rows. A class without weight
        # would be multiplied by infinity to balance it; it is left out instead.
        with np.errstate(divide="ignore", invalid="ignore"):
            multipliers = compute_class_weight(
                class_weight, classes=self.classes, y=self.classes, sample_weight=self.weight
            )
        return np.where(self.weight > 0, multipliers, 0.0)


@dataclass(frozen=True, eq=False)
class BinaryLabels:
    """Turns labels of two classes into 0 and 1, and weights into weights times the class's."""

    positive: Any
    multipliers: np.ndarray | None = None

    def encode(self, y: Any, sample_weight: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Float 0 and 1 of shape (n_rows,), and weights of that shape or None."""
        ones = np.asarray(y) == self.positive
        if self.multipliers is None:
            return ones.astype(np.float64), sample_weight
        weight = np.where(ones, self.multipliers[1], self.multipliers[0])
        if sample_weight is not None:
            weight = weight * sample_weight
        return ones.astype(np.float64), weight

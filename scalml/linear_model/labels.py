"""Classes, how often they occur, and the weight each class's rows get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from scalml.statistics.classes import class_codes

TRAIN = 1  # what memberships call the training rows of a split


@dataclass(frozen=True, eq=False)
class ClassTotals:
    """Sorted distinct labels with their rows and weights; the sum is the union.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
    rows, weight : ndarray of shape (n_classes,) or (n_classes, n_splits + 1)
        With memberships: of the training rows of each split, and of all rows last.

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
    def of(cls, y: Any, sample_weight: Any = None, memberships: Any = None) -> ClassTotals:
        """Totals of one block of labels of shape (n_rows,); ValueError if y is continuous."""
        y = np.asarray(y)
        classes, codes = class_codes(y)
        if classes.dtype.kind not in "iub":  # which are no measurements
            check_classification_targets(classes)
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        rows, total = _counts(codes, classes.size, weight)
        if memberships is None:
            return cls(classes, rows, total)
        found = []
        for training in np.asarray(memberships).T == TRAIN:
            some = None if weight is None else weight[training]
            found.append(_counts(codes[training], classes.size, some))
        found.append((rows, total))
        return cls(classes, *(np.column_stack(part) for part in zip(*found, strict=True)))

    def __add__(self, other: ClassTotals) -> ClassTotals:
        classes = np.union1d(self.classes, other.classes)
        shape = (classes.size, *self.rows.shape[1:])
        rows, weight = np.zeros(shape, dtype=np.int64), np.zeros(shape)
        for part in (self, other):
            at = np.searchsorted(classes, part.classes)
            rows[at] += part.rows
            weight[at] += part.weight
        return ClassTotals(classes, rows, weight)

    def of_split(self, split: int | None) -> ClassTotals:
        """Those of the training rows of one split, or of all rows."""
        if self.rows.ndim == 1:
            return self
        column = -1 if split is None else split
        return ClassTotals(self.classes, self.rows[:, column], self.weight[:, column])

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
class Labels:
    """Turns labels into numbers of classes, and weights into those that each fit has.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    weightings : tuple of (split or None, multipliers or None)
        Whose training rows have weight (None: all), and by what each class's are multiplied.
    """

    classes: np.ndarray
    weightings: tuple[tuple[int | None, np.ndarray | None], ...] = ((None, None),)

    def encode(
        self, y: Any, sample_weight: Any, memberships: Any = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Numbers of classes and weights of one block.

        Returns
        -------
        codes : ndarray of shape (n_rows,)
            Float 0 and 1 of two classes, integers of more.
        weight : ndarray of shape (n_rows,) or (n_rows, n_weightings), or None
        """
        y = np.asarray(y)
        if self.classes.size == 2:
            codes = (y == self.classes[1]).astype(np.float64)
        else:
            codes = np.searchsorted(self.classes, y)
        if len(self.weightings) == 1:
            return codes, self._weight(0, codes, sample_weight, memberships)
        columns = [
            self._weight(place, codes, sample_weight, memberships)
            for place in range(len(self.weightings))
        ]
        ones = np.ones(len(codes))
        # Column by column, which losses read.
        return codes, np.stack([ones if one is None else one for one in columns]).T

    def _weight(self, place: int, codes: np.ndarray, weight: Any, memberships: Any) -> Any:
        split, multipliers = self.weightings[place]
        if multipliers is not None:
            of_class = multipliers[codes.astype(np.intp)]
            weight = of_class if weight is None else of_class * weight
        if split is not None:
            training = np.asarray(memberships)[:, split] == TRAIN
            weight = training.astype(np.float64) if weight is None else training * weight
        return weight


def _counts(codes: np.ndarray, n: int, weight: Any) -> tuple[np.ndarray, np.ndarray]:
    rows = np.bincount(codes, minlength=n)
    if weight is None:
        return rows, rows.astype(np.float64)
    return rows, np.bincount(codes, weights=weight, minlength=n)

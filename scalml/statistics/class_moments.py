"""Mean and variance of columns within each class, shifted by the class, that merge exactly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scalml.statistics.base import as_columns, as_weights, mean_apart, slab_rows, slabs, two_sum
from scalml.statistics.classes import class_codes, indicators, laid_out, require_taken, union
from scalml.statistics.finite import require_finite
from scalml.statistics.moments import Moments


@dataclass(frozen=True, eq=False)
class ClassMoments:
    """Moments of the columns by class label, and those of all rows together.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    rows : ndarray of shape (n_classes,), int64
        Number of rows of each class, whatever their weights.
    within : Moments
        Weighted moments; its arrays have shape (n_classes, n_columns).
    whole : Moments
        Moments of all rows without weights; its arrays have shape (n_columns,).
    dtype : dtype
        What results are in: float32 if all rows were, else float64. Sums always are float64.

    Notes
    -----
    Values are taken from the mean of the first rows of their class, so that neither a mean far
    from zero nor classes far apart cost accuracy. Slabs of about a megabyte are summed by class
    as a sparse product, whose cost does not depend on the number of classes. Sums merge as those
    of `Moments` do; a class seen on one side only keeps its own.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import ClassMoments
    >>> top = ClassMoments.of(np.array([[1.0], [3.0]]), np.array(["a", "a"]))
    >>> both = top + ClassMoments.of(np.array([[5.0], [8.0]]), np.array(["a", "b"]))
    >>> both.classes.tolist(), both.rows.tolist(), both.within.mean.ravel().tolist()
    (['a', 'b'], [3, 1], [3.0, 8.0])
    >>> (both - top).within.mean.ravel().tolist()
    [5.0, 8.0]
    """

    classes: np.ndarray
    rows: np.ndarray
    within: Moments
    whole: Moments
    dtype: np.dtype

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None) -> ClassMoments:
        """Moments of one block.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Any numeric dtype and memory order.
        y : array-like of shape (n_rows,)
            Labels of any type that sorts.
        sample_weight : array-like of shape (n_rows,), optional
            Not negative.

        Raises
        ------
        ValueError
            For NaN or infinity, with its place, and for missing labels.
        """
        X, weight = as_columns(X), as_weights(sample_weight)
        classes, codes = class_codes(y)
        rows = np.bincount(codes, minlength=classes.size)
        with np.errstate(over="ignore", invalid="ignore"):
            within = _of_classes(X, codes, classes.size, weight)
        if not np.isfinite(within.centre.sum()):
            require_finite(X)
        whole = _pooled(within) if weight is None else Moments.of(X, allow_nan=False)
        dtype = np.dtype(np.float32 if X.dtype == np.float32 else np.float64)
        return cls(classes, rows, within, whole, dtype)

    def over(self, classes: np.ndarray) -> ClassMoments:
        """The same moments over sorted labels that include these; the others have no rows."""
        within = self.within
        parts = (within.n, within.centre, within.squares, within.rest)
        return replace(
            self,
            classes=classes,
            rows=laid_out(self.rows, self.classes, classes),
            within=Moments(*(laid_out(part, self.classes, classes) for part in parts)),
        )

    def __add__(self, other: ClassMoments) -> ClassMoments:
        if not isinstance(other, ClassMoments):
            return NotImplemented
        classes = union(self.classes, other.classes)
        a, b = self.over(classes), other.over(classes)
        return ClassMoments(
            classes,
            a.rows + b.rows,
            a.within + b.within,
            a.whole + b.whole,
            np.result_type(a.dtype, b.dtype),
        )

    def __sub__(self, other: ClassMoments) -> ClassMoments:
        if not isinstance(other, ClassMoments):
            return NotImplemented
        classes = union(self.classes, other.classes)
        a, b = self.over(classes), other.over(classes)
        rows, within = a.rows - b.rows, a.within - b.within
        require_taken(rows, classes)
        left = rows > 0
        parts = (within.n, within.centre, within.squares, within.rest)
        within = Moments(*(part[left] for part in parts))
        return ClassMoments(classes[left], rows[left], within, a.whole - b.whole, a.dtype)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.whole.n.size

    @property
    def weight(self) -> np.ndarray:
        """Weight of each class's rows, shape (n_classes,)."""
        return self.within.n[:, 0]


def _of_classes(
    X: np.ndarray, codes: np.ndarray, n_classes: int, weight: np.ndarray | None
) -> Moments:
    n_rows, n_columns = X.shape
    shift = _shift_of_classes(X, codes, n_classes)
    total, squares = np.zeros((2, n_classes, n_columns))
    # Slabs that are few beside the classes would mostly add up zeros.
    step = slab_rows(n_columns, at_least=4 * n_classes)
    buffer = np.empty((min(step, n_rows), n_columns))
    for part in slabs(n_rows, step):
        Z, classes = buffer[: part.stop - part.start], codes[part]
        np.take(shift, classes, axis=0, out=Z, mode="clip")
        np.subtract(X[part], Z, out=Z)
        by_class = indicators(classes, n_classes, None if weight is None else weight[part])
        total += by_class @ Z
        np.multiply(Z, Z, out=Z)
        squares += by_class @ Z
    weights = np.bincount(codes, weight, minlength=n_classes).astype(np.float64)
    n = np.repeat(weights[:, None], n_columns, axis=1)
    apart = np.divide(total, n, out=np.zeros_like(total), where=n > 0)
    squares = np.maximum(squares - apart * total, 0.0)
    centre, rest = two_sum(shift, apart)
    return Moments(n, np.where(n > 0, centre, 0.0), squares, np.where(n > 0, rest, 0.0))


def _shift_of_classes(X: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Mean of each class's rows in the first slab, found by differences from its very first row."""
    first = np.empty(n_classes, dtype=np.intp)
    first[codes[::-1]] = np.arange(codes.size)[::-1]  # of repeated indices the last one stays
    shift = X[first].astype(np.float64)
    few = slab_rows(X.shape[1])
    codes = codes[:few]
    head = np.array(X[:few], dtype=np.float64, order="C")
    head -= shift[codes]
    rows = np.maximum(np.bincount(codes, minlength=n_classes), 1)
    return shift + indicators(codes, n_classes) @ head / rows[:, None]


def _pooled(within: Moments) -> Moments:
    """Moments of all rows from those of classes, by Chan's formula for many at once."""
    n = within.n.sum(axis=0)
    base = within.centre[:1].sum(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        share = within.n / np.maximum(n, 1)
        apart = mean_apart(base, 0.0, within.centre, within.rest)
        centre, rest = two_sum(base, (share * apart).sum(axis=0))
        apart = mean_apart(centre, rest, within.centre, within.rest)
        squares = (within.squares + within.n * apart * apart).sum(axis=0)
    return Moments(n, centre, squares, rest)

"""Sums of non-negative columns within each class: what discrete naive Bayes learns from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import as_columns, as_weights, slab_rows, slabs
from scalml.statistics.classes import class_codes, indicators, laid_out, require_taken, union
from scalml.statistics.finite import require_finite


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """Sums of columns of counts by class label.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Labels, sorted.
    rows : ndarray of shape (n_classes,), int64
        Number of rows of each class, whatever their weights.
    weight : ndarray of shape (n_classes,)
        Sum of their weights.
    counts : ndarray of shape (n_classes, n_columns)
        Weighted sum of their values; exact for integers below 2**53.

    Notes
    -----
    CSR blocks are never made dense: their entries are summed by class and column at once.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import ClassCounts
    >>> top = ClassCounts.of(np.array([[1, 0], [2, 5]]), np.array(["a", "b"]))
    >>> both = top + ClassCounts.of(np.array([[3, 3]]), np.array(["a"]))
    >>> both.classes.tolist(), both.counts.tolist()
    (['a', 'b'], [[4.0, 3.0], [2.0, 5.0]])
    >>> (both - top).counts
    array([[3., 3.]])
    """

    classes: np.ndarray
    rows: np.ndarray
    weight: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, X: Any, y: Any, sample_weight: Any = None) -> ClassCounts:
        """Sums of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_columns)
            Not negative; any numeric dtype and memory order.
        y : array-like of shape (n_rows,)
            Labels of any type that sorts.
        sample_weight : array-like of shape (n_rows,), optional
            Not negative.

        Raises
        ------
        ValueError
            For negative values, NaN or infinity, with their place, and for missing labels.
        """
        X, weight = as_columns(X), as_weights(sample_weight)
        classes, codes = class_codes(y)
        summed = _of_sparse if sparse.issparse(X) else _of_dense
        with np.errstate(over="ignore", invalid="ignore"):
            counts, least = summed(X, codes, classes.size, weight)
        if not np.isfinite(counts.sum()):
            require_finite(X)
        if least < 0:
            _refuse_negative(X)
        rows = np.bincount(codes, minlength=classes.size)
        weights = np.bincount(codes, weight, minlength=classes.size).astype(np.float64)
        return cls(classes, rows, weights, counts)

    def over(self, classes: np.ndarray) -> ClassCounts:
        """The same sums over sorted labels that include these; the others have no rows."""
        return replace(
            self,
            classes=classes,
            rows=laid_out(self.rows, self.classes, classes),
            weight=laid_out(self.weight, self.classes, classes),
            counts=laid_out(self.counts, self.classes, classes),
        )

    def __add__(self, other: ClassCounts) -> ClassCounts:
        if not isinstance(other, ClassCounts):
            return NotImplemented
        classes = union(self.classes, other.classes)
        a, b = self.over(classes), other.over(classes)
        return ClassCounts(classes, a.rows + b.rows, a.weight + b.weight, a.counts + b.counts)

    def __sub__(self, other: ClassCounts) -> ClassCounts:
        if not isinstance(other, ClassCounts):
            return NotImplemented
        classes = union(self.classes, other.classes)
        a, b = self.over(classes), other.over(classes)
        rows = a.rows - b.rows
        require_taken(rows, classes)
        left = rows > 0
        # Of weights that are no integers, rounding may leave less than nothing.
        weight = np.maximum(a.weight - b.weight, 0.0)[left]
        return ClassCounts(
            classes[left], rows[left], weight, np.maximum(a.counts - b.counts, 0.0)[left]
        )

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.counts.shape[1]


def _of_dense(
    X: np.ndarray, codes: np.ndarray, n_classes: int, weight: np.ndarray | None
) -> tuple[np.ndarray, float]:
    n_rows, n_columns = X.shape
    counts, least = np.zeros((n_classes, n_columns)), 0.0
    for part in slabs(n_rows, slab_rows(n_columns, at_least=4 * n_classes)):
        Z = np.ascontiguousarray(X[part], dtype=np.float64)
        least = min(least, Z.min(initial=0.0))
        counts += indicators(codes[part], n_classes, None if weight is None else weight[part]) @ Z
    return counts, least


def _of_sparse(
    X: Any, codes: np.ndarray, n_classes: int, weight: np.ndarray | None
) -> tuple[np.ndarray, float]:
    n_columns, stored = X.shape[1], np.diff(X.indptr)
    places = np.repeat(codes.astype(np.int64) * n_columns, stored)
    places += X.indices
    values = X.data if weight is None else X.data * np.repeat(weight, stored)
    counts = np.bincount(places, values, minlength=n_classes * n_columns)
    return counts.reshape(n_classes, n_columns), X.data.min(initial=0)


def _refuse_negative(X: Any) -> None:
    rows, columns = (X < 0).nonzero()
    error = ValueError(
        f"Negative values in data passed to X: {rows.size} of them, the first in row {rows[0]}, "
        f"column {columns[0]}. Counts cannot be negative; MinMaxScaler makes columns that are not."
    )
    error.row, error.column = int(rows[0]), int(columns[0])  # type: ignore[attr-defined]
    raise error

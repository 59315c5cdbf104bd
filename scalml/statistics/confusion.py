"""Which labels were taken for which: everything that metrics of predicted labels depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import as_weights
from scalml.statistics.encoding import encoded


@dataclass(frozen=True, eq=False)
class Confusion:
    """Rows (or weight) of each pair of a true and a predicted label that occurs.

    Only pairs that occur are kept, so that thousands of classes cost no square of them.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted distinct labels, true or predicted.
    pairs : ndarray of shape (n_pairs,), int64
        ``true * n_classes + predicted``, places in `classes`; ascending and distinct.
    masses : ndarray of shape (n_pairs,), int64 or float64
        Numbers of rows, or sums of weights; 0 for a pair that has no weight.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Confusion
    >>> a = Confusion.of(np.array(["x", "y"]), np.array(["x", "x"]))
    >>> b = Confusion.of(np.array(["y", "z"]), np.array(["x", "z"]))
    >>> (a + b).true.tolist(), (a + b).predicted.tolist(), (a + b).masses.tolist()
    (['x', 'y', 'z'], ['x', 'x', 'z'], [1, 2, 1])
    """

    classes: np.ndarray
    pairs: np.ndarray
    masses: np.ndarray

    @classmethod
    def of(cls, y_true: np.ndarray, y_pred: np.ndarray, sample_weight: Any = None) -> Confusion:
        """Count the pairs of one block.

        Parameters
        ----------
        y_true, y_pred : ndarray of shape (n_rows,)
            Labels of one kind: numbers, or text.
        sample_weight : ndarray of shape (n_rows,), optional
        """
        classes, codes = encoded(np.concatenate([y_true, y_pred]))
        n = len(classes)
        pairs = codes[: len(y_true)] * n + codes[len(y_true) :]
        return cls(classes, *counted(pairs, n**2, sample_weight))

    def __add__(self, other: Confusion) -> Confusion:
        if not isinstance(other, Confusion):
            return NotImplemented
        classes = np.union1d(self.classes, other.classes)
        left, right = (
            _moved(c.pairs, len(c.classes), np.searchsorted(classes, c.classes), len(classes))
            for c in (self, other)
        )
        return Confusion(classes, *merged(left, self.masses, right, other.masses))

    @property
    def true(self) -> np.ndarray:
        """True label of each pair."""
        return self.classes[self.pairs // max(1, len(self.classes))]

    @property
    def predicted(self) -> np.ndarray:
        """Predicted label of each pair."""
        return self.classes[self.pairs % max(1, len(self.classes))]


@dataclass(frozen=True, eq=False)
class LabelSets:
    """What rows with a set of labels each, and a predicted set, amount to.

    Parameters
    ----------
    both, true, predicted : ndarray of shape (n_labels,), int64 or float64
        Rows (or weight) of each label that have it in both sets, in the true, in the predicted.
    sizes : ndarray of shape (n_sizes, 3), int64
        Distinct numbers of labels of a row in both sets, in the true, in the predicted.
    masses : ndarray of shape (n_sizes,), int64 or float64
        Rows (or weight) of such sizes.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import LabelSets
    >>> a = LabelSets.of(np.array([[1, 1], [0, 1]]), np.array([[1, 0], [0, 1]]))
    >>> (a + a).both.tolist(), (a + a).sizes.tolist(), (a + a).masses.tolist()
    ([2, 2], [[1, 1, 1], [1, 2, 1]], [2, 2])
    """

    both: np.ndarray
    true: np.ndarray
    predicted: np.ndarray
    sizes: np.ndarray
    masses: np.ndarray

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, sample_weight: Any = None) -> LabelSets:
        """From one block of indicators, ndarrays or CSR matrices of shape (n_rows, n_labels)."""
        true, predicted = _indicators(y_true), _indicators(y_pred)
        if sparse.issparse(true) or sparse.issparse(predicted):
            true, predicted = sparse.csr_array(true), sparse.csr_array(predicted)
        sets = (true * predicted, true, predicted)
        weight = as_weights(sample_weight)
        if weight is None:
            labels = [np.asarray(s.sum(axis=0, dtype=np.int64)).ravel() for s in sets]
        else:
            labels = [np.asarray(s.T @ weight).ravel() for s in sets]
        sizes = np.stack([np.asarray(s.sum(axis=1, dtype=np.int64)).ravel() for s in sets])
        base = true.shape[1] + 1
        codes, masses = counted((sizes[0] * base + sizes[1]) * base + sizes[2], None, weight)
        return cls(labels[0], labels[1], labels[2], _sizes_of(codes, base), masses)

    def __add__(self, other: LabelSets) -> LabelSets:
        if not isinstance(other, LabelSets):
            return NotImplemented
        base = len(self.both) + 1
        left, right = (s.sizes @ np.array([base * base, base, 1]) for s in (self, other))
        codes, masses = merged(left, self.masses, right, other.masses)
        return LabelSets(
            self.both + other.both,
            self.true + other.true,
            self.predicted + other.predicted,
            _sizes_of(codes, base),
            masses,
        )


def counted(codes: np.ndarray, limit: int | None, sample_weight: Any) -> tuple[Any, Any]:
    """Distinct codes, ascending, and the rows or the weight of each.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), int64
        Not negative; below `limit` if that is known.
    sample_weight : ndarray of shape (n_rows,), optional
    """
    weight = as_weights(sample_weight)
    if limit is not None and limit <= max(1024, len(codes)):
        rows = np.bincount(codes, minlength=limit)
        found = np.flatnonzero(rows)
        if weight is None:
            return found, rows[found]
        return found, np.bincount(codes, weight, minlength=limit)[found]
    found, inverse, rows = np.unique(codes, return_inverse=True, return_counts=True)
    return found, rows if weight is None else np.bincount(inverse, weight, minlength=len(found))


def merged(left: Any, left_masses: Any, right: Any, right_masses: Any) -> tuple[Any, Any]:
    """Add the masses of two ascending runs of codes."""
    codes = np.concatenate([left, right])
    order = np.argsort(codes, kind="stable")  # linear: it recognises the two sorted runs
    codes, masses = codes[order], np.concatenate([left_masses, right_masses])[order]
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])[: len(codes)])
    return codes[starts], np.add.reduceat(masses, starts) if len(starts) else masses


def _moved(pairs: np.ndarray, old: int, places: np.ndarray, new: int) -> np.ndarray:
    """Pairs of `old` classes as pairs of the `new` ones at `places`; the order stays."""
    old = max(1, old)
    return places[pairs // old] * new + places[pairs % old]


def _indicators(y: Any) -> Any:
    """0 and 1 of an indicator matrix, without stored zeros if it is sparse."""
    if not sparse.issparse(y):
        return np.asarray(y) != 0
    y = sparse.csr_array(y, copy=True)
    y.data = (y.data != 0).astype(np.int64)
    y.eliminate_zeros()
    return y


def _sizes_of(codes: np.ndarray, base: int) -> np.ndarray:
    return np.stack([codes // base**2, codes // base % base, codes % base], axis=1)

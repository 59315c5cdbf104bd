"""How often a positive row scores above a negative one: sorted distinct scores that merge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

_COARSE = np.int64(-1 << 44)  # sign, exponent and 8 bits of the mantissa of a float64


def coarsen(scores: np.ndarray) -> np.ndarray:
    """Round float64 scores towards zero to 9 significant bits; the order of scores is kept.

    Rows whose coarse scores are equal form a bucket. Between buckets the order is that of the
    scores themselves, because rounding towards zero never swaps two numbers.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,), float64

    Returns
    -------
    ndarray of shape (n_rows,), float64
        At most 2**20 different values.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.ranking import coarsen
    >>> coarsen(np.array([0.1, 0.5, 0.501, -0.501])).tolist()
    [0.099853515625, 0.5, 0.5, -0.5]
    """
    bits = np.ascontiguousarray(scores, dtype=np.float64).view(np.int64)
    return (bits & _COARSE).view(np.float64)


@dataclass(frozen=True, eq=False)
class RankedScores:
    """Sorted distinct scores with the rows (or the weight) that each class has there.

    Adding merges two sorted runs in linear time. Without weights the masses are integers, so a
    sum is the same whatever the order of additions.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels that were seen: none, one or two.
    scores : ndarray of shape (n_scores,), float64
        Ascending and distinct.
    masses : ndarray of shape (n_classes, n_scores), int64 or float64
        Row counts, or sums of weights.

    Notes
    -----
    Memory grows with the number of distinct scores: 24 bytes each, and thrice that while two
    halves are merged.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.ranking import RankedScores
    >>> a = RankedScores.of(np.array([0, 1]), np.array([0.1, 0.4]))
    >>> b = RankedScores.of(np.array([0, 1]), np.array([0.4, 0.8]))
    >>> (a + b).scores.tolist(), (a + b).masses.tolist()
    ([0.1, 0.4, 0.8], [[1, 1, 0], [0, 1, 1]])
    >>> (a + b).auc()
    0.875
    """

    classes: np.ndarray
    scores: np.ndarray
    masses: np.ndarray

    @classmethod
    def of(
        cls,
        y: np.ndarray,
        scores: np.ndarray,
        sample_weight: np.ndarray | None = None,
        *,
        coarse: bool = False,
        between: tuple[float, float] | None = None,
    ) -> RankedScores:
        """Rank the rows of one block.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            Labels of any type, of at most two kinds.
        scores : ndarray of shape (n_rows,)
            Finite numbers; compared as float64.
        sample_weight : ndarray of shape (n_rows,), optional
        coarse : bool
            Rank buckets (`coarsen`) instead of scores.
        between : (float, float), optional
            Only rows whose coarse score lies between these two, both included.

        Raises
        ------
        ValueError
            If `y` has more than two labels.
        """
        scores = np.asarray(scores, dtype=np.float64)
        if between is not None:
            bucket = coarsen(scores)
            kept = (bucket >= between[0]) & (bucket <= between[1])
            y, scores = y[kept], scores[kept]
            sample_weight = None if sample_weight is None else sample_weight[kept]
        if coarse:
            scores = coarsen(scores)
        dtype = np.int64 if sample_weight is None else np.float64
        total = cls(y[:0], np.empty(0), np.empty((0, 0), dtype))
        for label, rows in _two_classes(y):
            weight = None if sample_weight is None else sample_weight[rows]
            total = total + cls(label, *_distinct(scores[rows], weight))
        return total

    def __add__(self, other: RankedScores) -> RankedScores:
        if not len(other.classes):
            return self
        if not len(self.classes):
            return other
        classes = np.union1d(self.classes, other.classes)
        _at_most_two(classes)
        runs, split = np.concatenate([self.scores, other.scores]), len(self.scores)
        order = np.argsort(runs, kind="stable")  # linear: it recognises the two sorted runs
        runs = runs[order]
        starts = _starts(runs)
        masses = np.empty((len(classes), len(starts)), dtype=self.masses.dtype)
        for label, row in zip(classes, masses, strict=True):  # not held at once, in either order
            mass = np.zeros(len(runs), dtype=row.dtype)
            for part, place in ((self, slice(split)), (other, slice(split, None))):
                for own in part.masses[part.classes == label]:
                    mass[place] = own
            np.add.reduceat(mass[order], starts, out=row)
        if len(starts) < len(runs):
            runs = runs[starts]
        return RankedScores(classes, runs, masses)

    @property
    def n_rows(self) -> np.ndarray:
        """Total mass of each score, all classes together: ndarray of shape (n_scores,)."""
        return self.masses.sum(axis=0)

    def auc(self, max_fpr: float | None = None) -> float:
        """Area under the ROC curve; the larger class is the positive one.

        Parameters
        ----------
        max_fpr : float in (0, 1], optional
            Area up to this false positive rate, standardised as McClish (1989) does.

        Returns
        -------
        float
            NaN when a class is missing or has no weight.
        """
        totals = self.masses.sum(axis=1)
        if len(totals) < 2 or not totals.all():
            return float("nan")
        limit = roc_limit(totals, max_fpr)
        negative, positive = self.masses
        return standardised_auc(roc_area(negative, positive, limit=limit), totals, max_fpr)


def roc_area(
    negative: np.ndarray,
    positive: np.ndarray,
    start: tuple[float, float] = (0, 0),
    limit: float | None = None,
) -> int | float:
    """Twice the area under the piece of the ROC curve that these scores trace, in counts.

    Parameters
    ----------
    negative, positive : ndarray of shape (n_scores,)
        Masses at ascending scores.
    start : pair of numbers
        False and true positives above the highest of these scores.
    limit : float, optional
        Stop at this number of false positives.

    Returns
    -------
    int or float
        Exact for integers as long as it fits 63 bits; beyond, and for weights, a float.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.ranking import roc_area
    >>> roc_area(np.array([1, 1, 0]), np.array([0, 1, 1])) / 2
    3.5
    """
    negative, positive = negative[::-1], positive[::-1]
    if negative.dtype.kind == "i":
        height = int(start[1]) + int(positive.sum())
        if 2 * height * int(negative.sum()) >= 2**63:
            negative, positive = negative.astype(np.float64), positive.astype(np.float64)
    above = np.cumsum(positive)
    rest: int | float = 0
    if limit is not None:
        reached = start[0] + np.cumsum(negative)
        stop = int(np.searchsorted(reached, limit, side="right"))
        if stop < len(negative):
            width = limit - (reached[stop] - negative[stop])
            if width > 0:
                share = positive[stop] * (width / negative[stop])
                rest = float(width * (2 * (start[1] + above[stop] - positive[stop]) + share))
        negative, positive, above = negative[:stop], positive[:stop], above[:stop]
    area = np.dot(negative, 2 * (start[1] + above) - positive)
    return area.item() + rest


def roc_limit(totals: Any, max_fpr: float | None) -> float | None:
    """False positives at a rate of `max_fpr`; None for the whole curve.

    Raises
    ------
    ValueError
        If `max_fpr` is not in (0, 1].
    """
    if max_fpr is None or max_fpr == 1:
        return None
    if not 0 < max_fpr <= 1:
        raise ValueError(f"Expected max_fpr in range (0, 1], got: {max_fpr!r}")
    return max_fpr * totals[0].item()


def standardised_auc(twice: float, totals: Any, max_fpr: float | None = None) -> float:
    """Turn twice the area in counts into the AUC that scikit-learn reports.

    Parameters
    ----------
    twice : int or float
        From `roc_area`.
    totals : pair of NumPy numbers
        Negatives and positives.
    max_fpr : float, optional

    Returns
    -------
    float

    References
    ----------
    D. McClish, Analyzing a portion of the ROC curve, Medical Decision Making 9 (1989).
    """
    area = twice / totals[0].item() / (2 * totals[1].item())
    if max_fpr is None or max_fpr == 1:
        return area
    smallest = 0.5 * max_fpr**2
    return 0.5 * (1 + (area - smallest) / (max_fpr - smallest))


def _two_classes(y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of a label (an array of one) and the mask of its rows; much cheaper than sorting."""
    if not len(y):
        return
    first = y == y[0]
    yield y[:1], first
    if first.all():
        return
    rest = y[~first]
    _at_most_two(y[:1] if (rest == rest[0]).all() else np.unique(np.append(y[:1], rest)))
    yield rest[:1], ~first


def _at_most_two(classes: np.ndarray) -> None:
    if len(classes) > 2:
        raise ValueError(
            "A ranking by one column of scores must have two classes in y_true, got "
            f"{len(classes)} or more, among them {classes[:5].tolist()}. "
            "Pass a column of y_score for each class."
        )


def _distinct(scores: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct scores of one class and their masses, of shape (1, n_scores)."""
    if weight is None:
        scores = np.sort(scores)
        starts = _starts(scores)
        return scores[starts], np.diff(starts, append=len(scores))[None, :]
    order = np.argsort(scores, kind="stable")
    scores = scores[order]
    starts = _starts(scores)
    return scores[starts], np.add.reduceat(weight[order].astype(np.float64), starts)[None, :]


def _starts(values: np.ndarray) -> np.ndarray:
    """Where each run of equal values begins."""
    fresh = np.empty(len(values), dtype=bool)
    fresh[:1] = True
    np.not_equal(values[1:], values[:-1], out=fresh[1:])
    return np.flatnonzero(fresh)

"""The exact area under the ROC curve of any number of rows, in bounded memory."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from scalml.data import cached
from scalml.metrics.inputs import any_chunked, chunked, labels_of, numbers_of, weights_of
from scalml.runtime import reduce_chunks
from scalml.statistics.base import Sums
from scalml.statistics.ranking import RankedScores, roc_area, roc_limit, standardised_auc

ROWS_AT_ONCE = 16_000_000
GROUP_ROWS = 10_000_000


def roc_auc_score(
    y_true,
    y_score,
    *,
    average="macro",
    sample_weight=None,
    max_fpr=None,
    multi_class="raise",
    labels=None,
):
    """Exact area under the ROC curve of binary labels; ties count half.

    Up to 16 million chunked rows are ranked in one pass: each chunk is sorted, sorted runs are
    merged, 24 bytes for each distinct score. Longer data, or data of unknown length, first gets a
    histogram of the scores rounded to 9 significant bits, from which the area between buckets is
    exact; each further pass ranks the rows of neighbouring buckets, 10 million at a time, and
    buckets of a single class need none. Text is cached between passes.

    Without weights all sums are integers: the result is the same for every chunking, number of
    workers and number of passes. In-memory inputs go to scikit-learn's function.

    Parameters
    ----------
    y_true : array-like or chunked, of shape (n_rows,)
        Two labels of any type; the larger one is positive.
    y_score : array-like or chunked, of shape (n_rows,)
        Finite numbers, compared as float64.
    average, multi_class, labels
        As scikit-learn's for in-memory inputs; without meaning for binary labels, which are all
        that chunked inputs may have.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    max_fpr : float in (0, 1], default=None
        Standardised area up to this false positive rate.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If chunked labels have more than two classes, or values are missing or infinite.

    Warns
    -----
    UndefinedMetricWarning
        With one class only; the score is NaN.

    References
    ----------
    T. Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27 (2006).

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import roc_auc_score
    >>> y = scalml.from_array(np.array([0, 0, 1, 1]), chunk_rows=3)
    >>> roc_auc_score(y, np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    if not any_chunked(y_true, y_score, sample_weight):
        return sklearn.metrics.roc_auc_score(
            y_true,
            y_score,
            average=average,
            sample_weight=sample_weight,
            max_fpr=max_fpr,
            multi_class=multi_class,
            labels=labels,
        )
    rows = chunked(y_true, y_score, sample_weight)
    n_rows = rows[0].shape[0]
    if n_rows is not None and n_rows <= ROWS_AT_ONCE:
        ranked = reduce_chunks(Ranker(), *rows, name="roc_auc_score")
        _check_classes(ranked.classes)
        return ranked.auc(max_fpr)
    with cached(*rows) as rows:
        return _auc_by_groups(rows, max_fpr)


def _auc_by_groups(rows, max_fpr):
    """Area between buckets from a histogram, inside them from a pass for each group of them."""
    histogram = reduce_chunks(_histogram, *rows, name="roc_auc_score: histogram")
    buckets = histogram.masses
    _check_classes(buckets.classes)
    totals = buckets.masses.sum(axis=1)
    if len(totals) < 2 or not totals.all():
        return float("nan")
    limit = roc_limit(totals, max_fpr)
    above = buckets.masses[:, ::-1].cumsum(axis=1)[:, ::-1] - buckets.masses
    area, done = 0, len(buckets.scores)
    needed = buckets.masses.all(axis=0)
    if limit is not None:
        needed &= above[0] < limit
    for low, high in _groups(histogram.rows.n_rows, needed):
        area += _piece(buckets.masses[:, high:done], above[:, done - 1], limit)
        ranked = reduce_chunks(
            Ranker(between=(buckets.scores[low], buckets.scores[high - 1])),
            *rows,
            name="roc_auc_score: ranks",
        )
        area += _piece(ranked.masses, above[:, high - 1], limit)
        done = low
    area += _piece(buckets.masses[:, :done], above[:, done - 1], limit)
    return standardised_auc(area, totals, max_fpr)


def _piece(masses, start, limit):
    """Twice the area of the curve's piece with these masses; `start` is what lies above it."""
    negative, positive = masses
    start = tuple(start.tolist())
    return roc_area(negative, positive, start, limit) if len(negative) else 0


def _groups(n_rows, mixed):
    """Slices (low, high) of buckets, from the top, that hold at most `GROUP_ROWS` rows.

    A bucket larger than that is a group of its own. Each slice ends and begins with a bucket that
    has both classes.
    """
    below = np.concatenate([[0], np.cumsum(n_rows)])
    unresolved = np.flatnonzero(mixed)
    while len(unresolved):
        high = unresolved[-1] + 1
        fitting = np.searchsorted(below, below[high] - GROUP_ROWS)
        low = unresolved[unresolved >= min(fitting, high - 1)][0]
        yield low, high
        unresolved = unresolved[unresolved < low]


class Ranker:
    """Validates one block and ranks its rows.

    Parameters
    ----------
    **parameters
        Of `RankedScores.of`.
    """

    def __init__(self, **parameters):
        self.parameters = parameters

    def __call__(self, y_true, y_score, sample_weight):
        y_true = column_or_1d(labels_of(y_true, "y_true"))
        y_score = column_or_1d(numbers_of(y_score, "y_score"))
        weight = weights_of(sample_weight)
        return RankedScores.of(y_true, y_score, weight, **self.parameters)


@dataclass(frozen=True, eq=False)
class _Histogram(Sums):
    """Rows and masses of each bucket of scores."""

    rows: RankedScores
    masses: RankedScores


def _histogram(y_true, y_score, sample_weight):
    masses = Ranker(coarse=True)(y_true, y_score, sample_weight)
    rows = masses if sample_weight is None else Ranker(coarse=True)(y_true, y_score, None)
    return _Histogram(rows, masses)


def _check_classes(classes):
    check_classification_targets(classes)
    if len(classes) < 2:
        warnings.warn(
            "Only one class is present in y_true. ROC AUC score is not defined in that case.",
            UndefinedMetricWarning,
            stacklevel=3,
        )

"""Areas under ROC and precision-recall curves, exact for any number of rows in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from scalml.config import current_config
from scalml.data import cached
from scalml.runtime import reduce_chunks
from scalml.statistics.base import Sums
from scalml.statistics.precision import precision_area
from scalml.statistics.ranking import RankedScores, roc_area, roc_limit, standardised_auc

ROWS_AT_ONCE = 16_000_000
GROUP_ROWS = 10_000_000
MERGE_BYTES = 84  # of a row that is ranked, while two halves are merged
SHARE = 0.25  # of the memory limit that ranks may take


@dataclass(frozen=True)
class RocArea:
    """Area under the ROC curve, up to a false positive rate."""

    max_fpr: float | None = None

    def piece(self, masses, above, totals):
        """What the scores with these masses add, `above` being negatives and positives above."""
        masses, above, totals = (_near_one(part, totals) for part in (masses, above, totals))
        negative, positive = masses
        limit = roc_limit(totals, self.max_fpr)
        return roc_area(negative, positive, tuple(above.tolist()), limit)

    def unresolved(self, masses, above, totals):
        """Buckets whose area depends on the order inside."""
        both = masses.all(axis=0)
        limit = roc_limit(totals, self.max_fpr)
        return both if limit is None else both & (above[0] < limit)

    def score(self, area, totals):
        """The metric; NaN without both classes."""
        if not np.all(totals):
            return float("nan")
        return standardised_auc(area, _near_one(totals, totals), self.max_fpr)


def _near_one(masses, totals):
    """Masses in units in which the products of weights near the limits of floats have digits."""
    masses, largest = np.asarray(masses), float(np.max(totals))
    if masses.dtype.kind != "f" or 1e-100 < largest < 1e100 or not largest:
        return masses
    half, exponent = -(int(np.frexp(largest)[1]) // 2), -int(np.frexp(largest)[1])
    return np.ldexp(np.ldexp(masses, half), exponent - half)  # exact, if no factor overflows


@dataclass(frozen=True)
class PrecisionArea:
    """Average precision: the area under the steps of the precision-recall curve."""

    def piece(self, masses, above, totals):
        """What the scores with these masses add."""
        negative, positive = masses
        return precision_area(negative, positive, tuple(above.tolist()))

    def unresolved(self, masses, above, totals):
        """Buckets whose area depends on the order inside: precision is 1 before a negative."""
        return (masses[1] > 0) & ((masses[0] > 0) | (above[0] > 0))

    def score(self, area, totals):
        """The metric; 0 without positive rows."""
        return area / totals[1].item() if totals[1] else 0.0


def rows_at_once(most=None):
    """Rows that are ranked together: `ROWS_AT_ONCE` or `most`, fewer if `memory_limit` is low.

    It is the limit that was set. What is held at the moment has no say, or weighted sums would
    have other last bits with other numbers of workers.
    """
    most = ROWS_AT_ONCE if most is None else most
    limit = current_config().memory_limit
    return most if limit is None else min(most, int(SHARE * limit) // MERGE_BYTES)


def rank(y_true, y_score, sample_weight, *, problem, **parameters):
    """`RankedScores` of the binary problem that a block poses."""
    y_true, y_score, weight = problem(y_true, y_score, sample_weight)
    return RankedScores.of(y_true, y_score, weight, **parameters)


def score_ranked(area, ranked, pos_label=None):
    """The metric from all scores at once."""
    masses = binary_masses(ranked, pos_label)
    totals = masses.sum(axis=1)
    return area.score(area.piece(masses, np.zeros(2, dtype=masses.dtype), totals), totals)


def score_in_groups(area, rows, problem, pos_label=None):
    """The metric in several passes: a histogram, then the ranks of a group of buckets in each.

    Parameters
    ----------
    area : RocArea or PrecisionArea
    rows : labels, scores and weights or None
        Collections on one grid.
    problem : callable
        Makes a binary problem of a block.
    pos_label : label, default=None
        The positive one; the larger by default.

    Returns
    -------
    score : float
    buckets : RankedScores
        Masses of the scores that agree to 9 digits.
    """
    with cached(*rows) as rows:
        name = "ranks: histogram"
        histogram = reduce_chunks(partial(_histogram, problem=problem), *rows, name=name)
        buckets = histogram.masses
        masses = binary_masses(buckets, pos_label)
        totals = masses.sum(axis=1)
        above = masses[:, ::-1].cumsum(axis=1)[:, ::-1] - masses
        found, done = 0, len(buckets.scores)

        def beyond(high):
            return (
                area.piece(masses[:, high:done], above[:, done - 1], totals) if done > high else 0
            )

        needed = area.unresolved(masses, above, totals)
        for low, high in groups(histogram.rows.n_rows, needed):
            found += beyond(high)
            between = (buckets.scores[low], buckets.scores[high - 1])
            ranked = reduce_chunks(
                partial(rank, problem=problem, between=between), *rows, name="ranks"
            )
            inside = binary_masses(ranked, pos_label, buckets.classes)
            found += area.piece(inside, above[:, high - 1], totals)
            done = low
        return area.score(found + beyond(0), totals), buckets


def binary_masses(ranked, pos_label=None, classes=None):
    """Masses of the negative and the positive class, of shape (2, n_scores).

    Parameters
    ----------
    ranked : RankedScores
    pos_label : label, default=None
        The positive one; by default the larger of `classes`, those of all data.
    """
    classes = ranked.classes if classes is None else classes
    if pos_label is None:
        pos_label = classes[-1] if len(classes) else None
    masses = np.zeros((2, len(ranked.scores)), dtype=ranked.masses.dtype)
    for label, mass in zip(ranked.classes, ranked.masses, strict=True):
        masses[int(label == pos_label)] += mass
    return masses


def groups(n_rows, needed):
    """Slices (low, high) of buckets, from the top, of as many rows as are ranked together.

    A bucket larger than that is a group of its own. Each slice ends and begins with a bucket whose
    order inside matters.
    """
    most = rows_at_once(GROUP_ROWS)
    below = np.concatenate([[0], np.cumsum(n_rows)])
    unresolved = np.flatnonzero(needed)
    while len(unresolved):
        high = unresolved[-1] + 1
        fitting = np.searchsorted(below, below[high] - most)
        low = unresolved[unresolved >= min(fitting, high - 1)][0]
        yield low, high
        unresolved = unresolved[unresolved < low]


@dataclass(frozen=True, eq=False)
class _Histogram(Sums):
    """Rows and masses of each bucket of scores."""

    rows: Any
    masses: Any


def _histogram(y_true, y_score, sample_weight, problem):
    masses = rank(y_true, y_score, sample_weight, problem=problem, coarse=True)
    rows = masses
    if sample_weight is not None:
        rows = rank(y_true, y_score, None, problem=problem, coarse=True)
    return _Histogram(rows, masses)

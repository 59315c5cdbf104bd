"""Median errors and what quantiles explain: exact, from sorted distinct values that merge."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from scalml.data import cached
from scalml.metrics import rank_groups
from scalml.metrics.inputs import absolute_errors, number_pair, require_weight, weights_of
from scalml.metrics.losses import losses_of, pinball
from scalml.metrics.metric import NUMBERS, streamed
from scalml.metrics.outputs import average_outputs, explained_shares
from scalml.metrics.rank_many import width_of
from scalml.runtime import reduce_chunks
from scalml.statistics import Losses, RankedScores, Several
from scalml.statistics.quantiles import quantile, quantile_at


def _few(rows, parameters):
    """Whether all distinct values fit in memory."""
    n_rows = rows[0].shape[0]
    return n_rows is not None and n_rows * width_of(rows)[0] <= rank_groups.rows_at_once()


def _targets(y_true, y_pred):
    return number_pair(y_true, y_pred)[0]


def _ranked(y_true, y_pred, sample_weight, values, **parameters):
    """`RankedScores` of the values of each output in one block."""
    found = values(y_true, y_pred)
    weight = weights_of(sample_weight)
    label = np.zeros(len(found), dtype=np.int8)
    between = parameters.pop("between", [None] * found.shape[1])
    return Several(
        {
            output: RankedScores.of(label, column, weight, between=bounds, **parameters)
            for output, (column, bounds) in enumerate(zip(found.T, between, strict=True))
        }
    )


def _quantiles_at_once(found, share):
    for ranked in found.values():
        require_weight(ranked.n_rows.sum())
    return np.array([quantile(r.scores, r.n_rows, share) for r in _in_order(found)])


def _quantiles_in_groups(rows, values, share):
    """Quantiles of each output in two passes: a histogram, then the values of the buckets hit."""
    coarse = reduce_chunks(
        partial(_ranked, values=values, coarse=True), *rows, name="quantiles: histogram"
    )
    bounds, below = [], []
    for buckets in _in_order(coarse):
        require_weight(buckets.n_rows.sum())
        present = np.flatnonzero(buckets.n_rows)
        hit = np.searchsorted(present, quantile_at(buckets.n_rows, share))
        # The mean of two values may reach into the next bucket.
        low, high = present[max(hit[0] - 1, 0)], present[min(hit[1] + 1, len(present) - 1)]
        bounds.append((buckets.scores[low], buckets.scores[high]))
        below.append((buckets.n_rows[:low].sum(), buckets.n_rows[high + 1 :].sum()))
    inside = reduce_chunks(
        partial(_ranked, values=values, between=bounds), *rows, name="quantiles: values"
    )
    found = []
    for ranked, (less, more) in zip(_in_order(inside), below, strict=True):
        scores = np.concatenate([[np.nan], ranked.scores, [np.nan]])
        found.append(quantile(scores, np.concatenate([[less], ranked.n_rows, [more]]), share))
    return np.array(found)


def _in_order(found):
    return [found[output] for output in sorted(found)]


def _median(found, multioutput):
    return average_outputs(_quantiles_at_once(found, 0.5), multioutput)


def _median_in_groups(rows, parameters):
    with cached(*rows) as rows:
        medians = _quantiles_in_groups(rows, absolute_errors, 0.5)
    return average_outputs(medians, parameters["multioutput"])


def _losses_and_targets(y_true, y_pred, sample_weight, alpha):
    losses = losses_of(y_true, y_pred, sample_weight, pinball, alpha=alpha)
    return Several(losses=losses, targets=_ranked(y_true, y_pred, sample_weight, _targets))


def _pinball_share(found, multioutput, alpha=0.5):
    if found["losses"].n_rows < 2:
        return _undefined()
    best = _quantiles_at_once(found["targets"], _share(alpha))
    spread = [
        ranked.n_rows @ pinball(ranked.scores, value, alpha)
        for ranked, value in zip(_in_order(found["targets"]), best, strict=True)
    ]
    return explained_shares(found["losses"].losses, np.array(spread), multioutput)


def _losses_and_spread(y_true, y_pred, sample_weight, alpha, best):
    y_true, y_pred = number_pair(y_true, y_pred)
    weight = weights_of(sample_weight)
    return Several(
        losses=Losses.of(pinball(y_true, y_pred, alpha), weight),
        spread=Losses.of(pinball(y_true, best, alpha), weight),
    )


def _pinball_share_in_groups(rows, parameters):
    alpha = parameters.get("alpha", 0.5)
    with cached(*rows) as rows:
        best = _quantiles_in_groups(rows, _targets, _share(alpha))
        found = reduce_chunks(
            partial(_losses_and_spread, alpha=alpha, best=best), *rows, name="pinball losses"
        )
    if found["losses"].n_rows < 2:
        return _undefined()
    return explained_shares(
        found["losses"].losses, found["spread"].losses, parameters["multioutput"]
    )


def _share(alpha):
    return alpha * 100 / 100  # by way of percent, as scikit-learn: the same rounding


def _undefined():
    warnings.warn(
        "D^2 score is not well-defined with less than two samples.",
        UndefinedMetricWarning,
        stacklevel=2,
    )
    return float("nan")


@streamed(
    partial(_ranked, values=absolute_errors),
    _median,
    fits=_few,
    otherwise=_median_in_groups,
    example=NUMBERS,
)
def median_absolute_error(y_true, y_pred, *, multioutput="uniform_average", sample_weight=None):
    """Exact median of the sizes of the errors, which outliers do not move.

    As `sklearn.metrics.median_absolute_error`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs)
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_outputs,)
        How the outputs' errors are averaged, if at all; an array has their weights.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_absolute_error`.

    Notes
    -----
    Up to 16 million chunked errors, fewer under a low memory limit, are ranked in one pass: each
    chunk is sorted, sorted runs are merged, 16 bytes for each distinct error. Longer data, or data
    of unknown length, get two: a histogram of the errors rounded to 9 significant bits, then the
    errors of the buckets around the median. Text is cached between them. Neither chunks nor passes
    change the result.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import median_absolute_error
    >>> y = scalml.from_array(np.array([3.0, -0.5, 2.0, 7.0]), chunk_rows=3)
    >>> median_absolute_error(y, np.array([2.5, 0.0, 2.0, 8.0]))
    0.5
    """


@streamed(
    _losses_and_targets,
    _pinball_share,
    needs=("alpha",),
    fits=_few,
    otherwise=_pinball_share_in_groups,
    example=NUMBERS,
)
def d2_pinball_score(
    y_true, y_pred, *, sample_weight=None, alpha=0.5, multioutput="uniform_average"
):
    """Share of the pinball loss of the target's own quantile that the predictions save.

    As `sklearn.metrics.d2_pinball_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput
        As in `median_absolute_error`.
    alpha : float in [0, 1], default=0.5
        Which quantile.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        1 is best, 0 is as good as the quantile.

    Raises
    ------
    ValueError
        As `mean_absolute_error`.

    Warns
    -----
    UndefinedMetricWarning
        With fewer than two rows; the score is NaN.

    Notes
    -----
    One pass for up to 16 million targets, three beyond, as `median_absolute_error` and one more.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import d2_pinball_score
    >>> y = scalml.from_array(np.array([1.0, 2.0, 3.0]), chunk_rows=2)
    >>> d2_pinball_score(y, np.array([1.0, 3.0, 3.0]))
    0.5
    """


@streamed(
    partial(_losses_and_targets, alpha=0.5),
    _pinball_share,
    fits=_few,
    otherwise=_pinball_share_in_groups,
    example=NUMBERS,
)
def d2_absolute_error_score(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Share of the mean absolute error of the target's median that the predictions save.

    As `sklearn.metrics.d2_absolute_error_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput
        As in `median_absolute_error`.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        1 is best, 0 is as good as the median.

    Raises
    ------
    ValueError
        As `mean_absolute_error`.

    Warns
    -----
    UndefinedMetricWarning
        With fewer than two rows; the score is NaN.

    Notes
    -----
    Passes are those of `d2_pinball_score`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import d2_absolute_error_score
    >>> y = scalml.from_array(np.array([3.0, -0.5, 2.0, 7.0]), chunk_rows=3)
    >>> round(d2_absolute_error_score(y, np.array([2.5, 0.0, 2.0, 8.0])), 6)
    0.764706
    """

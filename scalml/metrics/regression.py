"""Squared error and what it explains, from sums that merge and are divided once at the end."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from scalml.metrics.inputs import number_pair, require_weight, weights_of
from scalml.metrics.metric import NUMBERS, streamed
from scalml.metrics.outputs import average_outputs, explained_shares
from scalml.statistics import Moments, Several
from scalml.statistics.scores import Residuals


def _residuals_of(y_true, y_pred, sample_weight):
    y_true, y_pred = number_pair(y_true, y_pred)
    return Residuals.of(y_true, y_pred, weights_of(sample_weight))


def _moments_of(y_true, y_pred, sample_weight):
    y_true, y_pred = number_pair(y_true, y_pred)
    weight = weights_of(sample_weight)
    return Several(
        targets=Moments.of(y_true, None, weight), errors=Moments.of(y_true - y_pred, None, weight)
    )


def _mean_squares(found, multioutput):
    require_weight(found.total)
    return average_outputs(found.mean_squared_errors, multioutput)


def _root_mean_squares(found, multioutput):
    require_weight(found.total)
    return average_outputs(np.sqrt(found.mean_squared_errors), multioutput)


def _r2(found, multioutput, force_finite):
    require_weight(found.total)
    if found.n_rows < 2:
        warnings.warn(
            "R^2 score is not well-defined with less than two samples.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return float("nan")
    return explained_shares(found.errors, found.squares, multioutput, force_finite)


def _explained_variance(found, multioutput, force_finite):
    errors, targets = found["errors"], found["targets"]
    require_weight(targets.n[0])
    return explained_shares(
        errors.squares / errors.n, targets.squares / targets.n, multioutput, force_finite
    )


@streamed(_residuals_of, _mean_squares, example=NUMBERS)
def mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Mean of the squared errors, ``sum_i w_i (y_true_i - y_pred_i)**2 / sum_i w_i``.

    As `sklearn.metrics.mean_squared_error`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs)
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_outputs,)
        How the outputs' errors are averaged, if at all; an array has their weights.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        0 is best. An array for "raw_values" only.

    Raises
    ------
    ValueError
        If lengths or numbers of outputs differ, or a value is not finite (with row and file);
        for chunked data also if a weight is negative or all are 0.

    Notes
    -----
    One pass over targets and predictions together; lazy predictions are computed in it and not
    kept. Sums are taken in float64, whatever the inputs; memory is a few numbers an output and a
    chunk a worker. Memory order (C or Fortran) has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_squared_error
    >>> y = scalml.from_array(np.array([3.0, -0.5, 2.0, 7.0]), chunk_rows=3)
    >>> mean_squared_error(y, np.array([2.5, 0.0, 2.0, 8.0]))
    0.375
    """


@streamed(_residuals_of, _root_mean_squares, example=NUMBERS)
def root_mean_squared_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Root of the mean squared error, taken output by output before any averaging.

    As `sklearn.metrics.root_mean_squared_error`, which gets inputs that are all in memory. Passes
    and memory are those of `mean_squared_error`.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs)
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    multioutput : {"raw_values", "uniform_average"} or array-like of shape (n_outputs,)

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_squared_error`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import root_mean_squared_error
    >>> y = scalml.from_array(np.array([1.0, 2.0, 3.0]), chunk_rows=2)
    >>> root_mean_squared_error(y, np.array([3.0, 4.0, 5.0]))
    2.0
    """


@streamed(_residuals_of, _r2, example=NUMBERS)
def r2_score(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average", force_finite=True
):
    """R², the share of the target's variance that the predictions explain.

    ``1 - sum_i w_i (y_true_i - y_pred_i)**2 / sum_i w_i (y_true_i - mean(y_true))**2``, as
    `sklearn.metrics.r2_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs)
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    multioutput : {"raw_values", "uniform_average", "variance_weighted"}, array-like of shape \
(n_outputs,) or None
        How the outputs' scores are averaged, if at all; None is "uniform_average".
    force_finite : bool, default=True
        1 instead of NaN for a constant target predicted exactly, 0 instead of -inf otherwise.

    Returns
    -------
    float or ndarray of shape (n_outputs,)
        1 is best, 0 is that of a constant, the mean; worse predictions are negative.

    Raises
    ------
    ValueError
        As `mean_squared_error`.

    Warns
    -----
    UndefinedMetricWarning
        With fewer than two rows; the score is NaN.

    Notes
    -----
    One pass, although the mean of the target is not known before: each chunk's squares are taken
    about a mean of its own and merged by the rule of [1]_, so that a mean far from zero costs no
    accuracy. Sums are in float64; memory as `mean_squared_error`.

    References
    ----------
    .. [1] Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance".

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import r2_score
    >>> y = scalml.from_array(np.array([3.0, -0.5, 2.0, 7.0]), chunk_rows=3)
    >>> round(r2_score(y, np.array([2.5, 0.0, 2.0, 8.0])), 6)
    0.948608
    """


@streamed(_moments_of, _explained_variance, example=NUMBERS)
def explained_variance_score(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average", force_finite=True
):
    """Share of the target's variance that the errors do not have.

    ``1 - var(y_true - y_pred) / var(y_true)``: R² but for a constant offset of the predictions. As
    `sklearn.metrics.explained_variance_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput, force_finite
        As in `r2_score`.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_squared_error`.

    Notes
    -----
    One pass, as `r2_score`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import explained_variance_score
    >>> y = scalml.from_array(np.array([3.0, -0.5, 2.0, 7.0]), chunk_rows=3)
    >>> round(explained_variance_score(y, np.array([2.5, 0.0, 2.0, 8.0])), 6)
    0.957173
    """

"""Squared error and R², from sums that merge and are divided once at the end."""

from __future__ import annotations

import warnings

import numpy as np
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array

from scalml.metrics.inputs import any_chunked, numbers_of, require_weight, scored, weights_of
from scalml.runtime import reduce_chunks
from scalml.statistics.scores import Residuals


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
    if not any_chunked(y_true, y_pred, sample_weight):
        return sklearn.metrics.mean_squared_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    found = _residuals(y_true, y_pred, sample_weight, multioutput, "mean_squared_error")
    return _average(found.mean_squared_errors, multioutput)


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
    if not any_chunked(y_true, y_pred, sample_weight):
        return sklearn.metrics.root_mean_squared_error(
            y_true, y_pred, sample_weight=sample_weight, multioutput=multioutput
        )
    found = _residuals(y_true, y_pred, sample_weight, multioutput, "root_mean_squared_error")
    return _average(np.sqrt(found.mean_squared_errors), multioutput)


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
    if not any_chunked(y_true, y_pred, sample_weight):
        return sklearn.metrics.r2_score(
            y_true,
            y_pred,
            sample_weight=sample_weight,
            multioutput=multioutput,
            force_finite=force_finite,
        )
    found = _residuals(y_true, y_pred, sample_weight, multioutput, "r2_score")
    if found.n_rows < 2:
        warnings.warn(
            "R^2 score is not well-defined with less than two samples.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return float("nan")
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        multioutput = found.squares if found.squares.any() else None
    return _average(found.r2(force_finite), multioutput)


def _residuals(y_true, y_pred, sample_weight, multioutput, name):
    allowed = ["raw_values", "uniform_average"]
    if name == "r2_score":
        allowed.append("variance_weighted")
    if isinstance(multioutput, str) and multioutput not in allowed:
        raise ValueError(
            f"Allowed 'multioutput' string values are {allowed}. "
            f"You provided multioutput={multioutput!r}"
        )
    rows = scored(y_true, y_pred, sample_weight, name)
    found = reduce_chunks(_residuals_of, *rows, name=name)
    require_weight(found.total)
    if multioutput is not None and not isinstance(multioutput, str):
        n_outputs, n_weights = len(found.errors), len(check_array(multioutput, ensure_2d=False))
        if n_outputs == 1:
            raise ValueError("Custom weights are useful only in multi-output cases.")
        if n_weights != n_outputs:
            raise ValueError(
                f"There must be equally many custom weights ({n_weights}) as outputs ({n_outputs})."
            )
    return found


def _residuals_of(y_true, y_pred, sample_weight):
    y_true, y_pred = (
        y[:, None] if y.ndim == 1 else y
        for y in (numbers_of(y_true, "y_true"), numbers_of(y_pred, "y_pred"))
    )
    if y_true.shape[1] != y_pred.shape[1]:
        raise ValueError(
            "y_true and y_pred have different number of output "
            f"({y_true.shape[1]}!={y_pred.shape[1]})"
        )
    return Residuals.of(y_true, y_pred, weights_of(sample_weight))


def _average(values, multioutput):
    if isinstance(multioutput, str):
        if multioutput == "raw_values":
            return values
        multioutput = None
    return float(np.average(values, weights=multioutput))

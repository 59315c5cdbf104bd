"""Mean losses of predicted numbers: absolute, relative, logarithmic, of quantiles; the largest."""

from __future__ import annotations

import numpy as np

from scalml.metrics.inputs import absolute_errors, number_pair, require_weight, weights_of
from scalml.metrics.metric import NUMBERS, streamed
from scalml.metrics.outputs import average_outputs
from scalml.statistics import Largest, Losses


def losses_of(y_true, y_pred, sample_weight, loss, **parameters):
    """`Losses` of one block, of ``loss(y_true, y_pred, **parameters)`` in each row and output."""
    y_true, y_pred = number_pair(y_true, y_pred)
    return Losses.of(loss(y_true, y_pred, **parameters), weights_of(sample_weight))


def pinball(y_true, y_pred, alpha):
    """Loss of a predicted quantile: `alpha` for each unit too low, the rest for one too high."""
    short = y_true - y_pred
    return np.where(short >= 0, alpha * short, (alpha - 1) * short)


def _absolute(y_true, y_pred, sample_weight):
    return losses_of(y_true, y_pred, sample_weight, lambda y, p: np.abs(p - y))


def _relative(y_true, y_pred, sample_weight):
    eps = np.finfo(np.float64).eps
    return losses_of(
        y_true, y_pred, sample_weight, lambda y, p: np.abs(p - y) / np.maximum(np.abs(y), eps)
    )


def _pinball(y_true, y_pred, sample_weight, alpha):
    return losses_of(y_true, y_pred, sample_weight, pinball, alpha=alpha)


def _squared_logs(y_true, y_pred, sample_weight):
    def loss(y, p):
        if (y <= -1).any() or (p <= -1).any():
            raise ValueError(
                "Mean Squared Logarithmic Error cannot be used when targets contain values less "
                "than or equal to -1."
            )
        return np.square(np.log1p(y) - np.log1p(p))

    return losses_of(y_true, y_pred, sample_weight, loss)


def _largest(y_true, y_pred, sample_weight=None):
    errors = absolute_errors(y_true, y_pred)
    if errors.shape[1] > 1:
        raise ValueError("Multioutput not supported in max_error")
    return Largest.of(errors)


def _mean(found, multioutput, **parameters):
    require_weight(found.total)
    return average_outputs(found.mean, multioutput)


def _root(found, multioutput):
    require_weight(found.total)
    return average_outputs(np.sqrt(found.mean), multioutput)


def _value(found):
    return found.value


@streamed(_absolute, _mean, example=NUMBERS)
def mean_absolute_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Mean size of the errors, ``sum_i w_i |y_true_i - y_pred_i| / sum_i w_i``.

    As `sklearn.metrics.mean_absolute_error`, which gets inputs that are all in memory.

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
    kept. Sums are in float64, whatever the inputs; memory is a few numbers an output and a chunk a
    worker. Memory order (C or Fortran) has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_absolute_error
    >>> y = scalml.from_array(np.array([3.0, -0.5, 2.0, 7.0]), chunk_rows=3)
    >>> mean_absolute_error(y, np.array([2.5, 0.0, 2.0, 8.0]))
    0.5
    """


@streamed(_relative, _mean, example=NUMBERS)
def mean_absolute_percentage_error(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"
):
    """Mean size of the errors relative to the target, 1 being 100 percent.

    As `sklearn.metrics.mean_absolute_percentage_error`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput
        As in `mean_absolute_error`. A target of 0 counts as the machine epsilon.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_absolute_error`.

    Notes
    -----
    One pass, as `mean_absolute_error`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_absolute_percentage_error
    >>> y = scalml.from_array(np.array([1.0, 2.0, 4.0]), chunk_rows=2)
    >>> mean_absolute_percentage_error(y, np.array([1.5, 2.0, 3.0]))
    0.25
    """


@streamed(_squared_logs, _mean, example=NUMBERS)
def mean_squared_log_error(y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"):
    """Mean squared error of ``log(1 + y)``.

    As `sklearn.metrics.mean_squared_log_error`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput
        As in `mean_absolute_error`; all values greater than -1.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_absolute_error`, and for values of -1 or less.

    Notes
    -----
    One pass, as `mean_absolute_error`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_squared_log_error
    >>> y = scalml.from_array(np.array([3.0, 5.0, 2.5, 7.0]), chunk_rows=3)
    >>> round(mean_squared_log_error(y, np.array([2.5, 5.0, 4.0, 8.0])), 6)
    0.03973
    """


@streamed(_squared_logs, _root, example=NUMBERS)
def root_mean_squared_log_error(
    y_true, y_pred, *, sample_weight=None, multioutput="uniform_average"
):
    """Root of the mean squared error of ``log(1 + y)``, taken output by output.

    As `sklearn.metrics.root_mean_squared_log_error`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput
        As in `mean_squared_log_error`.

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_squared_log_error`.

    Notes
    -----
    One pass, as `mean_absolute_error`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import root_mean_squared_log_error
    >>> y = scalml.from_array(np.array([3.0, 5.0, 2.5, 7.0]), chunk_rows=3)
    >>> round(root_mean_squared_log_error(y, np.array([2.5, 5.0, 4.0, 8.0])), 6)
    0.199324
    """


@streamed(_pinball, _mean, needs=("alpha",), example=NUMBERS)
def mean_pinball_loss(
    y_true, y_pred, *, sample_weight=None, alpha=0.5, multioutput="uniform_average"
):
    """Mean loss of predicted quantiles, least for the quantile at `alpha`.

    An error costs `alpha` a unit if the prediction is too low, ``1 - alpha`` if it is too high. As
    `sklearn.metrics.mean_pinball_loss`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred, sample_weight, multioutput
        As in `mean_absolute_error`.
    alpha : float in [0, 1], default=0.5

    Returns
    -------
    float or ndarray of shape (n_outputs,)

    Raises
    ------
    ValueError
        As `mean_absolute_error`.

    Notes
    -----
    One pass, as `mean_absolute_error`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_pinball_loss
    >>> y = scalml.from_array(np.array([1.0, 2.0, 3.0]), chunk_rows=2)
    >>> mean_pinball_loss(y, np.array([0.0, 2.0, 3.0]), alpha=0.75)
    0.25
    """


@streamed(_largest, _value, example=NUMBERS)
def max_error(y_true, y_pred):
    """Size of the largest error.

    As `sklearn.metrics.max_error`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite (with row and file), or there are several outputs.

    Notes
    -----
    One pass, as `mean_absolute_error`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import max_error
    >>> y = scalml.from_array(np.array([3.0, 2.0, 7.0, 1.0]), chunk_rows=3)
    >>> max_error(y, np.array([4.0, 2.0, 7.0, 1.0]))
    1.0
    """

"""Mean deviances of the Tweedie family: Poisson, gamma, and what lies between and around them."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import xlogy

from scalml.metrics.inputs import require_weight
from scalml.metrics.losses import losses_of
from scalml.metrics.metric import NUMBERS, streamed


def deviance(y_true, y_pred, power):
    """Unit deviance of each row, 0 where the prediction is the target.

    Parameters
    ----------
    y_true, y_pred : ndarray of shape (n_rows, n_outputs)
    power : float
        0 is the normal distribution, 1 Poisson, 2 gamma, 3 inverse Gaussian.

    Raises
    ------
    ValueError
        If the values are out of the distribution's range, or there are several outputs.

    References
    ----------
    B. Jørgensen, The theory of dispersion models, 1997.
    """
    if y_true.shape[1] > 1:
        raise ValueError("Multioutput not supported in mean_tweedie_deviance")
    _check_range(y_true, y_pred, power)
    if power == 0:
        return np.square(y_true - y_pred)
    if power == 1:
        return 2 * (xlogy(y_true, y_true / y_pred) - y_true + y_pred)
    if power == 2:
        return 2 * (np.log(y_pred / y_true) + y_true / y_pred - 1)
    base = np.maximum(y_true, 0) if power < 0 else y_true
    return 2 * (
        np.power(base, 2 - power) / ((1 - power) * (2 - power))
        - y_true * np.power(y_pred, 1 - power) / (1 - power)
        + np.power(y_pred, 2 - power) / (2 - power)
    )


def _check_range(y_true, y_pred, power):
    message = f"Mean Tweedie deviance error with power={power} can only be used on "
    if power < 0:
        if (y_pred <= 0).any():
            raise ValueError(message + "strictly positive y_pred.")
    elif 1 <= power < 2:
        if (y_true < 0).any() or (y_pred <= 0).any():
            raise ValueError(message + "non-negative y and strictly positive y_pred.")
    elif power >= 2 and ((y_true <= 0).any() or (y_pred <= 0).any()):
        raise ValueError(message + "strictly positive y and y_pred.")


def _deviances(y_true, y_pred, sample_weight, power):
    return losses_of(y_true, y_pred, sample_weight, deviance, power=power)


def _mean(found, **parameters):
    require_weight(found.total)
    return float(found.mean[0])


@streamed(_deviances, _mean, needs=("power",), example=NUMBERS)
def mean_tweedie_deviance(y_true, y_pred, *, sample_weight=None, power=0):
    """Mean deviance of a Tweedie distribution with variance ``mean ** power``.

    As `sklearn.metrics.mean_tweedie_deviance`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    power : float, default=0
        Not between 0 and 1. 0 is the squared error, 1 Poisson, 2 gamma, 3 inverse Gaussian.

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    ValueError
        If lengths differ, a value is not finite (with row and file) or out of the distribution's
        range, or there are several outputs; for chunked data also if a weight is negative or all
        are 0.

    Notes
    -----
    One pass over targets and predictions together; lazy predictions are computed in it and not
    kept. Sums are in float64; memory is a few numbers, and a chunk a worker. Memory order (C or
    Fortran) has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_tweedie_deviance
    >>> y = scalml.from_array(np.array([2.0, 0.0, 1.0, 4.0]), chunk_rows=3)
    >>> round(mean_tweedie_deviance(y, np.array([0.5, 0.5, 2.0, 2.0]), power=1), 6)
    1.426015
    """


@streamed(partial(_deviances, power=1), _mean, example=NUMBERS)
def mean_poisson_deviance(y_true, y_pred, *, sample_weight=None):
    """Mean deviance of counts: that of the Poisson distribution.

    As `sklearn.metrics.mean_poisson_deviance`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true : array-like or chunked, of shape (n_rows,)
        Not negative.
    y_pred : array-like or chunked, of shape (n_rows,)
        Positive.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `mean_tweedie_deviance`.

    Notes
    -----
    One pass, as `mean_tweedie_deviance`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_poisson_deviance
    >>> y = scalml.from_array(np.array([2.0, 0.0, 1.0, 4.0]), chunk_rows=3)
    >>> round(mean_poisson_deviance(y, np.array([0.5, 0.5, 2.0, 2.0])), 6)
    1.426015
    """


@streamed(partial(_deviances, power=2), _mean, example=NUMBERS)
def mean_gamma_deviance(y_true, y_pred, *, sample_weight=None):
    """Mean deviance of the gamma distribution, which does not depend on the unit of the target.

    As `sklearn.metrics.mean_gamma_deviance`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)
        Positive.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `mean_tweedie_deviance`.

    Notes
    -----
    One pass, as `mean_tweedie_deviance`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import mean_gamma_deviance
    >>> y = scalml.from_array(np.array([2.0, 0.5, 1.0, 4.0]), chunk_rows=3)
    >>> round(mean_gamma_deviance(y, np.array([0.5, 0.5, 2.0, 2.0])), 6)
    1.056853
    """

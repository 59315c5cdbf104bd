"""The log loss of predicted probabilities, and the share of it that they save."""

from __future__ import annotations

import numpy as np

from scalml.metrics.inputs import require_weight
from scalml.metrics.metric import PROBABILITIES, streamed
from scalml.metrics.probabilities import check_classes, losses_of, undefined
from scalml.statistics.label_losses import log_losses


def _log_losses_of(y_true, y_proba, sample_weight, labels):
    return losses_of(y_true, y_proba, sample_weight, log_losses, labels)


def _log_loss(found, normalize, labels):
    check_classes(found, labels)
    require_weight(found.total)
    return found.total_loss() / (found.total if normalize else 1)


def _log_share(found, labels):
    if found.n_rows < 2:
        return undefined()
    check_classes(found, labels)
    require_weight(found.total)
    shares = found.masses / found.total
    eps = np.finfo(np.float64).eps
    return 1 - found.total_loss() / -float(found.masses @ np.log(np.clip(shares, eps, 1 - eps)))


@streamed(
    _log_losses_of,
    _log_loss,
    needs=("labels",),
    renamed={"y_pred": "y_proba"},
    example=PROBABILITIES,
)
def log_loss(y_true, y_proba, *, normalize=True, sample_weight=None, labels=None):
    """Mean negative log-likelihood of the true labels under predicted probabilities.

    ``-sum_i w_i log(y_proba[i, y_true_i]) / sum_i w_i``, as `sklearn.metrics.log_loss`, which gets
    inputs that are all in memory.

    Parameters
    ----------
    y_true : array-like or chunked, of shape (n_rows,)
        Labels of any type.
    y_proba : array-like or chunked, of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, columns in the sorted order of the classes; of the second of two classes if
        there is one column. Clipped to [eps, 1 - eps] of their dtype.
    normalize : bool, default=True
        If False, the sum instead of the mean.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    labels : array-like of shape (n_classes,), default=None
        All classes; those of `y_true` by default.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the classes do not fit the columns, `y_true` has a label that is not in `labels`, or a
        probability is not in [0, 1] (with row and file); for chunked data also if a weight is
        negative, or all are 0.

    Warns
    -----
    UserWarning
        If the probabilities of a row do not sum to one.

    Notes
    -----
    One pass over labels and probabilities together; lazy probabilities are computed in it and not
    kept. A chunk that lacks a class keeps the losses for every column until the classes are known.
    Sums are in float64; memory is a table of classes by columns, and a chunk a worker. Memory order
    (C or Fortran) has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import log_loss
    >>> y = scalml.from_array(np.array(["ham", "spam", "ham"]), chunk_rows=2)
    >>> round(log_loss(y, np.array([0.1, 0.8, 0.3])), 6)
    0.228393
    """


@streamed(_log_losses_of, _log_share, needs=("labels",), example=PROBABILITIES)
def d2_log_loss_score(y_true, y_proba, *, sample_weight=None, labels=None):
    """Share of the log loss of constant class frequencies that the probabilities save.

    As `sklearn.metrics.d2_log_loss_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_proba, sample_weight, labels
        As in `log_loss`.

    Returns
    -------
    float
        1 is best, 0 is as good as the frequencies.

    Raises
    ------
    ValueError
        As `log_loss`.

    Warns
    -----
    UndefinedMetricWarning
        With fewer than two rows; the score is NaN.

    Notes
    -----
    One pass, as `log_loss`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import d2_log_loss_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> round(d2_log_loss_score(y, np.array([0.1, 0.9, 0.8, 0.3])), 6)
    0.714873
    """

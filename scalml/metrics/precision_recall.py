"""Precision, recall and what averages or combines them."""

from __future__ import annotations

import numpy as np
import sklearn.metrics

from scalml.metrics.labels import average_few, averaged, in_rows, sets_of
from scalml.metrics.metric import streamed


def _scores_and_support(found, **parameters):
    *scores, support = average_few(
        sklearn.metrics.precision_recall_fscore_support, found, **parameters
    )
    if support is not None and in_rows(found):
        support = support.astype(np.int64)
    return *scores, support


@streamed(sets_of, _scores_and_support, needs=("labels",))
def precision_recall_fscore_support(
    y_true,
    y_pred,
    *,
    beta=1.0,
    labels=None,
    pos_label=1,
    average=None,
    warn_for=("precision", "recall", "f-score"),
    sample_weight=None,
    zero_division="warn",
):
    """Precision, recall, F score and number of rows of each label, or their averages.

    Precision is the share of the rows predicted to have a label that do; recall that of the rows
    with the label that are predicted so; F their harmonic mean, in which recall counts `beta`
    times. As `sklearn.metrics.precision_recall_fscore_support`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Labels of any type, or indicators of several labels.
    beta : float, default=1.0
    labels : array-like of shape (n_classes,), default=None
        Which labels, and their order; sorted, those that occur in either by default.
    pos_label : int, float, bool or str, default=1
        The label that ``average="binary"`` is about.
    average : {"binary", "micro", "macro", "weighted", "samples"} or None, default=None
        None gives the scores of each label. "micro" counts all labels together, "macro" averages
        over labels, "weighted" by their rows; "samples" averages over rows with sets of labels.
    warn_for : list, tuple or set, default=("precision", "recall", "f-score")
        For which scores to warn of a division by zero.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"
        The score when nothing was predicted, or nothing is true; "warn" is 0, with a warning.

    Returns
    -------
    precision, recall, fbeta_score : float or ndarray of shape (n_classes,)
    support : ndarray of shape (n_classes,) or None
        Rows (or weight) with each label; None if there is an average.

    Raises
    ------
    ValueError
        If lengths differ, labels are missing or fractions, strings meet numbers, a weight of
        chunked data is negative, or the labels do not suit `average`.

    Warns
    -----
    UndefinedMetricWarning
        If a score divides by zero and `zero_division` is "warn".

    Notes
    -----
    One pass over labels and predictions together; lazy predictions are computed in it and not
    kept. Memory grows with the pairs of labels that occur, not with the rows; for sets of labels
    with the labels, and the distinct sizes of a row's sets.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import precision_recall_fscore_support
    >>> y = scalml.from_array(np.array(["cat", "dog", "dog", "cow"]), chunk_rows=3)
    >>> predicted = np.array(["cat", "dog", "cow", "cow"])
    >>> precision, recall, f, support = precision_recall_fscore_support(y, predicted)
    >>> precision, recall, support
    (array([1. , 0.5, 1. ]), array([1. , 1. , 0.5]), array([1, 1, 2]))
    """


@averaged
def precision_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Share of the rows predicted to have a label that do have it.

    As `sklearn.metrics.precision_score`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
        As in `precision_recall_fscore_support`, but for ``average="binary"``.

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`.

    Notes
    -----
    One pass, as `precision_recall_fscore_support`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import precision_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> precision_score(y, np.array([1, 1, 0, 0]))
    0.5
    """


@averaged
def recall_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Share of the rows with a label that are predicted to have it.

    As `sklearn.metrics.recall_score`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
        As in `precision_recall_fscore_support`, but for ``average="binary"``.

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`.

    Notes
    -----
    One pass, as `precision_recall_fscore_support`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import recall_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 1]), chunk_rows=3)
    >>> recall_score(y, np.array([0, 1, 0, 1]), average="macro")
    0.8333333333333333
    """


@averaged
def f1_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Harmonic mean of precision and recall.

    As `sklearn.metrics.f1_score`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred, labels, pos_label, average, sample_weight, zero_division
        As in `precision_recall_fscore_support`, but for ``average="binary"``.

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`.

    Notes
    -----
    One pass, as `precision_recall_fscore_support`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import f1_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 1]), chunk_rows=3)
    >>> f1_score(y, np.array([0, 1, 0, 1]))
    0.8
    """


@averaged
def fbeta_score(
    y_true,
    y_pred,
    *,
    beta,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Harmonic mean of precision and recall, in which recall counts `beta` times.

    As `sklearn.metrics.fbeta_score`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred, beta, labels, pos_label, average, sample_weight, zero_division
        As in `precision_recall_fscore_support`, but for ``average="binary"``.

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`.

    Notes
    -----
    One pass, as `precision_recall_fscore_support`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import fbeta_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 1]), chunk_rows=3)
    >>> fbeta_score(y, np.array([0, 1, 0, 0]), beta=0.5)
    0.7142857142857143
    """


@averaged
def jaccard_score(
    y_true,
    y_pred,
    *,
    labels=None,
    pos_label=1,
    average="binary",
    sample_weight=None,
    zero_division="warn",
):
    """Rows that have a label and are predicted so, as a share of those that either holds for.

    As `sklearn.metrics.jaccard_score`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred, labels, pos_label, average, sample_weight
        As in `precision_recall_fscore_support`, but for ``average="binary"``.
    zero_division : {"warn", 0.0, 1.0}, default="warn"

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`.

    Notes
    -----
    One pass, as `precision_recall_fscore_support`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import jaccard_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 1]), chunk_rows=3)
    >>> jaccard_score(y, np.array([1, 1, 0, 1]))
    0.5
    """

"""The confusion matrix, of all labels or of each one, and what share of it is wrong."""

from __future__ import annotations

import numpy as np
import sklearn.metrics

from scalml.metrics.labels import few_rows, in_rows, labelled, sets_of
from scalml.metrics.metric import streamed
from scalml.statistics import LabelSets


@labelled
def confusion_matrix(y_true, y_pred, *, labels=None, sample_weight=None, normalize=None):
    """Rows (or weight) of each true label, in rows, that were predicted as each label, in columns.

    As `sklearn.metrics.confusion_matrix`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)
        Labels of any type.
    labels : array-like of shape (n_classes,), default=None
        Which labels, and their order; sorted, those that occur in either by default.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    normalize : {"true", "pred", "all"}, default=None
        Divide by the sum of each row, of each column, or of all.

    Returns
    -------
    ndarray of shape (n_classes, n_classes)
        int64 without weights and `normalize`.

    Raises
    ------
    ValueError
        If lengths differ, labels are missing or fractions, strings meet numbers, a weight of
        chunked data is negative, or no row has one of `labels`.

    Notes
    -----
    One pass over labels and predictions together; lazy predictions are computed in it and not
    kept. Memory grows with the pairs of labels that occur, not with the rows.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import confusion_matrix
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> confusion_matrix(y, np.array([0, 1, 0, 0]))
    array([[2, 0],
           [1, 1]])
    """


def _of_each_label(found, **parameters):
    if parameters["samplewise"]:
        raise ValueError(
            "samplewise=True keeps a matrix for each row; chunked data need samplewise=False."
        )
    y_true, y_pred, masses = few_rows(found, by_row=False)
    if isinstance(found, LabelSets):
        parameters["labels"] = np.arange(len(found.both))
    matrices = sklearn.metrics.multilabel_confusion_matrix(
        y_true, y_pred, sample_weight=masses, **parameters
    )
    return matrices.astype(np.int64) if in_rows(found) else matrices


@streamed(sets_of, _of_each_label, needs=("labels",))
def multilabel_confusion_matrix(
    y_true, y_pred, *, sample_weight=None, labels=None, samplewise=False
):
    """For each label, the confusion matrix of having it and not having it.

    As `sklearn.metrics.multilabel_confusion_matrix`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Labels, or indicators of several labels.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    labels : array-like of shape (n_classes,), default=None
        Which labels, and their order.
    samplewise : bool, default=False
        A matrix for each row; for in-memory data only.

    Returns
    -------
    ndarray of shape (n_classes, 2, 2)

    Raises
    ------
    ValueError
        As `confusion_matrix`; for chunked data also if `samplewise`.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import multilabel_confusion_matrix
    >>> y = scalml.from_array(np.array(["a", "b", "b"]), chunk_rows=2)
    >>> multilabel_confusion_matrix(y, np.array(["a", "b", "a"]), labels=["b"])
    array([[[1, 0],
            [1, 1]]])
    """


@labelled
def zero_one_loss(y_true, y_pred, *, normalize=True, sample_weight=None):
    """Share of the rows, or of their weight, whose label is predicted wrong.

    As `sklearn.metrics.zero_one_loss`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Labels of any type, or indicators of several labels (a row is right if all are).
    normalize : bool, default=True
        If False, the number (or weight) of the rows that are wrong.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import zero_one_loss
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> zero_one_loss(y, np.array([0, 1, 0, 0]))
    0.25
    """


@labelled
def hamming_loss(y_true, y_pred, *, sample_weight=None):
    """Share of the labels that are predicted wrong.

    As `sklearn.metrics.hamming_loss`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Labels of any type, or indicators of several labels, each of which counts.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import hamming_loss
    >>> y = scalml.from_array(np.array([[1, 1], [0, 1]]), chunk_rows=1)
    >>> hamming_loss(y, np.array([[1, 0], [0, 1]]))
    0.25
    """

"""Accuracy and log loss: sums over rows, divided once at the end."""

from __future__ import annotations

import warnings

import numpy as np
import sklearn.metrics
from sklearn.utils.multiclass import check_classification_targets

from scalml.metrics.inputs import (
    any_chunked,
    labels_of,
    numbers_of,
    require_weight,
    same_kind,
    scored,
    weights_of,
)
from scalml.runtime import reduce_chunks
from scalml.statistics.scores import Accuracy, Labels, LogLoss


def accuracy_score(y_true, y_pred, *, normalize=True, sample_weight=None):
    """Share of the rows, or of their weight, whose label is predicted right.

    As `sklearn.metrics.accuracy_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Labels of any type, or indicators of several labels (a row is right if all are).
    normalize : bool, default=True
        If False, the number (or weight) of the rows that are right.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If lengths differ, labels are missing or are fractions, or strings meet numbers (with row
        and file); for chunked data also if a weight is negative, or all are 0 and `normalize`.

    Notes
    -----
    One pass over labels and predictions together; lazy predictions are computed in it and not
    kept. Memory is two numbers and a chunk a worker. Without weights it counts in integers.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import accuracy_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=2)
    >>> accuracy_score(y, np.array([0, 1, 0, 0]))
    0.75
    """
    if not any_chunked(y_true, y_pred, sample_weight):
        return sklearn.metrics.accuracy_score(
            y_true, y_pred, normalize=normalize, sample_weight=sample_weight
        )
    rows = scored(y_true, y_pred, sample_weight, "accuracy_score")
    found = reduce_chunks(_accuracy, *rows, name="accuracy_score")
    if normalize:
        require_weight(found.total)
    return float(found.mean if normalize else found.correct)


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
        negative, or all are 0 and `normalize`.

    Warns
    -----
    UserWarning
        If the probabilities of a row do not sum to one.

    Notes
    -----
    Two passes, of which the first reads `y_true` alone to find the classes; one when `labels` is
    given. Lazy probabilities are computed in the second and not kept. Sums are in float64; memory
    is a few numbers and a chunk a worker. Memory order (C or Fortran) has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import log_loss
    >>> y = scalml.from_array(np.array(["ham", "spam", "ham"]), chunk_rows=2)
    >>> round(log_loss(y, np.array([0.1, 0.8, 0.3])), 6)
    0.228393
    """
    if not any_chunked(y_true, y_proba, sample_weight):
        return sklearn.metrics.log_loss(
            y_true, y_proba, normalize=normalize, sample_weight=sample_weight, labels=labels
        )
    y_true, y_proba, sample_weight = scored(y_true, y_proba, sample_weight, "log_loss")
    classes = find_classes(y_true) if labels is None else _ordered(labels)
    _enough(classes, labels)
    found = reduce_chunks(
        _LogLossOf(classes, labels is not None), y_true, y_proba, sample_weight, name="log_loss"
    )
    if found.unnormalised:
        warnings.warn(
            f"The y_prob values do not sum to one in {found.unnormalised} rows. "
            "Make sure to pass probabilities.",
            UserWarning,
            stacklevel=2,
        )
    if not normalize:
        return found.loss
    require_weight(found.total)
    return found.loss / found.total


def find_classes(y, name="y_true"):
    """Sorted distinct labels of a chunked column, in one pass over it.

    Raises
    ------
    ValueError
        If they are no class labels (fractions, missing values).

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics.classification import find_classes
    >>> find_classes(scalml.from_array(np.array([3, 1, 3]), chunk_rows=2)).tolist()
    [1, 3]
    """
    classes = reduce_chunks(_Labelled(name), y, name="classes").classes
    check_classification_targets(classes)
    return classes


class _Labelled:
    def __init__(self, name):
        self.name = name

    def __call__(self, y):
        y = labels_of(y, self.name)
        if y.ndim != 1:
            raise ValueError(f"{self.name} must be one column of labels, got shape {y.shape}.")
        return Labels.of(y)


class _LogLossOf:
    """Log loss of one block, for classes that are known."""

    def __init__(self, classes, given):
        self.classes, self.given = classes, given

    def __call__(self, y_true, proba, sample_weight):
        floats = [np.float64, np.float32, np.float16]
        proba = numbers_of(proba, "y_prob", dtype=floats)
        if (highest := proba.max()) > 1:
            raise ValueError(f"y_prob contains values greater than 1: {highest}")
        if (lowest := proba.min()) < 0:
            raise ValueError(f"y_prob contains values lower than 0: {lowest}")
        if proba.ndim == 1:
            proba = proba[:, None]
        if proba.shape[1] == 1:
            proba = np.concatenate([1 - proba, proba], axis=1)
        self._match(proba.shape[1])
        y_true = labels_of(y_true, "y_true")
        codes = np.searchsorted(self.classes, y_true).clip(max=len(self.classes) - 1)
        if (unknown := self.classes[codes] != y_true).any():
            raise ValueError(
                f"y_true contains values {set(y_true[unknown].tolist())} not belonging to the "
                f"passed labels {self.classes.tolist()}."
            )
        return LogLoss.of(codes, proba, weights_of(sample_weight))

    def _match(self, n_columns):
        if n_columns == len(self.classes):
            return
        if self.given:
            raise ValueError(
                "The number of classes in labels is different from that in y_prob. "
                f"Classes found in labels: {self.classes}"
            )
        raise ValueError(
            "y_true and y_pred contain different number of classes: "
            f"{len(self.classes)} vs {n_columns}. Please provide the true labels explicitly "
            f"through the labels argument. Classes found in y_true: {self.classes}"
        )


def _accuracy(y_true, y_pred, sample_weight):
    y_true, y_pred = labels_of(y_true, "y_true"), labels_of(y_pred, "y_pred")
    same_kind(y_true, y_pred)
    return Accuracy.of(y_true, y_pred, weights_of(sample_weight))


def _ordered(labels):
    classes = Labels.of(np.asarray(labels)).classes
    if len(classes) == len(labels) and not np.all(classes == np.asarray(labels)):
        warnings.warn(
            f"Labels passed were {labels}. But this function assumes labels are ordered "
            f"lexicographically. Pass the ordered labels={classes.tolist()} and ensure that the "
            "columns of y_prob correspond to this ordering.",
            UserWarning,
            stacklevel=3,
        )
    return classes


def _enough(classes, labels):
    if len(classes) > 1:
        return
    if labels is None:
        raise ValueError(
            f"y_true contains only one label ({classes[0]}). Please provide the list of all "
            "expected class labels explicitly through the labels argument."
        )
    raise ValueError(f"The labels array needs to contain at least two labels, got {classes}.")

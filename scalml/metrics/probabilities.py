"""What predicted probabilities are checked for, and their losses label by label."""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from scalml.metrics.inputs import Truth, as_numbers, weights_of
from scalml.statistics import LabelLosses
from scalml.statistics.finite import require_finite
from scalml.statistics.scores import Labels


def losses_of(y_true, y_proba, sample_weight, loss, labels, every_column=False):
    """`LabelLosses` of one block of labels and probabilities; one column makes two.

    Parameters
    ----------
    y_true : array-like of shape (n_rows,), or Truth
    y_proba : array-like of shape (n_rows,) or (n_rows, n_columns)
    sample_weight : array-like of shape (n_rows,) or None
    loss, every_column
        Of `LabelLosses.of`.
    labels : array-like of shape (n_classes,) or None
        All classes.

    Raises
    ------
    ValueError
        For probabilities that are not in [0, 1], and for labels that are not in `labels`.
    """
    floats = [np.float64, np.float32, np.float16]
    proba = as_numbers(y_proba, dtype=floats)
    lowest, highest = proba.min(), proba.max()
    if not (lowest >= 0 and highest <= 1):  # NaN is neither
        require_finite(proba, label="y_prob")
        if highest > 1:
            raise ValueError(f"y_prob contains values greater than 1: {highest}")
        raise ValueError(f"y_prob contains values lower than 0: {lowest}")
    if proba.ndim == 1:
        proba = proba[:, None]
    if proba.shape[1] == 1:
        proba = np.concatenate([1 - proba, proba], axis=1)
    truth = y_true if isinstance(y_true, Truth) else Truth(y_true)
    if truth.labels.ndim != 1:
        raise ValueError(f"y_true must be one column of labels, got shape {truth.labels.shape}.")
    y_true, classes = truth.encoded, None
    if labels is not None:
        classes = Labels.of(np.asarray(labels)).classes
        known = np.isin(y_true.classes, classes)
        if not known.all():
            raise ValueError(
                f"y_true contains values {set(y_true.classes[~known].tolist())} not belonging to "
                f"the passed labels {classes.tolist()}."
            )
    weight = weights_of(sample_weight)
    return LabelLosses.of(
        y_true, proba, weight, loss=loss, classes=classes, every_column=every_column
    )


def check_classes(found, labels):
    """Refuse labels that do not fit the columns, warn of odd ones, as scikit-learn does."""
    classes, n_columns = found.classes, found.losses.shape[1]
    if labels is not None and not np.array_equal(classes, labels):
        warnings.warn(
            f"Labels passed were {labels}. But this function assumes labels are ordered "
            f"lexicographically. Pass the ordered labels={classes.tolist()} and ensure that "
            "the columns of y_prob correspond to this ordering.",
            UserWarning,
            stacklevel=2,
        )
    if len(classes) == 1:
        if labels is None:
            raise ValueError(
                f"y_true contains only one label ({classes[0]}). Please provide the list of all "
                "expected class labels explicitly through the labels argument."
            )
        raise ValueError(f"The labels array needs to contain at least two labels, got {classes}.")
    if len(classes) != n_columns:
        if labels is not None:
            raise ValueError(
                "The number of classes in labels is different from that in y_prob. "
                f"Classes found in labels: {classes}"
            )
        raise ValueError(
            "y_true and y_prob contain different number of classes: "
            f"{len(classes)} vs {n_columns}. Please provide the true labels explicitly through "
            f"the labels argument. Classes found in y_true: {classes}"
        )
    if found.unnormalised:
        warnings.warn(
            f"The y_prob values do not sum to one in {found.unnormalised} rows. "
            "Make sure to pass probabilities.",
            UserWarning,
            stacklevel=2,
        )


def undefined():
    warnings.warn(
        "D^2 score is not well-defined with less than two samples.",
        UndefinedMetricWarning,
        stacklevel=2,
    )
    return float("nan")

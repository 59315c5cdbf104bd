"""Metrics of predicted labels: scikit-learn's own, given each pair of labels once, with its weight.

What such a metric makes of any number of rows depends only on how often each true label was taken
for each other one. So the confusion matrix is counted over chunks, and the namesake scores a few
rows that have it.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import sklearn.metrics

from scalml.metrics.inputs import label_pair, weights_of
from scalml.metrics.metric import streamed
from scalml.statistics import Confusion, LabelSets


def confusion_of(y_true, y_pred, sample_weight):
    """`Confusion` of one block of labels, or `LabelSets` of indicators.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse or a Series, of shape (n_rows,) or (n_rows, n_labels)
    sample_weight : array-like of shape (n_rows,) or None
    """
    y_true, y_pred = label_pair(y_true, y_pred)
    statistic = Confusion if y_true.ndim == 1 else LabelSets
    return statistic.of(y_true, y_pred, weights_of(sample_weight))


def sets_of(y_true, y_pred, sample_weight, labels):
    """`confusion_of`, of the columns of these labels only; without sets, of all labels."""
    y_true, y_pred = label_pair(y_true, y_pred)
    if y_true.ndim == 1 or labels is None:
        return confusion_of(y_true, y_pred, sample_weight)
    labels, last = np.asarray(labels), y_true.shape[1] - 1
    if labels.max() > last or labels.min() < 0:
        found = f"{labels.max()} > {last}" if labels.max() > last else f"{labels.min()} < 0"
        raise ValueError(f"All labels must be in [0, n labels) for multilabel targets. Got {found}")
    return LabelSets.of(y_true[:, labels], y_pred[:, labels], weights_of(sample_weight))


def few_rows(found, by_row=True):
    """Rows that have the statistic of all: labels, predictions and weights.

    Parameters
    ----------
    found : Confusion or LabelSets
    by_row : bool, default=True
        For sets, whether scores of rows are to be kept rather than scores of labels.
    """
    if isinstance(found, Confusion):
        return found.true, found.predicted, found.masses
    y_true, y_pred, masses = _rows_of_sizes(found) if by_row else _rows_of_labels(found)
    if len(found.both) == 1:  # two columns, or they would pass for one of binary labels
        y_true, y_pred = (np.hstack([y, np.zeros_like(y)]) for y in (y_true, y_pred))
    return y_true, y_pred, masses


def score_few(namesake, found, **parameters):
    """The namesake's score of a few rows."""
    y_true, y_pred, masses = few_rows(found)
    score = namesake(y_true, y_pred, sample_weight=masses, **parameters)
    return score.item() if isinstance(score, np.generic) else score


def average_few(namesake, found, **parameters):
    """The same, for a namesake that averages over labels or over rows."""
    y_true, y_pred, masses = few_rows(found, by_row=parameters["average"] == "samples")
    if isinstance(found, LabelSets):
        parameters["labels"] = np.arange(len(found.both))  # other columns have been left out
    return namesake(y_true, y_pred, sample_weight=masses, **parameters)


def in_rows(found):
    """Whether a statistic counts rows, rather than weights."""
    return found.masses.dtype.kind == "i"


def labelled(function):
    """`streamed`, for a metric of the confusion matrix."""
    finish = partial(score_few, getattr(sklearn.metrics, function.__name__))
    return streamed(confusion_of, finish)(function)


def averaged(function):
    """`streamed`, for a metric with parameters `labels` and `average`."""
    finish = partial(average_few, getattr(sklearn.metrics, function.__name__))
    return streamed(sets_of, finish, needs=("labels",))(function)


def _rows_of_labels(found):
    """Each label by itself: right, missed, invented; and what is left of the weight."""
    n = len(found.both)
    masses = np.concatenate(
        [found.both, found.true - found.both, found.predicted - found.both, [0]]
    ).astype(found.masses.dtype)
    masses[-1] = found.masses.sum() - masses.sum()
    own, none = np.eye(n, dtype=np.int64), np.zeros((n, n), dtype=np.int64)
    return np.vstack([own, own, none, none[:1]]), np.vstack([own, none, own, none[:1]]), masses


def _rows_of_sizes(found):
    """For each triple of sizes, a row that has it: hits first, then misses, then inventions."""
    both, true, predicted = found.sizes.T[:, :, None]
    place = np.arange(len(found.both))
    y_true = place < true
    y_pred = (place < both) | ((place >= true) & (place < true + predicted - both))
    return y_true.astype(np.int64), y_pred.astype(np.int64), found.masses

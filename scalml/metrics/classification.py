"""Accuracy, and the classes of a column of labels."""

from __future__ import annotations

from sklearn.utils.multiclass import check_classification_targets

from scalml.metrics.inputs import label_pair, labels_of, require_weight, weights_of
from scalml.metrics.metric import streamed
from scalml.runtime import reduce_chunks
from scalml.statistics import LabelSets
from scalml.statistics.scores import Accuracy, Labels


def _accuracy(y_true, y_pred, sample_weight):
    y_true, y_pred = label_pair(y_true, y_pred)
    weight = weights_of(sample_weight)
    if y_true.ndim == 1:
        return Accuracy.of(y_true, y_pred, weight)
    sets = LabelSets.of(y_true, y_pred, weight)
    right = (sets.sizes == sets.sizes[:, :1]).all(axis=1)
    return Accuracy(sets.masses[right].sum().item(), sets.masses.sum().item())


def _share(found, normalize):
    require_weight(found.total)
    return float(found.mean if normalize else found.correct)


@streamed(_accuracy, _share)
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
        and file); for chunked data also if a weight is negative, or all are 0.

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

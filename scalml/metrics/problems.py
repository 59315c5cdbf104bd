"""Scores of many classes or labels as binary problems, each ranked by itself."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.metrics.inputs import (
    column_of,
    labels_of,
    numbers_of,
    require_indicators,
    weights_of,
)


@dataclass(frozen=True)
class Binary:
    """Labels of two kinds and one column of scores."""

    def __call__(self, y_true, y_score, sample_weight):
        """Labels, scores and weights of one block, of shape (n_rows,)."""
        y_true = column_of(labels_of(y_true, "y_true"))
        y_score = column_of(numbers_of(y_score, "y_score"))
        return y_true, y_score, weights_of(sample_weight)


@dataclass(frozen=True)
class Indicator:
    """One of several labels, each with its column of scores."""

    column: int

    def __call__(self, y_true, y_score, sample_weight):
        y_true, y_score = indicators(y_true), numbers_of(y_score, "y_score")
        return y_true[:, self.column], y_score[:, self.column], weights_of(sample_weight)


@dataclass(frozen=True)
class OneClass:
    """A class against the others, or against one rival, by the class's column of scores."""

    column: int
    label: Hashable
    rival: Hashable = None
    alone: bool = True  # against all others

    def __call__(self, y_true, y_score, sample_weight):
        y_true = column_of(labels_of(y_true, "y_true"))
        scores = numbers_of(y_score, "y_score")[:, self.column]
        weight, own = weights_of(sample_weight), y_true == self.label
        if not self.alone:
            rows = own | (y_true == self.rival)
            own, scores = own[rows], scores[rows]
            weight = None if weight is None else weight[rows]
        return own, scores, weight


@dataclass(frozen=True)
class Pooled:
    """All labels, or all classes against the others, as if each were a row."""

    labels: tuple[Any, ...] | None = None

    def __call__(self, y_true, y_score, sample_weight):
        y_true, y_score, weight = table(y_true, y_score, sample_weight, self.labels)
        if weight is not None:
            weight = np.repeat(weight, y_true.shape[1])
        return y_true.ravel(), y_score.ravel(), weight


def table(y_true, y_score, sample_weight, classes=None):
    """Indicators, scores and weights of one block; `classes` make indicators of labels."""
    if classes is None:
        y_true = indicators(y_true)
    else:
        labels = column_of(labels_of(y_true, "y_true"))
        y_true = np.stack([labels == label for label in classes], axis=1)
    return y_true, numbers_of(y_score, "y_score"), weights_of(sample_weight)


def indicators(y_true):
    """Booleans of a block of indicators, of shape (n_rows, n_labels)."""
    y_true = labels_of(y_true, "y_true")
    require_indicators(y_true)
    return (y_true.toarray() if sparse.issparse(y_true) else y_true) != 0


def one_vs_rest(classes):
    """Each class against all others."""
    return [OneClass(column, label) for column, label in enumerate(as_values(classes))]


def one_vs_one(classes):
    """Each class against each other one, either of the two being the positive one once."""
    labels = as_values(classes)
    return [
        OneClass(column, label, rival, alone=False)
        for column, label in enumerate(labels)
        for rival in labels
        if rival != label
    ]


def as_values(classes):
    """Labels as Python's own values, which hash and pickle small."""
    return tuple(np.asarray(classes).tolist())

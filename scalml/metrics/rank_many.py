"""Which binary problems a ranking metric consists of, and how their scores become one."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.multiclass import check_classification_targets

from scalml.metrics.classification import find_classes
from scalml.metrics.inputs import require_weight
from scalml.metrics.problems import (
    Binary,
    Indicator,
    OneClass,
    Pooled,
    as_values,
    one_vs_one,
    one_vs_rest,
    table,
)
from scalml.metrics.rank_groups import binary_masses, rank, score_in_groups, score_ranked
from scalml.statistics import Losses, Several
from scalml.statistics.base import as_columns
from scalml.statistics.precision import row_aucs, row_average_precisions


def width_of(rows):
    """Columns of labels and of scores."""
    return tuple(1 if len(item.shape) == 1 else item.shape[1] for item in rows[:2])


def problems_of_sets(rows, average):
    """Problems of rows with sets of labels."""
    labels, columns = width_of(rows)
    if labels != columns:
        raise ValueError(
            f"y_true and y_score must have the same shape, got {labels} and {columns} columns."
        )
    return [Pooled()] if average == "micro" else [Indicator(j) for j in range(columns)]


def problems_of_classes(rows, average, classes):
    """Problems of one class against the rest."""
    if len(classes) <= 2:
        shape = (rows[1].shape[0], width_of(rows)[1])
        raise ValueError(f"y should be a 1d array, got an array of shape {shape} instead.")
    return [Pooled(as_values(classes))] if average == "micro" else one_vs_rest(classes)


def prepare_roc(rows, parameters, classes=None):
    """Problems of `roc_auc_score`; finds the classes of many in a pass unless they are known."""
    average, labels = parameters["average"], parameters["labels"]
    width = width_of(rows)
    if width[0] > 1:
        problems = problems_of_sets(rows, average)
        return _posed(problems, row_scores=row_aucs if average == "samples" else None)
    if width[1] == 1:
        return _posed([Binary()])
    if parameters["max_fpr"] not in (None, 1.0):
        raise ValueError(
            "Partial AUC computation not available in multiclass setting, 'max_fpr' must be set "
            f"to `None`, received `max_fpr={parameters['max_fpr']}` instead"
        )
    multi_class = parameters["multi_class"]
    if multi_class == "raise":
        raise ValueError("multi_class must be in ('ovo', 'ovr')")
    _check_averages(average, multi_class, rows[2])
    if labels is not None:
        classes = _checked(labels, width[1])
    elif classes is None:
        classes = find_classes(rows[0])
    if len(classes) != width[1]:
        raise ValueError(
            "Number of classes in y_true not equal to the number of columns in 'y_score'"
        )
    if len(classes) < 3:
        raise ValueError(
            f"y should be a 1d array, got an array of {width[1]} columns instead: of two classes "
            "the scores of the greater label are wanted."
        )
    if multi_class == "ovo":
        problems = one_vs_one(classes)
    else:
        problems = problems_of_classes(rows, average, classes)
    return _posed(problems, as_values(classes), shares=True)


def prepare_precision(rows, parameters, classes=None):
    """Problems of `average_precision_score`, as `prepare_roc`."""
    average, pos_label = parameters["average"], parameters["pos_label"]
    width = width_of(rows)
    if width == (1, 1):
        return _posed([Binary()])
    kind = "multilabel-indicator" if width[0] > 1 else "multiclass"
    if pos_label != 1:
        raise ValueError(
            f"Parameter pos_label is fixed to 1 for {kind} y_true. Do not set pos_label or set "
            "pos_label to 1."
        )
    if width[0] > 1:
        problems, values = problems_of_sets(rows, average), None
    else:
        classes = find_classes(rows[0]) if classes is None else classes
        problems, values = problems_of_classes(rows, average, classes), as_values(classes)
        if len(classes) != width[1]:
            raise ValueError(
                "`y_score` needs to be of shape `(n_samples, n_classes)`, since `y_true` contains "
                f"multiple classes. Got {width[1]} columns for {len(classes)} classes."
            )
    by_row = row_average_precisions if average == "samples" else None
    return _posed(problems, values, row_scores=by_row)


def _posed(problems, classes=None, row_scores=None, shares=False):
    return {"problems": problems, "classes": classes, "row_scores": row_scores, "shares": shares}


def observe(y_true, y_score, sample_weight, problems, classes, row_scores, shares):
    """Ranks of the problems of one block, or the sum of each row's own score.

    Parameters
    ----------
    y_true, y_score, sample_weight : block
    problems : list of callable
    classes : tuple or None
        Of many classes, in the order of the columns.
    row_scores : callable or None
        Scores each row of a block of indicators, instead of the problems.
    shares : bool
        Whether scores must be probabilities.
    """
    if row_scores is not None:
        y_true, y_score, weight = table(y_true, y_score, sample_weight, classes)
        return Losses.of(as_columns(row_scores(y_true, y_score)), weight)
    if classes is not None:
        labels, scores, _ = table(y_true, y_score, None, classes)
        if shares and not np.allclose(1, scores.sum(axis=1)):
            raise ValueError(
                "Target scores need to be probabilities for multiclass roc_auc, i.e. they should "
                "sum up to 1.0 over classes"
            )
        if not labels.any(axis=1).all():
            raise ValueError("'y_true' contains labels not in parameter 'labels'")
    return Several(
        {problem: rank(y_true, y_score, sample_weight, problem=problem) for problem in problems}
    )


@dataclass(frozen=True)
class Answer:
    """Score of a binary problem, its labels, and the masses of its two classes."""

    score: float
    classes: np.ndarray
    totals: np.ndarray


def answers(area, found, problems, pos_label=None):
    """Answers from all ranks at once."""
    every = []
    for problem in problems:
        positive = pos_label if problem == Binary() else True
        totals = binary_masses(found[problem], positive).sum(axis=1)
        score = score_ranked(area, found[problem], positive)
        every.append(Answer(score, found[problem].classes, totals))
    return every


def answers_in_groups(area, rows, problems, pos_label=None):
    """Answers in several passes for each problem."""
    every = []
    for problem in problems:
        positive = pos_label if problem == Binary() else True
        score, buckets = score_in_groups(area, rows, problem, positive)
        totals = binary_masses(buckets, positive).sum(axis=1)
        every.append(Answer(score, buckets.classes, totals))
    return every


def combined(every, problems, average):
    """One score, or that of each problem if `average` is None."""
    scores = np.array([answer.score for answer in every])
    totals = np.array([answer.totals for answer in every])
    first = problems[0]
    if isinstance(first, Binary | Pooled):
        return float(scores[0])
    weights: Any = None
    if isinstance(first, OneClass) and not first.alone:
        weights = totals.sum(axis=1) if average == "weighted" else None
    elif average is None:
        return scores
    elif average == "weighted":
        weights = totals[:, 1]
        if np.isclose(weights.sum(), 0):
            return 0
        scores[weights == 0] = 0
    return float(np.average(scores, weights=weights))


def mean_of_rows(found):
    """Average over rows."""
    require_weight(found.total)
    return float(found.mean[0])


def warn_of_one_class(every):
    """Warn as scikit-learn does where a class is missing, or has no weight."""
    for answer in every:
        check_classification_targets(answer.classes)
    if not all(answer.totals.all() for answer in every):
        warnings.warn(
            "Only one class is present in y_true. ROC AUC score is not defined in that case.",
            UndefinedMetricWarning,
            stacklevel=2,
        )


def warn_without_positives(every):
    """Warn as scikit-learn does where no row is positive."""
    if any(answer.totals[1] == 0 for answer in every):
        warnings.warn(
            "No positive class found in y_true, recall is set to one for all thresholds.",
            UserWarning,
            stacklevel=2,
        )


def _check_averages(average, multi_class, sample_weight):
    options = ("micro", "macro", "weighted", None)[multi_class == "ovo" :]
    if average not in options:
        raise ValueError(f"average must be one of {options} for multiclass problems")
    if multi_class == "ovo":
        if average is None:
            raise NotImplementedError("average=None is not implemented for multi_class='ovo'.")
        if sample_weight is not None:
            raise ValueError(
                "sample_weight is not supported for multiclass one-vs-one ROC AUC, "
                "'sample_weight' must be None in this case."
            )


def _checked(labels, n_columns):
    labels = np.asarray(labels)
    classes = np.unique(labels)
    if len(classes) != len(labels):
        raise ValueError("Parameter 'labels' must be unique")
    if not np.array_equal(classes, labels):
        raise ValueError("Parameter 'labels' must be ordered")
    if len(classes) != n_columns:
        raise ValueError(
            f"Number of given labels, {len(classes)}, not equal to the number of columns in "
            f"'y_score', {n_columns}"
        )
    return classes

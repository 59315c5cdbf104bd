"""ROC AUC and average precision: exact, of two classes, of many, and of sets of labels."""

from __future__ import annotations

from scalml.metrics import rank_groups
from scalml.metrics.inputs import in_exact_order, require_weight
from scalml.metrics.metric import PROBABILITIES, streamed
from scalml.metrics.problems import Binary
from scalml.metrics.rank_groups import PrecisionArea, RocArea
from scalml.metrics.rank_many import (
    answers,
    answers_in_groups,
    combined,
    mean_of_rows,
    observe,
    prepare_precision,
    prepare_roc,
    warn_of_one_class,
    warn_without_positives,
)

NEEDS = ("problems", "classes", "row_scores", "shares")


def _few(rows, parameters):
    """Whether the scores of all problems fit in memory at once."""
    if parameters["row_scores"] is not None:
        return True
    n_rows, shape = rows[0].shape[0], rows[1].shape
    width = shape[1] if len(shape) > 1 else 1
    if parameters.get("multi_class") == "ovo":
        width *= 2
    return n_rows is not None and n_rows * width <= rank_groups.rows_at_once()


def _roc(every, problems, average):
    _require_weights(every)
    warn_of_one_class(every)
    return combined(every, problems, average)


def _roc_at_once(found, problems, row_scores, average, max_fpr, **parameters):
    if row_scores is not None:
        return mean_of_rows(found)
    return _roc(answers(RocArea(max_fpr), found, problems), problems, average)


def _roc_in_groups(rows, parameters):
    problems = parameters["problems"]
    every = answers_in_groups(RocArea(parameters["max_fpr"]), rows, problems)
    return _roc(every, problems, parameters["average"])


def _require_weights(every):
    require_weight(sum(answer.totals.sum() for answer in every))


def _precision(every, problems, average, pos_label):
    _require_weights(every)
    classes = every[0].classes.tolist()
    if problems == [Binary()] and len(classes) == 2 and pos_label not in classes:
        raise ValueError(
            f"pos_label={pos_label} is not a valid label. It should be one of {classes}"
        )
    warn_without_positives(every)
    return combined(every, problems, average)


def _precision_at_once(found, problems, row_scores, average, pos_label, **parameters):
    if row_scores is not None:
        return mean_of_rows(found)
    every = answers(PrecisionArea(), found, problems, pos_label)
    return _precision(every, problems, average, pos_label)


def _precision_in_groups(rows, parameters):
    problems, pos_label = parameters["problems"], parameters["pos_label"]
    every = answers_in_groups(PrecisionArea(), rows, problems, pos_label)
    return _precision(every, problems, parameters["average"], pos_label)


@streamed(
    observe,
    _roc_at_once,
    needs=NEEDS,
    fits=_few,
    otherwise=_roc_in_groups,
    recode=in_exact_order,
    prepare=prepare_roc,
    example=PROBABILITIES,
)
def roc_auc_score(
    y_true,
    y_score,
    *,
    average="macro",
    sample_weight=None,
    max_fpr=None,
    multi_class="raise",
    labels=None,
):
    """Exact area under the ROC curve; ties count half.

    As `sklearn.metrics.roc_auc_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true : array-like or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Two labels of any type, of which the larger one is positive; more than two; or indicators.
    y_score : array-like or chunked, of shape (n_rows,) or (n_rows, n_classes)
        Finite numbers, compared as float64; probabilities if there are more than two classes.
    average : {"macro", "weighted", "micro", "samples"} or None, default="macro"
        Over classes or labels, by their rows, of all as if each were a row, over rows; None gives
        the score of each.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    max_fpr : float in (0, 1], default=None
        Standardised area up to this false positive rate, for two classes.
    multi_class : {"raise", "ovr", "ovo"}, default="raise"
        Each of many classes against the rest, or against each other one.
    labels : array-like of shape (n_classes,), default=None
        The classes of the columns, sorted; those of `y_true` by default.

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        If values are missing or infinite, or labels, scores and parameters do not suit.

    Warns
    -----
    UndefinedMetricWarning
        If there is one class only; the score is NaN.

    Notes
    -----
    Up to 16 million chunked scores are ranked in one pass: each chunk is sorted, sorted runs are
    merged, 24 bytes for each distinct score (twice with "ovo"), 84 while two halves are. Of a low
    memory limit a quarter is taken for that, and fewer scores. Longer data, or data of unknown
    length, first get a histogram of the scores rounded to 9 significant bits, from which the area
    between buckets is exact; each further pass ranks the rows of neighbouring buckets, 10 million
    at most at a time, and buckets of a single class need none; each column has such passes of its
    own. Text is cached between passes. The classes of many are found in a pass over the labels.

    Without weights all sums are integers: the score of two classes is the same for every chunking,
    number of workers and number of passes.

    References
    ----------
    T. Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27 (2006).

    D. Hand, R. Till, A simple generalisation of the area under the ROC curve for multiple class
    classification problems, Machine Learning 45 (2001).

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import roc_auc_score
    >>> y = scalml.from_array(np.array([0, 0, 1, 1]), chunk_rows=3)
    >>> roc_auc_score(y, np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """


@streamed(
    observe,
    _precision_at_once,
    needs=NEEDS,
    fits=_few,
    otherwise=_precision_in_groups,
    recode=in_exact_order,
    prepare=prepare_precision,
    example=PROBABILITIES,
)
def average_precision_score(y_true, y_score, *, average="macro", pos_label=1, sample_weight=None):
    """Exact average precision, ``sum_k (recall_k - recall_{k-1}) precision_k`` over thresholds.

    As `sklearn.metrics.average_precision_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true : array-like or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Two labels of any type, more than two, or indicators.
    y_score : array-like or chunked, of shape (n_rows,) or (n_rows, n_classes)
        Finite numbers, compared as float64.
    average : {"macro", "weighted", "micro", "samples"} or None, default="macro"
        Over classes or labels, by their rows, of all as if each were a row, over rows; None gives
        the score of each.
    pos_label : int, float, bool or str, default=1
        The positive one of two labels.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float, or ndarray of shape (n_classes,) if `average` is None

    Raises
    ------
    ValueError
        If values are missing or infinite, or labels, scores and parameters do not suit.

    Warns
    -----
    UserWarning
        If no row is positive; the score is 0.

    Notes
    -----
    Passes and memory are those of `roc_auc_score`; every bucket with positive rows below the first
    negative one is ranked.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import average_precision_score
    >>> y = scalml.from_array(np.array([0, 0, 1, 1]), chunk_rows=3)
    >>> round(average_precision_score(y, np.array([0.1, 0.4, 0.35, 0.8])), 6)
    0.833333
    """

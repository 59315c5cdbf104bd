"""Scorers by scikit-learn's names that work on chunked data."""

from __future__ import annotations

from functools import partial
from typing import Any

import sklearn.metrics

from scalml.metrics import (
    agreement,
    brier,
    classification,
    deviance,
    log_losses,
    losses,
    medians,
    precision_recall,
    ranking,
    regression,
)
from scalml.metrics.scorer import Scorer, make_scorer

AVERAGES = ("macro", "micro", "samples", "weighted")


def positive_likelihood_ratio(y_true, y_pred):
    """How much more often a positive row is predicted positive than a negative one."""
    return agreement.class_likelihood_ratios(y_true, y_pred, replace_undefined_by=1.0)[0]


def negative_likelihood_ratio(y_true, y_pred):
    """How much more often a positive row is predicted negative than a negative one."""
    return agreement.class_likelihood_ratios(y_true, y_pred, replace_undefined_by=1.0)[1]


def _scorers() -> dict[str, Scorer]:
    by_rank = partial(make_scorer, response_method=("decision_function", "predict_proba"))
    by_proba = partial(make_scorer, response_method="predict_proba")
    loss = partial(make_scorer, greater_is_better=False)
    roc_auc, f1 = ranking.roc_auc_score, precision_recall.f1_score
    found: dict[str, Any] = {
        "accuracy": make_scorer(classification.accuracy_score),
        "average_precision": by_rank(ranking.average_precision_score),
        "balanced_accuracy": make_scorer(agreement.balanced_accuracy_score),
        "d2_absolute_error_score": make_scorer(medians.d2_absolute_error_score),
        "d2_brier_score": by_proba(brier.d2_brier_score),
        "d2_log_loss_score": by_proba(log_losses.d2_log_loss_score),
        "explained_variance": make_scorer(regression.explained_variance_score),
        "matthews_corrcoef": make_scorer(agreement.matthews_corrcoef),
        "neg_brier_score": by_proba(brier.brier_score_loss, greater_is_better=False),
        "neg_log_loss": by_proba(log_losses.log_loss, greater_is_better=False),
        "neg_max_error": loss(losses.max_error),
        "neg_mean_absolute_error": loss(losses.mean_absolute_error),
        "neg_mean_absolute_percentage_error": loss(losses.mean_absolute_percentage_error),
        "neg_mean_gamma_deviance": loss(deviance.mean_gamma_deviance),
        "neg_mean_poisson_deviance": loss(deviance.mean_poisson_deviance),
        "neg_mean_squared_error": loss(regression.mean_squared_error),
        "neg_mean_squared_log_error": loss(losses.mean_squared_log_error),
        "neg_median_absolute_error": loss(medians.median_absolute_error),
        "neg_negative_likelihood_ratio": loss(negative_likelihood_ratio),
        "neg_root_mean_squared_error": loss(regression.root_mean_squared_error),
        "neg_root_mean_squared_log_error": loss(losses.root_mean_squared_log_error),
        "positive_likelihood_ratio": make_scorer(positive_likelihood_ratio),
        "r2": make_scorer(regression.r2_score),
        "roc_auc": by_rank(roc_auc),
    }
    for kind in ("ovr", "ovo"):
        found[f"roc_auc_{kind}"] = by_proba(roc_auc, multi_class=kind)
        found[f"roc_auc_{kind}_weighted"] = by_proba(roc_auc, multi_class=kind, average="weighted")
    for name, metric in (
        ("precision", precision_recall.precision_score),
        ("recall", precision_recall.recall_score),
        ("f1", f1),
        ("jaccard", precision_recall.jaccard_score),
    ):
        found[name] = make_scorer(metric, average="binary")
        for average in AVERAGES:
            found[f"{name}_{average}"] = make_scorer(metric, pos_label=None, average=average)
    return found


_SCORERS = _scorers()


def get_scorer(scoring):
    """The scorer of a name: a callable ``scorer(estimator, X, y, sample_weight=None)``.

    The estimator's predictions of a chunked `X` stay lazy and are scored chunk by chunk, in as
    many passes as the metric makes.

    Parameters
    ----------
    scoring : str, callable or None
        One of `get_scorer_names()`; any other name of scikit-learn's gives its scorer, which takes
        in-memory data only: chunked data are refused. A callable is returned as it is, and so is
        None.

    Returns
    -------
    callable or None

    Raises
    ------
    ValueError
        If nobody knows the name.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from sklearn.dummy import DummyClassifier
    >>> from scalml.metrics import get_scorer
    >>> from scalml.wrappers import ParallelPostFit
    >>> X, y = np.zeros((4, 1)), np.array([0, 1, 1, 1])
    >>> model = ParallelPostFit(DummyClassifier().fit(X, y))
    >>> get_scorer("accuracy")(model, scalml.from_array(X, chunk_rows=3), y)
    0.75
    """
    if isinstance(scoring, str) and scoring in _SCORERS:
        ours = _SCORERS[scoring]  # a copy, which may ask for metadata of its own
        return Scorer(
            ours.score_func, ours.response_method, ours.greater_is_better, ours.parameters
        )
    return sklearn.metrics.get_scorer(scoring)


def get_scorer_names():
    """Names of the scorers that take chunked data.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> from scalml.metrics import get_scorer_names
    >>> "roc_auc" in get_scorer_names()
    True
    """
    return sorted(_SCORERS)

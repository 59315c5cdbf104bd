"""Scorers by scikit-learn's names that work on chunked data."""

from __future__ import annotations

import sklearn.metrics
from sklearn.metrics import make_scorer

from scalml.metrics.classification import accuracy_score, log_loss
from scalml.metrics.ranking import roc_auc_score
from scalml.metrics.regression import mean_squared_error, r2_score, root_mean_squared_error

_SCORERS = {
    "accuracy": make_scorer(accuracy_score),
    "neg_log_loss": make_scorer(log_loss, greater_is_better=False, response_method="predict_proba"),
    "neg_mean_squared_error": make_scorer(mean_squared_error, greater_is_better=False),
    "neg_root_mean_squared_error": make_scorer(root_mean_squared_error, greater_is_better=False),
    "r2": make_scorer(r2_score),
    "roc_auc": make_scorer(roc_auc_score, response_method=("decision_function", "predict_proba")),
}


def get_scorer(scoring):
    """The scorer of a name: a callable `scorer(estimator, X, y, sample_weight=None)`.

    The estimator's predictions of a chunked `X` stay lazy and are scored chunk by chunk, in as
    many passes as the metric makes.

    Parameters
    ----------
    scoring : str or callable
        One of `get_scorer_names()`; any other name of scikit-learn's gives its scorer, which takes
        in-memory data only. A callable is returned as it is.

    Returns
    -------
    callable

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
    if callable(scoring):
        return scoring
    return _SCORERS[scoring] if scoring in _SCORERS else sklearn.metrics.get_scorer(scoring)


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

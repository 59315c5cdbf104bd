"""A scorer: a metric, and what of a fitted estimator it compares with the truth."""

from __future__ import annotations

import warnings

import numpy as np
import sklearn.metrics
from sklearn.base import BaseEstimator, ClassifierMixin, is_classifier
from sklearn.utils.multiclass import type_of_target

from scalml.config import config_context
from scalml.data import from_array
from scalml.metrics.inputs import any_chunked
from scalml.metrics.metric import STREAMED

PLAIN = type(sklearn.metrics.make_scorer(sklearn.metrics.accuracy_score))


class Scorer:
    """Applies a fitted estimator and scores what it answers: ``scorer(estimator, X, y)``.

    Made by `make_scorer`. In-memory data are scored by scikit-learn's scorer of the same
    parameters. Chunked data are scored from the estimator's lazy answers, chunk by chunk, in as
    many passes as the metric makes; `score_many` answers several scorers in one.

    Parameters
    ----------
    score_func : callable
        ``score_func(y_true, answers, **parameters)``.
    response_method : str, list or tuple of str
        The estimator's method that answers, or several of which the first one it has is taken.
    greater_is_better : bool
        False for a loss, which is scored by its negative.
    parameters : dict
        For `score_func`.
    """

    def __init__(self, score_func, response_method, greater_is_better, parameters):
        self.score_func = score_func
        self.response_method = response_method
        self.greater_is_better = greater_is_better
        self.parameters = parameters
        self._plain = sklearn.metrics.make_scorer(
            score_func,
            response_method=response_method,
            greater_is_better=greater_is_better,
            **parameters,
        )

    def __call__(self, estimator, X, y_true, *, sample_weight=None, **metadata):
        """Score the estimator's answers to X.

        Parameters
        ----------
        estimator : fitted estimator
        X : array-like or chunked, of shape (n_rows, n_columns)
        y_true : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs)
        sample_weight : array-like or chunked, of shape (n_rows,), default=None
        **metadata
            For the metric, as `set_score_request` asks for it.

        Returns
        -------
        float
        """
        given = metadata if sample_weight is None else metadata | {"sample_weight": sample_weight}
        if not any_chunked(X, y_true, sample_weight):
            return self._plain(estimator, X, y_true, **given)
        answers = self.respond(estimator, X)
        return self.sign * self.score_func(y_true, answers, **self.parameters, **given)

    @property
    def sign(self):
        """1 for a score, -1 for a loss."""
        return 1 if self.greater_is_better else -1

    @property
    def metric(self):
        """The metric's `Metric`, or None for a function that has none."""
        return getattr(self.score_func, "metric", None)

    def method_of(self, estimator):
        """Name of the estimator's method that answers.

        Raises
        ------
        AttributeError
            If it has none of them.
        """
        methods = self.response_method
        methods = [methods] if isinstance(methods, str) else list(methods)
        for name in methods:
            if getattr(estimator, name, None) is not None:
                return name
        raise AttributeError(
            f"{type(estimator).__name__} has none of the following attributes: "
            f"{', '.join(methods)}."
        )

    def respond(self, estimator, X, answers=None):
        """What the metric compares with the truth, lazy for chunked X.

        Parameters
        ----------
        estimator : fitted estimator
        X : array-like or chunked, of shape (n_rows, n_columns)
        answers : array-like or chunked, optional
            What the method returned for X, if it has been called.

        Returns
        -------
        array-like or chunked
            The answers; for two classes those for the positive one.
        """
        method, positive = self.method_of(estimator), self.positive(estimator)
        if answers is None:
            answers = getattr(estimator, method)(X)
        if positive is None or method == "predict":
            return answers
        if method == "decision_function":
            return -1 * answers if positive == estimator.classes_[0] else answers
        if answers.shape[1] < 2:
            raise ValueError(
                f"Got predict_proba of shape {answers.shape}, but need classifier with two classes."
            )
        return answers[:, int(np.flatnonzero(estimator.classes_ == positive)[0])]

    def positive(self, estimator):
        """The positive one of two classes; None for all other estimators.

        Raises
        ------
        ValueError
            If the metric's `pos_label` is neither of the two.
        """
        if not is_classifier(estimator) or not _are_two(estimator.classes_):
            return None
        default = None if self.metric is None else self.metric.defaults.get("pos_label")
        pos_label = self.parameters.get("pos_label", default)
        classes = estimator.classes_.tolist()
        if pos_label is None:
            return classes[-1]
        if pos_label not in classes:
            raise ValueError(
                f"pos_label={pos_label} is not a valid label: It should be one of {classes}"
            )
        return pos_label

    def to_sklearn(self):
        """scikit-learn's scorer of the same function and parameters."""
        return self._plain

    def get_metadata_routing(self):
        """Which metadata the metric asks for, as scikit-learn's scorers tell it."""
        return self._plain.get_metadata_routing()

    def set_score_request(self, **requests):
        """Ask for metadata, as scikit-learn's scorers do."""
        self._plain.set_score_request(**requests)
        return self

    def __repr__(self):
        return repr(self._plain)


def require_streaming(scorer):
    """Refuse a scorer of a metric of scikit-learn's for chunked data, before any chunk is read.

    Parameters
    ----------
    scorer : callable or None

    Raises
    ------
    TypeError
        For a scorer that needs its data in memory: it would fail on every split.
    """
    metric = getattr(scorer, "score_func", None)
    theirs = getattr(metric, "__module__", "").startswith("sklearn.")
    if theirs or (isinstance(scorer, PLAIN) and not _takes_chunks(scorer)):
        raise TypeError(
            f"scikit-learn's {scorer!r} takes data in memory, got chunked rows. Make the scorer "
            "with scalml.metrics.make_scorer, which has the same parameters, from a metric of "
            "scalml.metrics; or from a function of your own that scores y.to_numpy() and "
            "y_pred.to_numpy(), if these fit in memory."
        )


def _takes_chunks(scorer):
    """Whether a scorer that scikit-learn made can score chunks, as two rows of them show.

    It does not tell what it computes, which may be a metric of scalml.
    """
    answers = from_array(np.eye(2)).map_chunks(np.copy)  # lazy, so not by chance in memory
    with config_context(backend="serial"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            scorer(_TwoRows(), answers, answers[:, 1])
        except Exception as error:  # of any other kind, it says nothing of chunks
            return not (isinstance(error, TypeError) and "ChunkedArray" in str(error))
    return True


class _TwoRows(ClassifierMixin, BaseEstimator):
    """Answers with the rows themselves."""

    classes_ = np.array([0, 1])

    def predict(self, X):
        return X[:, 1]

    def decision_function(self, X):
        return X[:, 1]

    def predict_proba(self, X):
        return X


def _are_two(classes):
    """Whether classes are two at most, of one target."""
    if isinstance(classes, np.ndarray) and classes.ndim == 1 and classes.dtype.kind in "biu":
        return len(classes) <= 2  # what the next line takes its time to find out
    return type_of_target(classes) == "binary"


def make_scorer(score_func, *, response_method="predict", greater_is_better=True, **parameters):
    """A scorer from a metric: a callable ``scorer(estimator, X, y, sample_weight=None)``.

    Parameters
    ----------
    score_func : callable
        A metric of `scalml.metrics`, or of `sklearn.metrics`, in whose place ours of the same name
        is taken if there is one; another function ``score_func(y_true, y_pred, **parameters)`` gets
        what it is given, chunked or not.
    response_method : {"predict", "predict_proba", "decision_function"} or list or tuple of such, \
default="predict"
        The estimator's method that answers, or several of which the first one it has is taken.
    greater_is_better : bool, default=True
        False for a loss, which is scored by its negative.
    **parameters
        For `score_func`.

    Returns
    -------
    Scorer

    Raises
    ------
    ValueError
        For a parameter that scikit-learn's `make_scorer` refuses.

    Examples
    --------
    >>> import sklearn.metrics
    >>> from scalml.metrics import fbeta_score, make_scorer
    >>> make_scorer(fbeta_score, beta=2)
    make_scorer(fbeta_score, response_method='predict', beta=2)
    >>> make_scorer(sklearn.metrics.f1_score, average="macro").score_func.__module__
    'scalml.metrics.precision_recall'
    """
    ours = STREAMED.get(score_func, score_func) if callable(score_func) else score_func
    return Scorer(ours, response_method, greater_is_better, parameters)

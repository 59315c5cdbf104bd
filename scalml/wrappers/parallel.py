"""A fitted estimator of any kind, applied chunk by chunk."""

from __future__ import annotations

import copy
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import is_fitted
from scalml.data import is_chunked
from scalml.metrics import accuracy_score, get_scorer, r2_score
from scalml.metrics.inputs import any_chunked
from scalml.metrics.scorer import require_streaming
from scalml.utils.application import Apply, apply


def inner_has(name):
    """Condition for `available_if`: the wrapped estimator has this method."""

    def check(self):
        return hasattr(vars(self).get("estimator_", self.estimator), name)

    return check


class ParallelPostFit(MetaEstimatorMixin, BaseEstimator):
    """Fit any estimator in memory, then predict, transform and score chunked data of any length.

    Parameters
    ----------
    estimator : estimator
        Fitted or not. One that is fitted can be used without calling `fit`.
    scoring : str, callable or None, default=None
        What `score` computes: a name of `scalml.metrics.get_scorer`, or `scorer(estimator, X, y)`.
        None is the estimator's own score; on chunked data that is the accuracy of classifiers and
        R² of regressors.

    Attributes
    ----------
    estimator_ : estimator
        The clone that `fit` fitted. Its fitted attributes (`classes_`, `coef_`, ...) can be read
        from the wrapper.

    See Also
    --------
    Incremental : Trains chunk by chunk too.

    Notes
    -----
    `fit` takes in-memory data and makes whatever passes the estimator makes. The other methods
    have the estimator's names and exist if it has them. In-memory input gives what the estimator
    gives. Chunked input gives a lazy collection, computed in the worker that reads the chunk, in
    one pass; memory is one chunk and its result for each worker. It is a snapshot: fitting again
    does not change it.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from sklearn.linear_model import LogisticRegression
    >>> from scalml.wrappers import ParallelPostFit
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> model = ParallelPostFit(LogisticRegression()).fit(X, [0, 0, 1, 1])
    >>> model.predict(scalml.from_array(X, chunk_rows=3)).to_numpy()
    array([0, 0, 1, 1])
    """

    def __init__(self, estimator, scoring=None):
        self.estimator = estimator
        self.scoring = scoring

    def fit(self, X, y=None, **fit_params):
        """Fit a clone of the estimator to in-memory data.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_columns)
        y : array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
        **fit_params
            Passed on to the estimator's `fit`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the data are chunked.
        """
        if is_chunked(X) or is_chunked(y):
            raise TypeError(
                f"ParallelPostFit fits {type(self.estimator).__name__} in memory, got chunked "
                "data. Fit it to a sample, such as X[:100_000].to_numpy(), or train chunk by "
                "chunk with scalml.wrappers.Incremental if it has partial_fit."
            )
        estimator = clone(self.estimator)
        estimator.fit(X, y, **fit_params)  # which may return nothing
        self.estimator_ = estimator
        return self

    def sums(self, X, y=None, *, reset=True):
        """A step of a pipeline on chunks asks for no sums, but must be fitted."""
        if not self.__sklearn_is_fitted__():
            self.fit(X, y)
        yield from ()

    @available_if(inner_has("transform"))
    def fit_transform(self, X, y=None, **fit_params):
        """`fit`, then `transform` the same rows."""
        return self.fit(X, y, **fit_params).transform(X)

    @available_if(inner_has("predict"))
    def predict(self, X):
        """Predict the target of each row.

        Parameters
        ----------
        X : array-like or chunked, of shape (n_rows, n_columns)

        Returns
        -------
        What the estimator returns; lazy and chunked if `X` is.
        """
        return _applied(self, "predict", X)

    @available_if(inner_has("predict_proba"))
    def predict_proba(self, X):
        """Probability of each class, as `predict`."""
        return _applied(self, "predict_proba", X)

    @available_if(inner_has("predict_log_proba"))
    def predict_log_proba(self, X):
        """Logarithm of the probability of each class, as `predict`."""
        return _applied(self, "predict_log_proba", X)

    @available_if(inner_has("decision_function"))
    def decision_function(self, X):
        """Decision value of each row, as `predict`."""
        return _applied(self, "decision_function", X)

    @available_if(inner_has("transform"))
    def transform(self, X):
        """Transform each row, as `predict`."""
        return _applied(self, "transform", X)

    @available_if(inner_has("inverse_transform"))
    def inverse_transform(self, X):
        """Undo `transform`, as `predict`."""
        return _applied(self, "inverse_transform", X)

    @available_if(inner_has("score"))
    def score(self, X, y=None, sample_weight=None):
        """Score predictions by `scoring`.

        Parameters
        ----------
        X : array-like or chunked, of shape (n_rows, n_columns)
        y : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs), default=None
        sample_weight : array-like or chunked, of shape (n_rows,), default=None

        Returns
        -------
        float

        Raises
        ------
        TypeError
            On chunked data without `scoring`, if the estimator is neither classifier nor regressor;
            and if `scoring` needs data in memory, as scikit-learn's metrics do.
        """
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        in_chunks = any_chunked(X, y, sample_weight)
        if self.scoring is not None:
            scorer = get_scorer(self.scoring)
            if in_chunks:
                require_streaming(scorer)
            return scorer(self, X, y, **weights)
        if not in_chunks:
            return self.to_sklearn().score(X, y, **weights)
        if is_classifier(self.estimator):
            return accuracy_score(y, self.predict(X), **weights)
        if is_regressor(self.estimator):
            return r2_score(y, self.predict(X), **weights)
        raise TypeError(
            f"{type(self.estimator).__name__} is neither a classifier nor a regressor: give "
            "scoring= to score it on chunked data."
        )

    @available_if(inner_has("get_feature_names_out"))
    def get_feature_names_out(self, input_features=None):
        """Names of the columns that `transform` gives."""
        return self.to_sklearn().get_feature_names_out(input_features)

    @available_if(inner_has("set_output"))
    def set_output(self, *, transform=None):
        """Choose the container that `transform` gives, for the wrapped estimator."""
        self.estimator.set_output(transform=transform)
        if "estimator_" in vars(self):
            self.estimator_.set_output(transform=transform)
        return self

    def to_sklearn(self):
        """The fitted estimator itself.

        Raises
        ------
        NotFittedError
            If neither the wrapper nor the estimator in it is fitted.
        """
        if "estimator_" in vars(self):
            return self.estimator_
        try:
            check_is_fitted(self.estimator)
        except NotFittedError as error:
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments, or wrap an estimator that is fitted."
            ) from error
        return self.estimator

    def __sklearn_clone__(self):
        if "estimator" not in vars(self) or not is_fitted(self.estimator):
            return super().__sklearn_clone__()
        return type(self)(copy.deepcopy(self.estimator), **self._own_params())

    def _own_params(self):
        params = self.get_params(deep=False)
        del params["estimator"]
        return params

    def __sklearn_is_fitted__(self):
        try:
            self.to_sklearn()
        except NotFittedError:
            return False
        return True

    def __sklearn_tags__(self):
        return get_tags(self.estimator)

    def __getattr__(self, name):
        if name.endswith("_") and not name.startswith("_") and "estimator" in vars(self):
            fitted = vars(self).get("estimator_", self.estimator)
            if name != "estimator_" and hasattr(fitted, name):
                return getattr(fitted, name)
        why = ""
        if hasattr(type(self), name) and "estimator" in vars(self):  # a method of its estimator
            why = f", as {vars(self).get('estimator_', self.estimator)!r} has none"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{why}")


def _applied(wrapper, method, X):
    if not is_chunked(X):
        return apply(wrapper, method, X)
    if wrapper.to_sklearn() is wrapper.estimator:  # the caller's own, who may fit it again
        wrapper = copy.copy(wrapper)
        wrapper.estimator = copy.deepcopy(wrapper.estimator)
    call = partial(_one_array, Apply(wrapper.to_sklearn(), method), method)
    if X.ndim == 1:  # a column of texts, say
        return X.map_chunks(call, empty=_without_rows(call, X))
    return apply(wrapper, method, X, empty=_without_rows(call, X))


def _one_array(call, method, block):
    """What a method makes of a block; TypeError for the lists that some make of several targets."""
    found = call(block)
    if isinstance(found, list):
        raise TypeError(
            f"{type(call.plain).__name__}.{method} returns a list of {len(found)} arrays, one a "
            "target, where chunks need one array. Wrap an estimator of one target, or call "
            f"X.map_chunks(lambda block: np.hstack(model.{method}(block)))."
        )
    return found


def _without_rows(call, X):
    """What a method returns for no rows: most estimators take no fewer than one."""
    head = X.source.empty()
    if X.ndim == 2 and not isinstance(head, pd.DataFrame):
        try:
            return call(_zeros_like(head))[:0]
        except (TypeError, ValueError):
            pass  # zeros are no valid row here; the first one of the data is
    return call(X.head(1))[:0]


def _zeros_like(head):
    row = np.zeros((1, head.shape[1]), dtype=head.dtype)
    return type(head)(row) if sparse.issparse(head) else row

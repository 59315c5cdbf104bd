"""Pipeline: steps fitted one after the other, each on the lazy output of the one before."""

from __future__ import annotations

from typing import Any

import sklearn.pipeline
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import (
    is_none,
    passes_in_turn,
    plain_pipeline,
    sums_in_turn,
    transformed,
)
from scalml.utils.fitting import all_or_nothing, fitting
from scalml.utils.sums import run
from scalml.utils.validation import is_chunked

__all__ = ["Pipeline", "make_pipeline"]


def _last_has(name):
    """Condition for `available_if`: the last step has this method."""

    def check(self):
        last = self.steps[-1][1]
        if not (is_none(last) and name == "transform"):
            getattr(last, name)  # whose error tells which step lacks it
        return True

    return check


def _all_add(self) -> bool:
    return all(
        is_none(step) or hasattr(step, "partial_fit") or _is_stateless(step)
        for _, step in self.steps
    )


def _is_stateless(step) -> bool:
    return not get_tags(step).requires_fit


class Pipeline(sklearn.pipeline.Pipeline):
    """Transformers in turn, then perhaps a predictor, on rows in memory or in chunks.

    Parameters, attributes and methods are those of `sklearn.pipeline.Pipeline`, which streams
    too when all its steps are scalml's. This one also shares passes, takes stateless transformers
    of scikit-learn's on chunked rows, and has `partial_fit`.

    Parameters
    ----------
    steps : list of (name, estimator)
    transform_input, verbose : as in scikit-learn, for rows in memory
    memory : str or joblib.Memory, default=None
        Caches fitted transformers for rows in memory; chunked fits do without.

    Notes
    -----
    As many passes as the steps make in turn, except that the moments of a scaler behind an
    imputer (strategy "mean") follow from the imputer's, without a pass. Transformed rows are
    never stored: each pass computes them from the source, in the worker that reads the chunk.
    Methods on chunked rows return lazy collections.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.impute import SimpleImputer
    >>> from scalml.pipeline import make_pipeline
    >>> from scalml.preprocessing import StandardScaler
    >>> X = scalml.from_array(np.array([[1.0], [np.nan], [3.0]]), chunk_rows=2)
    >>> pipeline = make_pipeline(SimpleImputer(), StandardScaler()).fit(X)
    >>> pipeline.fit_passes()
    (1, 1)
    >>> pipeline.transform(X).to_numpy().round(3).ravel()
    array([-1.225,  0.   ,  1.225])
    """

    def fit(self, X, y=None, **params):
        """Fit all steps.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
        y : collection or array-like of shape (n_rows,), default=None
        **params
            ``step__parameter`` for the `fit` of a step, such as ``model__sample_weight``.

        Returns
        -------
        self : Pipeline

        Raises
        ------
        ValueError
            If a parameter names no step.
        TypeError
            If a step of scikit-learn's that learns is given chunked rows.

        Notes
        -----
        If a step fails, all steps are as they were before.
        """
        if not is_chunked(X):
            with all_or_nothing(self):
                return super().fit(X, y, **params)
        self._check_steps()
        return self._fit_chunks(X, y, params)

    @fitting
    def _fit_chunks(self, X, y, params):
        run(self.sums(X, y, **params))
        return self

    def sums(self, X, y=None, *, reset=True, **params):
        """Ask for the sums of the steps in turn: see `scalml.utils.sums`."""
        yield from sums_in_turn(self.steps, X, y, reset=reset, **params)

    @available_if(_all_add)
    @fitting
    def partial_fit(self, X, y=None, **params):
        """Let every step learn from more rows, each from what the step before makes of them.

        Parameters
        ----------
        X, y : as for `fit`
        **params
            ``step__parameter``, such as ``model__classes``.

        Returns
        -------
        self : Pipeline

        Notes
        -----
        The first step is what `fit` on all the rows gives. A later step has seen earlier rows as
        the steps before it were then, so it may differ from that of `fit`.
        """
        if is_chunked(X):
            run(self.sums(X, y, reset=False, **params))
            return self
        for place, (name, step) in enumerate(self.steps):
            if is_none(step):
                continue
            own = {
                key.removeprefix(f"{name}__"): value
                for key, value in params.items()
                if key.startswith(f"{name}__")
            }
            learn = step.partial_fit if hasattr(step, "partial_fit") else step.fit
            learn(X, y, **own)
            if place < len(self.steps) - 1:
                X = step.transform(X)
        return self

    def fit_transform(self, X, y=None, **params):
        """`fit`, then `transform` the same rows."""
        if not is_chunked(X):
            with all_or_nothing(self):
                return super().fit_transform(X, y, **params)
        return self.fit(X, y, **params).transform(X)

    @available_if(_last_has("transform"))
    def transform(self, X, **params):
        """Transform rows by all steps; lazily (a snapshot) on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
        **params
            Routed metadata, for rows in memory only.

        Returns
        -------
        What the last step gives; a collection if `X` is one.
        """
        if not is_chunked(X):
            return super().transform(X, **params)
        rows, last = self._before_last(X)
        return rows if is_none(last) else transformed(last, rows)

    @available_if(_last_has("predict"))
    def predict(self, X, **params):
        """Transform rows and predict with the last step; lazily (a snapshot) on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
        **params
            Of the last step's method.

        Returns
        -------
        ndarray or collection of shape (n_rows,) or (n_rows, n_outputs)
        """
        return self._call("predict", X, params)

    @available_if(_last_has("predict_proba"))
    def predict_proba(self, X, **params):
        """Transform rows and predict probabilities with the last step; as `predict`."""
        return self._call("predict_proba", X, params)

    @available_if(_last_has("predict_log_proba"))
    def predict_log_proba(self, X, **params):
        """Transform rows and predict log-probabilities with the last step; as `predict`."""
        return self._call("predict_log_proba", X, params)

    @available_if(_last_has("decision_function"))
    def decision_function(self, X, **params):
        """Transform rows and compute the last step's decision values; as `predict`."""
        return self._call("decision_function", X, params)

    @available_if(_last_has("score_samples"))
    def score_samples(self, X):
        """Transform rows and score each by the last step; as `predict`."""
        return self._call("score_samples", X, {})

    @available_if(_last_has("score"))
    def score(self, X, y=None, sample_weight=None, **params):
        """Transform rows and score them by the last step, in as many passes as its `score` makes.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
        y : collection or array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
        sample_weight : collection or array-like of shape (n_rows,), default=None
        **params
            Of the last step's `score`.

        Returns
        -------
        float
        """
        if not is_chunked(X):
            return super().score(X, y, sample_weight, **params)
        rows, last = self._before_last(X)
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        return last.score(rows, y, **params)

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes."""
        return passes_in_turn(self.steps)

    def to_sklearn(self) -> sklearn.pipeline.Pipeline:
        """Return scikit-learn's own pipeline of plain fitted steps."""
        check_is_fitted(self)
        return plain_pipeline(self)

    def _call(self, method: str, X: Any, params: dict) -> Any:
        if not is_chunked(X):
            return getattr(super(), method)(X, **params)
        rows, last = self._before_last(X)
        return getattr(last, method)(rows, **params)

    def _before_last(self, X: Any) -> tuple[Any, Any]:
        check_is_fitted(self)
        for _, step in self.steps[:-1]:
            if not is_none(step):
                X = transformed(step, X)
        return X, self.steps[-1][1]

    def _check_steps(self) -> None:
        """Let the namesake refuse steps that are none, before any data is read."""
        names = [name for name, _ in self.steps] if self.steps else []
        if not names:
            raise ValueError("The pipeline is empty. Please add steps.")
        if len(set(names)) < len(names):
            raise ValueError(f"Names provided are not unique: {names!r}")
        for name, step in self.steps:
            last = step is self.steps[-1][1]
            if not is_none(step) and not (
                hasattr(step, "fit") and (last or hasattr(step, "transform"))
            ):
                raise TypeError(
                    "All intermediate steps should be transformers and implement fit and "
                    f"transform or be 'passthrough', the last at least fit; {name!r} is {step!r}."
                )


def make_pipeline(*steps, memory=None, transform_input=None, verbose=False) -> Pipeline:
    """Build a `Pipeline` whose steps are named after their classes.

    Parameters
    ----------
    *steps : estimators
    memory, transform_input, verbose : see `Pipeline`

    Returns
    -------
    Pipeline

    Examples
    --------
    >>> from scalml.pipeline import make_pipeline
    >>> from scalml.preprocessing import StandardScaler
    >>> list(make_pipeline(StandardScaler()).named_steps)
    ['standardscaler']
    """
    named = sklearn.pipeline.make_pipeline(*steps).steps
    return Pipeline(named, memory=memory, transform_input=transform_input, verbose=verbose)

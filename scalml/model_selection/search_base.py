"""What searches do: put the question, have it answered the cheapest way, keep the best."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import nullcontext
from numbers import Integral, Real
from typing import Any

import numpy as np
import sklearn
from sklearn.base import is_classifier
from sklearn.utils import get_tags, indexable
from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import plain_of
from scalml.config import config_context
from scalml.metrics.inputs import any_chunked
from scalml.model_selection.check import check_cv
from scalml.model_selection.evaluate import line_of
from scalml.model_selection.gather import require_rows_fit, takes_chunks
from scalml.model_selection.question import Question, configured
from scalml.model_selection.results import report_failures, spread_error_score, tabulate
from scalml.model_selection.rows import as_collection
from scalml.model_selection.scoring import Scoring
from scalml.model_selection.strategies import answered, chosen
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.wrappers import Incremental

LEFT_BY_A_FIT = (
    "best_index_",
    "best_score_",
    "best_params_",
    "best_estimator_",
    "refit_time_",
    "feature_names_in_",
)
"""What a fit may leave that the next one, with other parameters or rows, may not set."""


class ChunkedSearch(ChunkedEstimator):
    """Mixin before a search of scikit-learn's: `fit` is ours, what uses its result is inherited.

    A subclass has ``_candidates()``.
    """

    def _candidates(self) -> Iterable[dict[str, Any]]:
        raise TypeError(f"{type(self).__name__} must say what its candidates are.")

    @fitting
    def fit(self, X, y=None, **params):
        """Try all candidates on all splits, and fit the best to all rows.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_features)
        y : collection or array-like of shape (n_rows,) or (n_rows, n_outputs), default=None
        **params
            `groups` for the splitter; the others go to the estimator's ``fit``, cut by rows if
            they have one value each. `sample_weight` goes to scorers that take it as well.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For parameters out of range, if there are no splits or candidates, or if all fits fail.

        Warns
        -----
        FitFailedWarning
            If some fits fail, unless ``error_score='raise'``.
        """
        self._check_parameters()
        with nullcontext() if self.n_jobs is None else config_context(n_jobs=self.n_jobs):
            question = self._question(X, y, params)
            if question.chunked and not all(takes_chunks(model) for model in question.models):
                require_rows_fit(question.models[0], question.X, question.y)
            scoring = question.scoring
            self.scorer_ = dict(scoring.scorers) if scoring.several else scoring.call
            self._tell(question)
            self.strategy_, found = answered(question)
            self._keep(question, found.outcomes)
            if self.refit:
                self._refit(question, found.refit)
        return self

    def to_sklearn(self):
        """The best estimator as scikit-learn's own, fitted, independent of scalml.

        Raises
        ------
        NotFittedError
            If there is none yet.
        """
        check_is_fitted(self, "best_estimator_")
        return plain_of(self.best_estimator_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags = get_tags(self.estimator).target_tags
        return tags

    def fit_steps(self, X, y=None, groups=None):
        """What `scalml.plan` tells of `fit`: how candidates are answered, in how many passes.

        Parameters
        ----------
        X, y, groups : as for `fit`
            The groups are read, if they tell how many splits there are.

        Returns
        -------
        tuple of (str, (int, int))
            Least and most passes over the data.
        """
        params = {} if groups is None else {"groups": groups}
        question = self._question(X, y, params, read=False)
        strategy = chosen(question)
        return ((f"{type(self).__name__} ({strategy.name})", strategy.passes(question)),)

    def _check_parameters(self) -> None:
        if not (isinstance(self.refit, (bool, np.bool_, str)) or callable(self.refit)):
            raise ValueError(
                "refit must be True, False, the name of a scorer or a callable, "
                f"got {self.refit!r}."
            )
        error_score = self.error_score
        if error_score != "raise" and not isinstance(error_score, Real):
            raise ValueError(f"error_score must be 'raise' or a number, got {error_score!r}.")
        if not isinstance(self.return_train_score, (bool, np.bool_)):
            raise ValueError(
                f"return_train_score must be True or False, got {self.return_train_score!r}."
            )
        if not isinstance(self.verbose, (Integral, np.bool_)) or self.verbose < 0:
            raise ValueError(f"verbose must be an integer of at least 0, got {self.verbose!r}.")
        if not hasattr(self.estimator, "fit"):
            raise TypeError(f"estimator must have a method fit, got {self.estimator!r}.")

    def _question(self, X: Any, y: Any, params: dict[str, Any], read: bool = True) -> Question:
        if y is None and get_tags(self.estimator).target_tags.required:
            raise ValueError(
                f"{type(self).__name__} of {type(self.estimator).__name__} requires y to be "
                "passed, but the target y is None."
            )
        in_chunks = any_chunked(X, y)
        scoring = Scoring(self.estimator, self.scoring, self.error_score, in_chunks)
        if scoring.several:
            self._check_refit(scoring.scorers)
        fit_params, score_params, split_params = self._routed(params, scoring)
        estimator, asked = self.estimator, list(self._candidates())
        candidates = asked
        options = {"classifier": is_classifier(estimator)}
        if in_chunks:
            X = as_collection(X)
            splits = check_cv(self.cv, y if read else None, **options)
            if _learns_in_parts(estimator):
                estimator = Incremental(estimator)
                candidates = [
                    {f"estimator__{key}": value for key, value in one.items()} for one in asked
                ]
        else:
            X, y = indexable(X, y)
            # Splitters of the user's see y as it is.
            labels = _narrow(y) if self.cv is None or isinstance(self.cv, Integral) else y
            cv = sklearn.model_selection.check_cv(self.cv, labels, **options)
            splits = list(cv.split(X, labels, **split_params))
            expected = cv.get_n_splits(X, labels, **split_params)
            if len(splits) != expected:
                raise ValueError(
                    "cv.split and cv.get_n_splits return inconsistent results. Expected "
                    f"{expected} splits, got {len(splits)}"
                )
        if not candidates or (isinstance(splits, list) and not splits):
            raise ValueError(
                "No fits were performed. Was the CV iterator empty? Were there no candidates?"
            )
        return Question(
            estimator,
            candidates,
            asked,
            X,
            y,
            splits,
            scoring,
            fit_params,
            score_params,
            self.return_train_score,
            split_params.get("groups"),
        )

    def _routed(self, params: dict[str, Any], scoring: Scoring) -> Any:
        """Parameters for fits, for scorers and for the splitter."""
        if sklearn.get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **params)
            return dict(routed.estimator.fit), dict(routed.scorer.score), routed.splitter.split
        params = dict(params)
        groups = params.pop("groups", None)
        weight = params.get("sample_weight")
        weighted = weight is not None and scoring.takes_weights(self.estimator)
        return params, {"sample_weight": weight} if weighted else {}, {"groups": groups}

    def _check_refit(self, scores: dict[str, Any]) -> None:
        named = isinstance(self.refit, str) and self.refit in scores
        if self.refit is not False and not named and not callable(self.refit):
            raise ValueError(
                "For multi-metric scoring, the parameter refit must be set to a scorer key or a "
                "callable to refit an estimator with the best parameter setting on the whole data "
                "and make the best_* attributes available for that metric. If this is not needed, "
                f"refit should be set to False explicitly. {self.refit!r} was passed."
            )

    def _keep(self, question: Question, outcomes: Any) -> None:
        """The results, and which candidate was best."""
        report_failures(outcomes, self.error_score)
        spread_error_score(outcomes, self.error_score)
        results = tabulate(question.asked, outcomes, self.return_train_score)
        self._tell(question, outcomes)
        first = outcomes[0][0]["test_scores"]
        self.n_splits_ = question.n_splits
        self.multimetric_ = isinstance(first, dict)
        if self.multimetric_:
            self._check_refit(first)
        self.cv_results_ = results
        for name in LEFT_BY_A_FIT:
            _forget(self, name)
        if self.multimetric_ and not self.refit:
            return
        metric = self.refit if self.multimetric_ else "score"
        self.best_index_ = self._best(metric)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    def _best(self, metric: Any) -> Any:
        if not callable(self.refit):
            return self.cv_results_[f"rank_test_{metric}"].argmin()
        best = self.refit(self.cv_results_)
        if not isinstance(best, (int, np.integer)):
            raise TypeError("best_index_ returned is not an integer")
        if not 0 <= best < len(self.cv_results_["params"]):
            raise IndexError("best_index_ index out of range")
        return best

    def _refit(self, question: Question, solve: Any) -> None:
        started = time.perf_counter()
        if solve is not None:
            self.best_estimator_ = solve(self.best_index_)
        else:
            target = () if question.y is None else (question.y,)
            model = configured(question.estimator, question.candidates[self.best_index_])
            model.fit(question.X, *target, **question.fit_params)
            self.best_estimator_ = model
        self.refit_time_ = time.perf_counter() - started
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    def _tell(self, question: Question, outcomes: Any = None) -> None:
        """Print what `verbose` asks for: how many fits, and (from 2) what became of each."""
        n_candidates, n_splits = len(question.candidates), question.n_splits if self.verbose else 0
        if self.verbose > 0 and outcomes is None:
            print(  # noqa: T201
                f"Fitting {n_splits} folds for each of {n_candidates} candidates, totalling "
                f"{n_candidates * n_splits} fits"
            )
        if self.verbose > 1 and outcomes is not None:
            for params, of_candidate in zip(question.asked, outcomes, strict=True):
                for split, outcome in enumerate(of_candidate):
                    of = f" {split + 1}/{n_splits}" if self.verbose > 2 else ""
                    print(line_of(outcome, params, self.verbose, of), end="")  # noqa: T201


def _learns_in_parts(estimator: Any) -> bool:
    """Whether an estimator takes chunks only as `Incremental` shows them to it."""
    return hasattr(estimator, "partial_fit") and not hasattr(estimator, "fit_passes")


def _narrow(y: Any) -> Any:
    """Whole numbers in as few bytes as hold them, which NumPy sorts several times as fast."""
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu" or not y.size:
        return y
    narrow = np.result_type(*map(np.min_scalar_type, (y.min(), y.max())))
    return y if narrow.kind == "f" else y.astype(narrow)  # which none may hold exactly


def _forget(search: Any, name: str) -> None:
    """Remove what an earlier fit has left, if it has."""
    if name in vars(search):
        delattr(search, name)

"""How a search scores models: by one scorer or by several, with failures that do not end it."""

from __future__ import annotations

import inspect
import warnings
from contextlib import suppress
from numbers import Number
from traceback import format_exc
from typing import Any

import sklearn.metrics
from sklearn.base import ClassifierMixin, RegressorMixin, is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from scalml.metrics import Scorer, check_scoring, get_scorer
from scalml.metrics.scorer import PLAIN, require_streaming
from scalml.wrappers import ParallelPostFit

# What scores nothing but the answers of a model's methods.
OF_ANSWERS = (Scorer, PLAIN)


class Scoring:
    """What ``scoring=`` of a search means for its estimator.

    Parameters
    ----------
    estimator : estimator
    scoring : str, callable, list, tuple, set, dict or None
    error_score : 'raise' or float
    chunked : bool, default=False
        Whether the rows are: scorers that need them in memory are then refused.

    Attributes
    ----------
    scorers : dict of str to callable
        By name; a single one has the name "score".
    names : dict of str to str, callable or None
        What was asked for by each name; for None the metric that ``score`` is, if it is one.
    several : bool
        Whether the names were given; a callable may turn out to compute several all the same.
    raises : bool
        Whether failures are errors.
    n_failed : int
        Scores, so far, that failed and were warned of.

    Raises
    ------
    ValueError, TypeError
        As `sklearn.metrics.check_scoring`.
    """

    def __init__(
        self, estimator: Any, scoring: Any, error_score: Any, chunked: bool = False
    ) -> None:
        self.n_failed = 0
        self.error_score = error_score
        self.raises = isinstance(error_score, str)
        self.several = isinstance(scoring, (list, tuple, set, dict))
        self.call = check_scoring(estimator, scoring, raise_exc=self.raises)
        if sklearn.get_config()["enable_metadata_routing"] and self.several:
            self.call = sklearn.metrics.check_scoring(estimator, scoring, raise_exc=self.raises)
        self.names = {"score": scoring}
        if self.several:
            self.names = dict(scoring) if isinstance(scoring, dict) else {s: s for s in scoring}
        elif scoring is None:
            self.names = {"score": usual_scoring(estimator)}
        self.usual = scoring is None and self.names["score"] is not None
        self.scorers = {
            name: self.call if scoring is None else get_scorer(scorer)
            for name, scorer in self.names.items()
        }
        if chunked:
            own = estimator.scoring if isinstance(estimator, ParallelPostFit) else None
            for scorer in (*self.scorers.values(), get_scorer(own)):
                require_streaming(scorer)

    @property
    def answers_only(self) -> bool:
        """Whether scorers see of a model nothing but what its methods answer."""
        return self.usual or all(isinstance(one, OF_ANSWERS) for one in self.scorers.values())

    @property
    def shareable(self) -> dict[str, Scorer]:
        """The scorers, if one pass may answer those of many models; else none."""
        found = {"score": get_scorer(self.names["score"])} if self.usual else self.scorers
        metrics = all(isinstance(one, Scorer) and one.metric for one in found.values())
        routed = sklearn.get_config()["enable_metadata_routing"]
        return found if metrics and not routed else {}

    def takes_weights(self, estimator: Any) -> bool:
        """Whether a scorer makes use of `sample_weight`; warns of those that do not."""
        found = []
        for name, scorer in self.scorers.items():
            found.append(_takes_weights(estimator, scorer, self.call))
            if not found[-1]:
                which = f"{name}={scorer}" if self.several else f"{scorer}"
                warnings.warn(
                    f"The scoring {which} does not support sample_weight, which may lead to "
                    f"statistically incorrect results when fitting {estimator} with "
                    "sample_weight. ",
                    stacklevel=2,
                )
        return any(found)

    def failed(self) -> Any:
        """The scores of a model that could not be fitted."""
        return dict.fromkeys(self.scorers, self.error_score) if self.several else self.error_score

    def __call__(self, model: Any, rows: Any) -> Any:
        """A number, or a dict of numbers, for a fitted model.

        Parameters
        ----------
        model : estimator
        rows : Rows

        Raises
        ------
        ValueError
            If a scorer gives no number; and what scorers raise, with ``error_score='raise'``.
        """
        try:
            found = self.call(model, rows.X, *rows.target, **rows.score_params)
        except Exception:
            if self.raises or self.several:
                raise
            self._warn(format_exc())
            return self.error_score
        if not isinstance(found, dict):
            return _number(found, self.call)
        scores = {}
        for name, score in found.items():
            if isinstance(score, str) and self.several:  # the traceback of one that failed
                self._warn(score)
                score = self.error_score
            scores[name] = _number(score, name)
        return scores

    def _warn(self, details: str) -> None:
        self.n_failed += 1
        warnings.warn(
            "Scoring failed. The score on this train-test partition for these parameters will be "
            f"set to {self.error_score}. Details: \n{details}",
            UserWarning,
            stacklevel=2,
        )


def usual_scoring(estimator: Any) -> str | None:
    """The scorer that `estimator.score` is: 'accuracy', 'r2', or None for one of its own.

    Examples
    --------
    >>> from sklearn.linear_model import PoissonRegressor, Ridge
    >>> from scalml.model_selection.scoring import usual_scoring
    >>> usual_scoring(Ridge()), usual_scoring(PoissonRegressor())
    ('r2', None)
    """
    if isinstance(estimator, ParallelPostFit):
        usual = (
            "accuracy" if is_classifier(estimator) else "r2" if is_regressor(estimator) else None
        )
        return usual if estimator.scoring is None else None
    if isinstance(estimator, Pipeline):
        return usual_scoring(estimator.steps[-1][1])
    for base in type(estimator).__mro__:
        if "score" not in vars(base):
            continue
        if base is ClassifierMixin:
            return "accuracy"
        if base is RegressorMixin:
            return "r2"
        if not base.__module__.startswith("scalml."):  # ours are as the namesake's
            return None
    return None


def _takes_weights(estimator: Any, scorer: Any, call: Any) -> bool:
    if isinstance(scorer, OF_ANSWERS):
        return "sample_weight" in scorer.get_metadata_routing().score.requests
    if scorer is call and not inspect.isroutine(scorer) and hasattr(estimator, "score"):
        return "sample_weight" in inspect.signature(estimator.score).parameters
    return "sample_weight" in inspect.signature(scorer).parameters


def _number(score: Any, scorer: Any) -> Any:
    if hasattr(score, "item"):
        with suppress(ValueError):  # a scalar of NumPy's
            score = score.item()
    if not isinstance(score, Number):
        raise ValueError(
            f"scoring must return a number, got {score} ({type(score)}) instead. (scorer={scorer})"
        )
    return score

"""What a search asks: every candidate on every split of one set of rows; and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sklearn
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from scalml.data import is_chunked
from scalml.model_selection.membership import memberships
from scalml.model_selection.results import Outcome
from scalml.model_selection.rows import as_collection, same_rows
from scalml.model_selection.splitter import ChunkedSplitter


@dataclass(frozen=True)
class Question:
    """Candidates, splits and rows of one search.

    Parameters
    ----------
    estimator : estimator
        Unfitted; cloned for each candidate.
    candidates : list of dict
        Parameters to set.
    asked : list of dict
        The same as the user names them, who gave an estimator that is wrapped here.
    X, y : collections, or rows in memory
    splits : list of (train, test), or splitter
        Row numbers for rows in memory; what `memberships` takes as ``cv`` for chunked ones.
    scoring : Scoring
    fit_params, score_params : dict
        For ``fit`` and for scorers; those with a value a row go with the rows.
    return_train_score : bool
    groups : array-like or None
        For the splitter.
    """

    estimator: Any
    candidates: list[dict[str, Any]]
    asked: list[dict[str, Any]]
    X: Any
    y: Any
    splits: Any
    scoring: Any
    fit_params: dict[str, Any] = field(default_factory=dict)
    score_params: dict[str, Any] = field(default_factory=dict)
    return_train_score: bool = False
    groups: Any = None

    @property
    def chunked(self) -> bool:
        return is_chunked(self.X)

    @cached_property
    def memberships(self) -> Any:
        """What each row is to each split, as a collection of shape (n_rows, n_splits)."""
        return memberships(self.splits, self.X, self.y, self.groups)

    @cached_property
    def n_splits(self) -> int:
        if isinstance(self.splits, list):
            return len(self.splits)
        known = isinstance(self.splits, ChunkedSplitter)
        return self.splits.get_n_splits() if known else self.memberships.shape[1]

    @cached_property
    def models(self) -> list[Any]:
        """The estimator of each candidate, unfitted.

        Raises
        ------
        ValueError
            For a parameter that the estimator does not have.
        """
        return [configured(self.estimator, candidate) for candidate in self.candidates]

    @property
    def weights_only(self) -> bool:
        """Whether nothing but `sample_weight` is given beside X and y."""
        given = {name for name, value in self.fit_params.items() if value is not None}
        scored = {name for name, value in self.score_params.items() if value is not None}
        routed = sklearn.get_config()["enable_metadata_routing"]
        return given | scored <= {"sample_weight"} and not routed

    @property
    def weights_whole(self) -> bool:
        """Whether weights are given to a pipeline as such, which its ``fit`` refuses."""
        weight = self.fit_params.get("sample_weight")
        return weight is not None and isinstance(self.estimator, Pipeline)

    @cached_property
    def rows(self) -> tuple[Any, Any, Any, Any, Any]:
        """X, y, weights for fits, weights for scores and memberships, all chunked and aligned.

        Raises
        ------
        ValueError
            If lengths differ, or a row is in a split more than once.
        """
        weight, scored = (
            given.get("sample_weight") for given in (self.fit_params, self.score_params)
        )
        one = scored is weight  # and stays one, so that nothing is made of both
        X, y, weight, scored, memberships = same_rows(
            X=as_collection(self.X),
            y=self.y,
            sample_weight=weight,
            score_weight=None if one else scored,
            memberships=self.memberships,
        )
        return X, y, weight, weight if one else scored, memberships


@dataclass(frozen=True)
class Answer:
    """What a strategy found.

    Parameters
    ----------
    outcomes : list of list of Outcome
        Of each candidate, on each split.
    refit : callable or None
        ``refit(place)``, the candidate's estimator fitted to all rows, where that is cheaper than
        ``fit``.
    """

    outcomes: list[list[Outcome]]
    refit: Callable[[int], Any] | None = None


def configured(estimator: Any, candidate: dict[str, Any]) -> Any:
    """A clone with the candidate's parameters, of which estimators are cloned too."""
    return clone(estimator).set_params(**clone(candidate, safe=False))

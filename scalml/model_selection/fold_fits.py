"""Candidates fitted inside folds by algebra on the folds' Gram matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import joblib
import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from scalml.compose.steps import transformed
from scalml.data import align_with, is_chunked, wrap
from scalml.model_selection.affine import Filling, kind_of
from scalml.model_selection.explained import as_ours, steps_of
from scalml.model_selection.fold_sums import TEST, TRAIN, FoldSums
from scalml.statistics import Gram
from scalml.statistics.gaps import GapGram
from scalml.utils.validation import validate_chunks


@dataclass(frozen=True)
class Sides:
    """Statistics of one split: rows that steps learn from, that the model does, and to score."""

    learn: Any
    fit: Any
    test: Any = None
    train: Any = None

    def through(self, step: Any) -> Sides:
        """What a function makes of each, only once of one that serves several."""
        made: dict[int, Any] = {}
        found = []
        for rows in (self.learn, self.fit, self.test, self.train):
            if rows is not None and id(rows) not in made:
                made[id(rows)] = step(rows)
            found.append(None if rows is None else made[id(rows)])
        return Sides(*found)


class FoldFits:
    """The rows of a search as sums, and what its candidates learn from them.

    Parameters
    ----------
    models : list of estimator
        Of each candidate, unfitted.
    X, y, memberships, sample_weight, score_weight
        As for `solve_from_statistics`.
    """

    def __init__(
        self,
        models: list[Any],
        X: Any,
        y: Any,
        memberships: Any,
        sample_weight: Any = None,
        score_weight: Any = None,
    ) -> None:
        self.models = models
        steps = [[step for _, step in steps_of(model)[0]] for model in models]
        self.steps = [[(step, key_of(step)) for step in of_model] for of_model in steps]
        self.fills = any(kind_of(step) is Filling for of_model in steps for step in of_model)
        last = steps_of(models[0])[1]
        if sample_weight is not None and not has_fit_parameter(last, "sample_weight"):
            raise TypeError(f"{type(last).__name__}.fit() has no parameter sample_weight.")
        self.probe = as_ours(clone(last))
        self.rows = self._checked(self.probe, X, y, sample_weight)
        X, y, weight = self.rows
        if score_weight is not None and score_weight is not sample_weight:
            score_weight = self._checked(clone(self.probe), X, y, score_weight)[2]
        elif score_weight is not None:
            score_weight = weight
        # Steps have no weights; the sums of equal weights are one.
        wanted = [None if any(steps) else weight, weight, score_weight]
        weights: list[Any] = []
        for one in wanted:
            if not any(one is other for other in weights):
                weights.append(one)
        self._learn, self._fit, self._score = (
            next(k for k, other in enumerate(weights) if other is one) for one in wanted
        )
        func = GapGram.of if self.fills else Gram.of
        memberships = wrap(align_with(X, memberships)[1])
        self.sums = FoldSums.over(func, X, y, memberships, tuple(weights))

    def _checked(self, probe: Any, X: Any, y: Any, sample_weight: Any) -> Any:
        """Rows as arrays in chunks, looked at as the fit of a model looks at them."""
        # What is not finite in memory the sums find, as in chunks: nothing is read to look for it.
        look = is_chunked(X) and ("allow-nan" if self.fills else True)
        return validate_chunks(
            probe,
            X,
            y,
            sample_weight,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            ensure_all_finite=look,
            finite="statistic",
            y_numeric=True,
            multi_output=True,
        )

    def sides(self, split: int, train_scores: bool = False) -> Sides:
        """Statistics of a split.

        Raises
        ------
        ValueError
            If one of its sides has no rows.
        """
        found = Sides(
            self.sums.side(split, TRAIN, self._learn),
            self.sums.side(split, TRAIN, self._fit),
            self.sums.side(split, TEST, self._score),
            self.sums.side(split, TRAIN, self._score) if train_scores else None,
        )
        for rows, name in ((found.learn, "training"), (found.test, "test")):
            if rows is None:
                raise ValueError(f"Split {split} has no {name} rows; at least one is needed.")
        return _of_equal(found, self._learn, self._fit, self._score)

    def all(self) -> Sides:
        """Statistics of all rows, with nothing to score."""
        learn = self.sums.all(self._learn)
        return Sides(learn, learn if self._fit == self._learn else self.sums.all(self._fit))

    def behind_steps(self, place: int, sides: Sides, made: dict[Any, Any]) -> tuple[list, Sides]:
        """Learn a candidate's steps before the last, or take them from `made`.

        Parameters
        ----------
        place : int
            The candidate.
        sides : Sides
            Of the rows as they come.
        made : dict
            Steps learnt of the same rows, by their parameters and those before them; added to.

        Returns
        -------
        learnt : list
            Of the steps, as `affine` has them.
        sides : Sides
            Of the rows behind them.
        """
        keys: tuple = ()
        learnt: list[Any] = []
        if self.fills and not any(kind_of(step) is Filling for step, _ in self.steps[place]):
            if () not in made:
                made[()] = None, sides.through(GapGram.complete)
            sides = made[()][1]
        for step, key in self.steps[place]:
            keys = (*keys, key)
            if keys not in made:
                found = kind_of(step)(step, sides.learn)
                made[keys] = found, sides.through(found)
            found, sides = made[keys]
            learnt.append(found)
        return learnt, sides

    def fitted(self, place: int, sides: Sides, refine: bool) -> Any:
        """A candidate's estimator, fitted; refined by passes over all rows if need be."""
        learnt, behind = self.behind_steps(place, sides, {})
        whole = clone(self.models[place])
        before, last = steps_of(whole)
        done = {
            name: found.fitted(step) for (name, step), found in zip(before, learnt, strict=True)
        }
        model = as_ours(last)

        def residual(coef: np.ndarray) -> np.ndarray:
            X, y, weight = self.rows
            return model.residual_of(reduce(_through, done.values(), X), y, weight)(coef)

        model.solve(behind.fit, residual if refine else None)
        first = next(iter(done.values()), model)
        if hasattr(self.probe, "feature_names_in_"):
            first.feature_names_in_ = self.probe.feature_names_in_
        if type(model) is not type(last):
            model = model.to_sklearn()
        if whole is last:
            return model
        steps = [(name, done.get(name, step)) for name, step in whole.steps[:-1]]
        whole.steps = [*steps, (whole.steps[-1][0], model)]
        return whole


def _through(X: Any, step: Any) -> Any:
    return transformed(step, X)


def _of_equal(sides: Sides, learn: int, fit: int, score: int) -> Sides:
    """Sides whose equal sums are one object, so that what is made of them is made once."""
    train = sides.train
    if train is not None and score in (learn, fit):
        train = sides.learn if score == learn else sides.fit
    return Sides(sides.learn, sides.learn if fit == learn else sides.fit, sides.test, train)


def key_of(step: Any, but: str | None = None) -> Any:
    """Equal for steps of equal parameters, one of which may be left out."""
    key = (
        type(step),
        tuple(
            (name, type(value), value)
            for name, value in sorted(step.get_params(deep=False).items())
            if name != but
        ),
    )
    try:
        hash(key)
    except TypeError:
        return joblib.hash(step)
    return key

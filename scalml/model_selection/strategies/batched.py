"""Estimators that fit many candidates on many splits in the same passes: `fit_many`.

Those that have ``fit_near(models, X, y, sample_weight)`` as well, which fits to all rows from
where models of most of them are, fit the best candidate so.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from scalml.compose.steps import passes_of, transformed
from scalml.model_selection.membership import TRAIN
from scalml.model_selection.pipelines import Cut
from scalml.model_selection.question import Answer, Question, configured
from scalml.model_selection.rows import as_collection
from scalml.model_selection.score_pass import Fits, score_fits
from scalml.model_selection.trial import rows_of

name = "batched"


def refusal(question: Question) -> str | None:
    """Why candidates are not fitted together; None if they are."""
    cut = Cut.of(question.models[0])
    if not hasattr(cut.last, "fit_many"):
        return f"{type(cut.last).__name__} has no fit_many()"
    if not question.weights_only or question.weights_whole:
        return "fit has parameters that not all of its steps take"
    if cut.prefix is not None and any(
        "__" not in key for candidate in question.candidates for key in candidate
    ):
        return "candidates replace steps of the pipeline"
    return None


def passes(question: Question) -> tuple[int, int]:
    """Passes over the rows: those of one fit, which serves all, one to score and the refit's.

    Behind other steps there is such a fit for each split and each way that those steps differ.
    """
    cuts = [Cut.of(model) for model in question.models]
    low, high = passes_of(question.models[0])
    n_fits = 2
    if cuts[0].prefix is not None:
        n_fits = len({cut.key for cut in cuts}) * question.n_splits + 1
    return n_fits * low + 1, n_fits * high + 1


def answer(question: Question) -> Answer:
    """Fit all together, then score all in one pass.

    Notes
    -----
    Behind other steps of a pipeline, which learn from other rows in each split, the candidates of
    each split are fitted together, on what steps fitted once make of the rows.
    """
    cuts = [Cut.of(model) for model in question.models]
    if cuts[0].prefix is not None:
        return _behind_steps(question, cuts)
    fits = Fits(question)
    X, y, weight, _, memberships = question.rows
    with fits.shared(fits.every):
        models = clone(question.estimator).fit_many(
            question.candidates, X, y, memberships, sample_weight=weight
        )
    for place, row in enumerate(models):
        fits.models |= {(place, split): model for split, model in enumerate(row)}

    def refit(place: int) -> Any:
        model = configured(question.estimator, question.candidates[place])
        return model.fit_near(models[place], question.X, question.y, **question.fit_params)

    near = hasattr(question.estimator, "fit_near")
    return Answer(score_fits(fits), refit if near else None)


def _behind_steps(question: Question, cuts: list[Cut]) -> Answer:
    fits = Fits(question)
    _, y, weight, _, memberships = question.rows
    groups: dict[str | None, list[int]] = {}
    for place, cut in enumerate(cuts):
        groups.setdefault(cut.key, []).append(place)
    for places in groups.values():
        own = [_own(question.candidates[place], cuts[place].name) for place in places]
        first = cuts[places[0]]
        for split in range(question.n_splits):
            with fits.shared([(place, split) for place in places]):
                prefix, made = _transformed(question, first.prefix, split)
                models = clone(first.last).fit_many(
                    own, made, y, memberships[:, [split]], sample_weight=weight
                )
            for place, (model,) in zip(places, models, strict=True):
                fits.models[place, split] = cuts[place].joined(prefix, model)
    return Answer(score_fits(fits))


def _transformed(question: Question, prefix: Any, split: int) -> tuple[Any, Any]:
    """Steps fitted on the training rows of a split, and what they make of all rows."""
    if question.chunked:
        X, y, _, _, memberships = question.rows
        rows = memberships[:, split] == TRAIN
        fitted = clone(prefix).fit(X[rows], None if y is None else y[rows])
        return fitted, transformed(fitted, X)
    training = question.splits[split][0]
    fitted = clone(prefix).fit(rows_of(question.X, training), rows_of(question.y, training))
    return fitted, as_collection(transformed(fitted, question.X))


def _own(candidate: dict[str, Any], step: str) -> dict[str, Any]:
    """What a candidate sets of one step."""
    start = f"{step}__"
    return {
        key.removeprefix(start): value for key, value in candidate.items() if key.startswith(start)
    }

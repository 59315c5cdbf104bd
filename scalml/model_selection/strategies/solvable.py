"""Estimators whose fit is one statistic: one pass sums those of all splits, none reads again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cloudpickle
import numpy as np
from sklearn.base import clone, is_regressor
from sklearn.utils import get_tags
from sklearn.utils.validation import validate_data

from scalml.model_selection.fold_sums import TRAIN, FoldSums
from scalml.model_selection.question import Answer, Question
from scalml.model_selection.score_pass import Fits, score_fits
from scalml.statistics import Several
from scalml.utils.validation import validate_chunks

name = "statistics"


def refusal(question: Question) -> str | None:
    """Why candidates are not solved from statistics; None if they are."""
    estimator = question.estimator
    if not (hasattr(estimator, "statistic") and hasattr(estimator, "solve")):
        return f"{type(estimator).__name__} has no statistic() and solve()"
    if not question.weights_only:
        return "fit has parameters other than sample_weight"
    return None


def passes(question: Question) -> tuple[int, int]:
    """Passes over the rows: one to learn and one to score."""
    return 2, 2


def answer(question: Question) -> Answer:
    """Sum the statistics of all splits in one pass, solve all candidates, score in another.

    Notes
    -----
    Each row is worked through once, however many splits there are: see `FoldSums`. The refit is
    solved from all sums. Candidates whose functions pickle alike share a statistic.
    """
    fits = Fits(question)
    X, y, weight = _checked(question)
    functions = [model.statistic() for model in question.models]
    keys = [cloudpickle.dumps(function) for function in functions]
    each = dict(zip(keys, functions, strict=True))
    with fits.shared(fits.every):
        sums = FoldSums.over(Together(each), X, y, question.rows[-1], (weight,))
    for split in range(question.n_splits):
        found = sums.side(split, TRAIN)
        for place, model in enumerate(question.models):
            with fits.trial(place, split) as trial:
                if found is None:
                    raise ValueError(f"Split {split} has no training rows.")
                trial.model = _solved(model, found[keys[place]], question)
    total = sums.all()
    return Answer(
        score_fits(fits),
        lambda place: _solved(question.models[place], total[keys[place]], question),
    )


class Together:
    """The statistics of a block that different candidates need."""

    def __init__(self, functions: dict[bytes, Callable[..., Any]]) -> None:
        self.functions = functions

    def __call__(self, X: Any, y: Any, weight: Any) -> Several:
        return Several({key: func(X, y, weight) for key, func in self.functions.items()})


def _solved(model: Any, statistic: Any, question: Question) -> Any:
    model = clone(model)
    head = question.X.source.empty() if question.chunked else question.X
    validate_data(model, X=head, skip_check_array=True)  # names and number of columns
    return model.solve(statistic)


def _checked(question: Question) -> tuple[Any, Any, Any]:
    """Rows as the estimator's own fit would check them."""
    X, y, weight = question.rows[:3]
    estimator = clone(question.estimator)
    tags = get_tags(estimator)
    return validate_chunks(
        estimator,
        X if question.chunked else question.X,
        y,
        weight,
        accept_sparse="csr" if tags.input_tags.sparse else False,
        dtype=(np.float64, np.float32),
        ensure_all_finite="allow-nan" if tags.input_tags.allow_nan else True,
        y_numeric=is_regressor(estimator),
        multi_output=True,
    )

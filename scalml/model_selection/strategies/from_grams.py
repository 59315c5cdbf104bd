"""Linear regressors, perhaps behind imputer, scaler and PCA: all from one Gram matrix a fold."""

from __future__ import annotations

from traceback import format_exception
from typing import Any

from scalml.model_selection.explained import explains
from scalml.model_selection.from_statistics import METRICS, solve_from_statistics
from scalml.model_selection.question import Answer, Question
from scalml.model_selection.score_pass import Fits, score_fits
from scalml.model_selection.trial import failure

name = "statistics"


def refusal(question: Question) -> str | None:
    """Why candidates do not follow from Gram matrices; None if they do."""
    if not question.weights_only or question.weights_whole:
        return "fit has parameters that not all of its steps take"
    found = explains(question.models, question.X)
    return None if found else str(found)


def passes(question: Question) -> tuple[int, int]:
    """Passes over the rows: one, another if scores need the rows, and for a careful refit two."""
    scored = int(_metrics(question) is None)
    return 1 + scored, 3 + scored


def answer(question: Question) -> Answer:
    """Solve all candidates on all splits; score from the statistics what follows from them."""
    _, _, *weights, memberships = question.rows
    metrics = _metrics(question)
    solved = solve_from_statistics(
        question.models,
        question.X,
        question.y,
        memberships,
        question.scoring.names,
        weights[0],
        question.return_train_score,
        score_weight=weights[1],
    )
    if question.scoring.raises and solved.failures:
        raise next(iter(solved.failures.values()))
    if metrics is None:
        return Answer(_scored_on_rows(question, solved), solved.refit)
    scores = {"test_scores": solved.test_scores, "train_scores": solved.train_scores}
    outcomes = []
    for place in range(len(question.candidates)):
        outcomes.append([])
        for split in range(question.n_splits):
            at = place, split
            seconds = float(solved.fit_times[at])
            if at in solved.failures:
                outcome = _failed(question, solved.failures[at], seconds)
            else:
                outcome = {
                    "fit_error": None,
                    "fit_time": seconds,
                    "score_time": float(solved.score_times[at]),
                }
                for side, found in scores.items():
                    if found is not None:
                        outcome[side] = _of(found, at, question.scoring.several)
            outcomes[-1].append(outcome)
    return Answer(outcomes, solved.refit)


def _metrics(question: Question) -> dict[str, Any] | None:
    """The metrics by name, if all follow from a Gram matrix."""
    names = question.scoring.names
    known = all(isinstance(metric, str) and metric in METRICS for metric in names.values())
    return names if known else None


def _scored_on_rows(question: Question, solved: Any) -> list[list[Any]]:
    fits = Fits(question)
    for place in range(len(question.candidates)):
        for split in range(question.n_splits):
            with fits.trial(place, split) as trial:
                trial.model = solved.model(place, split)
            fits.seconds[place, split] += float(solved.fit_times[place, split])
    return score_fits(fits)


def _failed(question: Question, error: Exception, seconds: float) -> Any:
    told = "".join(format_exception(error))
    return failure(question.scoring, question.return_train_score, seconds, told)


def _of(found: dict[str, Any], at: tuple[int, int], several: bool) -> Any:
    scores = {name: float(values[at]) for name, values in found.items()}
    return scores if several else scores["score"]

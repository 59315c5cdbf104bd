"""Many fitted models scored together, in one pass over the rows if their metrics add up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from traceback import format_exc
from typing import Any

from scalml.model_selection.evaluate import chunked_side
from scalml.model_selection.gather import in_memory, takes_chunks
from scalml.model_selection.membership import TEST, TRAIN
from scalml.model_selection.question import Question
from scalml.model_selection.results import Outcome
from scalml.model_selection.shared_scores import score_models
from scalml.model_selection.trial import Rows, failure, side_of
from scalml.sources.base import DataChangedError

At = tuple[int, int]


class Trial:
    """A fit under way; whoever makes it sets `model`."""

    model: Any = None


class Fits:
    """Models of candidates on splits as they become ready, and what became of the others.

    Attributes
    ----------
    models : dict
        (candidate, split) -> fitted model.
    seconds : dict
        (candidate, split) -> time its fit took.
    errors : dict
        (candidate, split) -> traceback of a fit that failed.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.models: dict[At, Any] = {}
        self.seconds: dict[At, float] = {}
        self.errors: dict[At, str] = {}

    @contextmanager
    def trial(self, place: int, split: int) -> Iterator[Trial]:
        """Fit a model in a ``with`` block, which is timed and may fail.

        Rows that cannot be read are no failure of the candidate's: those errors are raised.
        """
        trial, started = Trial(), time.perf_counter()
        try:
            yield trial
        except (OSError, DataChangedError):
            raise
        except Exception:
            if self.question.scoring.raises:
                raise
            self.fail(place, split, format_exc())
        else:
            self.models[place, split] = trial.model
        self._add(place, split, time.perf_counter() - started)

    @property
    def every(self) -> list[At]:
        """All candidates on all splits."""
        n_splits = self.question.n_splits
        return [
            (place, k) for place in range(len(self.question.candidates)) for k in range(n_splits)
        ]

    @contextmanager
    def shared(self, several: Sequence[At]) -> Iterator[None]:
        """Fit several models in a ``with`` block, whose time they share equally."""
        started = time.perf_counter()
        yield
        share = (time.perf_counter() - started) / len(several)
        for at in several:
            self._add(*at, share)

    def _add(self, place: int, split: int, seconds: float) -> None:
        self.seconds[place, split] = self.seconds.get((place, split), 0.0) + seconds

    def fail(self, place: int, split: int, error: str) -> None:
        """Give up a fit, for a reason given as a traceback."""
        self.errors[place, split] = error
        self.models.pop((place, split), None)


def score_fits(fits: Fits) -> list[list[Outcome]]:
    """Outcomes of all fits: scores on test rows, and on training rows if the search asks.

    Notes
    -----
    One pass, if all scorers are metrics of scalml whose statistics stay small; otherwise each
    model is scored in passes of its own. A scorer that fails, fails alone: if the shared pass ends
    in an error, each model is scored by itself to tell whose error it is, and where it is nobody's
    it is raised.
    """
    question = fits.question
    sides = {"test_scores": TEST, "train_scores": TRAIN}
    if not question.return_train_score:
        del sides["train_scores"]
    started = time.perf_counter()
    shared: Exception | None = None
    scores = None
    try:
        scores = _together(fits, tuple(sides.values()))
    except (OSError, MemoryError, DataChangedError):
        raise
    except Exception as error:
        shared = error
    if scores is None:
        failed = question.scoring.n_failed
        scores = {code: _one_by_one(fits, code) for code in sides.values()}
        if shared is not None and question.scoring.n_failed == failed:
            raise shared
    share = (time.perf_counter() - started) / max(1, len(fits.models))
    train = question.return_train_score
    outcomes: list[list[Outcome]] = []
    for place in range(len(question.candidates)):
        outcomes.append([])
        for split in range(question.n_splits):
            at, seconds = (place, split), fits.seconds.get((place, split), 0.0)
            if at in fits.errors:
                outcome = failure(question.scoring, train, seconds, fits.errors[at])
            else:
                outcome = {"fit_error": None, "fit_time": seconds, "score_time": share}
                outcome |= {side: scores[code][at] for side, code in sides.items()}
            outcomes[-1].append(outcome)
    return outcomes


def _together(fits: Fits, codes: tuple[int, ...]) -> dict[int, dict[At, Any]] | None:
    """Scores of all models from one pass, by side; None where that is not possible."""
    question = fits.question
    scorers = question.scoring.shareable
    X, y, _, weight, memberships = question.rows
    if not scorers or y is None or set(question.score_params) - {"sample_weight"}:
        return None
    found = score_models(fits.models, X, y, memberships, scorers, weight, codes)
    if found is None or question.scoring.several:
        return found
    return {code: {at: one["score"] for at, one in all_.items()} for code, all_ in found.items()}


def _one_by_one(fits: Fits, code: int) -> dict[At, Any]:
    """Scores of each model, in passes of its own."""
    found = {}
    gathered = not all(takes_chunks(model) for model in fits.question.models)
    for split in range(fits.question.n_splits):
        places = [place for place, of_split in fits.models if of_split == split]
        if not places:
            continue
        rows = _side(fits.question, split, code)
        if gathered:
            rows = Rows(
                in_memory(rows.X),
                in_memory(rows.y),
                rows.fit_params,
                {name: in_memory(value) for name, value in rows.score_params.items()},
            )
        for place in places:
            found[place, split] = fits.question.scoring(fits.models[place, split], rows)
    return found


def _side(question: Question, split: int, code: int) -> Rows:
    """The rows of one side of a split as scorers expect them: in memory if they came so."""
    params = {}, question.score_params
    if question.chunked:
        X, y, _, _, memberships = question.rows
        return chunked_side(X, y, params, memberships[:, split] == code)
    train, test = question.splits[split]
    index = test if code == TEST else train
    return side_of(question.estimator, question.X, question.y, params, index, train)

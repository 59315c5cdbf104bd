"""Any estimator: each candidate is fitted on each split; what candidates have in common, once."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from functools import partial
from typing import Any

from sklearn.base import clone

from scalml.compose.steps import passes_of
from scalml.compose.steps import transformed as transformed_by
from scalml.data import cached, is_chunked
from scalml.model_selection.evaluate import with_rows
from scalml.model_selection.gather import in_memory, takes_chunks
from scalml.model_selection.membership import TRAIN
from scalml.model_selection.pipelines import Cut, cuts_of
from scalml.model_selection.question import Answer, Question
from scalml.model_selection.results import Outcome
from scalml.model_selection.score_pass import Fits, score_fits
from scalml.model_selection.trial import Rows, attempt, failure, side_of
from scalml.runtime import ChunkFailedError, imap

name = "general"


def refusal(question: Question) -> str | None:
    """None: any estimator will do."""
    return None


def passes(question: Question) -> tuple[int, int]:
    """Passes over the rows, if no candidates share steps: those of all fits, and one to score."""
    spans = [passes_of(model) for model in question.models]
    low, high = (sum(span[side] for span in spans) * question.n_splits for side in (0, 1))
    return low + 1, high + 1


def answer(question: Question) -> Answer:
    """Fit and score every candidate on every split.

    Rows in memory: trials run side by side. Chunked rows: fits run one after the other, each
    parallel inside, and all models are scored together.
    """
    if question.chunked:
        return _on_chunks(question)
    cuts = cuts_of(question.models)
    places = sorted(range(len(cuts)), key=lambda place: (str(cuts[place].key), place))
    tasks = [(split, place) for split in range(question.n_splits) for place in places]
    outcomes: list[list[Any]] = [[None] * question.n_splits for _ in cuts]
    keep = not question.scoring.raises
    results = imap(Trials(question, cuts), tasks, name="trials", keep_failures=keep)
    # scikit-learn's Parallel sets the filters of warnings for each call, and these are everyone's:
    # estimators that use it in several threads at once leave them in disorder.
    with warnings.catch_warnings():
        for (split, place), found in zip(tasks, results, strict=True):
            if isinstance(found, ChunkFailedError):
                found = failure(question.scoring, question.return_train_score, 0.0, str(found))
            outcomes[place][split] = found
    return Answer(outcomes)


class Trials:
    """One trial of a search on rows in memory; what trials share is made once and kept a while."""

    def __init__(self, question: Question, cuts: list[Cut]) -> None:
        self.question = question
        self.cuts = cuts
        self.shared = Shared()

    def __call__(self, task: tuple[int, int]) -> Outcome:
        split, place = task
        question, cut = self.question, self.cuts[place]
        train, test = self.shared((split,), lambda: self._sides(split))
        sides = {"train": train, "test": test}
        for_prefix, for_last = cut.shares(train.fit_params)
        alone = cut.prefix is not None and question.scoring.answers_only

        def transformed(side: str) -> Any:
            rows, prefix = sides[side], fitted_prefix()[0]
            return self.shared((split, cut.key, side), lambda: transformed_by(prefix, rows.X))

        def fitted_prefix() -> Any:
            def fit() -> Any:
                prefix = clone(cut.prefix)
                return prefix, prefix.fit_transform(train.X, *train.target, **for_prefix)

            return self.shared((split, cut.key), fit)

        def fit() -> Any:
            last = clone(cut.last)
            if cut.prefix is None:
                last.fit(train.X, *train.target, **for_last)
                return last
            prefix, X = fitted_prefix()
            last.fit(X, *train.target, **for_last)
            return last if alone else cut.joined(prefix, last)

        def score(model: Any, side: str) -> Any:
            rows = sides[side]
            if alone:
                rows = Rows(transformed(side), rows.y, rows.fit_params, rows.score_params)
            return question.scoring(model, rows)

        return attempt(fit, score, question.scoring, question.return_train_score)

    def _sides(self, split: int) -> tuple[Rows, Rows]:
        question = self.question
        assert question.splits is not None
        train, test = question.splits[split]
        given = question.fit_params, question.score_params
        return (
            side_of(question.estimator, question.X, question.y, given, train),
            side_of(question.estimator, question.X, question.y, given, test, train),
        )


class Shared:
    """Keeps the last few things made; each is made once, though many threads ask for it."""

    def __init__(self, size: int = 16) -> None:
        self.size = size
        self.kept: OrderedDict[Hashable, Once] = OrderedDict()
        self.lock = threading.Lock()

    def __call__(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self.lock:
            once = self.kept.setdefault(key, Once())
            self.kept.move_to_end(key)
            while len(self.kept) > self.size:
                self.kept.popitem(last=False)
        return once(make)

    def __reduce__(self) -> tuple[Any, ...]:  # another process makes its own
        return Shared, (self.size,)


class Once:
    """A value that the first who asks makes, while the others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made: tuple[Any, ...] = ()

    def __call__(self, make: Callable[[], Any]) -> Any:
        with self.lock:
            if not self.made:
                self.made = (make(),)
            return self.made[0]


def _on_chunks(question: Question) -> Answer:
    fits = Fits(question)
    cuts = cuts_of(question.models)
    given = with_rows(question.rows[0], question.fit_params)
    gathered = not all(takes_chunks(model) for model in question.models)
    with cached(*question.rows) as (X, y, _, _, memberships):
        for split in range(question.n_splits):
            mask = memberships[:, split] == TRAIN
            rows = {"X": X[mask], "y": None if y is None else y[mask]}
            params = {
                name: value[mask] if is_chunked(value) else value for name, value in given.items()
            }
            if gathered:
                rows, params = (
                    {name: in_memory(value) for name, value in each.items()}
                    for each in (rows, params)
                )
            with ExitStack() as caches:
                prefixes: dict[str | None, Any] = {}
                for place, cut in enumerate(cuts):
                    with fits.trial(place, split) as trial:
                        trial.model = _fitted(cut, rows, params, prefixes, caches)
            del rows, params
    return Answer(score_fits(fits), partial(_refitted, question) if gathered else None)


def _refitted(question: Question, place: int) -> Any:
    """A candidate that is fitted in memory, fitted to all rows."""
    X, y, *_ = question.rows
    params = with_rows(X, question.fit_params)
    model = clone(question.models[place])
    target = () if y is None else (in_memory(y),)
    model.fit(in_memory(X), *target, **{name: in_memory(one) for name, one in params.items()})
    return model


def _fitted(cut: Cut, rows: Any, params: Any, prefixes: Any, caches: ExitStack) -> Any:
    """A model fitted on rows; the prefix, if it shares one, is the first that was fitted."""
    target = () if rows["y"] is None else (rows["y"],)
    for_prefix, for_last = cut.shares(params)
    last = clone(cut.last)
    if cut.prefix is None:
        last.fit(rows["X"], *target, **for_last)
        return last
    if cut.key not in prefixes:
        prefix = clone(cut.prefix)
        prefix.fit(rows["X"], *target, **for_prefix)
        made = (transformed_by(prefix, rows["X"]), *target)
        if is_chunked(made[0]):
            made = tuple(caches.enter_context(cached(*made)))
        prefixes[cut.key] = prefix, made
    prefix, (X, *target) = prefixes[cut.key]
    last.fit(X, *target, **for_last)
    return cut.joined(prefix, last)

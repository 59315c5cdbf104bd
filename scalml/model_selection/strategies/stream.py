"""Models that learn chunk by chunk: all of them from the same chunks, which are read once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from traceback import format_exc
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from scalml.config import config_context, get_config
from scalml.data import cached
from scalml.metrics.inputs import labels_of
from scalml.model_selection.membership import TRAIN
from scalml.model_selection.question import Answer, Question
from scalml.model_selection.score_pass import Fits, score_fits
from scalml.runtime import add_place, imap, read_chunks, reduce_chunks
from scalml.runtime.progress import Silent, listener
from scalml.statistics import Several
from scalml.statistics.scores import Labels
from scalml.wrappers import Incremental
from scalml.wrappers.incremental import Numbered, teaches

name = "stream"
TASKS = 16  # per chunk: enough for workers of different speed to end together


def refusal(question: Question) -> str | None:
    """Why candidates do not share a stream; None if they do."""
    if not question.chunked:
        return "the rows are in memory"
    if not question.weights_only:
        return "fit has parameters other than sample_weight"
    for model in question.models:
        if not isinstance(model, Incremental):
            return f"{type(model).__name__} is not Incremental"
        if model.early_stopping:
            return "early stopping reads validation rows in passes of its own"
    return None


def passes(question: Question) -> tuple[int, int]:
    """Passes over the rows: those of the longest training, one to score, and those of the refit."""
    epochs = max(model.epochs for model in question.models)
    return 1 + epochs, 3 + 2 * epochs


def answer(question: Question) -> Answer:
    """Show each chunk to the models of all candidates and splits, then score all in one pass.

    Notes
    -----
    Each model sees the training rows of its split, chunk by chunk in order, as `Incremental` by
    itself would: the result has the same bits. Candidates with `shuffle_blocks` share a stream
    with those of the same `random_state`. Rows of a split are picked once a chunk for all its
    candidates. The models are spread over threads, in this process whatever the backend: they
    live on from chunk to chunk, and are not sent.
    """
    fits = Fits(question)
    with cached(*question.rows) as rows:
        learners = _learners(question, rows, fits)
        for stream in {learner.stream for learner in learners}:
            _run([learner for learner in learners if learner.stream == stream], rows, fits)
    return Answer(score_fits(fits))


@dataclass
class Learner:
    """A model under way.

    Parameters
    ----------
    at : (int, int)
        Candidate and split.
    wrapper : Incremental
        Whose estimator it is.
    estimator : estimator
        What learns.
    params : dict
        For each `partial_fit`.
    """

    at: tuple[int, int]
    wrapper: Incremental
    estimator: Any
    params: dict[str, Any]
    chunks: int = 0
    seconds: float = 0.0
    error: str | None = None

    @property
    def stream(self) -> str | None:
        """Learners of one stream are shown the chunks in the same order."""
        wrapper = self.wrapper
        return joblib.hash(wrapper.random_state) if wrapper.shuffle_blocks else None

    def learn(
        self, X: Any, target: tuple[Any, ...], weight: dict[str, Any], *, raises: bool
    ) -> None:
        """See the rows of one chunk."""
        started = time.perf_counter()
        try:
            self.estimator.partial_fit(X, *target, **weight, **self.params)
            self.chunks += 1
        except Exception:
            if raises:
                raise
            self.error = format_exc()
        self.seconds += time.perf_counter() - started


def _learners(question: Question, rows: Any, fits: Fits) -> list[Learner]:
    classes = _classes(question, rows)
    learners = []
    for place, model in enumerate(question.models):
        for split in range(question.n_splits):
            params = {"classes": classes[split]} if is_classifier(model.estimator) else {}
            with fits.trial(place, split) as trial:
                model._check_parameters()
                trial.model = clone(model)
                fresh = model._fresh()
                learners.append(Learner((place, split), trial.model, fresh, params))
    return learners


def _run(learners: list[Learner], rows: Any, fits: Fits) -> None:
    """Show one stream to its learners, epoch by epoch."""
    X, y, weight, _, memberships = rows
    first = learners[0].wrapper
    random_state = check_random_state(first.random_state)
    for epoch in range(max(learner.wrapper.epochs for learner in learners)):
        order = random_state.permutation(X.n_chunks).tolist() if first.shuffle_blocks else None
        live = [one for one in learners if one.error is None and epoch < one.wrapper.epochs]
        chunks = read_chunks(
            X, y, weight, memberships, func=Numbered(), order=order, name="partial_fit"
        )
        for index, *blocks in chunks:
            try:
                _show(live, Chunk(*blocks), fits.question.scoring.raises)
            except Exception as error:
                add_place(error, X.source, index)
                raise
            live = [one for one in live if one.error is None]
    for one in learners:
        if one.error is None and not one.chunks:
            why = "has no training rows, or their weights are all zero."
            one.error = f"ValueError: split {one.at[1]} {why}"
        if one.error is not None:
            fits.fail(*one.at, one.error)
            continue
        one.wrapper.estimator_ = one.estimator
        one.wrapper.n_iter_ = one.wrapper.epochs
        fits.seconds[one.at] = one.seconds


class Chunk:
    """The rows of one chunk, those of each split picked once."""

    def __init__(self, X: Any, y: Any, weight: Any, memberships: np.ndarray) -> None:
        self.blocks = X, y, weight
        self.trains = memberships == TRAIN
        self.picked: dict[int, Any] = {}
        self.locks = [threading.Lock() for _ in range(memberships.shape[1])]

    def of_split(self, split: int) -> Any:
        """X, (y,) and {"sample_weight": weight} of a split's training rows; None if none teach."""
        with self.locks[split]:
            if split not in self.picked:
                rows = self.trains[:, split]
                self.picked[split] = self._taken(rows) if rows.any() else None
            return self.picked[split]

    def _taken(self, rows: np.ndarray) -> Any:
        X, y, weight = (
            block if block is None or rows.all() else _rows(block, rows) for block in self.blocks
        )
        if not teaches(weight):
            return None
        return (
            X,
            () if y is None else (_values(y),),
            {} if weight is None else {"sample_weight": _values(weight)},
        )


def _show(learners: list[Learner], chunk: Chunk, raises: bool) -> None:
    """Let learners see a chunk, side by side."""
    n_parts = max(1, -(-len(learners) // TASKS))
    by_split = sorted(learners, key=lambda learner: learner.at[1])
    parts = [by_split[first : first + n_parts] for first in range(0, len(by_split), n_parts)]
    with _threads():
        for _ in imap(partial(_learn, chunk=chunk, raises=raises), parts, name="learn"):
            pass


def _learn(learners: list[Learner], chunk: Chunk, raises: bool) -> None:
    looked: set[Any] = set()  # for NaN, by a learner of this kind that did not object
    for learner in learners:
        picked = chunk.of_split(learner.at[1])
        if picked is None:
            continue
        key = learner.at[1], type(learner.estimator)
        with sklearn.config_context(assume_finite=(key in looked) or None):
            learner.learn(*picked, raises=raises)
        if learner.error is None:
            looked.add(key)


@contextmanager
def _threads() -> Iterator[None]:
    """Workers in this process; progress is told by the reading alone."""
    backend = "serial" if get_config()["backend"] == "serial" else "threads"
    token = listener.set(Silent())
    try:
        with config_context(backend=backend):
            yield
    finally:
        listener.reset(token)


def _classes(question: Question, rows: Any) -> list[Any]:
    """Labels among the training rows of each split, in one pass over y."""
    _, y, _, _, memberships = rows
    if not any(is_classifier(model.estimator) for model in question.models):
        return [None] * question.n_splits
    found = reduce_chunks(_labels, y, memberships, name="classes")
    classes = [found[split].classes for split in sorted(found)]
    for labels in classes:
        check_classification_targets(labels)
    return classes


def _labels(y: Any, memberships: np.ndarray) -> Several:
    y = labels_of(y, "y")
    return Several({split: Labels.of(y[rows == TRAIN]) for split, rows in enumerate(memberships.T)})


def _rows(block: Any, rows: np.ndarray) -> Any:
    taken = block[rows]
    frame = isinstance(taken, (pd.DataFrame, pd.Series))
    return taken.reset_index(drop=True) if frame else taken


def _values(block: Any) -> Any:
    return block.to_numpy() if isinstance(block, (pd.DataFrame, pd.Series)) else block

"""A pass that scores many models, each on the rows of its split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import sklearn
import sklearn.pipeline

from scalml.compose.steps import InTurn, plain_of
from scalml.metrics import Scorer
from scalml.metrics.inputs import Truth
from scalml.metrics.metric import always
from scalml.model_selection.margins import kind_of, through_margins, with_coefficients
from scalml.model_selection.membership import TEST
from scalml.runtime import memory_limit, reduce_chunks, tree_memory
from scalml.sources.blocks import take_rows
from scalml.statistics import Several

KEPT_BYTES = 84  # of a row in a ranking, while two halves of it are being merged


def score_models(
    models: Mapping[tuple[Any, int], Any],
    X: Any,
    y: Any,
    memberships: Any,
    scorers: Mapping[str, Scorer],
    sample_weight: Any = None,
    codes: tuple[int, ...] = (TEST,),
) -> dict[int, dict[tuple[Any, int], dict[str, float]]] | None:
    """Score fitted models on the rows of their splits, all in one pass if memory allows.

    Parameters
    ----------
    models : mapping of (name, split) to fitted estimator
        With ``to_sklearn()``, or that take blocks of rows as they are.
    X, y, sample_weight : collections
        Aligned; the weights may be None.
    memberships : ChunkedArray of shape (n_rows, n_splits)
        1 and 2 for training and test rows of each split.
    scorers : mapping of str to Scorer
        Of metrics that have a `Metric`.
    codes : tuple of int, default=(2,)
        Which sides to score: test rows (2), training rows (1).

    Returns
    -------
    dict
        ``scores[code][name, split][scorer]``. None if the statistic of a metric would not stay
        small: rankings of very many rows take more passes.

    Notes
    -----
    Metrics of rankings and medians keep some 84 bytes a row and model: where those of all models
    would take more than half of the memory that is left, the models share several passes.

    The rows of a split are picked once a chunk, what pipelines with the same fitted steps have in
    common is computed once, and each method of a model is called once.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import Ridge
    >>> from scalml.metrics import get_scorer
    >>> from scalml.model_selection import memberships
    >>> from scalml.model_selection.shared_scores import score_models
    >>> X = scalml.from_array(np.arange(6.0).reshape(6, 1), chunk_rows=4)
    >>> y = X[:, 0]
    >>> models = {("a", 0): Ridge(alpha=0).fit(X, y), ("b", 1): Ridge(alpha=17.5).fit(X, y)}
    >>> found = score_models(models, X, y, memberships(2, X), {"score": get_scorer("r2")})
    >>> {at: round(scores["score"], 3) for at, scores in found[2].items()}
    {('a', 0): 1.0, ('b', 1): -0.094}
    """
    if not models:
        return {code: {} for code in codes}
    first = X.head(1)
    prefixes: dict[tuple[int, ...], Any] = {}
    known: dict[Any, tuple[Any, list[Plan] | None]] = {}
    judged = []
    for at, model in models.items():
        before, last = _parts(model, prefixes)
        kind = kind_of(last)
        alike = before, at if kind is None else kind
        if alike not in known:
            rows = first if before is None else prefixes[before].transform(first)
            plain = plain_of(last)
            known[alike] = plain, _plans(plain, scorers, rows, (y, sample_weight))
        plain, plans = known[alike]
        if plans is None:
            return None
        plain = plain if kind is None else with_coefficients(plain, last)
        judged.append(Judged(at, before, plain, plans))
    found: dict[int, dict[Any, dict[str, float]]] = {code: {} for code in codes}
    for some in _groups(judged, memberships, codes):
        block = ScoreBlock(some, prefixes, codes)
        total = reduce_chunks(block, X, y, sample_weight, memberships, name="scores")
        for code in codes:
            for one in some:
                found[code][one.at] = {p.name: p.score(total, one.at, code) for p in one.plans}
        del total  # before the next pass
    return found


def _groups(judged: list[Judged], memberships: Any, codes: tuple[int, ...]) -> list[list[Judged]]:
    """Models that are scored in the same pass: all, unless they keep something of every row."""
    judged = sorted(judged, key=lambda one: (one.at[1], one.before or ()))
    if not any(plan.grows for one in judged for plan in one.plans):
        return [judged]
    sizes = reduce_chunks(partial(_side_sizes, codes=codes), memberships, name="count rows")
    room = max(0, memory_limit() - tree_memory()) // 2
    groups: list[list[Judged]] = []
    left = 0
    for one in judged:
        need = KEPT_BYTES * int(sizes[one.at[1]]) * sum(plan.grows for plan in one.plans)
        if not groups or need > left:
            groups.append([])
            left = room
        groups[-1].append(one)
        left -= need
    return groups


def _side_sizes(memberships: np.ndarray, codes: tuple[int, ...]) -> np.ndarray:
    """Rows that are scored in each split."""
    return np.isin(memberships, codes).sum(axis=0)


@dataclass(frozen=True)
class Plan:
    """How one scorer scores one model.

    Parameters
    ----------
    name : str
    scorer : Scorer
    method : str
        Of the model.
    observe : callable
        Statistic of (y, answers, weight).
    key : hashable
        Equal where the statistic is.
    parameters : dict
        To finish the sum with.
    """

    name: str
    scorer: Scorer
    method: str
    observe: Any
    key: Any
    parameters: dict[str, Any]

    @property
    def grows(self) -> bool:
        """Whether the statistic keeps something of every row."""
        return self.scorer.metric.fits is not always

    def score(self, total: Several, at: Any, code: int) -> float:
        """The score that the sum over all rows comes to."""
        found = total.get((code, at, self.key))
        if found is None:
            raise ValueError(f"Split {at[1]} has no rows to score.")
        return float(self.scorer.sign * self.scorer.metric.score(found, **self.parameters))


@dataclass(frozen=True)
class Judged:
    """A model to be scored: its steps before the last, by key, its last step, and how."""

    at: tuple[Any, int]
    before: tuple[int, ...] | None
    last: Any
    plans: list[Plan]


class ScoreBlock:
    """The statistics of all models' scores on one block."""

    def __init__(self, judged: list[Judged], prefixes: Any, codes: tuple[int, ...]) -> None:
        self.judged = judged  # sorted by split and steps
        self.prefixes = prefixes
        self.codes = codes

    def __call__(self, X: Any, y: Any, weight: Any, memberships: np.ndarray) -> Several:
        found = Several()
        for code in self.codes:
            for split, judged in groupby(self.judged, lambda one: one.at[1]):
                rows = memberships[:, split] == code
                if not rows.any():
                    continue
                of_split, y_true, weights = (_taken(block, rows) for block in (X, y, weight))
                target = Truth(y_true), weights
                for before, alike in groupby(judged, lambda one: one.before):
                    made = of_split
                    if before is not None:
                        made = self.prefixes[before].transform(of_split)
                    found |= _statistics(list(alike), code, made, *target)
        return found


def _statistics(judged: list[Judged], code: int, X: Any, y: Any, weight: Any) -> Several:
    """Of models that look at the same rows."""
    found = Several()
    looked: set[type] = set()  # at the rows, which one model of a kind checks
    for places, model, rows in through_margins([one.last for one in judged], X):
        known = type(model) in looked
        with sklearn.config_context(assume_finite=known or None):
            found |= _compared([judged[place] for place in places], model, code, rows, y, weight)
        looked.add(type(model))
    return found


def _compared(some: list[Judged], asked: Any, code: int, X: Any, y: Any, weight: Any) -> Several:
    """Statistics of the answers of one model, which are those of several models in turn."""
    raw: dict[str, Any] = {}
    found = Several()
    for plan in some[0].plans:
        if (code, some[0].at, plan.key) in found:
            continue
        if plan.method not in raw:
            raw[plan.method] = getattr(asked, plan.method)(X)
        answers = plan.scorer.respond(asked, X, raw[plan.method])
        each = np.split(answers, len(some)) if len(some) > 1 else [answers]
        for one, own in zip(some, each, strict=True):
            found[code, one.at, plan.key] = plan.observe(y, own, weight)
    return found


def _parts(model: Any, prefixes: dict[tuple[int, ...], Any]) -> tuple[Any, Any]:
    """Key of the plain steps before the last, put into `prefixes`, and the last step."""
    if not isinstance(model, sklearn.pipeline.Pipeline) or len(model.steps) < 2:
        return None, model
    key = tuple(id(step) for _, step in model.steps[:-1])
    if key not in prefixes:
        prefixes[key] = InTurn([plain_of(step) for _, step in model.steps[:-1]])
    return key, model.steps[-1][1]


def _plans(model: Any, scorers: Mapping[str, Scorer], first: Any, rows: Any) -> list[Plan] | None:
    plans = []
    y, weight = rows
    for name, scorer in scorers.items():
        metric, method = scorer.metric, scorer.method_of(model)
        example = scorer.respond(model, first, getattr(model, method)(first))
        of_metric = y, Like((y.shape[0], *np.shape(example)[1:])), weight
        parameters = metric.defaults | scorer.parameters
        parameters |= metric.prepare(of_metric, parameters, getattr(model, "classes_", None))
        if not metric.fits(of_metric, parameters):
            return None
        observe = metric.statistic(**parameters)
        positive = None if method == "predict" else scorer.positive(model)
        key = method, positive, observe.func, repr(sorted(observe.keywords.items()))
        plans.append(Plan(name, scorer, method, observe, key, parameters))
    return plans


@dataclass(frozen=True)
class Like:
    """Has the shape of a model's answers, which is all that metrics look at in advance."""

    shape: tuple[Any, ...]


def _taken(block: Any, rows: np.ndarray) -> Any:
    if block is None:
        return None
    first, count = int(rows.argmax()), int(rows.sum())
    together = rows[first : first + count].all()  # those of a fold often are: nothing is copied
    return take_rows(block, first, first + count) if together else block[rows]

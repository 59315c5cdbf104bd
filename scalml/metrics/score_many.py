"""Several scores of one model from one pass over the data: their statistics add side by side."""

from __future__ import annotations

import inspect
from traceback import format_exc

import sklearn.metrics

from scalml.metrics.inputs import any_chunked, chunked
from scalml.metrics.metric import STREAMED
from scalml.metrics.scorer import Scorer, require_streaming
from scalml.metrics.scorers import get_scorer
from scalml.runtime import reduce_chunks
from scalml.statistics import Several


class SharedScores:
    """The scorers of a fitted estimator that are statistics, as one function of blocks.

    ``reduce_chunks(shared, *shared.rows)`` sums what all of them need and `finish` gives the
    scores. To share the pass with other models, or to score parts of the rows apart, call it on
    blocks of `rows` in a function of your own.

    Parameters
    ----------
    estimator : fitted estimator
    X : array-like or chunked, of shape (n_rows, n_columns)
    y : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs)
    scorers : dict of str -> scorer
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Attributes
    ----------
    rows : list of collections or None
        Targets, weights, then what the metrics compare with the targets: lazy answers of the
        estimator, each of its methods called once.
    alone : dict of str -> scorer
        Those whose statistic would not fit in memory, or that have none.

    Notes
    -----
    Scorers that sum the same (all averages of precision and recall, mean squared error and R²)
    share it.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import LinearRegression
    >>> from scalml.metrics.score_many import SharedScores
    >>> X = scalml.from_array(np.arange(6.0).reshape(-1, 1), chunk_rows=4)
    >>> y = np.array([0.0, 1, 2, 3, 4, 6])
    >>> model = LinearRegression().fit(X, y)
    >>> shared = SharedScores(model, X, y, {"r2": "r2", "worst": "neg_max_error"})
    >>> found = scalml.reduce_chunks(shared, *shared.rows)
    >>> {name: round(score, 3) for name, score in shared.finish(found).items()}
    {'r2': 0.98, 'worst': -0.476}
    """

    def __init__(self, estimator, X, y, scorers, sample_weight=None):
        self.alone, self._observers, self._finishes = {}, [], {}
        raw, compared, chosen = {}, {}, {}
        for name, scorer in scorers.items():
            scorer = get_scorer(scorer)
            if not isinstance(scorer, Scorer) or scorer.metric is None or y is None:
                self.alone[name] = scorer
                continue
            method = scorer.method_of(estimator)
            key = method, None if method == "predict" else scorer.positive(estimator)
            if key not in compared:
                if method not in raw:
                    raw[method] = getattr(estimator, method)(X)
                compared[key] = scorer.respond(estimator, X, raw[method])
            chosen[name] = scorer, list(compared).index(key)
        self.rows = chunked(y, sample_weight, *compared.values()) if compared else []
        known = {}
        for name, (scorer, place) in chosen.items():
            self._plan(name, scorer, place, getattr(estimator, "classes_", None), known)

    def _plan(self, name, scorer, place, classes, known):
        metric = scorer.metric
        rows = self.rows[0], self.rows[2 + place], self.rows[1]
        parameters = metric.defaults | scorer.parameters
        parameters |= metric.prepare(rows, parameters, classes)
        if not metric.fits(rows, parameters):
            self.alone[name] = scorer
            return
        observe = metric.statistic(**parameters)
        key = place, observe.func, repr(sorted(observe.keywords.items()))
        if key not in known:
            known[key] = len(known)
            self._observers.append((place, observe))
        self._finishes[name] = known[key], scorer, parameters

    def __call__(self, y, sample_weight, *answers):
        """The statistics of one block of `rows`."""
        return Several(
            {
                number: observe(y, answers[place], sample_weight)
                for number, (place, observe) in enumerate(self._observers)
            }
        )

    def finish(self, found):
        """Scores by name, from the sum of the statistics."""
        return {
            name: scorer.sign * scorer.metric.score(found[number], **parameters)
            for name, (number, scorer, parameters) in self._finishes.items()
        }

    def __reduce__(self):  # a worker needs to observe only
        return _observing, (self._observers,)


def _observing(observers):
    shared = object.__new__(SharedScores)
    shared._observers = observers
    return shared


def score_many(estimator, X, y, scorers, sample_weight=None):
    """Score one model by several scorers, in one pass over chunked data.

    Parameters
    ----------
    estimator : fitted estimator
    X : array-like or chunked, of shape (n_rows, n_columns)
    y : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs), or None
    scorers : dict of str -> scorer
        Scorers, or their names.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
        For those of the scorers that take weights.

    Returns
    -------
    dict of str -> float
        In the order of `scorers`.

    Raises
    ------
    ValueError, AttributeError
        What the scorers raise.
    TypeError
        For chunked data and a scorer that needs them in memory.

    Notes
    -----
    One pass over X, y and weights for all metrics of scalml together, in which each method of the
    estimator is called once a chunk. Passes of their own have scorers that are other functions,
    and rankings (ROC AUC, average precision, medians) of more than 16 million rows, fewer under a
    low memory limit, or of an unknown number of them. In-memory data are scored as by
    scikit-learn's multimetric scorers.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import LogisticRegression
    >>> from scalml.metrics import score_many
    >>> X = scalml.from_array(np.array([[0.0], [1.0], [2.0], [3.0]]), chunk_rows=3)
    >>> y = np.array([0, 1, 0, 1])
    >>> model = LogisticRegression().fit(X, y)
    >>> score_many(model, X, y, {"accuracy": "accuracy", "auc": "roc_auc"})
    {'accuracy': 0.5, 'auc': 0.75}
    """
    scorers = {name: get_scorer(scorer) for name, scorer in scorers.items()}
    if not any_chunked(X, y, sample_weight):
        return _in_memory(estimator, X, y, scorers, sample_weight)
    for scorer in scorers.values():
        require_streaming(scorer)
    shared = SharedScores(estimator, X, y, scorers, sample_weight)
    scores = {}
    if len(shared.alone) < len(scorers):
        scores = shared.finish(reduce_chunks(shared, *shared.rows, name="scores"))
    for name, scorer in shared.alone.items():
        scores[name] = _alone(scorer, estimator, X, y, sample_weight)
    return {name: scores[name] for name in scorers}


def _in_memory(estimator, X, y, scorers, sample_weight):
    ours = {name: s.to_sklearn() for name, s in scorers.items() if isinstance(s, Scorer)}
    weights = {} if sample_weight is None else {"sample_weight": sample_weight}
    target = () if y is None else (y,)
    scores = {}
    if ours:
        together = sklearn.metrics.check_scoring(estimator, ours)
        scores = together(estimator, X, *target, **weights)
    for name in scorers:
        if name not in scores:
            scores[name] = _alone(scorers[name], estimator, X, y, sample_weight)
    return {name: scores[name] for name in scorers}


def _alone(scorer, estimator, X, y, sample_weight):
    target = () if y is None else (y,)
    called = scorer.score_func if isinstance(scorer, Scorer) else scorer
    weighted = sample_weight is not None and "sample_weight" in inspect.signature(called).parameters
    weights = {"sample_weight": sample_weight} if weighted else {}
    return scorer(estimator, X, *target, **weights)


class MultiScorer:
    """Callable that gives several scores of a model by name: ``scorer(estimator, X, y)``.

    Parameters
    ----------
    scorers : dict of str -> scorer
    raise_exc : bool, default=True
        If False, a scorer that fails gives the text of its traceback in place of a score.
    """

    def __init__(self, scorers, raise_exc=True):
        self.scorers = scorers
        self.raise_exc = raise_exc

    def __call__(self, estimator, X, y=None, *, sample_weight=None):
        try:
            return score_many(estimator, X, y, self.scorers, sample_weight)
        except Exception:
            if self.raise_exc:
                raise
        return {name: self._one(name, estimator, X, y, sample_weight) for name in self.scorers}

    def _one(self, name, *given):
        try:
            return _alone(self.scorers[name], *given)
        except Exception:
            return format_exc()

    def __repr__(self):
        return f"MultiScorer({', '.join(self.scorers)})"


def check_scoring(estimator=None, scoring=None, *, allow_none=False, raise_exc=True):
    """The scorer that `scoring` means for an estimator.

    Parameters
    ----------
    estimator : estimator, default=None
    scoring : str, callable, list, tuple, set, dict or None, default=None
        A name, a scorer, several names, or names for scorers. None is the estimator's `score`.
    allow_none : bool, default=False
        Whether an estimator without `score` gives None instead of an error.
    raise_exc : bool, default=True
        Whether one failing scorer of several raises; if not, the text of its traceback is the
        score.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``: a score, or a dict of them if `scoring` names several.

    Raises
    ------
    ValueError, TypeError
        As `sklearn.metrics.check_scoring`.

    Examples
    --------
    >>> from scalml.linear_model import Ridge
    >>> from scalml.metrics import check_scoring
    >>> check_scoring(Ridge(), scoring=["r2", "neg_max_error"])
    MultiScorer(r2, neg_max_error)
    """
    for one in scoring.values() if isinstance(scoring, dict) else [scoring]:
        known = getattr(one, "metric", None) is not None and not isinstance(one, Scorer)
        plain = inspect.isfunction(one) and one in STREAMED
        if known or plain:
            raise ValueError(
                f"scoring value {one!r} looks like it is a metric function rather than a scorer. "
                "A scorer should require an estimator as its first parameter. Please use "
                "`make_scorer` to convert a metric to a scorer."
            )
    checked = sklearn.metrics.check_scoring(
        estimator, scoring, allow_none=allow_none, raise_exc=raise_exc
    )
    if scoring is None:
        return checked
    if isinstance(scoring, str) or callable(scoring):
        return get_scorer(scoring)
    named = scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    return MultiScorer({name: get_scorer(scorer) for name, scorer in named.items()}, raise_exc)

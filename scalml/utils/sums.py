"""A fit is a generator that asks for sums; fits that run together share the passes that answer.

An estimator joins by one method::

    def sums(self, X, y=None, sample_weight=None, *, reset=True):
        X, y, sample_weight = validate_chunks(self, X, y, sample_weight, reset=reset)
        moments = yield Sum(Moments.of, (X, None, sample_weight))   # one pass, perhaps shared
        self.mean_ = moments.mean                                   # solved, fitted

Each ``yield`` asks for one sum over the rows. `run` answers one such fit, so that ``fit`` is
``run(self.sums(X, y))``; `together` merges several into one that asks all their questions of
each round at once. `Pipeline.sums` is its steps' one after the other, `ColumnTransformer.sums`
its steps' together, and so they nest.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from scalml.runtime import reduce_chunks
from scalml.sources.base import takes_codes
from scalml.statistics import Several

__all__ = ["Sum", "run", "together"]

Fit = Generator["Sum", Any, None]


@dataclass(frozen=True)
class Sum:
    """What a fit asks for: the sum of `func` over the chunks of aligned collections.

    Parameters
    ----------
    func : callable
        Gets a block of each item of `data`, returns a statistic. Pickles with cloudpickle.
    data : tuple of collections or None
        None is handed to `func` as None.
    """

    func: Callable[..., Any]
    data: tuple


@dataclass(frozen=True)
class Questions:
    """The functions of several sums as one function of all their data, side by side."""

    parts: tuple[tuple[str, Callable[..., Any], int], ...]

    @property
    def takes_codes(self) -> tuple[bool, ...]:
        """For each block, whether its text may come as categories."""
        return tuple(may for _, func, width in self.parts for may in takes_codes(func, width))

    def __call__(self, *blocks) -> Several:
        found, start = Several(), 0
        for name, func, width in self.parts:
            found[name] = func(*blocks[start : start + width])
            start += width
        return found


def run(fit: Fit, name: str = "fit") -> None:
    """Run a fit to its end, one pass over the data for each sum it asks for.

    Parameters
    ----------
    fit : generator of Sum
    name : str
        What progress reports call the passes.
    """
    answer = None
    while True:
        try:
            asked = fit.send(answer)
        except StopIteration:
            return
        answer = reduce_chunks(asked.func, *asked.data, name=name)


def together(fits: Mapping[str, Fit]) -> Fit:
    """Merge fits of the same rows into one that asks their sums of each round in one pass.

    Parameters
    ----------
    fits : mapping of names to generators of Sum

    Yields
    ------
    Sum
        As many as the fit that asks most often needs.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> X = scalml.from_array(np.arange(6.0), chunk_rows=4)
    >>> found = {}
    >>> def ask(name, func):
    ...     found[name] = yield Sum(func, (X,))
    >>> run(together({"sum": ask("sum", np.sum), "rows": ask("rows", len)}))
    >>> found["rows"], float(found["sum"])
    (6, 15.0)
    """
    running: dict[str, Fit] = dict(fits)
    answers: Mapping[str, Any] = {}
    while True:
        asked: dict[str, Sum] = {}
        for name in list(running):
            try:
                asked[name] = running[name].send(answers.get(name))
            except StopIteration:
                del running[name]
        if not asked:
            return
        if len(asked) == 1:
            ((name, question),) = asked.items()
            answers = {name: (yield question)}
            continue
        parts = tuple((name, q.func, len(q.data)) for name, q in asked.items())
        data = tuple(item for question in asked.values() for item in question.data)
        answers = yield Sum(Questions(parts), data)

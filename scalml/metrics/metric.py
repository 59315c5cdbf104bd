"""A metric is a statistic of blocks that adds up, and a way to finish it."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import sklearn.metrics

from scalml.metrics.inputs import any_chunked, scored
from scalml.runtime import reduce_chunks

LABELS = ([0, 1], [0, 1])
NUMBERS = ([1.0, 2.0], [1.0, 2.0])
PROBABILITIES = ([0, 1], [0.2, 0.8])

STREAMED: dict[Any, Any] = {}  # scikit-learn's metrics -> ours of the same name


def always(rows, parameters):
    """Whether a statistic that does not grow with the rows fits in memory."""
    return True


def nothing(rows, parameters, classes=None):
    """What needs to be known before a pass, for most metrics."""
    return {}


@dataclass(frozen=True)
class Metric:
    """What a metric sums over blocks, and how a score comes of the sum.

    It is the attribute `metric` of the functions of `scalml.metrics`, for those who want to sum
    several metrics, models or folds in one pass of their own.

    Parameters
    ----------
    name : str
    observe : callable
        ``observe(y_true, y_pred, sample_weight, **needed)`` is the statistic of one block.
    finish : callable
        ``finish(statistic, **parameters)`` is the score.
    needs : tuple of str
        Names of the parameters that `observe` gets.
    defaults : dict
        Parameters of the metric and their values.
    fits : callable
        ``fits(rows, parameters)`` tells whether the statistic of collections that long stays
        small; if not, only the function itself, in several passes, can answer.
    prepare : callable
        ``prepare(rows, parameters, classes=None)`` gives what else `observe` and `finish` need
        to know, from the shapes of the collections, or in a pass over the labels unless
        `classes` tells them.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.metrics import f1_score
    >>> observe = f1_score.metric.statistic()
    >>> y, predicted = np.array([0, 1, 1, 1]), np.array([0, 1, 0, 1])
    >>> found = observe(y[:2], predicted[:2], None) + observe(y[2:], predicted[2:], None)
    >>> f1_score.metric.score(found), f1_score(y, predicted)
    (0.8, 0.8)
    """

    name: str
    observe: Callable[..., Any]
    finish: Callable[..., Any]
    needs: tuple[str, ...] = ()
    defaults: dict[str, Any] = field(default_factory=dict)
    fits: Callable[..., bool] = always
    prepare: Callable[..., dict[str, Any]] = nothing

    def statistic(self, **parameters):
        """The function of (y_true, y_pred, sample_weight) that gives a block's statistic."""
        parameters = self.defaults | parameters
        return partial(self.observe, **{name: parameters[name] for name in self.needs})

    def score(self, statistic, **parameters):
        """The score that a sum of statistics amounts to."""
        return self.finish(statistic, **(self.defaults | parameters))


def as_they_are(rows):
    """Collections, for metrics that recode none."""
    return rows


def streamed(
    observe,
    finish,
    *,
    needs=(),
    fits=always,
    otherwise=None,
    prepare=nothing,
    recode=as_they_are,
    renamed=None,
    example=LABELS,
):
    """Decorate the signature and docstring of a metric that scikit-learn has too.

    In-memory inputs go to the namesake. Chunked inputs are observed in one pass and finished.

    Parameters
    ----------
    observe, finish, needs, fits, prepare
        Of `Metric`.
    otherwise : callable
        ``otherwise(rows, parameters)`` answers, in several passes, where the statistic of these
        collections does not fit.
    renamed : dict of str to str, optional
        Old names of parameters, which warn.
    recode : callable
        ``recode(rows)`` gives the collections that are looked at.
    example : (y_true, y_pred)
        A few rows on which the namesake tells which parameters are invalid.
    """

    def decorate(function):
        name = function.__name__
        namesake = getattr(sklearn.metrics, name)
        signature = inspect.signature(function)
        two = tuple(signature.parameters)[:2]
        defaults = {
            key: parameter.default
            for key, parameter in signature.parameters.items()
            if key not in (*two, "sample_weight")
        }
        metric = Metric(name, observe, finish, needs, defaults, fits, prepare)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for old, new in (renamed or {}).items():
                if old in kwargs:
                    warnings.warn(
                        f"{old!r} of {name}() is deprecated: it is {new!r} now.",
                        FutureWarning,
                        stacklevel=2,
                    )
                    kwargs[new] = kwargs.pop(old)
            values = signature.bind(*args, **kwargs)
            values.apply_defaults()
            parameters = dict(values.arguments)
            truth, answers = (parameters.pop(key) for key in two)
            weight = parameters.pop("sample_weight", None)
            if not any_chunked(truth, answers, weight):
                return namesake(*args, **kwargs)
            check_parameters(namesake, example, parameters)
            rows = recode(scored(truth, answers, weight, name, two))
            parameters |= prepare(rows, parameters)
            if not fits(rows, parameters):
                return otherwise(rows, parameters)
            found = reduce_chunks(metric.statistic(**parameters), *rows, name=name)
            return metric.score(found, **parameters)

        wrapper.metric = metric  # type: ignore[attr-defined]
        STREAMED[namesake] = wrapper
        return wrapper

    return decorate


def check_parameters(namesake, example, parameters):
    """Raise what scikit-learn says of invalid parameters, before data are read.

    What it says of the example itself does not count.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            namesake(*example, **parameters)
        except Exception as error:
            if isinstance(error, ValueError) and isinstance(error, TypeError):
                raise

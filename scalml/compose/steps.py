"""What compositions need to know of a step: how it is fitted from sums, and its plain twin."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn.pipeline
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from scalml.utils.application import Apply
from scalml.utils.namesakes import params_of
from scalml.utils.sums import Fit, Sum
from scalml.utils.validation import is_chunked

__all__ = [
    "InTurn",
    "count_stored",
    "inverse",
    "is_fitted",
    "is_none",
    "outputs",
    "passes_in_turn",
    "passes_of",
    "plain_of",
    "plain_pipeline",
    "sums_in_turn",
    "sums_of",
    "transformed",
]


def is_none(step: Any) -> bool:
    """Whether a step leaves rows as they are."""
    return step is None or (isinstance(step, str) and step == "passthrough")


def sums_of(step: Any, X: Any, y: Any = None, *, reset: bool = True, **params: Any) -> Fit:
    """Fit a step of any kind on chunked X, as a generator of the sums it asks for.

    Parameters
    ----------
    step : estimator
        One with ``sums``, a pipeline of steps, a stateless scikit-learn transformer (fitted on
        two rows, which is all it looks at), or another estimator for chunked data, whose own
        ``fit`` makes its passes by itself.
    X, y : collections
    reset : bool
        False adds the rows to those seen before (``partial_fit``).
    **params
        Such as ``sample_weight``; for pipelines ``step__parameter``.
    """
    if hasattr(step, "sums"):
        yield from step.sums(X, y, reset=reset or not is_fitted(step), **params)
    elif isinstance(step, sklearn.pipeline.Pipeline):
        yield from sums_in_turn(step.steps, X, y, reset=reset, **params)
    elif not get_tags(step).requires_fit and not hasattr(step, "fit_passes"):
        step.fit(X.head(2))
    elif reset:
        step.fit(X, y, **params)
    else:
        step.partial_fit(X, y, **params)


def sums_in_turn(steps: Any, X: Any, y: Any = None, *, reset: bool = True, **params: Any) -> Fit:
    """Fit steps one after the other, each on the rows that the step before makes lazily."""
    by_step: dict[str, dict[str, Any]] = {name: {} for name, _ in steps}
    for key, value in params.items():
        name, _, param = key.partition("__")
        if not param or name not in by_step:
            raise ValueError(
                f"Fit parameters must be named step__parameter for one of the steps "
                f"{', '.join(by_step)}, got {key!r}."
            )
        by_step[name][param] = value
    before = None
    for place, (name, step) in enumerate(steps):
        if is_none(step):
            continue
        extra = dict(by_step[name])
        known = moments_for(before, step) if reset and not extra else None
        if known is not None:
            extra["known"] = known
        yield from sums_of(step, X, y, reset=reset, **extra)
        if place < len(steps) - 1:
            X = transformed(step, X)
        before = step


def moments_for(before: Any, step: Any) -> Any:
    """Moments that `step` would ask for, where they follow from what the step before learnt."""
    if getattr(before, "gives_moments", False) and getattr(step, "takes_moments", False):
        return before.output_moments()
    return None


def transformed(step: Any, X: Any) -> Any:
    """Rows after a fitted step; on chunks, plain scikit-learn steps are applied to each.

    The steps of a pipeline are applied in turn: see `InTurn`.
    """
    if isinstance(step, sklearn.pipeline.Pipeline):
        for _, inner in step.steps:
            X = X if is_none(inner) else transformed(inner, X)
        return X
    if not is_chunked(X) or hasattr(step, "to_sklearn"):
        return step.transform(X)
    return X.map_chunks(Apply(step, "transform"), empty=outputs(step, X.head(2))[:0])


class InTurn:
    """Fitted transformers applied one after the other, whatever they think of being fitted.

    scikit-learn's Pipeline refuses a last step that has learnt nothing and does not say, by a tag,
    that it need not.
    """

    def __init__(self, steps: Sequence[Any]) -> None:
        self.steps = tuple(steps)

    def transform(self, X: Any) -> Any:
        """What the last makes of what the others made of the rows."""
        for step in self.steps:
            X = X if is_none(step) else step.transform(X)
        return X


def outputs(plain: Any, rows: Any) -> Any:
    """Transform a few rows, with sparse results as CSR and without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = plain.transform(rows)
    return result.tocsr() if sparse.issparse(result) else result


def inverse(estimator: Any, X: Any, example: Any) -> Any:
    """Undo a fitted transformer; on a collection lazily, with `example` a row of its output."""
    plain = estimator.to_sklearn()
    if not is_chunked(X):
        return plain.inverse_transform(X)
    undo = Apply(plain, "inverse_transform")
    return X.map_chunks(undo, empty=undo(example)[:0])


def plain_of(step: Any) -> Any:
    """Return the fitted scikit-learn estimator that does what the fitted `step` does."""
    if step is None or isinstance(step, str):
        return step
    if hasattr(step, "to_sklearn"):
        plain = step.to_sklearn()
        container = getattr(step, "_output", None)
        if container is not None and hasattr(plain, "set_output"):
            plain.set_output(transform=container)
        return plain
    if isinstance(step, sklearn.pipeline.Pipeline):
        return plain_pipeline(step)
    return step


def plain_pipeline(pipeline: Any) -> sklearn.pipeline.Pipeline:
    """Return a plain pipeline of plain fitted steps."""
    params = params_of(pipeline, sklearn.pipeline.Pipeline)
    params["steps"] = [(name, plain_of(step)) for name, step in pipeline.steps]
    return sklearn.pipeline.Pipeline(**params)


def passes_of(step: Any) -> tuple[int, int]:
    """Least and most passes over the data that fitting a step makes."""
    if is_none(step) or isinstance(step, str):
        return 0, 0
    if hasattr(step, "fit_passes"):
        return step.fit_passes()
    if isinstance(step, sklearn.pipeline.Pipeline):
        return passes_in_turn(step.steps)
    return 0, 0


def passes_in_turn(steps: Any) -> tuple[int, int]:
    """Least and most passes of steps one after the other."""
    least, most, before = 0, 0, None
    for _, step in steps:
        if is_none(step):
            continue
        few, many = passes_of(step)
        if getattr(before, "gives_moments", False) and getattr(step, "takes_moments", False):
            few = many = 0
        least, most, before = least + few, most + many, step
    return least, most


def nonzeros_of(step: Any) -> int | None:
    """Non-zero values in a fitted step's output of the rows it saw, None if it does not tell."""
    while isinstance(step, sklearn.pipeline.Pipeline):
        step = next((s for _, s in reversed(step.steps) if not is_none(s)), None)
    return getattr(step, "nonzeros_", None)


def is_fitted(step: Any) -> bool:
    """Whether a step has learnt something."""
    if step is None or isinstance(step, str):
        return False
    try:
        check_is_fitted(step)
    except NotFittedError:
        return False
    return True


def count_stored(block: Any) -> int:
    """Stored values of a CSR block."""
    return int(block.nnz) if sparse.issparse(block) else int(np.prod(block.shape))


def count_rows_of(block: Any) -> int:
    """Rows of a block."""
    return int(block.shape[0])


def answer(found: dict, name: str, func: Any, X: Any) -> Fit:
    """Ask for one sum and keep it under `name`."""
    found[name] = yield Sum(func, (X,))

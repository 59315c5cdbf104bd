"""One candidate fitted and scored on rows in memory: timed, its failure told instead of raised."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from traceback import format_exc
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import get_tags

from scalml.model_selection.results import Outcome


@dataclass(frozen=True)
class Rows:
    """What one side of a split holds.

    Parameters
    ----------
    X, y : rows in memory or collections
    fit_params, score_params : dict
    """

    X: Any
    y: Any
    fit_params: dict[str, Any]
    score_params: dict[str, Any]

    @property
    def target(self) -> tuple[Any, ...]:
        """What follows X in a call: nothing where there is no y."""
        return () if self.y is None else (self.y,)


def attempt(
    fit: Callable[[], Any], score: Callable[[Any, str], Any], scoring: Any, train: bool
) -> Outcome:
    """Fit, then score the test side and perhaps the training side.

    Parameters
    ----------
    fit : callable
        Returns the fitted model.
    score : callable
        ``score(model, side)`` with side "test" or "train".
    scoring : Scoring
        Says what a failed fit scores.
    train : bool

    Returns
    -------
    Outcome
    """
    started = time.perf_counter()
    try:
        model = fit()
    except Exception:
        if scoring.raises:
            raise
        return failure(scoring, train, time.perf_counter() - started, format_exc())
    fitted = time.perf_counter()
    outcome = {
        "fit_error": None,
        "fit_time": fitted - started,
        "test_scores": score(model, "test"),
        "score_time": time.perf_counter() - fitted,
    }
    if train:
        outcome["train_scores"] = score(model, "train")
    return outcome


def failure(scoring: Any, train: bool, seconds: float, error: str) -> Outcome:
    """The outcome of a fit that failed."""
    sides = ("test_scores", "train_scores")[: 1 + train]
    return {
        "fit_error": error,
        "fit_time": seconds,
        "score_time": 0.0,
        **{side: scoring.failed() for side in sides},
    }


def rows_of(data: Any, index: Any) -> Any:
    """Rows of data in memory by their numbers; they cannot be written to, as many may share them.

    Parameters
    ----------
    data : ndarray, CSR matrix, DataFrame, Series, list or None
    index : ndarray of int
    """
    if data is None:
        return None
    if isinstance(data, (pd.DataFrame, pd.Series)):
        return data.iloc[index]
    if isinstance(data, (list, tuple)):
        return [data[place] for place in index]
    taken = data[index]
    for part in (taken.data,) if sparse.issparse(taken) else (taken,):
        if isinstance(part, np.ndarray):
            part.flags.writeable = False
    return taken


def side_of(estimator: Any, X: Any, y: Any, params: Any, index: Any, others: Any = None) -> Rows:
    """The rows of one side of a split.

    Parameters
    ----------
    estimator : estimator
        Its tags tell whether X is a matrix of rows against rows.
    X, y : rows in memory
    params : (fit_params, score_params)
        Those that have a value a row are cut too.
    index : ndarray of int
    others : ndarray of int, default=None
        Training rows, the columns of such a matrix; `index` by default.
    """
    taken = rows_of(X, index)
    if get_tags(estimator).input_tags.pairwise:
        taken = _columns(X, taken, index if others is None else others)
    n_rows = length(X)
    fit_params, score_params = (
        {
            name: rows_of(value, index) if _has_rows(value, n_rows) else value
            for name, value in given.items()
        }
        for given in params
    )
    return Rows(taken, rows_of(y, index), fit_params, score_params)


def length(data: Any) -> int:
    """Rows of data in memory."""
    return data.shape[0] if hasattr(data, "shape") else len(data)


def _has_rows(value: Any, n_rows: int) -> bool:
    if isinstance(value, (str, bytes, dict)):
        return False
    # A list may hold anything, such as pairs of validation rows; NumPy would look into it.
    if getattr(value, "ndim", 1) == 0 or not (hasattr(value, "__len__") or sparse.issparse(value)):
        return False
    return length(value) == n_rows


def _columns(X: Any, taken: Any, index: Any) -> Any:
    if not hasattr(X, "shape") or X.shape[0] != X.shape[1]:
        raise ValueError("X should be a square kernel matrix")
    return taken.iloc[:, index] if isinstance(taken, pd.DataFrame) else taken[:, index]

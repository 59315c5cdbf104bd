"""One candidate fitted and scored on one split, of rows in memory or in chunks."""

from __future__ import annotations

import sys
from typing import Any

from joblib.logger import short_format_time
from sklearn.base import clone

from scalml.data import is_chunked
from scalml.model_selection.results import Outcome
from scalml.model_selection.rows import same_rows
from scalml.model_selection.scoring import Scoring
from scalml.model_selection.trial import Rows, attempt, length, side_of


def fit_and_score(
    estimator: Any,
    X: Any,
    y: Any,
    train: Any,
    test: Any,
    scoring: Scoring,
    *,
    parameters: dict[str, Any] | None = None,
    fit_params: dict[str, Any] | None = None,
    score_params: dict[str, Any] | None = None,
    return_train_score: bool = False,
    return_parameters: bool = False,
    return_n_test_samples: bool = False,
    return_estimator: bool = False,
    verbose: int = 0,
) -> Outcome:
    """Fit an estimator on the training rows of a split and score it on the test rows.

    Parameters
    ----------
    estimator : estimator
        Is fitted itself: give a clone.
    X, y : rows in memory or collections
        y may be None.
    train, test : ndarray of int, or ChunkedArray of bool for chunked X
    scoring : Scoring
        Scorers, and what a failure scores.
    parameters : dict, default=None
        Set before the fit; estimators in it are cloned.
    fit_params, score_params : dict, default=None
        For ``fit`` and the scorers. Those with a value a row are cut like the rows.
    return_train_score, return_parameters, return_n_test_samples, return_estimator : bool
        What else the result holds. Counting chunked test rows may take a pass.
    verbose : int, default=0
        Above 1, a line is printed; above 2, with the scores.

    Returns
    -------
    dict
        ``test_scores``, a number or a dict of them; ``fit_time`` and ``score_time`` in seconds;
        ``fit_error``, the traceback of a fit that failed, or None; and ``train_scores``,
        ``parameters``, ``n_test_samples``, ``estimator`` if asked for.

    Notes
    -----
    Passes: those of the fit and of the metrics. Nothing of chunked rows is copied.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import LinearRegression
    >>> from scalml.model_selection import KFold
    >>> from scalml.model_selection.evaluate import fit_and_score
    >>> from scalml.model_selection.scoring import Scoring
    >>> X = scalml.from_array(np.arange(6.0).reshape(-1, 1), chunk_rows=4)
    >>> model, (train, test) = LinearRegression(), next(KFold(2).split(X))
    >>> found = fit_and_score(model, X, X[:, 0], train, test, Scoring(model, None, "raise"))
    >>> round(found["test_scores"], 6), found["fit_error"]
    (1.0, None)
    """
    if parameters is not None:
        estimator.set_params(**clone(parameters, safe=False))
    given = fit_params or {}, score_params or {}
    if is_chunked(X):
        training, testing = (chunked_side(X, y, given, mask) for mask in (train, test))
    else:
        training = side_of(estimator, X, y, given, train)
        testing = side_of(estimator, X, y, given, test, train)
    sides = {"train": training, "test": testing}

    def fit() -> Any:
        estimator.fit(training.X, *training.target, **training.fit_params)
        return estimator

    def score(model: Any, side: str) -> Any:
        return scoring(model, sides[side])

    outcome = attempt(fit, score, scoring, return_train_score)
    if verbose > 1:
        sys.stdout.write(line_of(outcome, parameters, verbose))
    if return_n_test_samples:
        outcome["n_test_samples"] = len(testing.X) if is_chunked(X) else length(testing.X)
    if return_parameters:
        outcome["parameters"] = parameters
    if return_estimator:
        outcome["estimator"] = estimator
    return outcome


def chunked_side(X: Any, y: Any, params: tuple[dict, ...], mask: Any) -> Rows:
    """The rows of one side of a split, lazily.

    Parameters
    ----------
    X, y : collections, or y in memory or None
    params : (fit_params, score_params)
    mask : ChunkedArray of bool
    """
    y = same_rows(X=X, y=y)[1]
    fit_params, score_params = (
        {name: value[mask] if is_chunked(value) else value for name, value in aligned.items()}
        for aligned in (with_rows(X, given) for given in params)
    )
    return Rows(X[mask], None if y is None else y[mask], fit_params, score_params)


def with_rows(X: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Parameters, those with a value a row of chunked `X` as collections beside it."""
    rowwise = {name: value for name, value in params.items() if _has_rows(value, X)}
    if not rowwise:
        return params
    _, *values = same_rows(X=X, **rowwise)
    return {**params, **dict(zip(rowwise, values, strict=True))}


def _has_rows(value: Any, X: Any) -> bool:
    if is_chunked(value):
        return True
    if isinstance(value, (str, bytes, dict)) or getattr(value, "ndim", 1) == 0:
        return False
    return hasattr(value, "__len__") and length(value) == len(X)


def line_of(outcome: Outcome, parameters: dict[str, Any] | None, verbose: int, of: str = "") -> str:
    """What scikit-learn prints of a fit, on the split `of`."""
    said = ", ".join(f"{name}={value}" for name, value in sorted((parameters or {}).items()))
    said += ";" if said else ""
    if verbose > 2:
        sides = {"train": outcome.get("train_scores"), "test": outcome["test_scores"]}
        several = isinstance(sides["test"], dict)
        for name in sorted(sides["test"]) if several else ["score"]:
            found = {
                side: scores[name] if several else scores
                for side, scores in sides.items()
                if scores is not None
            }
            if several or len(found) > 1:
                each = ", ".join(f"{side}={score:.3f}" for side, score in found.items())
                said += f" {name}: ({each})" if several else f", {name}=({each})"
            else:
                said += f", {name}={found['test']:.3f}"
    seconds = outcome["fit_time"] + outcome["score_time"]
    said += f" total time={short_format_time(seconds)}"
    start = f"[CV{of}] END "
    return f"{start}{said:.>{80 - len(start)}}\n"

"""Searches of linear regressors answered in one pass: a Gram matrix for each fold, then algebra.

Each candidate is fitted inside each fold, with the steps before it, to the Gram matrix of the
training rows, and scored by that of the test rows.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import UndefinedMetricWarning

from scalml.model_selection.explained import as_ours, steps_of
from scalml.model_selection.fold_fits import FoldFits, Sides, key_of
from scalml.runtime import one_blas_thread
from scalml.statistics import Gram
from scalml.statistics.scores import Residuals

__all__ = ["Solved", "solve_from_statistics"]

METRICS = {
    "r2": lambda found: found.r2(),
    "neg_mean_squared_error": lambda found: -found.mean_squared_errors,
    "neg_root_mean_squared_error": lambda found: -np.sqrt(found.mean_squared_errors),
}


class Solved:
    """Scores of all candidates on all splits, and their fitted models on demand.

    Attributes
    ----------
    test_scores, train_scores : dict of name to ndarray of shape (n_candidates, n_splits), or None
        NaN where the fit failed. None where `scoring` is not of R² and mean squared errors by
        name: then the `model` of each candidate and split is to be scored on the rows.
    failures : dict of (candidate, split) to Exception
        Of the fits that failed.
    fit_times, score_times : ndarray of shape (n_candidates, n_splits)
        Seconds; each fit has its share of the pass over the rows.
    """

    def __init__(self, fits: FoldFits, metrics: dict[str, str] | None, train: bool) -> None:
        self._fits = fits
        shape = len(fits.models), fits.sums.n_splits
        self.fit_times, self.score_times = np.zeros(shape), np.zeros(shape)
        self.failures: dict[tuple[int, int], Exception] = {}
        empty = None if metrics is None else {name: np.full(shape, np.nan) for name in metrics}
        self.test_scores = empty
        self.train_scores = {n: a.copy() for n, a in empty.items()} if empty and train else None

    def model(self, candidate: int, split: int) -> Any:
        """Return the candidate's estimator, fitted to the training rows of a split.

        Raises
        ------
        Exception
            That of the fit, if it failed.
        """
        if (candidate, split) in self.failures:
            raise self.failures[candidate, split]
        with one_blas_thread():
            return self._fits.fitted(candidate, self._fits.sides(split), refine=False)

    def refit(self, candidate: int) -> Any:
        """Return the candidate's estimator, fitted to all rows.

        They are read again only where `fit` of the regressor would read them again, to refine the
        coefficients of strongly correlated columns.
        """
        with one_blas_thread():
            return self._fits.fitted(candidate, self._fits.all(), refine=True)


def solve_from_statistics(
    models: list[Any],
    X: Any,
    y: Any,
    memberships: Any,
    scoring: Any = None,
    sample_weight: Any = None,
    return_train_score: bool = False,
    *,
    score_weight: Any = None,
) -> Solved:
    """Fit and score every candidate on every split, in one pass over the rows.

    Parameters
    ----------
    models : list of estimator
        The candidates, unfitted, which `explains` accepts; they are not changed.
    X : array-like or collection of shape (n_rows, n_features)
    y : array-like or collection of shape (n_rows,) or (n_rows, n_targets)
    memberships : ChunkedArray of shape (n_rows, n_splits), int8
        0 for a row in neither side, 1 in the training, 2 in the test rows.
    scoring : str, sequence of str, dict of name to str, or None
        None is R², under the name "score"; as is any single name.
    sample_weight : array-like or collection of shape (n_rows,), optional
        For the regressor; steps before it have none.
    return_train_score : bool
    score_weight : array-like or collection of shape (n_rows,), optional
        For the scores.

    Returns
    -------
    Solved

    Raises
    ------
    ValueError, TypeError
        For wrong rows; wrong parameters are the failure of their candidate.

    Notes
    -----
    One pass sums a Gram matrix of [X, y] for each set of rows that are the same to all splits:
    one a fold for k folds. Training rows are sums of these, never differences. With an imputer the
    gaps are columns too, so that filling them with a fold's own means is algebra. Steps are fitted
    once for all candidates that share them. Memory: ``8 (n_features + n_targets)**2`` bytes a set,
    four times that where all columns have gaps.

    A regressor is solved as its `fit` solves it, iterations included; only refinement is left to
    the refit, without which scores are right to 1e-9, or 1e-8 where the condition number of the
    columns reaches 1e5. Iterative solvers of `Ridge` (``solver="sag"``) are answered with the
    optimum, and so is scikit-learn's ``PCA(svd_solver="auto")``.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import Ridge
    >>> from scalml.model_selection.from_statistics import solve_from_statistics
    >>> X, y = np.arange(6.0).reshape(6, 1), np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    >>> folds = scalml.from_array(np.array([[1, 2], [2, 1]] * 3, dtype=np.int8))
    >>> found = solve_from_statistics([Ridge(alpha=0.0), Ridge(alpha=8.0)], X, y, folds)
    >>> found.test_scores["score"].round(3)
    array([[1.   , 1.   ],
           [0.656, 0.656]])
    >>> found.refit(1).coef_.round(3)
    array([0.686])
    """
    metrics = _metrics(scoring)
    started = time.perf_counter()
    with one_blas_thread():
        fits = FoldFits(models, X, y, memberships, sample_weight, score_weight)
        found = Solved(fits, metrics, return_train_score)
        found.fit_times += (time.perf_counter() - started) / max(found.fit_times.size, 1)
        regressors = _reusable(models)
        for split in range(fits.sums.n_splits):
            sides = fits.sides(split, found.train_scores is not None)
            _solve_split(split, sides, regressors, metrics or {}, found)
    return found


def _metrics(scoring: Any) -> dict[str, str] | None:
    """Metric by name of score, if all are known."""
    if scoring is None or isinstance(scoring, str):
        metrics: Any = {"score": scoring or "r2"}
    elif isinstance(scoring, Mapping):
        metrics = dict(scoring)
    elif isinstance(scoring, Iterable):
        metrics = {name: name for name in scoring}
    else:
        return None
    known = all(isinstance(name, str) and name in METRICS for name in metrics.values())
    return metrics if known else None


def _reusable(models: list[Any]) -> list[tuple[Any, Any]]:
    """Regressors of candidates, to be solved on one split after the other, each with its like.

    The like is the first that differs in its penalty at most. Any positive number is right there,
    so that the other parameters need be looked at once.
    """
    first: dict[Any, Any] = {}
    found = []
    for model in models:
        regressor = as_ours(clone(steps_of(model)[1]))
        if getattr(regressor, "warm_start", False):  # each split begins anew
            regressor.set_params(warm_start=False)
        alpha = getattr(regressor, "alpha", None)
        usual = isinstance(alpha, float) and 0 < alpha < np.inf
        like = first.setdefault(key_of(regressor, but="alpha"), regressor) if usual else regressor
        found.append((regressor, like))
    return found


def _solve_split(
    split: int,
    sides: Sides,
    regressors: list[tuple[Any, Any]],
    metrics: dict[str, str],
    found: Solved,
) -> None:
    """Fit and score all candidates on one split."""
    made: dict[Any, Any] = {}
    for place, (regressor, like) in enumerate(regressors):
        started = time.perf_counter()
        try:
            behind = found._fits.behind_steps(place, sides, made)[1]
            if "_plain" not in vars(like):
                regressor.solve(behind.fit)
            else:  # parameters have been looked at
                regressor._plain, regressor.gram_ = like._plain, behind.fit
                regressor._solve()
        except Exception as error:
            found.failures[place, split] = error
            continue
        solved = time.perf_counter()
        for scores, rows in ((found.test_scores, behind.test), (found.train_scores, behind.train)):
            if scores is not None:
                of_rows = residuals(regressor, rows)
                for name, metric in metrics.items():
                    scores[name][place, split] = _score(metric, of_rows)
        found.fit_times[place, split] += solved - started
        found.score_times[place, split] = time.perf_counter() - solved


def _score(metric: str, found: Residuals) -> float:
    if metric == "r2" and found.n_rows < 2:
        warnings.warn(
            "R^2 score is not well-defined with less than two samples.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return float("nan")
    return float(np.mean(METRICS[metric](found)))


def residuals(model: Any, rows: Gram) -> Residuals:
    """Squared errors of a linear model on the rows of a Gram matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.linear_model import LinearRegression
    >>> X, y = np.array([[0.0], [1.0], [3.0]]), np.array([1.0, 0.0, 3.0])
    >>> found = residuals(LinearRegression().fit(X, y), Gram.of(X, y))
    >>> found.r2().round(6).tolist() == [round(LinearRegression().fit(X, y).score(X, y), 6)]
    True
    """
    coef = model.coef_.reshape(-1, rows.n_features).T.astype(np.float64)
    off = rows.Y_mean - rows.X_mean @ coef - model.intercept_
    squares = rows.YtY.diagonal()
    errors = squares + (coef * (rows.XtX @ coef - 2 * rows.XtY)).sum(axis=0)
    errors = np.maximum(errors, 0.0) + rows.weight * off**2
    return Residuals(rows.n, rows.weight, errors, rows.Y_mean, squares)

"""Scores of an estimator on each split of in-memory or chunked rows."""

from __future__ import annotations

import numbers
from contextlib import nullcontext

import numpy as np
import sklearn.model_selection
from sklearn.base import clone, is_classifier

from scalml.config import config_context
from scalml.data import cached, is_chunked
from scalml.metrics.inputs import any_chunked
from scalml.model_selection.check import check_cv
from scalml.model_selection.evaluate import fit_and_score, with_rows
from scalml.model_selection.membership import memberships, sides
from scalml.model_selection.results import report_failures, spread_error_score
from scalml.model_selection.routing import routed
from scalml.model_selection.rows import same_rows
from scalml.model_selection.scoring import Scoring


def cross_validate(
    estimator,
    X,
    y=None,
    *,
    groups=None,
    scoring=None,
    cv=None,
    n_jobs=None,
    verbose=0,
    params=None,
    pre_dispatch="2*n_jobs",
    return_train_score=False,
    return_estimator=False,
    return_indices=False,
    error_score=np.nan,
):
    """Score an estimator by cross-validation, as `sklearn.model_selection.cross_validate`.

    In-memory rows are cross-validated by scikit-learn's function. On chunked rows the splits are
    lazy masks and the fits follow each other, each parallel inside; the results are laid out
    in the same way.

    Parameters
    ----------
    estimator : estimator
        On chunked rows one of scalml, or a wrapper such as `scalml.wrappers.Incremental`.
    X : array-like or chunked, of shape (n_rows, n_columns)
    y : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs), default=None
    groups : array-like or chunked, of shape (n_rows,), default=None
        For splitters such as `GroupKFold`.
    scoring : str, callable, list, tuple, dict or None, default=None
        One metric or several, by the names of `scalml.metrics.get_scorer_names`, or
        ``scorer(estimator, X, y)``; None is ``estimator.score``.
    cv : int, splitter, iterable or None, default=None
        As in `scalml.model_selection.check_cv`.
    n_jobs : int or None, default=None
        Workers of the passes over chunked rows; None is what `scalml.set_config` says.
    verbose : int, default=0
        On chunked rows a line for each fit above 1, with scores above 2.
    params : dict, default=None
        For ``fit``, such as `sample_weight`; also for scorers and splitter with scikit-learn's
        metadata routing. Those with a value a row, chunked or not, go with the rows.
    pre_dispatch : int or str, default='2*n_jobs'
        For rows in memory.
    return_train_score, return_estimator : bool, default=False
        Whether the result holds scores on training rows, and the fitted estimators.
    return_indices : bool, default=False
        Whether it holds training and test rows: row numbers, or masks of chunked rows.
    error_score : 'raise' or float, default=nan
        What a failed fit scores.

    Returns
    -------
    dict of ndarray of shape (n_splits,)
        ``fit_time``, ``score_time``, ``test_score`` (or ``test_<name>`` of several metrics), and
        what else was asked for.

    Raises
    ------
    ValueError
        If all fits failed, or lengths of the inputs differ.

    See Also
    --------
    cross_val_score : A single metric, and nothing else.
    cross_val_predict : Predictions for the test rows.

    Notes
    -----
    Passes: those of each fit and of each metric, for each split; and those of the splitter. Text
    and other rows that are costly to read are read once and cached while it runs, where the
    disk has room.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import LinearRegression
    >>> from scalml.model_selection import cross_validate
    >>> X = scalml.from_array(np.arange(20.0).reshape(-1, 1) % 7, chunk_rows=6)
    >>> found = cross_validate(LinearRegression(), X, X[:, 0] ** 2, cv=2)
    >>> sorted(found), found["test_score"].round(3).tolist()
    (['fit_time', 'score_time', 'test_score'], [0.909, 0.912])
    """
    params = {} if params is None else params
    if not any_chunked(X, y, groups, *params.values()):
        return sklearn.model_selection.cross_validate(
            estimator,
            X,
            y,
            groups=groups,
            scoring=scoring,
            cv=cv,
            n_jobs=n_jobs,
            verbose=verbose,
            params=params,
            pre_dispatch=pre_dispatch,
            return_train_score=return_train_score,
            return_estimator=return_estimator,
            return_indices=return_indices,
            error_score=error_score,
        )
    if error_score != "raise" and not isinstance(error_score, numbers.Number):
        raise ValueError(f"error_score must be 'raise' or a number, got {error_score!r}.")
    wanted = Scoring(estimator, scoring, error_score, chunked=True)
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    fit_params, score_params, groups = routed(
        "cross_validate", estimator, cv, wanted.call, groups, params
    )
    with config_context(n_jobs=n_jobs) if n_jobs is not None else nullcontext():
        X, y, groups = same_rows(X=X, y=y, groups=groups)
        given = with_rows(X, fit_params), with_rows(X, score_params)
        codes = memberships(cv, X, y, groups)
        outcomes = []
        with kept(X, y, codes, *given) as (rows, labels, held, *held_params):
            for split in range(codes.shape[1]):
                train, test = sides(held, split)
                outcomes.append(
                    fit_and_score(
                        clone(estimator),
                        rows,
                        labels,
                        train,
                        test,
                        wanted,
                        fit_params=held_params[0],
                        score_params=held_params[1],
                        return_train_score=return_train_score,
                        return_estimator=return_estimator,
                        verbose=verbose,
                    )
                )
    report_failures([outcomes], error_score)
    spread_error_score([outcomes], error_score)
    found = {name: _column(outcomes, name) for name in ("fit_time", "score_time")}
    if return_estimator:
        found["estimator"] = [outcome["estimator"] for outcome in outcomes]
    if return_indices:
        pairs = [sides(codes, split) for split in range(codes.shape[1])]
        found["indices"] = dict(zip(("train", "test"), zip(*pairs, strict=True), strict=True))
    sides_scored = ("test", "train")[: 1 + return_train_score]
    scores = {side: _by_name(outcomes, f"{side}_scores") for side in sides_scored}
    for name in scores["test"]:
        found |= {f"{side}_{name}": scores[side][name] for side in sides_scored}
    return found


def cross_val_score(
    estimator,
    X,
    y=None,
    *,
    groups=None,
    scoring=None,
    cv=None,
    n_jobs=None,
    verbose=0,
    params=None,
    pre_dispatch="2*n_jobs",
    error_score=np.nan,
):
    """Score an estimator on the test rows of each split.

    Parameters
    ----------
    estimator, X, y, groups, cv, n_jobs, verbose, params, pre_dispatch, error_score
        As in `cross_validate`.
    scoring : str, callable or None, default=None
        A single metric.

    Returns
    -------
    ndarray of shape (n_splits,)

    Raises
    ------
    ValueError
        As `cross_validate`, and for several metrics.

    Notes
    -----
    Passes: as in `cross_validate`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import LinearRegression
    >>> from scalml.model_selection import cross_val_score
    >>> X = scalml.from_array(np.arange(20.0).reshape(-1, 1) % 7, chunk_rows=6)
    >>> cross_val_score(LinearRegression(), X, X[:, 0] ** 2, cv=2).round(3)
    array([0.909, 0.912])
    """
    if isinstance(scoring, (list, tuple, set, dict)):
        raise ValueError(
            "The 'scoring' parameter of cross_val_score must be a str, a callable or None. Got "
            f"{scoring!r} instead: cross_validate takes several metrics."
        )
    found = cross_validate(
        estimator,
        X,
        y,
        groups=groups,
        scoring=scoring,
        cv=cv,
        n_jobs=n_jobs,
        verbose=verbose,
        params=params,
        pre_dispatch=pre_dispatch,
        error_score=error_score,
    )
    if "test_score" not in found:
        raise ValueError(
            f"scoring must return a number, got a dict instead. (scorer={scoring}) cross_validate "
            "takes several metrics."
        )
    return found["test_score"]


class kept:
    """Collections cached for a ``with`` block where reading them is costly.

    Parameters
    ----------
    *items : collections, None, or dicts with collections among their values
    """

    def __init__(self, *items):
        self.items = items

    def __enter__(self):
        flat = []
        for item in self.items:
            flat += (
                [v for v in item.values() if is_chunked(v)] if isinstance(item, dict) else [item]
            )
        self.cache = cached(*flat)
        found = iter(self.cache.__enter__())
        return [
            {name: next(found) if is_chunked(value) else value for name, value in item.items()}
            if isinstance(item, dict)
            else next(found)
            for item in self.items
        ]

    def __exit__(self, *error):
        return self.cache.__exit__(*error)


def _column(outcomes, name):
    return np.array([outcome[name] for outcome in outcomes])


def _by_name(outcomes, side):
    """Scores of all splits by the name of the metric; a single one is called "score"."""
    scores = [outcome[side] for outcome in outcomes]
    if not isinstance(scores[0], dict):
        return {"score": np.array(scores)}
    return {name: _column(scores, name) for name in scores[0]}

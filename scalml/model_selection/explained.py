"""Which searches are explained by Gram matrices: what a candidate is made of, or why it is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import sklearn.linear_model
import sklearn.pipeline
from scipy import sparse

import scalml.linear_model
from scalml.compose.steps import is_none
from scalml.linear_model.gram_regressor import LOSSES, GramRegressor
from scalml.linear_model.squares import SquaredErrorModel
from scalml.model_selection.affine import Filling, kind_of
from scalml.pipeline import Pipeline
from scalml.statistics.gram_rows import are_few

OURS = {
    getattr(sklearn.linear_model, name): getattr(scalml.linear_model, name)
    for name in ("LinearRegression", "Ridge", "Lasso", "ElasticNet")
}


class Refusal(str):
    """Why something cannot be done; false, so that ``if explains(...)`` reads well."""

    def __bool__(self) -> bool:
        return False


def explains(models: Iterable[Any], X: Any = None) -> Any:
    """Whether a search can be answered by `solve_from_statistics`.

    Parameters
    ----------
    models : iterable of estimators
        The candidates. Linear regressors, of scalml's or scikit-learn's: `LinearRegression`,
        `Ridge`, `Lasso`, `ElasticNet`, `GramRegressor` and those that it knows. Or pipelines of
        `SimpleImputer` (mean or constant, as the first step), `StandardScaler` and `PCA` before
        one.
    X : array-like or collection, optional
        To look at the kind of its columns.

    Returns
    -------
    True or Refusal
        A refusal is false, and a text that says why.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler, StandardScaler
    >>> from scalml.model_selection.explained import explains
    >>> explains([make_pipeline(StandardScaler(), Ridge()), Ridge(alpha=2.0)])
    True
    >>> str(explains([make_pipeline(MinMaxScaler(), Ridge())]))
    'MinMaxScaler() does not follow from a Gram matrix'
    """
    for model in models:
        refusals = _refusals(model, X)
        if refusals:
            return Refusal(refusals[0])
    return True


def steps_of(model: Any) -> tuple[list[tuple[str, Any]], Any]:
    """Steps before the last that do something, by name, and the last."""
    if not isinstance(model, sklearn.pipeline.Pipeline):
        return [], model
    *before, (_, last) = model.steps
    return [(name, step) for name, step in before if not is_none(step)], last


def as_ours(last: Any) -> Any:
    """A linear regressor itself if it is scalml's, else one that is, with its parameters."""
    if isinstance(last, SquaredErrorModel):
        return last
    if type(last) in OURS:
        return OURS[type(last)](**last.get_params(deep=False))
    return GramRegressor(last)


def _refusals(model: Any, X: Any) -> list[str]:
    before, last = steps_of(model)
    if not (type(last) in OURS or type(last) in LOSSES or isinstance(last, SquaredErrorModel)):
        return [f"{last!r} is no linear regressor that is solved from a Gram matrix"]
    if isinstance(model, sklearn.pipeline.Pipeline) and (
        type(model) not in (sklearn.pipeline.Pipeline, Pipeline) or model.transform_input
    ):
        return ["the pipeline does more than its steps in turn"]
    if type(last) not in OURS and type(last) in LOSSES:
        try:
            as_ours(last)._loss()
        except ValueError as error:  # parameters that need the rows
            return [str(error)]
    found = []
    for place, (_, step) in enumerate(before):
        kind = kind_of(step)
        if kind is None:
            found.append(f"{step!r} does not follow from a Gram matrix")
        elif kind is Filling and place:
            found.append(f"{step!r} is not the first step")
        elif kind.refusal(step):
            found.append(f"{step!r}: {kind.refusal(step)}")
    return found + _refusals_of_rows(X, bool(before))


def _refusals_of_rows(X: Any, steps: bool) -> list[str]:
    shape = getattr(X, "shape", ())
    if len(shape) == 2 and are_few(*shape):
        return ["the rows are few beside the columns, so that each fit keeps them instead"]
    head = X.source.empty() if hasattr(X, "source") else X
    if sparse.issparse(head) and steps:
        return ["X is sparse and there are steps before the regressor"]
    if not isinstance(head, pd.DataFrame):
        return []
    return [
        f"column {name!r} has dtype {dtype}, not numbers of NumPy's"
        for name, dtype in head.dtypes.items()
        if not (isinstance(dtype, np.dtype) and dtype.kind in "iuf")
    ]

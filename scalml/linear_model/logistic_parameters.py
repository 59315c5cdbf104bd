"""What the parameters of logistic regression mean: scikit-learn judges them, then two strengths."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import sklearn.linear_model
from scipy.linalg import LinAlgWarning
from sklearn.exceptions import ConvergenceWarning

from scalml.utils.namesakes import params_of

LEAST = 1e-300  # C times the weight of the rows, below which the penalty is all that counts


def require_all_valid(models: Iterable[Any]) -> None:
    """`require_valid_parameters` of each; those that differ in a usual C only are judged once."""
    judged: set[str] = set()
    for model in models:
        params = model.get_params(deep=False)
        C = params.pop("C")
        usual = isinstance(C, (int, float)) and 0 < C < np.inf and params["penalty"] is not None
        key = repr(params) if usual else ""
        if key not in judged:
            require_valid_parameters(model)
        if usual:
            judged.add(key)


def require_valid_parameters(model: Any) -> None:
    """Raise and warn as scikit-learn does for these parameters, by its own fit of two rows.

    Parameters
    ----------
    model : LogisticRegression
    """
    params = params_of(model, sklearn.linear_model.LogisticRegression)
    if isinstance(params["verbose"], int) and params["verbose"] > 0:
        params["verbose"] = 0  # of two rows there is nothing to tell
    if isinstance(params["class_weight"], dict):
        params["class_weight"] = {0: 1.0, 1: 1.0}  # its labels are not those of two rows
    plain = sklearn.linear_model.LogisticRegression(**params)
    with warnings.catch_warnings():
        # What two rows do to a solver is of no interest.
        for kind in (ConvergenceWarning, LinAlgWarning, RuntimeWarning):
            warnings.simplefilter("ignore", kind)
        plain.fit([[0.0], [1.0]], [0, 1])


def penalties(model: Any, weight: float, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Ridge and lasso strengths of one class's coefficients, beside the mean loss.

    Parameters
    ----------
    model : LogisticRegression
    weight : float
        Sum of the weights of its rows.
    n_features : int
    """
    ratio, C = model.l1_ratio or 0.0, model.C
    if model.penalty is None:
        C = np.inf
    elif model.penalty in ("l1", "l2"):
        ratio = float(model.penalty == "l1")
    # Weights near the smallest float make it infinite, and infinity times nothing is no number.
    strength = min(1.0 / max(C * weight, LEAST), 1.0 / LEAST)
    ridge, lasso = (
        np.full(n_features + bool(model.fit_intercept), strength * share)
        for share in (1.0 - ratio, ratio)
    )
    # Only liblinear has its intercept penalised, as the coefficient of a constant feature.
    penalised = model.solver == "liblinear"
    ridge[n_features:] *= penalised / float(model.intercept_scaling) ** 2
    lasso[n_features:] *= penalised / float(model.intercept_scaling)
    return ridge, lasso

"""scikit-learn's own suite of checks, for every linear model."""

import pytest
from sklearn.linear_model import BayesianRidge, LassoLars, OrthogonalMatchingPursuit
from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.linear_model import (
    ElasticNet,
    GramRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")


def expected_failures(estimator):
    """Where scikit-learn's own Ridge fails too."""
    if isinstance(estimator, Ridge) and estimator.solver == "auto":
        return {"check_non_transformer_estimators_n_iter": "n_iter_ is None: nothing iterates"}
    return {}


@parametrize_with_checks(
    [
        LinearRegression(),
        LinearRegression(positive=True),
        Ridge(),
        Ridge(positive=True),
        Ridge(solver="sag"),
        Lasso(),
        ElasticNet(positive=True, selection="random"),
        GramRegressor(LassoLars(alpha=0.01)),
        GramRegressor(BayesianRidge()),
        GramRegressor(OrthogonalMatchingPursuit()),
        LogisticRegression(),
        LogisticRegression(class_weight="balanced"),
        LogisticRegression(C=0.1, l1_ratio=1.0, solver="saga"),
        LogisticRegression(l1_ratio=0.5, solver="saga"),
        LogisticRegression(solver="liblinear"),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)

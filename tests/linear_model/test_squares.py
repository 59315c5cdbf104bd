import cloudpickle
import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from sklearn.base import clone

import scalml
from scalml.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from scalml.linear_model.squares import SquaredErrorModel, output_dtype

from .problems import problem


@pytest.mark.parametrize(
    ("X", "dtype"),
    [
        (np.ones((2, 2), np.float32), np.float32),
        (np.ones((2, 2), np.int64), np.float64),
        ([[1.0]], np.float64),
        (pd.DataFrame({"a": np.float32([1])}), np.float32),
        (scalml.from_array(np.ones((2, 2))), np.float64),
    ],
)
def test_output_dtype(X, dtype):
    assert output_dtype(X, np.ones(2, np.float32)) == dtype


def test_the_first_fit_of_partial_fit_after_fit_adds_to_it():
    X, y, _ = problem()
    model = LinearRegression().fit(X[:100], y[:100]).partial_fit(X[100:], y[100:])
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, y).coef_, rtol=1e-9)


def test_weights_of_all_rows_may_be_one_number():
    X, y, _ = problem()
    model = LinearRegression().fit(X, y, 2.0)
    assert model.gram_.weight == 800.0


@pytest.mark.parametrize("model", [LinearRegression(), Ridge(3.0), Lasso(0.3), ElasticNet(0.3)])
@pytest.mark.parametrize("t", [None, 1, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fit_is_a_pass_and_solve(model, t, dtype):
    X, y, w = problem(t=t)
    X, y = X.astype(dtype), y.astype(dtype)
    fitted = clone(model).fit(X, y, w)
    observe = cloudpickle.loads(cloudpickle.dumps(model.statistic()))
    statistic = observe(X[:100], y[:100], w[:100]) + observe(X[100:], y[100:], w[100:])
    solved = clone(model).solve(statistic)
    for name in ("coef_", "intercept_"):
        found, expected = getattr(solved, name), getattr(fitted, name)
        assert np.shape(found) == np.shape(expected)
        assert np.asarray(found).dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == np.float32 else 1e-9)
    assert solved.n_features_in_ == 6
    np.testing.assert_allclose(solved.predict(X), fitted.predict(X), rtol=1e-4)


def test_solve_checks_parameters_and_weights():
    X, y, w = problem()
    statistic = Ridge().statistic()(X, y, w)
    with pytest.raises(ValueError, match="alpha"):
        Ridge(-1).solve(statistic)
    with pytest.raises(ValueError, match="non-zero"):
        Ridge().solve(Ridge().statistic()(X, y, 0 * w))


def test_state_is_one_statistic():
    X, y, _ = problem()
    model = Ridge().fit(X[:200], y[:200])
    model.gram_ = model.gram_ + Ridge().fit(X[200:], y[200:]).gram_
    model._solve()
    np.testing.assert_allclose(model.coef_, Ridge().fit(X, y).coef_, rtol=1e-9)


def test_a_mixin_without_a_way_to_solve_says_so():
    class Unsolved(SquaredErrorModel, sklearn.linear_model.Ridge):
        namesake = sklearn.linear_model.Ridge

        def _accept_sparse(self):
            return False

    with pytest.raises(TypeError, match="_coefficients"):
        Unsolved().fit(*problem()[:2])

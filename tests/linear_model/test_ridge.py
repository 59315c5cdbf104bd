import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse

import scalml
from scalml.linear_model import Ridge

from .problems import norm_difference, problem, with_condition


@pytest.mark.parametrize("alpha", [0.0, 1e-3, 1.0, 1e4])
@pytest.mark.parametrize("t", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_parity(alpha, t, weighted, intercept):
    X, y, w = problem(t=t)
    w = w if weighted else None
    options = {"alpha": alpha, "fit_intercept": intercept}
    ours = Ridge(**options).fit(scalml.from_array(X, chunk_rows=90), y, w)
    theirs = sklearn.linear_model.Ridge(solver="svd", **options).fit(X, y, w)
    assert ours.coef_.shape == theirs.coef_.shape
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-9
    assert norm_difference(ours.intercept_, theirs.intercept_) < 1e-9
    assert ours.predict(X).shape == theirs.predict(X).shape
    assert ours.score(X, y, w) == pytest.approx(theirs.score(X, y, w), abs=1e-12)


@pytest.mark.parametrize(("cond", "bound"), [(1e3, 1e-9), (1e4, 1e-8), (1e6, 1e-6)])
def test_parity_by_condition(cond, bound):
    X = with_condition(cond)
    y = X @ np.random.default_rng(1).normal(size=12) + np.random.default_rng(2).normal(size=600)
    alpha = 600 / cond**2
    ours = Ridge(alpha).fit(scalml.from_array(X, chunk_rows=170), y)
    theirs = sklearn.linear_model.Ridge(alpha, solver="svd").fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < bound


@pytest.mark.parametrize("shape", ["wide", "duplicated", "constant", "distant"])
@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_awkward_columns(shape, alpha):
    X, y, _ = problem()
    if shape == "wide":
        X, y = np.random.default_rng(0).normal(2, 1, (5, 9)), y[:5]
    elif shape == "duplicated":
        X = np.column_stack([X, X[:, :3]])
    elif shape == "constant":
        X = np.column_stack([X, np.full(400, 7.3)])
    else:
        X = (X - X.mean(axis=0)) / X.std(axis=0) + 1e6
    ours = Ridge(alpha).fit(scalml.from_array(X, chunk_rows=90), y)
    if alpha:
        theirs = sklearn.linear_model.Ridge(alpha, solver="svd").fit(X, y)
    else:  # scikit-learn's Ridge divides by singular values that are rounding
        theirs = sklearn.linear_model.LinearRegression().fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-8


def test_one_alpha_a_target():
    X, Y, w = problem(t=4)
    alpha = np.array([0.1, 10.0, 0.1, 1e5])
    ours = Ridge(alpha).fit(scalml.from_array(X, chunk_rows=90), Y, w)
    theirs = sklearn.linear_model.Ridge(alpha, solver="svd").fit(X, Y, w)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-9
    with pytest.raises(ValueError, match="penalties"):
        Ridge(alpha[:3]).fit(X, Y)


def test_one_alpha_a_target_with_refinement_takes_common_passes():
    X = with_condition(1e5)
    Y = X @ np.random.default_rng(1).normal(size=(12, 2))
    alpha = np.array([1e-9, 1e-7])
    ours = Ridge(alpha).fit(scalml.from_array(X, chunk_rows=90), Y)
    theirs = sklearn.linear_model.Ridge(alpha, solver="svd").fit(X, Y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-6


@pytest.mark.parametrize("solver", ["auto", "svd", "cholesky", "lsqr", "sparse_cg", "sag", "saga"])
def test_solvers_are_routes_to_one_optimum(solver):
    X, y, _ = problem()
    best = Ridge().fit(X, y)
    model = Ridge(solver=solver).fit(X, y)
    np.testing.assert_array_equal(model.coef_, best.coef_)
    theirs = sklearn.linear_model.Ridge(solver=solver, max_iter=10_000, tol=1).fit(X, y)
    assert model.solver_ == theirs.solver_
    assert (model.n_iter_ is None) == (theirs.n_iter_ is None)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_positive(intercept, make):
    X = with_condition(5, d=6) + 1
    Y = X @ np.array([[1.0, 2], [-1, 1], [2, 0], [0, 1], [1, -2], [1, 1]]) + 0.1 * X[:, ::3]
    options = {"alpha": 3.0, "positive": True, "fit_intercept": intercept}
    ours = Ridge(**options).fit(scalml.from_array(make(X), chunk_rows=90), Y)
    theirs = sklearn.linear_model.Ridge(tol=1e-12, max_iter=10_000, **options).fit(X, Y)
    assert ours.coef_.min() == 0
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-6
    assert ours.solver_ == "lbfgs"


def test_parameters_that_scikit_learn_refuses_are_refused():
    X, y, _ = problem()
    for options in ({"alpha": -1}, {"solver": "lbfgs"}, {"positive": True, "solver": "svd"}):
        with pytest.raises(ValueError):
            sklearn.linear_model.Ridge(**options).fit(X, y)
        with pytest.raises(ValueError):
            Ridge(**options).fit(scalml.from_array(X, chunk_rows=90), y)


@pytest.mark.parametrize("intercept", [True, False])
def test_sparse_equals_dense(intercept):
    X = sparse.random_array((500, 20), density=0.2, rng=0, format="csr")
    y, w = np.random.default_rng(0).normal(size=500), np.arange(500) % 3 * 1.0
    dense = Ridge(fit_intercept=intercept).fit(X.toarray(), y, w)
    for data in (X, scalml.from_array(sparse.csr_matrix(X), chunk_rows=90)):
        found = Ridge(fit_intercept=intercept).fit(data, y, w)
        assert norm_difference(found.coef_, dense.coef_) < 1e-10
        assert found.solver_ == "sparse_cg"


def test_float32_and_frames():
    X, y, _ = problem()
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcdef"))
    ours = Ridge().fit(scalml.from_frame(frame, chunk_rows=90), y.astype(np.float32))
    theirs = sklearn.linear_model.Ridge().fit(frame, y.astype(np.float32))
    assert ours.coef_.dtype == theirs.coef_.dtype == np.float32
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-4
    assert ours.feature_names_in_.tolist() == list("abcdef")


def test_weights_repeat_rows_and_partial_fit_adds():
    X, y, w = problem()
    repeated = Ridge().fit(*(np.repeat(a, w.astype(int), axis=0) for a in (X, y)))
    weighted = Ridge().fit(scalml.from_array(X, chunk_rows=1), y, w)
    parts = Ridge().partial_fit(X[:100], y[:100], w[:100]).partial_fit(X[100:], y[100:], w[100:])
    for found in (weighted, parts):
        assert norm_difference(found.coef_, repeated.coef_) < 1e-11


def test_to_sklearn():
    X, y, _ = problem()
    model = Ridge(2.0).fit(X, y)
    plain = model.to_sklearn()
    assert type(plain) is sklearn.linear_model.Ridge
    assert (plain.alpha, plain.solver_, plain.n_iter_) == (2.0, "cholesky", None)
    np.testing.assert_array_equal(plain.predict(X), model.predict(X))
    assert model.fit_passes() == (1, 3)

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import scalml
from scalml.linear_model import ElasticNet, Lasso

from .problems import norm_difference, problem, with_condition

BOTH = [(Lasso, sklearn.linear_model.Lasso), (ElasticNet, sklearn.linear_model.ElasticNet)]


def assert_same_descent(ours, theirs, bound=1e-11):
    """Not the same optimum only: the same steps to it."""
    assert ours.coef_.shape == theirs.coef_.shape
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert norm_difference(ours.coef_, theirs.coef_) < bound
    assert norm_difference(ours.intercept_, theirs.intercept_) < bound * 10
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)
    np.testing.assert_allclose(ours.dual_gap_, theirs.dual_gap_, rtol=1e-4, atol=1e-10)


@pytest.mark.parametrize(("Ours", "Theirs"), BOTH)
@pytest.mark.parametrize("t", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_makes_the_namesakes_steps(Ours, Theirs, t, weighted, intercept):
    X, y, w = problem(t=t)
    w = w if weighted else None
    options = {"alpha": 0.3, "fit_intercept": intercept}
    ours = Ours(**options).fit(scalml.from_array(X, chunk_rows=90), y, w)
    theirs = Theirs(**options).fit(X, y, w)
    assert_same_descent(ours, theirs)
    assert ours.predict(X).shape == theirs.predict(X).shape
    assert ours.predict(scalml.from_array(X, chunk_rows=90)).shape == theirs.predict(X).shape
    assert ours.sparse_coef_.shape == theirs.sparse_coef_.shape


@pytest.mark.parametrize("cond", [10, 1e4, 1e7])
@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-9])
def test_steps_do_not_part_on_ill_conditioned_data(cond, tol):
    X = with_condition(cond)
    y = X @ np.random.default_rng(1).normal(size=12) + np.random.default_rng(2).normal(size=600)
    options = {"alpha": 1e-3, "tol": tol, "max_iter": 100_000}
    ours = Lasso(**options).fit(scalml.from_array(X, chunk_rows=170), y)
    assert_same_descent(ours, sklearn.linear_model.Lasso(**options).fit(X, y), 1e-10)


@pytest.mark.parametrize("shape", ["wide", "duplicated", "constant", "distant", "units", "one row"])
@pytest.mark.parametrize("intercept", [False, True])
def test_awkward_columns(shape, intercept):
    X, y, _ = problem()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    if shape == "wide":
        X, y = np.random.default_rng(0).normal(2, 1, (5, 9)), y[:5]
    elif shape == "duplicated":
        X = np.column_stack([X, X[:, :3]])
    elif shape == "constant":
        X = np.column_stack([X, np.full(400, 7.25), np.zeros(400)])
    elif shape == "distant":
        X = X + 1e6 * intercept
    elif shape == "units":
        X = X * np.geomspace(1e-6, 1e6, 6)
    else:
        X, y = X[:1], y[:1]
    options = {"alpha": 0.1, "fit_intercept": intercept, "tol": 1e-6, "max_iter": 10_000}
    ours = ElasticNet(**options).fit(scalml.from_array(X, chunk_rows=90), y)
    theirs = ElasticNet.namesake(**options).fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-8
    assert norm_difference(ours.predict(X), theirs.predict(X)) < 1e-8


@pytest.mark.parametrize(
    "options",
    [
        {"positive": True},
        {"selection": "random", "random_state": 3},
        {"precompute": True},
        {"precompute": np.eye(6)},
        {"max_iter": 2, "tol": 1.0},
        {"copy_X": False},
    ],
)
def test_parameters(options):
    X, y, _ = problem()
    ours = Lasso(alpha=0.5, **options).fit(scalml.from_array(X, chunk_rows=90), y)
    if "precompute" in options:  # theirs may be wrong, ours is computed
        options = {}
    theirs = sklearn.linear_model.Lasso(alpha=0.5, **options).fit(X.copy(), y)
    assert_same_descent(ours, theirs)


def test_warns_where_the_namesake_does():
    X = with_condition(1e4)
    y = X @ np.random.default_rng(1).normal(size=12)
    for n, warns in ((3, True), (100_000, False)):
        for model in (Lasso(1e-3, max_iter=n), sklearn.linear_model.Lasso(1e-3, max_iter=n)):
            if warns:
                with pytest.warns(ConvergenceWarning, match="did not converge"):
                    model.fit(X, y)
            else:
                model.fit(X, y)
    with pytest.warns(UserWarning, match="alpha=0") as caught:
        Lasso(0.0, tol=1.0).fit(X, y)
    assert sum("alpha=0" in str(one.message) for one in caught) == 1


def test_tolerance_does_not_depend_on_units_or_repetition():
    X, y, _ = problem()
    base = Lasso(0.3, tol=1e-3).fit(X, y)
    for k in (1e-5, 1e5):
        scaled = Lasso(0.3 * k, tol=1e-3).fit(X, y * k)
        assert scaled.n_iter_ == base.n_iter_
        assert norm_difference(scaled.coef_ / k, base.coef_) < 1e-10
    repeated = Lasso(0.3, tol=1e-3).fit(X, y, np.full(len(X), 1e6))
    assert repeated.n_iter_ == base.n_iter_
    assert repeated.dual_gap_ == pytest.approx(base.dual_gap_)


@pytest.mark.parametrize("t", [None, 2])
def test_warm_start(t):
    X, y, _ = problem(t=t)
    ours, theirs = Lasso(0.3, warm_start=True), sklearn.linear_model.Lasso(0.3, warm_start=True)
    for model in (ours, theirs):
        model.fit(X, y)
        model.set_params(alpha=0.29).fit(X, y)
    assert_same_descent(ours, theirs)
    assert np.max(ours.n_iter_) < np.max(Lasso(0.29).fit(X, y).n_iter_)


@pytest.mark.parametrize("intercept", [True, False])
def test_sparse(intercept):
    X = sparse.random_array((500, 20), density=0.2, rng=0, format="csr")
    y, w = np.random.default_rng(0).normal(size=500), np.arange(500) % 3 * 1.0
    options = {"alpha": 0.01, "fit_intercept": intercept, "tol": 1e-8}
    theirs = sklearn.linear_model.Lasso(**options).fit(X, y, w)
    for data in (X, scalml.from_array(sparse.csr_matrix(X), chunk_rows=90)):
        assert norm_difference(Lasso(**options).fit(data, y, w).coef_, theirs.coef_) < 1e-7


def test_float32_and_frames():
    X, y, _ = problem()
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcdef"))
    ours = Lasso(0.1).fit(scalml.from_frame(frame, chunk_rows=90), y.astype(np.float32))
    theirs = sklearn.linear_model.Lasso(0.1).fit(frame, y.astype(np.float32))
    assert ours.coef_.dtype == theirs.coef_.dtype == np.float32
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-3
    assert ours.feature_names_in_.tolist() == list("abcdef")


def test_partial_fit_adds():
    X, y, w = problem()
    whole = Lasso(0.3).fit(X, y, w)
    parts = Lasso(0.3).partial_fit(X[:100], y[:100], w[:100]).partial_fit(X[100:], y[100:], w[100:])
    assert_same_descent(parts, whole)


def test_wrong_parameters_are_refused_before_reading():
    X, y, _ = problem()
    for options in ({"alpha": -1}, {"l1_ratio": 2}, {"selection": "first"}, {"max_iter": 0}):
        with pytest.raises(ValueError):
            ElasticNet(**options).fit(scalml.from_array(X, chunk_rows=90), y)


def test_to_sklearn():
    X, y, _ = problem()
    model = ElasticNet(0.3).fit(X, y)
    plain = model.to_sklearn()
    assert type(plain) is sklearn.linear_model.ElasticNet
    assert (plain.n_iter_, plain.dual_gap_) == (model.n_iter_, model.dual_gap_)
    np.testing.assert_array_equal(plain.predict(X), model.predict(X))
    assert model.fit_passes() == (1, 1)

"""Logistic regression with the penalties and deprecated parameters of scikit-learn."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import scalml
from scalml.linear_model import LogisticRegression, logistic_problem

from .logistic_problems import assert_parity, multinomial_problem
from .logistic_problems import problem as binary_problem
from .problems import norm_difference


def problem(classes, n=3000):
    X, y, w = binary_problem(n) if classes == 2 else multinomial_problem(n, classes=classes)
    return (X - X.mean(axis=0)) / X.std(axis=0), y, w


def saga(X, y, w=None, **options):
    model = sklearn.linear_model.LogisticRegression(
        solver="saga", tol=1e-10, max_iter=20_000, **options
    )
    return model.fit(X, y, w)


def assert_same_zeros(ours, theirs):
    np.testing.assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)
    assert (ours.coef_ == 0).any()


def objective(model, X, y, C, l1_ratio):
    loss = -np.log(model.predict_proba(X)[np.arange(len(y)), y]).sum()
    coef = model.coef_
    return C * loss + l1_ratio * np.abs(coef).sum() + (1 - l1_ratio) / 2 * (coef**2).sum()


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("l1_ratio", [0.5, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("options", [{}, {"fit_intercept": False, "class_weight": "balanced"}])
def test_parity_with_saga(classes, l1_ratio, weighted, options, sampling):
    X, y, w = problem(classes)
    w = w if weighted else None
    options = options | {"C": 0.01, "l1_ratio": l1_ratio}
    ours = LogisticRegression(tol=1e-9, solver="saga", **options)
    ours.fit(scalml.from_array(X, chunk_rows=700), y, w)
    theirs = saga(X, y, w, **options)
    if classes == 4 and l1_ratio == 1:  # determined up to a constant for each feature
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)
        return
    assert_parity(ours, theirs, 1e-6)
    assert_same_zeros(ours, theirs)


@pytest.mark.parametrize("scale", [1e-2, 1e2])
def test_columns_of_very_different_scale_reach_a_lower_objective(scale, sampling):
    X, y, _ = problem(2)
    X[:, 0] *= scale
    X[:, 1] = X[:, 2] + 0.01 * X[:, 1]
    X[:, 3] += 100
    options = {"C": 0.05, "l1_ratio": 1.0}
    ours = LogisticRegression(tol=1e-9, solver="saga", **options)
    ours.fit(scalml.from_array(X, chunk_rows=700), y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = sklearn.linear_model.LogisticRegression(
            solver="saga", tol=1e-6, max_iter=500, **options
        ).fit(X, y)
    best, other = (objective(model, X, y, **options) for model in (ours, theirs))
    assert best <= other * (1 + 1e-12)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("few", [False, True])
def test_sparse_rows_and_more_features_than_fit_together(make, few, sampling, monkeypatch):
    if few:
        monkeypatch.setattr(logistic_problem, "LASSO_FEATURES", 20)
    rng = np.random.default_rng(0)
    X = (rng.random((4000, 60)) < np.geomspace(0.01, 0.5, 60)).astype(float)
    y = (rng.random(4000) < 1 / (1 + np.exp(1 - X @ rng.normal(size=60)))).astype(int)
    ours = LogisticRegression(tol=1e-8, C=0.01, l1_ratio=1.0, solver="saga", max_iter=500)
    ours.fit(scalml.from_array(make(X), chunk_rows=900), y)
    theirs = saga(X, y, C=0.01, l1_ratio=1.0)
    assert_parity(ours, theirs)
    assert_same_zeros(ours, theirs)


def test_few_passes(passes):
    X, y, _ = problem(2, 200_000)
    options = {"C": 1e-4, "l1_ratio": 1.0}
    model = LogisticRegression(tol=1e-8, solver="saga", **options)
    model.fit(scalml.from_array(X, chunk_rows=40_000), y)
    assert passes[:2] == ["classes", "sample"]
    assert len(passes) <= 12
    assert (model.coef_ == 0).any()


def test_a_penalty_that_leaves_nothing(sampling):
    X, y, _ = problem(3)
    model = LogisticRegression(C=1e-6, l1_ratio=1.0, solver="saga", tol=1e-9).fit(X, y)
    assert not model.coef_.any()
    shares = np.bincount(y) / len(y)
    np.testing.assert_allclose(model.predict_proba(X)[0], shares, atol=1e-6)


def test_weights_repeat_rows_and_chunks_do_not_matter(sampling):
    X, y, w = problem(3)
    rows = np.repeat(np.arange(3000), w.astype(int))
    model = LogisticRegression(C=0.01, l1_ratio=1.0, solver="saga", tol=1e-9)
    repeated = model.fit(X[rows], y[rows]).coef_
    frame = pd.DataFrame(X).rename(columns=str)
    weighted = model.fit(scalml.from_frame(frame, chunk_rows=700), y, w).coef_
    np.testing.assert_allclose(weighted, repeated, atol=1e-7)
    np.testing.assert_array_equal(weighted == 0, repeated == 0)
    single = model.fit(X.astype(np.float32), y, w)
    assert single.coef_.dtype == np.float32
    np.testing.assert_allclose(single.coef_, repeated, atol=1e-4)


def test_separable_classes_and_warm_start(sampling):
    X = np.linspace(-1, 1, 2000).reshape(-1, 1) * [1.0, 0.5]
    y = (X[:, 0] > 0).astype(int)
    model = LogisticRegression(l1_ratio=1.0, solver="saga", tol=1e-7, warm_start=True).fit(X, y)
    assert np.isfinite(model.coef_).all() and model.coef_[0, 1] == 0
    coef = model.coef_
    assert model.fit(X, y).n_iter_ == 1
    assert norm_difference(model.coef_, coef) < 1e-5


@pytest.mark.parametrize("options", [{}, {"intercept_scaling": 10.0}, {"fit_intercept": False}])
@pytest.mark.parametrize("l1_ratio", [0.0, 1.0])
def test_liblinear_penalises_the_intercept(options, l1_ratio, sampling):
    X, y, w = problem(2)
    options = options | {"C": 0.01, "l1_ratio": l1_ratio, "solver": "liblinear"}
    theirs = sklearn.linear_model.LogisticRegression(tol=1e-9, max_iter=50_000, **options)
    theirs.fit(X, y, w)
    ours = LogisticRegression(tol=1e-9, **options)
    ours.fit(scalml.from_array(X, chunk_rows=700), y, w)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-5
    assert norm_difference(ours.intercept_, theirs.intercept_) < 1e-5
    assert_same_zeros(ours, theirs) if l1_ratio else None


def both(**options):
    """Warnings or the error of our estimator and of scikit-learn's, by its parameters alone."""
    X, y, _ = problem(2, 200)
    found = []
    for kind in (LogisticRegression, sklearn.linear_model.LogisticRegression):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                kind(max_iter=2000, **options).fit(X, y)
            except ValueError as error:
                found.append(str(error).replace(" instead.", ""))
                continue
        found.append([str(w.message) for w in caught if w.category is not ConvergenceWarning])
    return found


@pytest.mark.parametrize(
    "options",
    [
        {"penalty": "l2"},
        {"penalty": "l1", "solver": "saga"},
        {"penalty": "elasticnet", "l1_ratio": 0.5, "solver": "saga"},
        {"penalty": "elasticnet", "l1_ratio": None, "solver": "saga"},
        {"penalty": None, "C": 2.0},
        {"l1_ratio": None},
        {"n_jobs": 2},
        {"l1_ratio": 1.0},
        {"l1_ratio": 0.5, "solver": "liblinear"},
        {"C": np.inf, "solver": "liblinear"},
        {"dual": True},
        {"dual": True, "solver": "liblinear"},
        {"verbose": -1},
        {"intercept_scaling": 0},
    ],
)
def test_deprecations_and_refusals_are_those_of_scikit_learn(options):
    ours, theirs = both(**options)
    assert ours == theirs


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:Setting penalty=None")
@pytest.mark.filterwarnings("ignore:Inconsistent values")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"penalty": "l1"}, {"l1_ratio": 1.0}),
        ({"penalty": "l2"}, {"l1_ratio": 0.0}),
        ({"penalty": "elasticnet", "l1_ratio": 0.3}, {"l1_ratio": 0.3}),
        ({"penalty": None}, {"C": np.inf}),
        ({"l1_ratio": None}, {}),
    ],
)
def test_deprecated_spellings_mean_the_same(old, new):
    X, y, _ = problem(2, 500)
    one, other = (
        LogisticRegression(solver="saga", **({"C": 0.1} | options)).fit(X, y).coef_
        for options in (old, new)
    )
    np.testing.assert_array_equal(one, other)


def test_verbose_is_quiet_in_the_check_of_parameters(capfd):
    X, y, _ = problem(2, 200)
    LogisticRegression(verbose=1, solver="saga").fit(X, y)
    assert capfd.readouterr().out == ""

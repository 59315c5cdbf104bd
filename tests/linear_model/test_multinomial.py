"""Logistic regression of three or more classes."""

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse

import scalml
from scalml.linear_model import LogisticRegression, logistic_problem

from .logistic_problems import assert_parity, reference
from .logistic_problems import multinomial_problem as problem
from .problems import norm_difference


@pytest.mark.parametrize("C", [1e-3, 1.0, np.inf])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 0.2, 1: 3.0}])
def test_parity(C, weighted, intercept, class_weight, sampling):
    X, y, w = problem()
    options = {"C": C, "fit_intercept": intercept, "class_weight": class_weight}
    w = w if weighted else None
    ours = LogisticRegression(tol=1e-8, **options).fit(scalml.from_array(X, chunk_rows=700), y, w)
    assert_parity(ours, reference(X, y, w, **options))
    np.testing.assert_allclose(ours.coef_.sum(axis=0), 0, atol=1e-10)
    np.testing.assert_allclose(ours.intercept_.sum(), 0, atol=1e-10)


def test_parity_with_lbfgs():
    X, y, _ = problem()
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    theirs = sklearn.linear_model.LogisticRegression(tol=1e-10, max_iter=10_000).fit(X, y)
    assert_parity(LogisticRegression(tol=1e-8).fit(X, y), theirs)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_sparse_and_unbalanced(make, sampling):
    rng = np.random.default_rng(0)
    X = (rng.random((4000, 40)) < np.geomspace(0.002, 0.5, 40)).astype(float)
    Z = X @ rng.normal(size=(40, 3)) - [0, 1, 4]
    y = (Z + rng.gumbel(size=Z.shape)).argmax(axis=1)
    ours = LogisticRegression(tol=1e-8).fit(scalml.from_array(make(X), chunk_rows=900), y)
    assert_parity(ours, reference(X, y))


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_columns_of_very_different_scale(scale, sampling):
    X, y, _ = problem()
    X[:, 0] *= scale
    X[:, 1] += 1000
    ours = LogisticRegression(tol=1e-9).fit(scalml.from_array(X, chunk_rows=700), y)
    expected = reference(X, y).predict_proba(X)
    np.testing.assert_allclose(ours.predict_proba(X), expected, atol=1e-4)


@pytest.mark.parametrize(("cheap", "most"), [(1, 5000), (1, 10), (1000, 5000)])
def test_forms_of_the_hessian_lead_to_one_optimum(cheap, most, sampling, monkeypatch):
    monkeypatch.setattr(logistic_problem, "CHEAP_FEATURES", cheap)
    monkeypatch.setattr(logistic_problem, "MOST_FEATURES", most)
    X, y, _ = problem(1500, 20, mean=0.1)
    model = LogisticRegression(tol=1e-7, max_iter=2000, C=0.01)
    ours = model.fit(scalml.from_array(X, chunk_rows=300), y)
    assert_parity(ours, reference(X, y, C=0.01), 1e-5)


def test_few_passes(passes):
    X, y, _ = problem(120_000, 20)
    model = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=20_000), y)
    assert passes[:2] == ["classes", "sample"]
    assert len(passes) <= 12
    assert_parity(model, reference(X, y))


@pytest.mark.parametrize("C", [1.0, np.inf])
def test_separable_classes(C, sampling):
    X = np.linspace(-1, 1, 2001).reshape(-1, 1) * [1.0, 0.5]
    y = np.digitize(X[:, 0], [-0.4, 0.3])
    model = LogisticRegression(C=C).fit(scalml.from_array(X, chunk_rows=300), y)
    assert np.isfinite(model.coef_).all() and np.isfinite(model.intercept_).all()
    assert model.score(X, y) > (0.9 if C == 1.0 else 0.99)


def test_a_class_that_the_sample_lacks(sampling):
    X, y, _ = problem()
    y = np.where(np.arange(3000) < 2, 9, y)
    ours = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=700), y)
    assert_parity(ours, reference(X, y))


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "b", "c", "d"]),
        np.array(["a", "b", "c", "d"], dtype=object),
        np.array([-1.0, 1.0, 2.0, 7.0]),
        np.array([3, 8, 9, 200], dtype=np.uint8),
    ],
)
def test_labels_and_lazy_application(labels, sampling):
    X, y, _ = problem()
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcdef"))
    chunked = scalml.from_frame(frame, chunk_rows=700)
    model = LogisticRegression().fit(chunked, labels[y])
    assert model.classes_.tolist() == labels.tolist()
    assert model.classes_.dtype == np.unique(labels).dtype
    assert model.coef_.dtype == model.intercept_.dtype == np.float32
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        lazy, whole = getattr(model, method)(chunked), getattr(model, method)(frame)
        assert lazy.dtype == whole.dtype and lazy.shape == whole.shape
        if method == "predict":
            np.testing.assert_array_equal(lazy.to_numpy(), whole)
        else:
            np.testing.assert_allclose(lazy.to_numpy(), whole, rtol=1e-3, atol=1e-5)
    assert model.score(chunked, labels[y]) == model.score(frame, labels[y])
    np.testing.assert_array_equal(
        model.to_sklearn().predict_proba(frame), model.predict_proba(frame)
    )


def test_weights_repeat_rows_and_chunks_do_not_matter(sampling):
    X, y, w = problem()
    rows = np.repeat(np.arange(3000), w.astype(int))
    repeated = LogisticRegression(tol=1e-8).fit(X[rows], y[rows])
    weighted = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=700), y, w)
    assert_parity(weighted, repeated, 1e-7)
    other = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=13), y, w)
    assert_parity(other, weighted, 1e-9)


def test_warm_start(sampling):
    X, y, _ = problem()
    model = LogisticRegression(tol=1e-8, warm_start=True).fit(X, y)
    coef = model.coef_.copy()
    assert model.fit(X, y).n_iter_ == 1
    assert norm_difference(model.coef_, coef) < 1e-7
    assert model.fit(X, y % 2).coef_.shape == (1, 6)
    assert model.fit(X, y % 3).coef_.shape == (3, 6)


def test_liblinear_refuses_more_than_two_classes():
    X, y, _ = problem(200)
    with pytest.raises(ValueError, match="'liblinear' solver does not support multiclass"):
        LogisticRegression(solver="liblinear").fit(X, y)

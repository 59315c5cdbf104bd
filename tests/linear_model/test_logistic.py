import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import scalml
from scalml.linear_model import LogisticRegression, sample

from .logistic_problems import assert_parity, problem, reference
from .problems import norm_difference


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e4, np.inf])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 0.2, 1: 3.0}])
def test_parity(C, weighted, intercept, class_weight, sampling):
    X, y, w = problem()
    options = {"C": C, "fit_intercept": intercept, "class_weight": class_weight}
    w = w if weighted else None
    ours = LogisticRegression(tol=1e-8, **options).fit(scalml.from_array(X, chunk_rows=700), y, w)
    assert_parity(ours, reference(X, y, w, **options))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_sparse_and_unbalanced(make, sampling):
    rng = np.random.default_rng(0)
    X = (rng.random((4000, 60)) < np.geomspace(0.002, 0.5, 60)).astype(float)
    y = (rng.random(4000) < 1 / (1 + np.exp(2 - X @ rng.normal(size=60)))).astype(int)
    ours = LogisticRegression(tol=1e-8).fit(scalml.from_array(make(X), chunk_rows=900), y)
    assert_parity(ours, reference(X, y))


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_columns_of_very_different_scale(scale, sampling):
    X, y, _ = problem()
    X[:, 0] *= scale
    X[:, 1] += 1000
    ours = LogisticRegression(tol=1e-9).fit(scalml.from_array(X, chunk_rows=700), y)
    theirs = reference(X, y)
    assert norm_difference(ours.decision_function(X), theirs.decision_function(X)) < 1e-4


@pytest.mark.parametrize("features", [50, 300])
@pytest.mark.parametrize("most", [5000, 10])
def test_many_features(features, most, sampling, monkeypatch):
    monkeypatch.setattr("scalml.linear_model.logistic_problem.MOST_FEATURES", most)
    X, y, _ = problem(1000, features, mean=0.1)
    model = LogisticRegression(tol=1e-7, max_iter=2000, C=0.01)
    ours = model.fit(scalml.from_array(X, chunk_rows=300), y)
    assert_parity(ours, reference(X, y, C=0.01), 1e-4)


def test_few_passes(passes, monkeypatch):
    monkeypatch.setattr(sample, "LEAST_BYTES", 2**20)
    X, y, _ = problem(100_000, 10)
    model = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=20_000), y)
    assert passes[:2] == ["classes", "sample"]
    assert len(passes) <= 10
    assert_parity(model, reference(X, y))


def test_small_data_is_read_twice(passes):
    X, y, _ = problem()
    LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=700), y)
    assert passes == ["classes", "sample"]
    assert LogisticRegression().fit_passes() == (2, 204)


@pytest.mark.parametrize("C", [1.0, np.inf])
def test_separable_classes(C, sampling):
    X = np.linspace(-1, 1, 2000).reshape(-1, 1) * [1.0, 0.5]
    y = (X[:, 0] > 0).astype(int)
    model = LogisticRegression(C=C).fit(scalml.from_array(X, chunk_rows=300), y)
    assert np.isfinite(model.coef_).all()
    assert model.score(X, y) > 0.99


def test_duplicated_and_constant_columns_without_penalty(sampling):
    X, y, _ = problem()
    theirs = reference(X, y, C=np.inf)
    wide = np.column_stack([X, X[:, :2], np.full(3000, 1e3), np.zeros(3000)])
    ours = LogisticRegression(C=np.inf, tol=1e-8).fit(scalml.from_array(wide, chunk_rows=700), y)
    assert norm_difference(ours.decision_function(wide), theirs.decision_function(X)) < 1e-4


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array(["no", "yes"], dtype=object),
        np.array([False, True]),
        np.array([-1.0, 1.0]),
        np.array([3, 8], dtype=np.uint8),
    ],
)
def test_labels_of_any_type(labels, sampling):
    X, y, _ = problem()
    model = LogisticRegression().fit(scalml.from_array(X, chunk_rows=700), labels[y])
    theirs = sklearn.linear_model.LogisticRegression().fit(X, labels[y])
    assert model.classes_.dtype == theirs.classes_.dtype
    assert model.classes_.tolist() == labels.tolist()
    lazy = model.predict(scalml.from_array(X, chunk_rows=700))
    np.testing.assert_array_equal(lazy.to_numpy(), model.predict(X))
    assert model.score(scalml.from_array(X, chunk_rows=700), labels[y]) == model.score(X, labels[y])


def test_weights_repeat_rows(sampling):
    X, y, w = problem()
    repeated = LogisticRegression(tol=1e-8).fit(
        *(np.repeat(a, w.astype(int), axis=0) for a in (X, y))
    )
    weighted = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=700), y, w)
    assert_parity(weighted, repeated, 1e-7)


@pytest.mark.parametrize("chunk_rows", [1, 13, 3000])
def test_chunk_size_does_not_matter(chunk_rows, sampling):
    X, y, w = problem()
    whole = LogisticRegression(tol=1e-8).fit(X, y, w)
    if chunk_rows == 1:
        X, y, w = X[:200], y[:200], w[:200]
        whole = LogisticRegression(tol=1e-8).fit(X, y, w)
    chunked = LogisticRegression(tol=1e-8).fit(scalml.from_array(X, chunk_rows=chunk_rows), y, w)
    assert_parity(chunked, whole, 1e-9)
    assert chunked.n_iter_ == whole.n_iter_


def test_memory_order_does_not_change_a_bit(sampling):
    X, y, _ = problem()
    found = {
        LogisticRegression().fit(scalml.from_array(order, chunk_rows=700), y).coef_.tobytes()
        for order in (X, np.asfortranarray(X))
    }
    assert len(found) == 1


def test_float32_and_frames(sampling):
    X, y, _ = problem()
    theirs = sklearn.linear_model.LogisticRegression().fit(X.astype(np.float32), y)
    frame = pd.DataFrame(X.astype(np.float32), columns=list("abcdefgh"))
    for data in (X.astype(np.float32), frame, scalml.from_frame(frame, chunk_rows=700)):
        ours = LogisticRegression(tol=1e-8).fit(data, y)
        assert ours.coef_.dtype == ours.intercept_.dtype == theirs.coef_.dtype == np.float32
        assert norm_difference(ours.coef_, reference(X, y).coef_) < 1e-5
    assert ours.feature_names_in_.tolist() == list("abcdefgh")
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        lazy = getattr(ours, method)(scalml.from_frame(frame, chunk_rows=700))
        whole = getattr(ours, method)(frame)
        assert lazy.dtype == whole.dtype and lazy.shape == whole.shape
        np.testing.assert_allclose(lazy.to_numpy(), whole, rtol=1e-4)


def test_max_iter_warns_and_tol_is_kept(sampling):
    X, y, _ = problem()
    with pytest.warns(ConvergenceWarning, match=r"tol=1e-09 in 1 iterations .max_iter=1."):
        LogisticRegression(max_iter=1, tol=1e-9).fit(X, y)
    with pytest.warns(ConvergenceWarning):
        model = LogisticRegression(max_iter=0).fit(X, y)
    assert not model.coef_.any()


def test_warm_start(sampling):
    X, y, _ = problem()
    model = LogisticRegression(tol=1e-8, warm_start=True).fit(X, y)
    coef = model.coef_.copy()
    model.fit(X, y)
    assert model.n_iter_ == 1
    assert norm_difference(model.coef_, coef) < 1e-7
    model.fit(X[:, :3], y)
    assert model.coef_.shape == (1, 3)


@pytest.mark.parametrize("solver", ["newton-cg", "newton-cholesky", "sag", "saga"])
def test_solvers_are_routes_to_one_optimum(solver):
    X, y, _ = problem()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = LogisticRegression(solver=solver).fit(X, y)
        model.set_callbacks()
    np.testing.assert_array_equal(model.coef_, LogisticRegression().fit(X, y).coef_)


def test_one_class_is_refused():
    X, *_ = problem(300)
    with pytest.raises(ValueError, match="only one class: .*7"):
        LogisticRegression().fit(scalml.from_array(X, chunk_rows=90), np.full(300, 7))


def test_bad_input_is_refused(sampling):
    X, y, w = problem()
    chunked = scalml.from_array(X, chunk_rows=700)
    with pytest.raises(ValueError, match="Unknown label type"):
        LogisticRegression().fit(chunked, X[:, 0])
    with pytest.raises(ValueError, match=r"weights .* zero"):
        LogisticRegression().fit(chunked, y, 0 * w)
    with pytest.raises(ValueError, match="'C' parameter"):
        LogisticRegression(C=-1).fit(chunked, y)
    X[1234, 3] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        LogisticRegression().fit(scalml.from_array(X, chunk_rows=700), y)


def test_to_sklearn():
    X, y, _ = problem()
    model = LogisticRegression(C=2.0, class_weight={0: 1, 1: 2}).fit(X, y)
    plain = model.to_sklearn()
    assert type(plain) is sklearn.linear_model.LogisticRegression
    assert plain.C == 2.0
    np.testing.assert_array_equal(plain.predict_proba(X), model.predict_proba(X))


def test_text_sources_are_cached_for_the_fit(tmp_path):
    X, y, _ = problem()
    path = tmp_path / "data.csv"
    pd.DataFrame(X, columns=list("abcdefgh")).assign(y=y).to_csv(path, index=False)
    frame = scalml.read_csv(path, chunk_rows=900)
    model = LogisticRegression(tol=1e-8).fit(frame.drop(columns="y"), frame["y"])
    assert_parity(model, reference(X, y))

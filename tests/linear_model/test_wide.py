"""Fits to far more columns than rows: scikit-learn's results, from the rows alone."""

import numpy as np
import pytest
import sklearn.linear_model
from scipy import sparse
from sklearn.model_selection import GridSearchCV as PlainSearch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler as PlainScaler

import scalml
from scalml.linear_model import ElasticNet, GramRegressor, Lasso, LinearRegression, Ridge
from scalml.model_selection import GridSearchCV
from scalml.model_selection.explained import explains
from scalml.preprocessing import StandardScaler
from scalml.statistics import Gram, GramRows

N, D = 60, 1500


def rows(n=N, targets=None):
    rng = np.random.default_rng(0)
    X = rng.normal(0.5, 1, (n, D))
    shape = (5,) if targets is None else (5, targets)
    y = X[:, :5] @ rng.normal(size=shape) + rng.normal(size=(n, *shape[1:]))
    return X, y, rng.integers(0, 3, n).astype(float)


MODELS = [
    (LinearRegression, {}),
    (Ridge, {}),
    (Lasso, {"alpha": 0.1}),
    (ElasticNet, {"alpha": 0.1}),
]


def assert_alike(ours, plain, rtol=1e-9):
    scale = np.abs(plain.coef_).max()
    np.testing.assert_allclose(ours.coef_, plain.coef_, rtol=0, atol=rtol * scale)
    np.testing.assert_allclose(ours.intercept_, plain.intercept_, rtol=rtol, atol=100 * rtol)


@pytest.mark.parametrize(("kind", "params"), MODELS)
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("chunk_rows", [N, 13])
def test_equals_scikit_learn(kind, params, fit_intercept, weighted, chunk_rows):
    X, y, w = rows()
    params = params | {"fit_intercept": fit_intercept}
    w = w if weighted else None
    ours = kind(**params).fit(scalml.from_array(X, chunk_rows=chunk_rows), y, w)
    assert isinstance(ours.gram_, GramRows)
    plain = getattr(sklearn.linear_model, kind.__name__)(**params).fit(X, y, w)
    assert_alike(ours, plain)
    for name in ("n_iter_", "rank_"):
        assert getattr(ours, name, None) == getattr(plain, name, None)
    if hasattr(plain, "singular_"):
        np.testing.assert_allclose(ours.singular_, plain.singular_, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("kind", ["Ridge", "LinearRegression"])
@pytest.mark.parametrize("make", [np.float32, sparse.csr_matrix])
def test_several_targets_of_float32_and_sparse_rows(kind, make):
    X, y, _ = rows(targets=3)
    X = make(X)
    ours = getattr(scalml.linear_model, kind)().fit(scalml.from_array(X, chunk_rows=13), y)
    plain = getattr(sklearn.linear_model, kind)().fit(
        X.toarray() if sparse.issparse(X) else X.astype(float), y
    )
    assert_alike(ours, plain, rtol=1e-5 if X.dtype == np.float32 else 1e-9)
    assert ours.coef_.dtype == X.dtype


def test_a_penalty_for_each_target():
    X, y, _ = rows(targets=3)
    alpha = [0.01, 1.0, 100.0]
    ours = Ridge(alpha=alpha).fit(scalml.from_array(X, chunk_rows=13), y)
    for k in range(3):
        plain = sklearn.linear_model.Ridge(alpha=alpha[k]).fit(X, y[:, k])
        np.testing.assert_allclose(ours.coef_[k], plain.coef_, atol=1e-10)


def test_no_penalty_gives_the_least_norm():
    X, y, _ = rows()
    assert_alike(Ridge(alpha=0.0).fit(X, y), sklearn.linear_model.LinearRegression().fit(X, y))


def test_coefficients_that_may_not_be_negative_leave_no_more_error():
    X, y, _ = rows()
    y = y - 20 * X[:, 7:9].sum(axis=1)
    ours = LinearRegression(positive=True).fit(X - 0.5, y)
    plain = sklearn.linear_model.LinearRegression(positive=True).fit(X - 0.5, y)
    assert isinstance(ours.gram_, GramRows) and (ours.coef_ >= 0).all()
    errors = [np.square(y - model.predict(X - 0.5)).sum() for model in (ours, plain)]
    np.testing.assert_allclose(*errors, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["Lars", "BayesianRidge"])
def test_other_regressors(name):
    X, y, _ = rows()
    params = {"n_nonzero_coefs": 10} if name == "Lars" else {}
    plain = getattr(sklearn.linear_model, name)(**params)
    ours = GramRegressor(plain).fit(scalml.from_array(X, chunk_rows=13), y)
    assert isinstance(ours.gram_, GramRows)
    assert_alike(ours, plain.fit(X, y), rtol=1e-8)


def test_rows_come_and_go():
    X, y, _ = rows(40)
    model = Ridge().partial_fit(X[:10], y[:10]).partial_fit(X[10:20], y[10:20])
    model.merge(Ridge().fit(X[20:], y[20:]))
    assert isinstance(model.gram_, GramRows)
    assert_alike(model, sklearn.linear_model.Ridge().fit(X, y))
    model.forget(X[:10], y[:10])
    assert isinstance(model.gram_, Gram)
    assert_alike(model, sklearn.linear_model.Ridge().fit(X[10:], y[10:]))


def test_a_file_of_unknown_length(tmp_path):
    X, y, _ = rows(10)
    np.savetxt(tmp_path / "X.csv", X, delimiter=",", header=",".join(f"c{j}" for j in range(D)))
    ours = Ridge().fit(scalml.read_csv(tmp_path / "X.csv"), y)
    assert isinstance(ours.gram_, GramRows)
    assert_alike(ours, sklearn.linear_model.Ridge().fit(X, y))


def test_the_same_bits_for_every_number_of_workers():
    X, y, w = rows()
    found = set()
    for n_jobs in (1, 2):
        with scalml.config_context(n_jobs=n_jobs):
            model = Ridge().fit(scalml.from_array(X, chunk_rows=7), y, w)
        found.add(model.coef_.tobytes())
    assert len(found) == 1


@pytest.mark.parametrize("scaled", [False, True])
def test_searches_fit_the_rows_of_each_fold(scaled):
    X, y, _ = rows()
    grid = {"alpha": [0.1, 10.0, 1000.0]}
    ours, plain = Ridge(), sklearn.linear_model.Ridge()
    if scaled:
        grid = {f"ridge__{name}": values for name, values in grid.items()}
        ours = scalml.pipeline.make_pipeline(StandardScaler(), ours)
        plain = make_pipeline(PlainScaler(), plain)
    found = GridSearchCV(ours, grid, cv=3).fit(scalml.from_array(X, chunk_rows=13), y)
    best = found.best_estimator_
    assert isinstance((best[-1] if scaled else best).gram_, GramRows)
    expected = PlainSearch(plain, grid, cv=3).fit(X, y)
    assert "few" in str(explains([ours], X))
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"], rtol=1e-9
    )


@pytest.mark.parametrize("kind", [LinearRegression, Ridge, Lasso])
def test_memory_is_that_of_the_rows(kind):
    X = np.random.default_rng(0).normal(size=(20, 20_000))
    with scalml.config_context(memory_limit="8GiB"):  # products would take 12 to solve
        model = kind().fit(scalml.from_array(X, chunk_rows=13), X[:, 0])
    assert isinstance(model.gram_, GramRows)


def test_rows_beyond_the_limit_are_refused_before_reading():
    X = scalml.from_array(sparse.csr_matrix((3, 10**6)), chunk_rows=2)
    with (
        scalml.config_context(memory_limit="64MiB"),
        pytest.raises(MemoryError, match="3 rows of 1000001 columns"),
    ):
        LinearRegression().fit(X, np.zeros(3))

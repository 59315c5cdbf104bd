"""The routes: which is taken when, how many passes each makes, and that all find the same."""

import numpy as np
import pytest
import sklearn.decomposition
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

import scalml
from scalml.decomposition import PCA, TruncatedSVD, krylov, linear
from scalml.decomposition.linear import gram_of_features
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.statistics import Gram
from tests.decomposition.data import LEARNT, assert_alike, rows

DECAY = np.geomspace(1, 1e-2, 200)


@pytest.fixture
def narrow(monkeypatch):
    """Make 60 columns many: rows fewer than columns, or more than 100 columns, are wide."""
    monkeypatch.setattr(linear, "DENSE_COLUMNS", 60)
    monkeypatch.setattr(linear, "GRAM_COLUMNS", 100)


def wide(n=50, d=200):
    return np.random.default_rng(0).normal(size=(n, d)) * DECAY[:d] + 3


def full(X, k):
    return sklearn.decomposition.PCA(k, svd_solver="full").fit(X)


def arpack(X, k):
    return sklearn.decomposition.TruncatedSVD(k, algorithm="arpack", random_state=0).fit(X)


@pytest.mark.parametrize("n_components", [None, 1, 5, 49, 0.8])
def test_fewer_rows_than_columns(narrow, n_components, passes):
    X = wide()
    ours = PCA(n_components).fit(scalml.from_array(X, chunk_rows=13))
    theirs = full(X, n_components)
    known = slice(0, 49)  # the last of 50 centred rows has no variance
    ours.components_, theirs.components_ = ours.components_[known], theirs.components_[known]
    assert_alike(ours, theirs, components=1e-9)
    assert 2 <= len(passes) <= 8
    assert not hasattr(ours, "gram_")


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_more_columns_than_a_gram_matrix_takes(narrow, make, dtype, passes):
    X = make(wide(n=900).astype(dtype))
    dense = np.asarray(X.todense() if sparse.issparse(X) else X, dtype=np.float64)
    C = scalml.from_array(X, chunk_rows=130)
    bound = 1e-7 if dtype is np.float64 else 1e-6
    ours = PCA(5).fit(C)
    assert len(passes) <= 12
    assert ours.components_.dtype == dtype
    for name in LEARNT:
        assert_allclose(getattr(ours, name), getattr(full(dense, 5), name), rtol=0, atol=bound * 50)
    assert_allclose(ours.components_, full(dense, 5).components_, atol=bound)
    found, exact = TruncatedSVD(5).fit(C), arpack(dense, 5)
    assert_allclose(found.components_, exact.components_, atol=bound)
    assert_allclose(found.explained_variance_, exact.explained_variance_, rtol=100 * bound)
    assert_allclose(found.explained_variance_ratio_, exact.explained_variance_ratio_, rtol=1e-4)


def test_shares_and_all_components_of_many_rows_take_the_gram_matrix(narrow, passes):
    X = wide(n=900)
    for n_components in (None, 0.5, "mle"):
        assert_alike(PCA(n_components).fit(X), full(X, n_components), components=1e-7)
    assert len(passes) == 3


def test_few_of_many_components_are_found_in_the_gram_matrix(narrow, monkeypatch, passes):
    monkeypatch.setattr(linear, "GRAM_COLUMNS", 1000)
    X = wide(n=900)
    monkeypatch.setattr(linear, "spectrum", None)
    assert_alike(PCA(5).fit(X), full(X, 5), components=1e-9)
    assert_alike(TruncatedSVD(5).fit(X), arpack(X, 5), components=1e-8)
    assert len(passes) == 2


def test_slow_convergence_in_the_gram_matrix_takes_all_eigenvectors(narrow, monkeypatch):
    monkeypatch.setattr(linear, "GRAM_COLUMNS", 1000)
    monkeypatch.setattr(krylov, "MAX_PRODUCTS", 2)
    X = wide(n=900)
    assert_alike(PCA(5).fit(X), full(X, 5), components=1e-9)


def test_slow_convergence_over_the_rows_is_a_warning(narrow, monkeypatch):
    monkeypatch.setattr(krylov, "MAX_PRODUCTS", 2)
    with pytest.warns(ConvergenceWarning, match="5 leading components are not exact after 2"):
        PCA(5).fit(wide(n=900))


def test_tol_spares_passes(narrow, passes):
    X = wide(n=900)
    exact = full(X, 5)
    PCA(5).fit(X)
    many = len(passes)
    rough = PCA(5, tol=1e-4).fit(X)
    assert len(passes) - many < many
    assert_allclose(rough.explained_variance_, exact.explained_variance_, rtol=1e-5)


def test_wide_rows_are_fitted_alike_each_time(narrow):
    X = scalml.from_array(wide(), chunk_rows=13)
    once, again = PCA(5).fit(X), PCA(5).fit(X)
    assert_array_equal(once.components_, again.components_)
    other = PCA(5, random_state=7).fit(X)
    assert_alike(other, once, components=1e-9)


def test_partial_fit_of_wide_rows_takes_the_gram_matrix(narrow):
    X = wide()
    parts = PCA(5).partial_fit(X[:20]).partial_fit(X[20:])
    assert_alike(parts, full(X, 5), components=1e-9)
    fitted = PCA(5).fit(X)
    with pytest.raises(ValueError, match="200 columns without a Gram matrix"):
        fitted.partial_fit(X)
    assert_alike(fitted, full(X, 5), components=1e-9)
    assert not hasattr(parts.fit(X), "gram_")


def test_what_does_not_fit_the_memory_limit(narrow):
    X = scalml.from_array(wide(n=900), chunk_rows=130)
    with scalml.config_context(memory_limit="1MiB", backend="serial"):
        with pytest.raises(MemoryError, match="200 columns"):
            PCA().fit(X)
        with pytest.raises(MemoryError, match="200 columns"):
            PCA(150).fit(X)


def test_statistic_and_solve():
    X, weight = rows(), np.random.default_rng(1).integers(0, 3, 400).astype(float)
    for model, reference in ((PCA(3), full), (TruncatedSVD(3), arpack)):
        func = model.statistic()
        assert func is gram_of_features
        total = func(X[:100], X[:100, 0], weight[:100]) + func(X[100:], None, weight[100:])
        expected = reference(np.repeat(X, weight.astype(int), axis=0), 3)
        assert_alike(model.solve(total), expected)
        assert model.n_features_in_ == 8
        # Another parameter, the same statistic; and one with targets, which are left aside.
        assert model.set_params(n_components=2).solve(total).components_.shape == (2, 8)
        assert_alike(model.solve(Gram.of(X, X[:, :2])), reference(X, 2))
        assert model.gram_.n_targets == 0
        assert_alike(model.partial_fit(X), reference(np.vstack([X, X]), 2))
        with pytest.raises(ValueError, match="n_components"):
            model.set_params(n_components=-3).solve(total)


def test_a_step_of_a_pipeline(passes):
    X = rows()
    C = scalml.from_array(X, chunk_rows=90)
    ours = make_pipeline(StandardScaler(), PCA(3)).fit(C)
    theirs = full(sklearn.preprocessing.StandardScaler().fit_transform(X), 3)
    assert_alike(ours[-1], theirs)
    assert len(passes) == 2
    assert ours.transform(C).shape == (400, 3)


def test_ten_thousand_columns(passes):
    X = sparse.random(600, 10_000, 0.01, format="csr", random_state=0)
    X = (X @ sparse.diags_array(np.geomspace(1, 1e-3, 10_000))).tocsr()
    ours = TruncatedSVD(3).fit(scalml.from_array(X, chunk_rows=150))
    assert_alike(ours, arpack(X, 3), components=1e-7)
    assert 2 < len(passes) < 30


def test_planned_passes():
    assert PCA().fit_passes(1024) == PCA().fit(rows()).fit_passes() == (1, 2)
    assert PCA().fit_passes() == PCA().fit_passes(2000) == (1, krylov.MAX_PRODUCTS)

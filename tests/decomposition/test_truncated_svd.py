"""TruncatedSVD: parity with scikit-learn's exact algorithm, dense and sparse, and its errors."""

import numpy as np
import pandas as pd
import pytest
import sklearn.decomposition
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

import scalml
from scalml.decomposition import TruncatedSVD
from tests.decomposition.data import assert_alike, rows, with_condition


def plain(X, n_components=2, **options):
    options = {"algorithm": "arpack", "random_state": 0, **options}
    return sklearn.decomposition.TruncatedSVD(n_components, **options).fit(X)


def words(n=500, d=60):
    """Sparse counts of few columns in common, as text has."""
    rng = np.random.default_rng(0)
    return sparse.csr_matrix(rng.poisson(rng.gamma(0.3, 1, d) * rng.gamma(1, 0.3, (n, 1))) * 1.0)


@pytest.mark.parametrize("make", [rows, words])
@pytest.mark.parametrize("n_components", [1, 2, 6])
@pytest.mark.parametrize("chunk_rows", [None, 1, 90])
def test_parity(make, n_components, chunk_rows):
    X = make()
    given = X if chunk_rows is None else scalml.from_array(X, chunk_rows=chunk_rows)
    ours, theirs = TruncatedSVD(n_components).fit(given), plain(X, n_components)
    assert_alike(ours, theirs, components=1e-8)
    out = ours.transform(given)
    back = ours.inverse_transform(out)
    if chunk_rows is not None:
        out, back = out.to_numpy(), back.to_numpy()
    assert_allclose(out, theirs.transform(X), atol=1e-7)
    assert_allclose(back, theirs.inverse_transform(theirs.transform(X)), atol=1e-7)


@pytest.mark.parametrize("cond", [1e3, 1e5])
def test_ill_conditioned(cond):
    X = with_condition(cond)
    ours = TruncatedSVD(11).fit(scalml.from_array(X, chunk_rows=90))
    assert_alike(ours, plain(X, 11), components=1e-7)


def test_a_mean_far_from_zero_leaves_the_variances_exact():
    """The first vector is the mean, whose explained variance is small beside its length."""
    X = rows() + 1e5
    exact = np.linalg.svd(X, full_matrices=False)[2][:3]
    ours = TruncatedSVD(3).fit(scalml.from_array(X, chunk_rows=90))
    centred = X - X.mean(axis=0)
    assert_allclose(np.abs((ours.components_ * exact).sum(axis=1)), 1.0, rtol=1e-9)
    assert_allclose(ours.explained_variance_[1:], (centred @ exact.T).var(axis=0)[1:], rtol=1e-6)


@pytest.mark.parametrize("algorithm", ["arpack", "randomized"])
def test_algorithms_are_routes_to_one_optimum(algorithm):
    X = rows()
    found = TruncatedSVD(3, algorithm=algorithm, n_iter=1, random_state=0).fit(X)
    assert_array_equal(found.components_, TruncatedSVD(3).fit(X).components_)
    close = sklearn.decomposition.TruncatedSVD(3, n_iter=20, random_state=0).fit(X)
    assert_alike(found, close, components=1e-6, variances=1e-6)


def test_fewer_rows_than_components():
    X = rows()[:4]
    theirs = sklearn.decomposition.TruncatedSVD(6, random_state=0).fit(X)
    assert_alike(TruncatedSVD(6).fit(X), theirs, components=1e-7)


def test_float32_stays():
    for X in (rows().astype(np.float32), words().astype(np.float32)):
        C = scalml.from_array(X, chunk_rows=90)
        ours = TruncatedSVD(3).fit(C)
        assert_alike(ours, plain(X, 3), components=1e-3, variances=1e-4)
        out = ours.transform(C)
        assert out.dtype == out.to_numpy().dtype == np.float32


def test_integers_and_frames():
    frame = pd.DataFrame(words(d=5).toarray().astype(int), columns=list("abcde"))
    ours = TruncatedSVD(2).set_output(transform="pandas")
    out = ours.fit_transform(scalml.from_frame(frame, chunk_rows=90))
    theirs = plain(frame)
    assert_alike(ours, theirs, components=1e-9)
    assert list(out.columns) == ["truncatedsvd0", "truncatedsvd1"]
    assert_allclose(out.to_pandas(), theirs.transform(frame), atol=1e-9)


def test_partial_fit_is_fit_on_the_union():
    X = words()
    parts = TruncatedSVD(3)
    for part in (X[:50], scalml.from_array(X[50:300], chunk_rows=64), X[300:]):
        parts.partial_fit(part)
    assert_alike(parts, TruncatedSVD(3).fit(X))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 9}, r"n_components\(9\) must be <= n_features\(8\)"),
        ({"n_components": 8, "algorithm": "arpack"}, r"n_components\(8\) must be <"),
        ({"n_components": 0}, "n_components"),
        ({"algorithm": "best"}, "algorithm"),
        ({"n_iter": -1}, "n_iter"),
        ({"tol": -1.0}, "tol"),
    ],
)
def test_parameters_that_scikit_learn_refuses_are_refused(options, message):
    X = rows()
    with pytest.raises(ValueError):
        sklearn.decomposition.TruncatedSVD(**options).fit(X)
    for given in (X, scalml.from_array(X, chunk_rows=90)):
        with pytest.raises(ValueError, match=message):
            TruncatedSVD(**options).fit(given)


def test_one_column_is_too_few():
    X = rows()[:, :1]
    for given in (X, scalml.from_array(X, chunk_rows=90)):
        with pytest.raises(ValueError, match="1 feature"):
            TruncatedSVD(1).fit(given)


def test_to_sklearn():
    X = words()
    ours = TruncatedSVD(3, n_iter=7).fit(X)
    twin = ours.to_sklearn()
    assert type(twin) is sklearn.decomposition.TruncatedSVD
    assert twin.n_iter == 7
    assert_array_equal(twin.transform(X), ours.transform(X))

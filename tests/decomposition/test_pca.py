"""PCA: parity with scikit-learn on data of all kinds, errors, application, partial_fit."""

import numpy as np
import pandas as pd
import pytest
import sklearn.decomposition
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone

import scalml
from scalml.decomposition import PCA
from tests.decomposition.data import assert_alike, assert_same_space, rows, with_condition


def plain(X, n_components=None, **options):
    options = {"svd_solver": "full", **options}
    return sklearn.decomposition.PCA(n_components, **options).fit(X)


@pytest.mark.parametrize("n_components", [None, 1, 3, 8, 0.5, 0.9, 0.9999999, "mle", 0])
@pytest.mark.parametrize("chunk_rows", [None, 1, 90])
@pytest.mark.parametrize("whiten", [False, True])
def test_parity(n_components, chunk_rows, whiten):
    X = rows()
    given = X if chunk_rows is None else scalml.from_array(X, chunk_rows=chunk_rows)
    ours = PCA(n_components, whiten=whiten).fit(given)
    theirs = plain(X, n_components, whiten=whiten)
    assert_alike(ours, theirs)
    if n_components == 0:
        return
    assert_allclose(ours.get_covariance(), theirs.get_covariance(), rtol=1e-8, atol=1e-8)
    assert_allclose(ours.get_precision(), theirs.get_precision(), rtol=1e-8, atol=1e-8)
    assert ours.score(given) == pytest.approx(theirs.score(X), abs=1e-9)
    out, samples = ours.transform(given), ours.score_samples(given)
    back = ours.inverse_transform(out)
    if chunk_rows is not None:
        out, back, samples = out.to_numpy(), back.to_numpy(), samples.to_numpy()
    assert_allclose(out, theirs.transform(X), atol=1e-9)
    assert_allclose(back, theirs.inverse_transform(theirs.transform(X)), atol=1e-9)
    assert_allclose(samples, theirs.score_samples(X), atol=1e-8)


@pytest.mark.parametrize("cond", [1e2, 1e4, 1e6, 1e9])
def test_correlated_columns(cond, passes):
    """The second pass, where it is needed, gives what a decomposition of the rows gives."""
    X = with_condition(cond)
    assert_alike(PCA().fit(scalml.from_array(X, chunk_rows=90)), plain(X), components=1e-8)
    assert len(passes) == (1 if cond == 1e2 else 2)


@pytest.mark.parametrize("span", [1e3, 1e5, 1e7])
@pytest.mark.parametrize("seed", range(4))
def test_columns_of_different_units(span, seed, passes):
    X = rows(d=30, seed=seed)
    X = X * np.random.default_rng(seed).permutation(np.geomspace(1, span, 30))
    ours, theirs = PCA().fit(X), plain(X)
    assert_alike(ours, theirs, components=1e-7)
    assert_allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-9)
    assert len(passes) == 1


def test_a_mean_far_from_zero_costs_no_accuracy():
    noise = np.random.default_rng(0).normal(size=(1000, 4)) * [4, 3, 2, 1]
    X = noise + 1e7
    ours, exact = PCA().fit(scalml.from_array(X, chunk_rows=90)), plain(X - 1e7)
    assert_allclose(ours.components_, exact.components_, atol=1e-9)
    assert_allclose(ours.explained_variance_, exact.explained_variance_, rtol=1e-9)
    assert_allclose(ours.mean_, exact.mean_ + 1e7, rtol=1e-14)


def test_directions_without_variance():
    X = rows()
    X = np.column_stack([X, X[:, :3], np.full(400, 7.3)])
    ours, theirs = PCA().fit(scalml.from_array(X, chunk_rows=90)), plain(X)
    assert_allclose(ours.components_[:8], theirs.components_[:8], atol=1e-9)
    assert_same_space(ours.components_[8:], theirs.components_[8:])
    assert_array_equal(ours.explained_variance_[8:], 0.0)
    assert_allclose(ours.components_ @ ours.components_.T, np.eye(12), atol=1e-12)
    assert np.isfinite(PCA(whiten=True).fit(X).transform(X)).all()


def test_equal_variances_span_the_same_space():
    U = np.linalg.qr(np.random.default_rng(0).normal(size=(300, 6)))[0]
    U = np.linalg.qr(U - U.mean(axis=0))[0]
    X = U * [3, 2, 2, 2, 1, 1]
    ours, theirs = PCA().fit(scalml.from_array(X, chunk_rows=90)), plain(X)
    assert_allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-12)
    for part in (slice(0, 1), slice(1, 4), slice(4, 6)):
        assert_same_space(ours.components_[part], theirs.components_[part])


def test_constant_rows_have_no_shares():
    ours = PCA(1).fit(np.ones((5, 3)))
    assert_array_equal(ours.explained_variance_, 0.0)
    assert np.isnan(ours.explained_variance_ratio_).all()


@pytest.mark.parametrize("solver", ["auto", "full", "covariance_eigh", "arpack", "randomized"])
def test_solvers_are_routes_to_one_optimum(solver):
    X = rows()
    best = PCA(3).fit(X)
    options = {"svd_solver": solver, "random_state": 0, "tol": 1e-12, "iterated_power": 7}
    found = PCA(3, **options).fit(X)
    assert_array_equal(found.components_, best.components_)
    theirs = sklearn.decomposition.PCA(3, **options).fit(X)
    assert_alike(found, theirs, components=1e-7, variances=1e-9)
    everything = PCA(svd_solver=solver).fit(X)
    assert everything.n_components_ == plain(X, svd_solver=solver).n_components_


@pytest.mark.parametrize("n_components", [None, 5])
def test_sparse_rows(n_components):
    X = sparse.random(500, 30, 0.15, format="csr", random_state=0)
    theirs = sklearn.decomposition.PCA(n_components).fit(X)
    exact = plain(X.toarray(), theirs.n_components_)
    for given in (X, X.tocsc(), scalml.from_array(X, chunk_rows=90)):
        ours = PCA(n_components).fit(given)
        assert_alike(ours, exact, components=1e-9)
        assert ours.n_components_ == theirs.n_components_
    out = ours.transform(scalml.from_array(X, chunk_rows=90)).to_numpy()
    assert_allclose(out, exact.transform(X.toarray()), atol=1e-9)


@pytest.mark.parametrize("solver", ["full", "randomized"])
def test_solvers_that_refuse_sparse_rows(solver):
    X = sparse.random(50, 5, 0.5, format="csr", random_state=0)
    for given in (X, scalml.from_array(X, chunk_rows=20)):
        with pytest.raises(TypeError, match="sparse"):
            PCA(2, svd_solver=solver).fit(given)


def test_float32_stays():
    X = rows().astype(np.float32)
    C = scalml.from_array(X, chunk_rows=90)
    ours, theirs = PCA(4).fit(C), plain(X, 4)
    assert_alike(ours, theirs, components=1e-4, variances=1e-5)
    out = ours.transform(C)
    for made in (out, ours.score_samples(C), ours.inverse_transform(out)):
        assert made.dtype == made.to_numpy().dtype == np.float32
    # What float32 rounds is the result alone.
    exact = plain(X.astype(np.float64), 4)
    assert_allclose(ours.components_, exact.components_, atol=1e-7)


def test_frames():
    frame = pd.DataFrame(rows(), columns=list("abcdefgh"))
    C = scalml.from_frame(frame, chunk_rows=90)
    ours = PCA(3).set_output(transform="pandas").fit(C)
    theirs = sklearn.decomposition.PCA(3, svd_solver="full").set_output(transform="pandas")
    expected = theirs.fit(frame).transform(frame)
    pd.testing.assert_frame_equal(ours.transform(C).to_pandas(), expected, rtol=1e-9)
    pd.testing.assert_frame_equal(ours.fit_transform(frame), expected, rtol=1e-9)
    assert_array_equal(ours.feature_names_in_, list("abcdefgh"))
    assert_array_equal(ours.get_feature_names_out(), ["pca0", "pca1", "pca2"])
    assert_alike(ours, theirs)


def test_partial_fit_is_fit_on_the_union():
    X = rows()
    parts = PCA(0.9)
    for part in (X[:50], scalml.from_array(X[50:300], chunk_rows=64), X[300:]):
        parts.partial_fit(part)
    assert_alike(parts, PCA(0.9).fit(X))
    assert parts.n_samples_ == 400
    again = parts.fit(X[:100])
    assert_alike(again, plain(X[:100], 0.9))


def test_partial_fit_that_fails_changes_nothing():
    X = rows()
    ours = PCA(3).partial_fit(X)
    before = ours.gram_
    bad = X.copy()
    bad[30, 2] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        ours.partial_fit(scalml.from_array(bad, chunk_rows=90))
    with pytest.raises(ValueError, match="features"):
        ours.partial_fit(X[:, :4])
    assert ours.gram_ is before
    with pytest.raises(ValueError, match="between 0 and 2"):
        PCA(3).partial_fit(X[:2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 9}, "n_components=9 must be between 0 and 8"),
        ({"n_components": 0, "svd_solver": "arpack"}, "between 1 and 7"),
        ({"n_components": 8, "svd_solver": "arpack"}, "between 1 and 7"),
        ({"n_components": 0.5, "svd_solver": "randomized"}, "between 1 and 8"),
        ({"n_components": "mle", "svd_solver": "arpack"}, "cannot be a string"),
        ({"n_components": -1}, "n_components"),
        ({"n_components": 1.5}, "n_components"),
        ({"n_components": "many"}, "n_components"),
        ({"svd_solver": "best"}, "svd_solver"),
        ({"whiten": "yes"}, "whiten"),
        ({"tol": -1.0}, "tol"),
    ],
)
def test_parameters_that_scikit_learn_refuses_are_refused(options, message):
    X = rows()
    with pytest.raises(ValueError):
        sklearn.decomposition.PCA(**options).fit(X)
    for given in (X, scalml.from_array(X, chunk_rows=90)):
        with pytest.raises(ValueError, match=message):
            PCA(**options).fit(given)


def test_rows_that_cannot_be_decomposed():
    X = rows()
    with pytest.raises(ValueError, match="n_samples >= n_features"):
        PCA("mle").fit(X[:5])
    with pytest.raises(ValueError, match="at least 2 rows, got n_samples=1"):
        PCA().fit(X[:1])
    bad = X.copy()
    bad[123, 4] = np.inf
    with pytest.raises(ValueError, match="row 123"):
        PCA().fit(scalml.from_array(bad, chunk_rows=50))


def test_bad_parameters_are_refused_before_data_are_read():
    C = scalml.from_array(rows(), chunk_rows=50).map_chunks(lambda block: 1 / 0, empty=rows()[:0])
    with pytest.raises(ValueError, match="whiten"):
        PCA(whiten="yes").fit(C)


def test_to_sklearn_is_independent_and_clones_start_afresh():
    X = rows()
    ours = PCA(3, whiten=True).fit(X)
    twin = ours.to_sklearn()
    assert type(twin) is sklearn.decomposition.PCA
    assert_array_equal(twin.transform(X), ours.transform(X))
    twin.components_ *= -1
    assert_alike(ours, plain(X, 3, whiten=True))
    assert not hasattr(clone(ours), "components_")

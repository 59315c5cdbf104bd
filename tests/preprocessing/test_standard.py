"""StandardScaler: parity in memory and in chunks, weights, dtypes, sparse rows."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.preprocessing
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

import scalml
from scalml.preprocessing import StandardScaler

FITTED = ("mean_", "var_", "scale_", "n_samples_seen_")


def rows(nan=False, offset=5.0):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(503, 4)) * [1, 20, 3, 0] + offset
    if nan:
        X[rng.random(X.shape) < 0.1] = np.nan
    return X


def same_fit(ours, theirs, rtol=1e-12):
    for name in FITTED:
        a, b = getattr(ours, name), getattr(theirs, name)
        if b is None:
            assert a is None
        else:
            assert np.ndim(a) == np.ndim(b)
            assert_allclose(a, b, rtol=rtol, atol=1e-25)


@pytest.mark.parametrize("nan", [False, True])
@pytest.mark.parametrize("with_mean", [False, True])
@pytest.mark.parametrize("with_std", [False, True])
@pytest.mark.parametrize("chunk_rows", [None, 1, 77])
def test_parity(nan, with_mean, with_std, chunk_rows):
    X = rows(nan)
    theirs = sklearn.preprocessing.StandardScaler(with_mean=with_mean, with_std=with_std).fit(X)
    given = X if chunk_rows is None else scalml.from_array(X, chunk_rows=chunk_rows)
    ours = StandardScaler(with_mean=with_mean, with_std=with_std).fit(given)
    same_fit(ours, theirs)
    same_fit(ours.to_sklearn(), theirs)
    out = ours.transform(given)
    back = ours.inverse_transform(out)
    if chunk_rows is not None:
        out, back = out.to_numpy(), back.to_numpy()
    assert_allclose(out, theirs.transform(X), rtol=1e-10, atol=1e-12)
    assert_allclose(back, X, rtol=1e-10)


@pytest.mark.parametrize("offset", [0, 1e6, 1e9])
def test_a_mean_far_from_zero_costs_no_accuracy(offset):
    X = rows(offset=offset)
    exact = (X[:, :3].astype(np.longdouble)).var(axis=0).astype(float)
    ours = StandardScaler().fit(scalml.from_array(X, chunk_rows=50))
    # A merge knows its two means to float64's precision and no better.
    assert_allclose(ours.var_[:3], exact, rtol=1e-12 + 1e-17 * offset)
    assert ours.scale_[3] == 1  # the constant column


def test_weights_are_repetitions():
    X, weight = rows(nan=True), np.random.default_rng(1).integers(0, 4, 503)
    ours = StandardScaler().fit(scalml.from_array(X, chunk_rows=50), sample_weight=weight)
    repeated = StandardScaler().fit(np.repeat(X, weight, axis=0))
    same_fit(ours, repeated)
    same_fit(ours, sklearn.preprocessing.StandardScaler().fit(X, sample_weight=weight), 1e-11)


def test_bad_weights():
    with pytest.raises(ValueError, match="at least one non-zero"):
        StandardScaler().fit(rows(), sample_weight=np.zeros(503))
    with pytest.raises(ValueError, match="Negative"):
        StandardScaler().fit(rows(), sample_weight=np.full(503, -1.0))


def test_partial_fit_is_fit_on_the_union():
    X = rows(nan=True)
    parts = StandardScaler()
    for part in (X[:100], scalml.from_array(X[100:400], chunk_rows=64), X[400:]):
        parts.partial_fit(part)
    same_fit(parts, StandardScaler().fit(X), 1e-13)
    assert parts.fit(X[:10]).n_samples_seen_.max() <= 10


def test_float32_stays():
    X = rows().astype(np.float32)
    C = scalml.from_array(X, chunk_rows=50)
    out = StandardScaler().fit(C).transform(C)
    assert out.dtype == out.to_numpy().dtype == np.float32
    assert_allclose(
        out.to_numpy(),
        sklearn.preprocessing.StandardScaler().fit_transform(X),
        rtol=1e-4,
        atol=1e-5,
    )


def test_sparse_rows():
    X = sp.random(300, 5, 0.3, format="csr", random_state=0)
    C = scalml.from_array(X, chunk_rows=64)
    ours = StandardScaler(with_mean=False).fit(C)
    theirs = sklearn.preprocessing.StandardScaler(with_mean=False).fit(X)
    same_fit(ours, theirs)
    assert_allclose(ours.transform(C).to_numpy().toarray(), theirs.transform(X).toarray())
    for given in (X, C):
        with pytest.raises(ValueError, match="Cannot center sparse"):
            StandardScaler().fit(given)


def test_frames_keep_their_names():
    frame = pd.DataFrame(rows(), columns=list("abcd"))
    C = scalml.from_frame(frame, chunk_rows=50)
    ours = StandardScaler().set_output(transform="pandas").fit(C)
    out = ours.transform(C)
    assert isinstance(out, scalml.ChunkedFrame)
    theirs = sklearn.preprocessing.StandardScaler().set_output(transform="pandas")
    pd.testing.assert_frame_equal(out.to_pandas(), theirs.fit_transform(frame), rtol=1e-10)
    assert_array_equal(ours.get_feature_names_out(), list("abcd"))
    assert_array_equal(ours.to_sklearn().feature_names_in_, list("abcd"))
    with pytest.raises(ValueError, match="feature names"):
        ours.transform(scalml.from_frame(frame[["b", "a", "c", "d"]]))


def test_infinity_is_refused_and_leaves_the_estimator_as_it_was():
    X = rows()
    X[300, 1] = np.inf
    ours = StandardScaler().fit(X[:100])
    before = ours.mean_.copy()
    with pytest.raises(ValueError, match="inf"):
        ours.fit(scalml.from_array(X, chunk_rows=50))
    assert_array_equal(ours.mean_, before)


def test_a_prediction_is_a_snapshot_and_the_state_is_small():
    X = rows()
    C = scalml.from_array(X, chunk_rows=50)
    ours = StandardScaler().fit(C)
    out = ours.transform(C)
    expected = ours.to_sklearn().transform(X)
    ours.fit(C[:100])
    assert_array_equal(out.to_numpy(), expected)
    assert len(pickle.dumps(ours)) < 4_000
    assert ours.fit_passes() == (1, 1)


def test_bad_parameters_are_refused_before_data_are_read():
    C = scalml.from_array(rows(), chunk_rows=50).map_chunks(lambda block: 1 / 0, empty=rows()[:0])
    with pytest.raises(ValueError, match="with_mean"):
        StandardScaler(with_mean="yes").fit(C)


def test_clones_and_output_settings():
    ours = StandardScaler().set_output(transform="pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert isinstance(clone(ours).fit(rows()).transform(rows()), pd.DataFrame)


def test_weighted_csr_chunks_have_one_number_of_samples():
    rng = np.random.default_rng(5)
    X, weight = sp.random(120, 40, 0.4, format="csr", random_state=0), rng.random(120)
    theirs = sklearn.preprocessing.StandardScaler(with_mean=False).fit(X, sample_weight=weight)
    rows = scalml.from_array(X, chunk_rows=25)
    ours = StandardScaler(with_mean=False).fit(rows, sample_weight=weight)
    assert np.shape(ours.n_samples_seen_) == np.shape(theirs.n_samples_seen_) == ()
    assert_allclose(ours.n_samples_seen_, theirs.n_samples_seen_)

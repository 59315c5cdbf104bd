"""MinMaxScaler is scikit-learn's to the last bit, from extrema of chunks."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.preprocessing
from numpy.testing import assert_array_equal
from sklearn.base import clone

import scalml
from scalml.preprocessing import MinMaxScaler

NAMES = ("data_min_", "data_max_", "data_range_", "min_", "scale_", "n_samples_seen_")


def rows(nan=False):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(503, 5)) * [1, 1e-9, 1e9, 3, 1] + [0, 5, 1e12, -7, 2]
    X[:, 4] = 1 / 3  # constant
    if nan:
        X[rng.random(X.shape) < 0.2] = np.nan
        X[:150, 3] = np.nan  # of whole chunks
    return X


def same_bits(ours, theirs):
    for name in NAMES:
        a, b = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), name


@pytest.mark.parametrize("nan", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
@pytest.mark.parametrize("parameters", [{}, {"feature_range": (-2.5, 7), "clip": True}])
def test_equals_scikit_learn_to_the_last_bit(nan, dtype, parameters):
    if nan and dtype is np.int64:
        pytest.skip("integers have no NaN")
    X = rows(nan).astype(dtype)
    C = scalml.from_array(X, chunk_rows=50)
    theirs = sklearn.preprocessing.MinMaxScaler(**parameters).fit(X[:400])
    for given in (X[:400], C[:400], np.asfortranarray(X[:400])):
        ours = MinMaxScaler(**parameters).fit(given)
        same_bits(ours, theirs)
    out, expected = ours.transform(C), theirs.transform(X)
    assert out.dtype == expected.dtype
    assert_array_equal(out.to_numpy(), expected)
    assert_array_equal(ours.transform(X), expected)
    back = ours.inverse_transform(out)
    assert back.dtype == expected.dtype
    assert_array_equal(back.to_numpy(), theirs.inverse_transform(expected))
    assert_array_equal(ours.inverse_transform(expected), theirs.inverse_transform(expected))


def test_partial_fit_is_fit_on_the_union():
    X = rows(nan=True)
    ours = MinMaxScaler()
    for part in (X[150:300], X[300:], X[:150]):
        ours.partial_fit(scalml.from_array(part, chunk_rows=64))
    same_bits(ours, sklearn.preprocessing.MinMaxScaler().fit(X))
    assert ours.fit(X[200:210]).n_samples_seen_ == 10


def test_a_column_without_values_warns_once_as_scikit_learn():
    X = rows()
    X[:, 0] = np.nan
    with pytest.warns(RuntimeWarning, match="All-NaN") as theirs_said:
        theirs = sklearn.preprocessing.MinMaxScaler().fit(X)
    C = scalml.from_array(X, chunk_rows=50)
    with pytest.warns(RuntimeWarning, match="All-NaN") as ours_said:
        ours = MinMaxScaler().fit(C)
    assert len(ours_said) == len(theirs_said)
    same_bits(ours, theirs)
    assert_array_equal(ours.transform(C).to_numpy(), theirs.transform(X))


def test_frames_keep_their_names():
    frame = pd.DataFrame(rows(), columns=list("abcde")).assign(f=np.arange(503))
    C = scalml.from_frame(frame, chunk_rows=50)
    ours = MinMaxScaler().set_output(transform="pandas").fit(C)
    theirs = sklearn.preprocessing.MinMaxScaler().set_output(transform="pandas").fit(frame)
    same_bits(ours, theirs)
    out = ours.transform(C)
    assert isinstance(out, scalml.ChunkedFrame)
    pd.testing.assert_frame_equal(out.to_pandas(), theirs.transform(frame), check_exact=True)
    assert_array_equal(ours.get_feature_names_out(), list("abcdef"))
    assert_array_equal(ours.to_sklearn().feature_names_in_, list("abcdef"))
    with pytest.raises(ValueError, match="feature names"):
        ours.transform(scalml.from_frame(frame[list("bacdef")]))


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinity_is_refused_with_its_row_and_leaves_the_scaler_as_it_was(bad):
    X = rows()
    ours = MinMaxScaler().fit(X)
    before = pickle.dumps(ours)
    X[300, 1] = bad
    with pytest.raises(ValueError, match="infinity") as info:
        ours.fit(scalml.from_array(X, chunk_rows=50))
    assert any("300" in note for note in [str(info.value), *info.value.__notes__])
    assert pickle.dumps(ours) == before
    with pytest.raises(ValueError, match="infinity"):
        MinMaxScaler().fit(X)


def test_sparse_rows_are_refused():
    X = sp.random(300, 5, 0.3, format="csr", random_state=0)
    for given in (X, scalml.from_array(X, chunk_rows=64)):
        with pytest.raises(TypeError, match="MaxAbsScaler"):
            MinMaxScaler().fit(given)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"feature_range": (1, 1)}, "smaller than maximum"), ({"clip": "yes"}, "clip")],
)
def test_bad_parameters_are_refused_before_data_are_read(parameters, message):
    X = scalml.from_array(rows()).map_chunks(lambda block: 1 / 0, empty=rows()[:0])
    with pytest.raises(ValueError, match=message):
        MinMaxScaler(**parameters).fit(X)


def test_one_pass_a_snapshot_and_a_small_state(passes):
    X = rows()
    C = scalml.from_array(X, chunk_rows=50)
    ours = clone(MinMaxScaler()).fit(C)
    assert len(passes) == 1 and ours.fit_passes() == (1, 1)
    out, expected = ours.transform(C), ours.transform(X)
    ours.fit(C[:100])
    assert_array_equal(out.to_numpy(), expected)
    assert len(pickle.dumps(ours)) < 4_000

"""MaxAbsScaler is scikit-learn's to the last bit, dense and sparse, from extrema of chunks."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.preprocessing
from numpy.testing import assert_array_equal

import scalml
from scalml.preprocessing import MaxAbsScaler

NAMES = ("max_abs_", "scale_", "n_samples_seen_")


def rows(nan=False):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(503, 5)) * [1, 1e-9, 1e9, 3, 0] + [0, 5, -1e12, -7, 0]
    X[rng.random(X.shape) < 0.5] = 0
    if nan:
        X[rng.random(X.shape) < 0.2] = np.nan
    return X


def same_bits(ours, theirs):
    for name in NAMES:
        a, b = np.asarray(getattr(ours, name)), np.asarray(getattr(theirs, name))
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), name


def dense(X):
    return X.toarray() if sp.issparse(X) else X


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("nan", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("clip", [False, True])
def test_equals_scikit_learn_to_the_last_bit(make, nan, dtype, clip):
    X = make(rows(nan).astype(dtype))
    C = scalml.from_array(X, chunk_rows=50)
    theirs = sklearn.preprocessing.MaxAbsScaler(clip=clip).fit(X[:400])
    for given in (X[:400], C[:400]):
        ours = MaxAbsScaler(clip=clip).fit(given)
        same_bits(ours, theirs)
    out, expected = ours.transform(C), theirs.transform(X)
    assert out.dtype == expected.dtype and sp.issparse(out.to_numpy()) == sp.issparse(X)
    assert_array_equal(dense(out.to_numpy()), dense(expected))
    back, expected_back = ours.inverse_transform(out), theirs.inverse_transform(expected)
    assert back.dtype == expected_back.dtype
    assert_array_equal(dense(back.to_numpy()), dense(expected_back))


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_partial_fit_is_fit_on_the_union(make):
    X = make(rows(nan=True))
    ours = MaxAbsScaler()
    for part in (X[:100], scalml.from_array(X[100:400], chunk_rows=64), X[400:]):
        ours.partial_fit(part)
    same_bits(ours, sklearn.preprocessing.MaxAbsScaler().fit(X))


def test_csc_in_memory_and_frames():
    X = rows()
    theirs = sklearn.preprocessing.MaxAbsScaler().fit(X)
    same_bits(MaxAbsScaler().fit(sp.csc_matrix(X)), theirs)
    frame = pd.DataFrame(X, columns=list("abcde"))
    ours = MaxAbsScaler().fit(scalml.from_frame(frame, chunk_rows=50))
    same_bits(ours, theirs)
    assert ours.get_feature_names_out().tolist() == list("abcde")


def test_stored_and_duplicate_entries_of_csr():
    X = sp.csr_matrix((np.array([2.0, 3, -4]), np.array([0, 0, 1]), np.array([0, 2, 3])))
    ours = MaxAbsScaler().fit(scalml.from_array(X, chunk_rows=1))
    assert ours.max_abs_.tolist() == [5.0, 4.0] and X.nnz == 3


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
def test_infinity_is_refused_with_its_row(make):
    X = rows()
    X[300, 1] = -np.inf
    with pytest.raises(ValueError, match="infinity") as info:
        MaxAbsScaler().fit(scalml.from_array(make(X), chunk_rows=50))
    assert any("300" in note for note in [str(info.value), *info.value.__notes__])


def test_bad_parameters_are_refused_before_data_are_read():
    X = scalml.from_array(rows()).map_chunks(lambda block: 1 / 0, empty=rows()[:0])
    with pytest.raises(ValueError, match="clip"):
        MaxAbsScaler(clip="yes").fit(X)


def test_one_pass(passes):
    ours = MaxAbsScaler().fit(scalml.from_array(rows(), chunk_rows=50))
    assert len(passes) == 1 and ours.fit_passes() == (1, 1)

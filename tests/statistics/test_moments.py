import pickle
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from scalml.statistics import Moments
from scalml.statistics.base import shift_of
from scalml.statistics.moments import PIECE_ROWS


def data(n=500, d=4, seed=0, missing=False, means=100.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, means, d), rng.uniform(0.1, 10, d), (n, d))
    if missing:
        X[rng.random((n, d)) < 0.2] = np.nan
    return X, rng.integers(0, 4, n).astype(float)


def assert_same(a, b, rtol=1e-11):
    np.testing.assert_allclose(a.n, b.n)
    np.testing.assert_allclose(a.centre, b.centre, rtol=rtol, atol=1e-13)
    np.testing.assert_allclose(a.squares, b.squares, rtol=rtol, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 1023, 5000])
@pytest.mark.parametrize("d", [4, 70])
@pytest.mark.parametrize("means", [0.1, 100])
def test_equals_numpy(n, d, means):
    X, _ = data(n, d, means=means)
    moments = Moments.of(X)
    np.testing.assert_allclose(moments.mean, X.mean(axis=0), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(moments.var, X.var(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(moments.std, X.std(axis=0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(moments.sum, X.sum(axis=0), rtol=1e-12, atol=1e-10)


def test_missing_values_are_left_out():
    X, _ = data(missing=True)
    X[:, 2] = np.nan
    moments = Moments.of(X) + Moments.of(np.full((3, 4), np.nan))
    kept = [0, 1, 3]
    assert np.isnan(moments.mean[2]) and np.isnan(moments.var[2]) and moments.sum[2] == 0
    np.testing.assert_array_equal(moments.n, np.isfinite(X).sum(axis=0))
    np.testing.assert_allclose(moments.mean[kept], np.nanmean(X[:, kept], axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.var[kept], np.nanvar(X[:, kept], axis=0), rtol=1e-12)


@given(
    st.lists(st.integers(0, 200), max_size=6),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.1, 100]),
)
def test_any_chunking_gives_the_whole(cuts, missing, weighted, means):
    X, w = data(200, missing=missing, means=means)
    w = w if weighted else None
    edges = [0, *sorted(cuts), 200]
    parts = [
        Moments.of(X[a:b], sample_weight=None if w is None else w[a:b]) for a, b in pairwise(edges)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert_same(total, Moments.of(X, sample_weight=w))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("missing", [False, True])
def test_weights_repeat_rows(make, missing):
    X, w = data(missing=missing)
    weighted = Moments.of(make(X), sample_weight=w)
    assert_same(weighted, Moments.of(make(np.repeat(X, w.astype(int), axis=0))))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_subtraction_takes_out_what_was_added(make):
    X, w = data(missing=True)
    a = Moments.of(make(X[:200]), sample_weight=w[:200])
    b = Moments.of(make(X[200:]), sample_weight=w[200:])
    assert_same(a + b - b, a, rtol=1e-9)
    nothing = a - a
    assert not nothing.n.any() and not nothing.squares.any() and np.isnan(nothing.mean).all()


@pytest.mark.parametrize("density", [0.0, 0.1, 1.0])
def test_sparse_equals_dense(density):
    X = sparse.random_array((300, 5), density=density, format="lil", rng=0)
    X[:, 0] = 3.0
    X = sparse.csr_matrix(X)
    X.data[::7] = 0.0  # stored zeros are zeros
    X.data[1::5] = np.nan
    w = np.random.default_rng(0).uniform(size=300)
    assert_same(Moments.of(X, sample_weight=w), Moments.of(X.toarray(), sample_weight=w))


def test_duplicate_entries_of_csr_are_summed_and_left_alone():
    X = sparse.csr_matrix((np.ones(3), np.array([0, 0, 1]), np.array([0, 3, 3])), shape=(2, 2))
    assert Moments.of(X).mean.tolist() == [1.0, 0.5]
    assert X.nnz == 3


def test_a_distant_mean_costs_no_accuracy():
    X = np.random.default_rng(0).normal(size=(20_000, 3)) + 1e8
    halves = Moments.of(X[:7000]) + Moments.of(X[7000:])
    np.testing.assert_allclose(halves.var, (X - 1e8).var(axis=0), rtol=1e-9)


@pytest.mark.parametrize("d", [3, 70])
def test_columns_near_zero_lose_little_more_than_a_digit(d):
    X = np.random.default_rng(0).normal(1.7, 1.0, (40000, d))
    assert not shift_of(X).any()
    np.testing.assert_allclose(Moments.of(X).var, exact_variance(X), rtol=1e-13)


@pytest.mark.parametrize("d", [3, 70])
@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_the_first_rows_may_mislead(d, kind):
    X, w = np.random.default_rng(0).normal(5, 1e-3, (40000, d)), np.ones(40000)
    X[0], X[1], w[:2] = 1e9, -60.0, 0.0
    moments = Moments.of(kind(X), sample_weight=w)
    np.testing.assert_allclose(moments.var, exact_variance(X[2:]), rtol=1e-13)
    np.testing.assert_allclose(moments.mean, X[2:].mean(axis=0), rtol=1e-13)


def exact_variance(X):
    X = X.astype(np.longdouble)
    squares = np.square(X - X.mean(axis=0))
    return (squares.sum(axis=0) / len(X)).astype(float)


def test_input_is_left_alone():
    for missing in (False, True):
        X, w = data(2000, 70, missing=missing, means=0.1)
        X.flags.writeable = False
        Moments.of(X)
        Moments.of(X, None, w)


def test_constants_have_no_variance_at_all():
    moments = Moments.of(np.full((3000, 2), 0.1)) + Moments.of(np.full((17, 2), 0.1))
    assert moments.squares.tolist() == [0.0, 0.0]
    assert moments.mean.tolist() == [0.1, 0.1]


def test_scale_divides_constants_by_one():
    X = np.array([[1e8, 3.0, 0.0], [1e8, 5.0, 0.0], [1e8 * (1 + 1e-16), 7.0, 0.0]])
    X[:, 0] += [0.0, 1e-8, -1e-8]  # as much as rounding may leave
    moments = Moments.of(np.column_stack([X, np.full(3, np.nan)]))
    np.testing.assert_array_equal(moments.scale, [1.0, moments.std[1], 1.0, np.nan])


def test_float32_does_not_overflow():
    X = np.full((100, 1), 3e38, dtype=np.float32)
    X[::2] = -X[::2]
    assert np.isfinite(Moments.of(X).var).all()


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize(("d", "means"), [(33, 100), (33, 0.1), (70, 0.1)])
def test_memory_order_does_not_change_a_bit(missing, d, means):
    X, _ = data(5000, d, missing=missing, means=means)
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    assert len({pickle.dumps(Moments.of(order)) for order in orders}) == 1


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_infinity_and_unwanted_nan_are_errors(make):
    X = np.ones((10, 2))
    X[4, 1] = np.inf
    with pytest.raises(ValueError, match="infinity") as info:
        Moments.of(make(X))
    assert info.value.row == 4
    assert Moments.of(make(X), allow_inf=True).mean.tolist() == [1.0, np.inf]
    X[4, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        Moments.of(make(X), allow_nan=False)
    with pytest.raises(ValueError, match="NaN"):
        Moments.of(make(X), allow_nan=False, allow_inf=True)


def test_vectors_empty_blocks_and_integers():
    assert Moments.of(np.arange(5)).mean.tolist() == [2.0]
    assert Moments.of(np.array([True, False])).mean.tolist() == [0.5]
    empty = Moments.of(np.empty((0, 2)))
    assert np.isnan(empty.mean).all()
    assert_same(empty + Moments.of(np.eye(2)), Moments.of(np.eye(2)))


def test_rows_of_weight_zero_are_absent():
    X = np.array([[1.0], [np.nan], [5.0]])
    moments = Moments.of(X, sample_weight=[0.0, 0.0, 1.0])
    assert (moments.n.item(), moments.mean.item(), moments.var.item()) == (1.0, 5.0, 0.0)


def test_does_not_mix_with_other_things():
    with pytest.raises(TypeError):
        Moments.of(np.eye(2)) + 1
    with pytest.raises(TypeError):
        Moments.of(np.eye(2)) - 1


def frame_of(X):
    """The same numbers as columns of several dtypes."""
    columns = [X[:, 0], X[:, 1].astype(np.float32), np.rint(np.nan_to_num(X[:, 2])).astype(int)]
    return pd.DataFrame(dict(zip("abc", columns, strict=True)))


@pytest.mark.parametrize("n", [1, 7, PIECE_ROWS, 2 * PIECE_ROWS + 11])
@pytest.mark.parametrize("weighted", [False, True])
def test_columns_of_a_frame_are_those_of_an_array(n, weighted):
    X, weight = data(n, missing=True)
    frame = frame_of(X)
    weight = weight if weighted else None
    found = Moments.of(frame, None, weight)
    assert_same(found, Moments.of(frame.to_numpy(), None, weight), rtol=1e-10)
    cut = n // 3
    top, bottom = (None, None) if weight is None else (weight[:cut], weight[cut:])
    parts = Moments.of(frame[:cut], None, top) + Moments.of(frame[cut:], None, bottom)
    assert_same(parts, found, rtol=1e-10)


def test_a_frame_of_gaps_and_constants():
    frame = pd.DataFrame({"gap": [np.nan] * 3, "constant": [0.1] * 3, "some": [np.nan, 2.0, 4.0]})
    found = Moments.of(frame)
    np.testing.assert_array_equal(found.n, [0, 3, 2])
    np.testing.assert_array_equal(found.centre, [0.0, 0.1, 3.0])
    np.testing.assert_array_equal(found.squares, [0.0, 0.0, 2.0])


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
def test_infinity_in_a_frame_is_refused_by_the_name_of_its_column(bad):
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [np.nan, 0.0, bad]})
    with pytest.raises(ValueError, match=r"infinity .*row 2, column 'b'") as caught:
        Moments.of(frame)
    assert caught.value.row == 2
    assert not np.isfinite(Moments.of(frame, allow_inf=True).centre[1])
    with pytest.raises(ValueError, match=r"NaN.*row 0, column 'b'"):
        Moments.of(frame, allow_nan=False)


@pytest.mark.parametrize("value", [1e10 / 3, 0.1])
def test_sparse_constants_have_no_variance_at_all(value):
    X = sparse.csr_matrix(np.full((3000, 2), value))
    moments = Moments.of(X) + Moments.of(X[:17])
    assert moments.squares.tolist() == [0.0, 0.0]
    assert moments.mean.tolist() == [value, value]

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from scalml.statistics import CodedRows, Gram
from scalml.statistics.gaps import GapGram


def data(n=300, d=4, t=2, seed=0, means=100.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, means, d), rng.uniform(0.1, 10, d), (n, d))
    return X, rng.normal(5, 1, (n, t)), rng.integers(0, 4, n).astype(float)


def assert_same(a, b, rtol=1e-11):
    assert (a.n, a.n_targets) == (b.n, b.n_targets)
    assert a.weight == pytest.approx(b.weight)
    np.testing.assert_allclose(a.mean, b.mean, rtol=rtol)
    np.testing.assert_allclose(a.cross, b.cross, rtol=rtol, atol=rtol * np.abs(b.cross).max())


def coded(X, Y, w):
    d = X.shape[1]
    ones = np.where(np.arange(len(X)) % 9, d, d + 1)[:, None].astype(np.int32)
    rows = CodedRows(X, ones, places=np.arange(d), bounds=((d, d + 2),), n_columns=d + 2)
    return Gram.of(rows, Y, w)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_definition(make, weighted):
    X, Y, w = data()
    w = w if weighted else np.ones(len(X))
    gram = Gram.of(make(X), Y, w if weighted else None)
    X0, Y0 = X - np.average(X, axis=0, weights=w), Y - np.average(Y, axis=0, weights=w)
    assert gram.weight == pytest.approx(w.sum())
    np.testing.assert_allclose(gram.X_mean, X.T @ w / w.sum(), rtol=1e-12)
    np.testing.assert_allclose(gram.Y_mean, Y.T @ w / w.sum(), rtol=1e-12)
    for got, want in (
        (gram.XtX, (X0.T * w) @ X0),
        (gram.XtY, (X0.T * w) @ Y0),
        (gram.YtY, (Y0.T * w) @ Y0),
        (gram.raw[:4, :4], (X.T * w) @ X),
    ):
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-8)


@given(st.lists(st.integers(0, 200), max_size=6), st.booleans())
def test_any_chunking_gives_the_whole(cuts, weighted):
    X, Y, w = data(200)
    w = w if weighted else None
    edges = [0, *sorted(cuts), 200]
    total = None
    for a, b in pairwise(edges):
        part = Gram.of(X[a:b], Y[a:b], None if w is None else w[a:b])
        total = part if total is None else total + part
    assert_same(total, Gram.of(X, Y, w))


def test_weights_repeat_rows():
    X, Y, w = data()
    repeated = Gram.of(*(np.repeat(a, w.astype(int), axis=0) for a in (X, Y)))
    weighted = Gram.of(X, Y, w)
    np.testing.assert_allclose(weighted.cross, repeated.cross, rtol=1e-10, atol=1e-8)
    assert weighted.weight == repeated.n


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_subtraction_takes_out_what_was_added(make):
    X, Y, w = data()
    a = Gram.of(make(X[:200]), Y[:200], w[:200])
    b = Gram.of(make(X[200:]), Y[200:], w[200:])
    assert_same(a + b - b, a, rtol=1e-9)
    nothing = a - a
    assert (nothing.n, nothing.weight) == (0, 0.0)
    assert_same(nothing + a, a)
    assert_same(a - Gram.of(make(X[:0]), Y[:0], w[:0]), a)


def test_a_distant_mean_costs_no_accuracy():
    noise = np.random.default_rng(0).normal(size=(5000, 3))
    X = noise + 1e6
    gram = Gram.of(X[:2000]) + Gram.of(X[2000:])
    exact = X - 1e6
    exact = exact - exact.mean(axis=0)
    np.testing.assert_allclose(gram.XtX, exact.T @ exact, rtol=1e-9, atol=1e-9)


def test_constants_have_no_variance_at_all():
    X = np.column_stack([np.full(3000, 0.1), np.arange(3000.0)])
    gram = Gram.of(X[:1000]) + Gram.of(X[1000:])
    assert gram.cross[0, 0] == 0.0
    assert abs(gram.cross[0, 1]) < 1e-9


@pytest.mark.parametrize("means", [0.01, 100])
@pytest.mark.parametrize("d", [4, 70])
def test_memory_order_does_not_change_a_bit(d, means):
    X, Y, w = data(5000, d, means=means)
    unaligned = np.ndarray(X.shape, float, np.empty(X.nbytes + 1, np.uint8), offset=1)
    unaligned[...] = X
    orders = X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], unaligned
    for weight in (None, w):
        assert len({pickle.dumps(Gram.of(order, Y, weight)) for order in orders}) == 1


@pytest.mark.parametrize("make", [Gram.of, GapGram.of])
@pytest.mark.parametrize("weighted", [False, True])
def test_input_is_left_alone(make, weighted):
    X, Y, w = data(5000, means=0.01)
    if make == GapGram.of:
        X[2000::7, 1] = np.nan  # behind the rows that a shift is taken from
    X.flags.writeable = Y.flags.writeable = False
    make(X, Y, w if weighted else None)


@pytest.mark.parametrize("make", [Gram.of, lambda *rows: GapGram.of(*rows).complete(), coded])
def test_the_first_rows_may_mislead(make):
    X, Y, w = data(20_000, 3, means=0.0)
    X = X * 1e-3 + 50
    w[:2] = 0.0
    expected = make(X, Y, w)
    X[0], Y[1] = 1e9, -1e9
    found = make(X, Y, w)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-13)
    scale = np.sqrt(expected.cross.diagonal())
    unit = np.outer(scale, scale)
    np.testing.assert_allclose(found.cross / unit, expected.cross / unit, atol=1e-10)


def test_without_targets_and_with_a_single_one():
    X, Y, _ = data()
    assert Gram.of(X).n_targets == 0
    assert Gram.of(X).XtY.shape == (4, 0)
    assert_same(Gram.of(X, Y[:, 0]), Gram.of(X, Y[:, :1]))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_values_that_are_not_finite_are_errors(make):
    X, Y, _ = data()
    bad = X.copy()
    bad[3, 1] = np.nan
    with pytest.raises(
        ValueError, match="X contains NaN: at least 1 value, the first in row 3, column 1"
    ):
        Gram.of(make(bad), Y)
    Y[5, 1] = np.inf
    with pytest.raises(ValueError, match="y contains infinity"):
        Gram.of(make(X), Y)
    with pytest.raises(ValueError, match="y contains NaN: at least 1 value, the first in row 0\\."):
        Gram.of(make(X[:2]), np.array([np.nan, 1.0]))
    with pytest.raises(ValueError, match="overflow"):
        Gram.of(make(np.array([[1e200], [-1e200]])))


def test_grams_of_different_shape_do_not_add():
    X, Y, _ = data()
    with pytest.raises(ValueError, match=r"\(4, 2\) and \(4, 0\)"):
        Gram.of(X, Y) + Gram.of(X)
    with pytest.raises(TypeError):
        Gram.of(X) + 1
    with pytest.raises(TypeError):
        Gram.of(X) - 1

"""Rows that stand for a Gram matrix: the same products, merged and forgotten alike."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from scalml.statistics import CodedRows, Gram, GramRows
from scalml.statistics.gram_rows import are_few


def data(n=12, d=30, targets=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, 100, d), rng.uniform(0.1, 10, d), (n, d))
    return X, rng.normal(size=(n, targets)), rng.integers(0, 3, n).astype(float)


def assert_same(found, gram):
    assert (found.n, found.n_targets, found.flat) == (gram.n, gram.n_targets, gram.flat)
    assert found.dtype == gram.dtype and found.weight == pytest.approx(gram.weight)
    assert_allclose(found.mean, gram.mean, rtol=1e-12, atol=1e-13)
    scale = np.sqrt(np.outer(gram.cross.diagonal(), gram.cross.diagonal()))
    assert (np.abs(found.cross - gram.cross) <= 1e-11 * scale + 1e-10).all()


@pytest.mark.parametrize("make", [np.asarray, np.asfortranarray, np.float32, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("flat", [False, True])
def test_products_are_those_of_the_gram_matrix(make, weighted, flat):
    X, y, w = data()
    X, y = make(X), y[:, 0] if flat else y
    weight = w if weighted else None
    found = GramRows.of(X, y, weight)
    assert len(found.rows) == 11
    dense = X.toarray() if sparse.issparse(X) else X
    assert_same(found, Gram.of(dense, y, weight))
    for centred in (True, False):
        A, B = found.about(centred)
        expected = found.cross if centred else Gram.of(dense, y, weight).raw
        assert_allclose(A.T @ B, expected[:30, 30:], rtol=1e-9, atol=1e-8)


@given(st.lists(st.integers(0, 12), max_size=5), st.booleans())
def test_any_chunking_gives_the_whole(cuts, weighted):
    X, y, w = data()
    total = None
    for a, b in pairwise([0, *sorted(cuts), 12]):
        part = GramRows.of(X[a:b], y[a:b], w[a:b] if weighted else None)
        total = part if total is None else total + part
    assert isinstance(total, GramRows)
    assert_same(total, Gram.of(X, y, w if weighted else None))


def test_codes():
    rows = CodedRows(
        numbers=np.array([[0.5], [2.0], [4.0]]),
        ones=np.array([[2], [1], [5]], dtype=np.int32),
        places=np.array([0]),
        bounds=((1, 9),),
        n_columns=9,
    )
    assert_same(GramRows.of(rows, np.arange(3.0)), Gram.of(rows.toarray(), np.arange(3.0)))


def test_more_rows_become_a_gram_matrix():
    X, y, _ = data(60)
    total = GramRows.of(X[:12], y[:12]) + GramRows.of(X[12:24], y[12:24])
    assert type(total) is Gram
    assert_same(total, Gram.of(X[:24], y[:24]))
    rest = GramRows.of(X[24:30], y[24:30])
    for found in (total + rest, rest + total):
        assert_same(found, Gram.of(X[:30], y[:30]))
    assert_same(total + rest - rest, total)
    assert_same(rest + total - total, rest.whole())


def test_rows_are_taken_out():
    X, y, w = data()
    whole = GramRows.of(X[:5], y[:5], w[:5]) + GramRows.of(X[5:], y[5:], w[5:])
    assert_same(whole - GramRows.of(X[:5], y[:5], w[:5]), Gram.of(X[5:], y[5:], w[5:]))


@pytest.mark.parametrize("offset", [1e9, 1e12, 1e15])
def test_far_from_zero(offset):
    X = np.random.default_rng(0).integers(0, 6, (20, 50)).astype(float)
    found = GramRows.of(X[:7] + offset) + GramRows.of(X[7:] + offset)
    centred = X - X.mean(axis=0)
    assert_allclose(found.cross, centred.T @ centred, rtol=1e-12, atol=1e-11)


def test_the_first_rows_may_mislead():
    X, y, _ = data()
    w = np.r_[0.0, np.ones(11)]
    X[0] = 1e20
    assert_same(GramRows.of(X, y, w), Gram.of(X[1:], y[1:]) + Gram.of(X[:1], y[:1], [0.0]))


def test_rows_without_weight_are_nothing_but_counted():
    X, y, w = data()
    nothing = GramRows.of(X, y, 0 * w)
    for found in (nothing + GramRows.of(X, y, w), GramRows.of(X, y, w) + nothing):
        assert found.n == 24
        assert_array_equal(found.cross, GramRows.of(X, y, w).cross)


def test_memory_order_does_not_change_a_bit():
    X, y, w = data()
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    assert len({pickle.dumps(GramRows.of(order, y, w)) for order in orders}) == 1


def test_what_is_not_finite_is_refused_with_its_place():
    X, y, _ = data()
    X[3, 4] = np.nan
    with pytest.raises(ValueError, match="row 3, column 4"):
        GramRows.of(X, y)
    with pytest.raises(ValueError, match="overflow"):
        GramRows.of(np.array([[1e300, 0.0], [-1e300, 0.0]]))


def test_does_not_mix_with_other_things():
    rows = GramRows.of(*data()[:2])
    with pytest.raises(TypeError):
        rows + 1
    with pytest.raises(ValueError, match="agree in number"):
        rows + GramRows.of(data(d=40)[0])


@pytest.mark.parametrize(
    ("n", "width", "few"), [(5, 10, True), (6, 10, False), (None, 10, False), (0, 1, True)]
)
def test_few(n, width, few):
    assert are_few(n, width) is few

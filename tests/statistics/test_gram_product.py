"""Products of a Gram matrix with directions, without the Gram matrix."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

from scalml.statistics import Gram, GramProduct


def data(n=300, d=6, b=2, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, 100, d), rng.uniform(0.1, 10, d), (n, d))
    return X, rng.normal(size=(d, b))


@pytest.mark.parametrize("make", [np.asarray, np.asfortranarray, sparse.csr_matrix])
def test_is_the_gram_matrix_times_the_directions(make):
    X, Q = data()
    gram, product = Gram.of(X), GramProduct.of(make(X), directions=Q)
    assert product.n == 300
    assert_allclose(product.mean, gram.mean, rtol=1e-12)
    assert_allclose(product.cross, gram.cross @ Q, rtol=1e-7, atol=1e-6)
    assert_allclose(product.raw, gram.raw @ Q, rtol=1e-11)
    assert product.squares == pytest.approx(gram.cross.trace(), rel=1e-9)


@given(st.lists(st.integers(0, 200), max_size=6), st.booleans())
def test_any_chunking_gives_the_whole(cuts, dense):
    X, Q = data(200)
    make = np.asarray if dense else sparse.csr_matrix
    total = None
    for a, b in pairwise([0, *sorted(cuts), 200]):
        part = GramProduct.of(make(X[a:b]), directions=Q)
        total = part if total is None else total + part
    whole = GramProduct.of(X, directions=Q)
    assert total.n == whole.n
    for name in ("mean", "cross", "raw", "squares"):
        expected = getattr(whole, name)
        scale = np.abs(whole.raw).max() if name in ("cross", "squares") else np.abs(expected).max()
        assert_allclose(getattr(total, name), expected, rtol=0, atol=1e-11 * scale)


def test_a_distant_mean_costs_no_accuracy():
    noise, Q = np.random.default_rng(0).normal(size=(5000, 3)), np.eye(3)[:, :2]
    X = noise + 1e6
    product = GramProduct.of(X[:2000], directions=Q) + GramProduct.of(X[2000:], directions=Q)
    exact = (X - 1e6) - (X - 1e6).mean(axis=0)
    assert_allclose(product.cross, exact.T @ exact @ Q, rtol=1e-9, atol=1e-7)


def test_memory_order_and_float32():
    X, Q = data(3000, 33)
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    assert len({pickle.dumps(GramProduct.of(order, directions=Q)) for order in orders}) == 1
    small = X.astype(np.float32)
    found = GramProduct.of(small, directions=Q)
    assert found.cross.dtype == np.float64
    assert_allclose(found.cross, GramProduct.of(small.astype(float), directions=Q).cross)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_values_that_are_not_finite_are_errors(make):
    X, Q = data()
    X[3, 1] = np.nan
    with pytest.raises(
        ValueError, match="X contains NaN: at least 1 value, the first in row 3, column 1"
    ):
        GramProduct.of(make(X), directions=Q)
    with pytest.raises(ValueError, match="overflow"):
        GramProduct.of(make(np.array([[1e200, 1.0], [-1e200, 1.0]])), directions=np.eye(2))


def test_other_things_do_not_add():
    X, Q = data()
    with pytest.raises(TypeError):
        GramProduct.of(X, directions=Q) + 1

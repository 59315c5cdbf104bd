import pickle

import numpy as np
import pytest
from scipy import sparse

from scalml.statistics import Gram, Moments
from scalml.statistics.gaps import GapGram


def data(n=300, d=5, t=2, seed=0, share=0.2):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, 1e4, d), rng.uniform(0.1, 10, d), (n, d))
    X[rng.random((n, d)) < share] = np.nan
    X[:, 3] = rng.normal(size=n)
    X[:200, 4] = 7.0
    return X, rng.normal(5, 1, (n, t)), rng.integers(0, 4, n).astype(float)


def assert_same(a, b, rtol=1e-9):
    assert (a.n, a.n_targets, a.flat, a.dtype) == (b.n, b.n_targets, b.flat, b.dtype)
    assert a.weight == pytest.approx(b.weight)
    np.testing.assert_allclose(a.mean, b.mean, rtol=rtol, atol=1e-12)
    unit = np.sqrt(np.outer(b.cross.diagonal(), b.cross.diagonal())) + 1e-300
    np.testing.assert_allclose(a.cross / unit, b.cross / unit, atol=rtol)


def cut(X, Y, w, edges):
    total = None
    for a, b in zip(edges, edges[1:], strict=False):
        part = GapGram.of(X[a:b], Y[a:b], None if w is None else w[a:b])
        total = part if total is None else total + part
    return total


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("edges", [[0, 300], [0, 1, 150, 300], [0, 0, 200, 220, 300]])
@pytest.mark.parametrize("values", ["mean", "far"])
@pytest.mark.parametrize("share", [0.03, 0.2, 0.7])
def test_filled_is_the_gram_of_filled_rows(weighted, edges, values, share):
    X, Y, w = data(share=share)
    w = w if weighted else None
    found = cut(X, Y, w, edges)
    values = np.nanmean(X, axis=0) if values == "mean" else np.linspace(-1e4, 2e4, 5)
    expected = Gram.of(np.where(np.isnan(X), values, X), Y, w)
    assert_same(found.filled(values), expected)
    kept, marked = [0, 2, 3, 4], [0, 3]
    rows = np.hstack([np.where(np.isnan(X), values, X)[:, kept], np.isnan(X)[:, marked]])
    assert_same(found.filled(values, kept, marked), Gram.of(rows, Y, w))


@pytest.mark.parametrize("weighted", [False, True])
def test_known_values_and_gaps_are_counted(weighted):
    X, Y, w = data()
    X[:, 1] = np.nan
    w = w if weighted else None
    found, expected = cut(X, Y, w, [0, 50, 51, 300]), Moments.of(X, None, w)
    np.testing.assert_allclose(found.known.n, expected.n)
    np.testing.assert_allclose(found.known.centre, expected.centre, rtol=1e-12)
    np.testing.assert_allclose(found.known.squares, expected.squares, rtol=1e-8)
    weight = np.ones(300) if w is None else w
    np.testing.assert_array_equal(found.missing, weight @ np.isnan(X))


def test_without_gaps_it_is_the_gram():
    X, Y, w = data()
    X = np.nan_to_num(X)
    assert_same(GapGram.of(X, Y, w).complete(), Gram.of(X, Y, w), 0.0)
    assert_same(GapGram.of(X[:, 0]).complete(), Gram.of(X[:, 0]), 0.0)
    rows = sparse.csr_matrix(X)
    assert_same(GapGram.of(rows, Y).complete(), Gram.of(rows, Y), 0.0)
    integers = np.arange(6).reshape(3, 2)
    assert_same(GapGram.of(integers).complete(), Gram.of(integers), 0.0)


def test_gaps_are_refused_where_there_may_be_none():
    X, Y, _ = data()
    with pytest.raises(ValueError, match=r"NaN: 4 columns .* column 0"):
        GapGram.of(X, Y).complete()


def test_gaps_in_rows_of_weight_zero_are_gaps():
    X, Y, _ = data()
    found = GapGram.of(X, Y, np.where(np.isnan(X).any(axis=1), 0.0, 1.0))
    np.testing.assert_array_equal(found.columns, [0, 1, 2, 4])
    assert not found.missing.any()


def test_slabs_of_few_gaps_and_of_many_add_up():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5000, 60)), rng.normal(size=5000)
    share = np.repeat([0.0, 0.01, 0.5, 0.05, 0.9], 1000)
    X[rng.random(X.shape) < share[:, None]] = np.nan
    values = np.linspace(-3, 3, 60)
    rows = np.where(np.isnan(X), values, X)
    assert_same(GapGram.of(X, y).filled(values), Gram.of(rows, y), 1e-12)


def test_infinity_is_refused():
    X, Y, _ = data()
    X[3, 2] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        GapGram.of(X, Y)
    X, Y, _ = data()
    Y[3, 1] = np.nan
    with pytest.raises(ValueError, match="y contains NaN"):
        GapGram.of(X, Y)


def test_means_far_from_zero_cost_no_digits():
    rng = np.random.default_rng(0)
    X = rng.normal(1e8, 1.0, (1000, 2))
    X[rng.random(X.shape) < 0.3] = np.nan
    found = GapGram.of(X[:400]) + GapGram.of(X[400:])
    variance = found.known.squares / found.known.n
    np.testing.assert_allclose(variance, np.nanvar(X, axis=0), rtol=1e-6)


def test_float32_and_vectors_are_remembered():
    X, Y, _ = data()
    found = GapGram.of(X.astype(np.float32), Y[:, 0])
    assert found.gram.dtype == np.float32 and found.gram.flat
    assert found.gram.cross.dtype == np.float64
    assert pickle.loads(pickle.dumps(found)).gram.flat
    assert not GapGram.of(X, Y[:, :1]).gram.flat
    with pytest.raises(TypeError):
        found + 1

"""Moments by class are NumPy's of each class, however the rows are cut and however far they lie."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalml.statistics import ClassMoments


def data(n=600, d=3, n_classes=4, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    X = rng.normal(rng.normal(0, 50, (n_classes, d))[y], rng.uniform(0.1, 5, d))
    return X, np.array(["d", "b", "a", "c", "e"])[y], rng.integers(0, 4, n).astype(float)


def assert_same(a, b, rtol=1e-11):
    np.testing.assert_array_equal(a.classes, b.classes)
    np.testing.assert_array_equal(a.rows, b.rows)
    for one, other in ((a.within, b.within), (a.whole, b.whole)):
        np.testing.assert_allclose(one.n, other.n, rtol=1e-13)
        np.testing.assert_allclose(one.centre, other.centre, rtol=rtol, atol=1e-12)
        np.testing.assert_allclose(one.squares, other.squares, rtol=rtol, atol=1e-9)


def assert_is_numpys(moments, X, y, rtol):
    for place, label in enumerate(moments.classes):
        rows = X[y == label]
        assert moments.rows[place] == len(rows) == moments.weight[place]
        np.testing.assert_allclose(moments.within.mean[place], rows.mean(axis=0), rtol=rtol)
        np.testing.assert_allclose(moments.within.var[place], rows.var(axis=0), rtol=rtol)


@pytest.mark.parametrize("n", [5, 1000, 30_000])
def test_equals_numpy(n):
    X, y, _ = data(n)
    moments = ClassMoments.of(X, y)
    assert_is_numpys(moments, X, y, 1e-11)
    np.testing.assert_allclose(moments.whole.var, X.var(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.whole.mean, X.mean(axis=0), rtol=1e-12)


def test_many_classes_and_classes_in_order():
    X = np.random.default_rng(0).normal(size=(5000, 4))
    for y in (np.arange(5000) % 1700, np.arange(5000) // 3):
        assert_is_numpys(ClassMoments.of(X, y), X, y, 1e-9)


@given(st.lists(st.integers(0, 200), max_size=6), st.booleans())
def test_any_chunking_gives_the_whole(cuts, weighted):
    X, y, w = data(200)
    w = w if weighted else None
    parts = [
        ClassMoments.of(X[a:b], y[a:b], None if w is None else w[a:b])
        for a, b in pairwise([0, *sorted(cuts), 200])
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert_same(total, ClassMoments.of(X, y, w))


def test_weights_repeat_rows_within_classes_and_not_in_the_whole():
    X, y, w = data()
    weighted = ClassMoments.of(X, y, w)
    repeated = ClassMoments.of(np.repeat(X, w.astype(int), axis=0), np.repeat(y, w.astype(int)))
    np.testing.assert_allclose(weighted.within.centre, repeated.within.centre, rtol=1e-11)
    np.testing.assert_allclose(weighted.within.squares, repeated.within.squares, rtol=1e-11)
    np.testing.assert_allclose(weighted.whole.var, X.var(axis=0), rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_subtraction_takes_out_what_was_added(weighted):
    X, y, w = data()
    w = w + 0.1 if weighted else None
    rare = y == "b"  # a class of the second part only
    order = np.argsort(rare, kind="stable")
    X, y = X[order], y[order]
    halves = [slice(0, 300), slice(300, 600)]
    a, b = (ClassMoments.of(X[h], y[h], None if w is None else w[h]) for h in halves)
    assert "b" in b.classes and "b" not in a.classes
    assert_same(a + b - b, a, rtol=1e-9)
    assert not (a - a).classes.size
    with pytest.raises(ValueError, match="taken out"):
        a - b


def test_classes_far_apart_and_means_far_from_zero_cost_no_accuracy():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 20_000)
    noise = rng.normal(size=(20_000, 3))
    X = noise + np.where(y, 1e7, -1e9)[:, None]
    exact = (X - np.where(y, 1e7, -1e9)[:, None]).astype(np.longdouble)
    parts = [ClassMoments.of(X[rows], y[rows]) for rows in (slice(0, 7000), slice(7000, None))]
    moments = parts[0] + parts[1]
    for label in (0, 1):
        np.testing.assert_allclose(
            moments.within.var[label], exact[y == label].var(axis=0).astype(float), rtol=1e-10
        )
    np.testing.assert_allclose(moments.whole.var, X.var(axis=0), rtol=1e-11)


def test_constants_have_no_variance_at_all():
    y = np.arange(3000) % 2
    X = np.where(y, 0.1, 1e9 / 3)[:, None]
    moments = ClassMoments.of(X, y) + ClassMoments.of(X[:17], y[:17])
    assert moments.within.squares.tolist() == [[0.0], [0.0]]
    assert moments.within.mean.ravel().tolist() == [1e9 / 3, 0.1]


def test_memory_order_does_not_change_a_bit():
    X, y, w = data(3000)
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    assert len({pickle.dumps(ClassMoments.of(order, y, w).within) for order in orders}) == 1


def test_results_are_float32_only_if_all_rows_are():
    X, y, _ = data(20)
    single, double = ClassMoments.of(X.astype(np.float32), y), ClassMoments.of(X, y)
    assert (single + single).dtype == np.float32
    assert (single + double).dtype == ClassMoments.of(X.astype(int), y).dtype == np.float64
    assert single.within.squares.dtype == np.float64


@pytest.mark.parametrize(("bad", "text"), [(np.nan, "NaN"), (np.inf, "infinity")])
@pytest.mark.parametrize("weighted", [False, True])
def test_bad_values_are_placed(bad, text, weighted):
    X, y, _ = data(3000)
    X[2047, 1] = bad
    weight = np.ones(3000) if weighted else None
    with pytest.raises(ValueError, match=text) as info:
        ClassMoments.of(X, y, weight)
    assert (info.value.row, info.value.column) == (2047, 1)


def test_values_too_large_to_square_are_no_error():
    assert np.isinf(ClassMoments.of(np.array([[1e300], [-1e300]]), np.array([0, 0])).within.squares)


def test_classes_without_weight_have_no_moments():
    moments = ClassMoments.of(np.array([[1.0], [5.0]]), np.array([0, 1]), [0.0, 2.0])
    assert moments.weight.tolist() == [0.0, 2.0] and moments.rows.tolist() == [1, 1]
    assert moments.within.centre.tolist() == [[0.0], [5.0]]
    with pytest.raises(TypeError):
        moments + 1
    with pytest.raises(TypeError):
        moments - 1

"""Counts by class are plain sums of the rows of each class, dense or sparse, in any chunks."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from scalml.statistics import ClassCounts


def data(n=300, d=5, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.poisson(0.7, (n, d))
    return X, rng.choice(["a", "b", "c"], n), rng.integers(0, 4, n).astype(float)


def assert_same(a, b, rtol=0.0):
    np.testing.assert_array_equal(a.classes, b.classes)
    np.testing.assert_array_equal(a.rows, b.rows)
    np.testing.assert_allclose(a.weight, b.weight, rtol=rtol)
    np.testing.assert_allclose(a.counts, b.counts, rtol=rtol)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float32, np.float64])
def test_equals_sums_of_the_rows(make, weighted, dtype):
    X, y, w = data()
    w = w if weighted else None
    found = ClassCounts.of(make(X.astype(dtype)), y, w)
    v = np.ones(300) if w is None else w
    for place, label in enumerate(found.classes):
        rows = y == label
        assert found.rows[place] == rows.sum() and found.weight[place] == v[rows].sum()
        np.testing.assert_array_equal(found.counts[place], v[rows] @ X[rows])


@given(st.lists(st.integers(0, 200), max_size=6), st.booleans(), st.booleans())
def test_any_chunking_gives_the_whole(cuts, weighted, is_sparse):
    X, y, w = data(200)
    X, w = sparse.csr_matrix(X) if is_sparse else X, w if weighted else None
    parts = [
        ClassCounts.of(X[a:b], y[a:b], None if w is None else w[a:b])
        for a, b in pairwise([0, *sorted(cuts), 200])
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert_same(total, ClassCounts.of(X, y, w))


def test_subtraction_takes_out_what_was_added():
    X, y, w = data()
    y[y == "c"], y[299] = "a", "z"  # a class of the second part only
    a, b = (ClassCounts.of(X[h], y[h], w[h] + 0.1) for h in (slice(0, 150), slice(150, 300)))
    assert_same(a + b - b, a, rtol=1e-12)
    assert not (a - a).classes.size
    with pytest.raises(ValueError, match="taken out"):
        a - b
    with pytest.raises(TypeError):
        a + 1
    with pytest.raises(TypeError):
        a - 1


def test_many_classes_and_duplicate_entries():
    X = np.arange(40.0).reshape(20, 2)
    assert ClassCounts.of(X, np.arange(20)).counts.tolist() == X.tolist()
    twice = sparse.csr_matrix((np.ones(3), np.array([0, 0, 1]), np.array([0, 3, 3])), shape=(2, 2))
    assert ClassCounts.of(twice, [0, 1]).counts.tolist() == [[2, 1], [0, 0]]
    assert twice.nnz == 3


def test_memory_order_does_not_change_a_bit():
    X, y, w = data(3000)
    X = X * 0.1
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    assert len({pickle.dumps(ClassCounts.of(order, y, w).counts) for order in orders}) == 1


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize(
    ("bad", "text"), [(np.nan, "NaN"), (np.inf, "infinity"), (-1.0, "Negative values")]
)
def test_bad_values_are_placed(make, bad, text):
    X, y, _ = data(3000)
    X = X.astype(float)
    X[2047, 3] = bad
    with pytest.raises(ValueError, match=text) as info:
        ClassCounts.of(make(X), y)
    assert (info.value.row, info.value.column) == (2047, 3)


def test_a_negative_value_beside_nan_is_found_too():
    with pytest.raises(ValueError, match="NaN"):
        ClassCounts.of(np.array([[np.nan, -1.0]]), [0])

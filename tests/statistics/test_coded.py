"""Coded rows are the matrix that they stand for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from scalml.statistics.coded import CodedRows, cross_products, stack


def some_rows(seed, n_rows=40, gaps=True, n_numbers=2, widths=(3, 1, 5), dtype=np.float64):
    """Coded rows with numbers between the groups, and the dense matrix, made the simple way."""
    rng = np.random.default_rng(seed)
    items = [("number", 1)] * n_numbers + [("group", width) for width in widths]
    items = [items[i] for i in rng.permutation(len(items))]
    places, bounds, column = [], [], 0
    for kind, width in items:
        if kind == "number":
            places.append(column)
        else:
            bounds.append((column, column + width))
        column += width
    numbers = rng.normal(size=(n_rows, n_numbers)).astype(dtype)
    numbers[rng.random(numbers.shape) < 0.2] = 0
    ones = np.empty((n_rows, len(bounds)), dtype=np.int32)
    dense = np.zeros((n_rows, column), dtype=dtype)
    dense[:, places] = numbers
    for j, (start, stop) in enumerate(bounds):
        ones[:, j] = rng.integers(start, stop, size=n_rows)
        if gaps:
            ones[rng.random(n_rows) < 0.3, j] = column
        for i in range(n_rows):
            if ones[i, j] < column:
                dense[i, ones[i, j]] = 1
    return CodedRows(numbers, ones, np.array(places, dtype=int), tuple(bounds), column), dense


@given(
    seed=st.integers(0, 10_000),
    n_rows=st.integers(0, 30),
    gaps=st.booleans(),
    n_numbers=st.integers(0, 3),
    widths=st.lists(st.integers(1, 4), max_size=3),
)
def test_everything_is_that_of_the_dense_matrix(seed, n_rows, gaps, n_numbers, widths):
    rows, dense = some_rows(seed, n_rows, gaps, n_numbers, widths)
    rng = np.random.default_rng(seed)
    assert rows.shape == dense.shape
    assert len(rows) == n_rows
    np.testing.assert_array_equal(rows.toarray(), dense)
    found = rows.tocsr()
    assert found.has_canonical_format
    np.testing.assert_array_equal(found.toarray(), dense)
    assert found.nnz == np.count_nonzero(dense)
    right, left = rng.normal(size=(dense.shape[1], 3)), rng.normal(size=(n_rows, 2))
    np.testing.assert_allclose(rows @ right, dense @ right, atol=1e-13)
    np.testing.assert_allclose(rows @ right[:, 0], dense @ right[:, 0], atol=1e-13)
    np.testing.assert_allclose(rows.T @ left, dense.T @ left, atol=1e-12)
    np.testing.assert_allclose(rows.T @ left[:, 0], dense.T @ left[:, 0], atol=1e-12)
    weight = rng.random(n_rows)
    np.testing.assert_allclose(cross_products(rows), dense.T @ dense, atol=1e-12)
    weighted = dense.T @ (weight[:, None] * dense)
    np.testing.assert_allclose(cross_products(rows, weight), weighted, atol=1e-12)


@pytest.mark.parametrize(
    "pick", [slice(3, 20), np.arange(40) % 3 == 0, np.array([5, 1, 1])], ids=["slice", "mask", "at"]
)
def test_rows_are_picked(pick):
    rows, dense = some_rows(0)
    np.testing.assert_array_equal(rows[pick].toarray(), dense[pick])


def test_blocks_stack():
    rows, dense = some_rows(1)
    np.testing.assert_array_equal(stack([rows[:7], rows[7:7], rows[7:]]).toarray(), dense)


def test_float32_stays():
    rows, dense = some_rows(2, dtype=np.float32)
    assert rows.toarray().dtype == rows.tocsr().dtype == np.float32
    np.testing.assert_array_equal(rows.toarray(), dense)


def test_written_out_as_scipy_would():
    rows, dense = some_rows(3)
    theirs = sparse.csr_matrix(dense)
    ours = rows.tocsr()
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))

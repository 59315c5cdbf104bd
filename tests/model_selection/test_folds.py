"""The rules of folds, apart from any data that they split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalml
from scalml.model_selection import folds
from scalml.model_selection.strata import Strata, labels_in


@given(st.integers(2, 60), st.integers(2, 9))
def test_bounds(n_rows, n_splits):
    bounds = folds.fold_bounds(n_rows, n_splits)
    expected = [len(part) for part in np.array_split(np.arange(n_rows), n_splits)]
    assert np.diff(bounds).tolist() == expected


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5), st.integers(2, 7))
def test_stratified_sizes(counts, n_splits):
    sizes = folds.stratified_sizes(np.array(counts), n_splits)
    order = np.repeat(np.arange(len(counts)), counts)
    expected = [
        np.bincount(order[first::n_splits], minlength=len(counts)) for first in range(n_splits)
    ]
    np.testing.assert_array_equal(sizes, expected)


@pytest.mark.parametrize("n_rows", [1, 2, 100, 4_001])
def test_permutations_in_four_bytes_are_those_in_eight(n_rows):
    found = folds.shuffled_rows(n_rows, np.random.RandomState(3))
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, np.random.RandomState(3).permutation(n_rows))


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=40),
    st.integers(1, 12),
    st.integers(2, 5),
)
def test_strata_of_any_chunking(labels, chunk_rows, n_splits):
    y = np.array(labels)
    lazy = labels_in(scalml.from_array(y, chunk_rows=chunk_rows))
    strata = Strata.of(lazy, codes=True)
    classes, first, codes, sizes = np.unique(
        y, return_index=True, return_inverse=True, return_counts=True
    )
    assert strata.classes.tolist() == classes.tolist()
    assert strata.first.tolist() == first.tolist()
    assert strata.sizes.tolist() == sizes.tolist()
    assert strata.codes.tolist() == codes.tolist()
    ranks = np.tile(np.arange(n_splits)[:, None], len(classes))
    expected = np.full(ranks.shape, len(y))
    for code, size in enumerate(sizes):
        places = np.flatnonzero(codes == code)
        some = min(size, n_splits)
        expected[:some, code] = places[:some]
    np.testing.assert_array_equal(strata.positions(lazy, ranks), expected)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_shares(counts, data):
    counts = np.array(counts)
    drawn = data.draw(st.integers(1, int(counts.sum())))
    shares = folds.shares_of(counts, drawn, np.random.RandomState(0))
    assert shares.sum() == drawn and (shares <= counts).all()
    assert abs(shares - counts * drawn / counts.sum()).max() < 1


def test_nothing_to_split():
    empty = scalml.from_array(np.arange(3))
    with pytest.raises(ValueError, match="no rows"):
        Strata.of(labels_in(empty[empty > 5]))


def test_folds_by_hash_are_equally_likely():
    rule = folds.FoldByHash(7, seed=1)
    found = rule(np.arange(70_000))
    assert found.min() == 0 and found.max() == 6
    assert abs(np.bincount(found) - 10_000).max() < 5 * np.sqrt(10_000)

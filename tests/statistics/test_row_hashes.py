"""Hashes of row numbers are uniform, and their thresholds pick exact numbers of rows."""

import numpy as np
import pytest

from scalml.statistics.row_hashes import HashCounts, HashesAt, allocate, row_hashes, side_of


def test_hashes_are_uniform_and_distinct():
    hashes = row_hashes(np.arange(200_000), seed=1)
    assert len(np.unique(hashes)) == 200_000
    counts = np.bincount((hashes >> np.uint64(60)).astype(int), minlength=16)
    assert abs(counts - 12_500).max() < 6 * np.sqrt(12_500)


def test_seeds_are_unrelated():
    one, other = (row_hashes(np.arange(100_000), seed) < 2**63 for seed in (0, 1))
    assert abs((one == other).mean() - 0.5) < 0.01


def test_places_find_order_statistics():
    rows, labels = np.arange(5_000), np.random.default_rng(0).integers(0, 3, 5_000)
    counts = HashCounts.of(rows[:100], labels[:100], seed=4)
    counts = counts + HashCounts.of(rows[100:], labels[100:], seed=4)
    for label in range(3):
        hashes = np.sort(row_hashes(rows, 4)[labels == label])
        for rank in (1, 17, len(hashes)):
            head, within = counts.place(label, rank)
            found = HashesAt.of(rows, labels, seed=4, wanted={label: [head]})
            assert found.pick(label, head, within) == hashes[rank - 1]


def test_sides():
    rows = np.arange(10)
    order = np.argsort(row_hashes(rows, 2))
    limits = {None: tuple(int(row_hashes(rows, 2)[order[k]]) for k in (2, 5))}
    sides = side_of(rows, seed=2, limits=limits)
    assert sides[order].tolist() == [0] * 3 + [1] * 3 + [2] * 4
    assert side_of(rows, seed=2, limits={None: (-1, 2**64 - 1)}).tolist() == [1] * 10


@pytest.mark.parametrize("total", [0, 1, 7, 10])
def test_allocation_is_proportional(total):
    sizes = {"a": 6, "b": 3, "c": 1}
    shares = allocate(sizes, total)
    assert sum(shares.values()) == total
    assert all(abs(shares[k] - sizes[k] * total / 10) < 1 for k in sizes)

"""Confusions of blocks add up to that of all rows."""

import functools
import itertools
import operator
import pickle

import numpy as np
import pytest
from scipy import sparse

from scalml.statistics import Confusion, LabelSets


def merged(statistic, *columns, cuts=(0, 3, 3, 4, 60)):
    bounds = [0, *cuts, columns[0].shape[0]]
    parts = [
        statistic.of(*(None if c is None else c[start:stop] for c in columns))
        for start, stop in itertools.pairwise(bounds)
    ]
    return pickle.loads(pickle.dumps(functools.reduce(operator.add, parts)))


def paired(*columns):
    return list(zip(*(column.tolist() for column in columns), strict=True))


def as_dict(found):
    return {(t, p): mass for t, p, mass in paired(found.true, found.predicted, found.masses)}


LABELS = {
    "small": np.array([-1, 0, 3]),
    "large": np.array([-(10**15), 5, 10**15]),
    "unsigned": np.array([0, 2**63 + 5, 2**64 - 1], dtype=np.uint64),
    "text": np.array(["b", "a", "zzz"]),
    "object": np.array(["b", "a", "zzz"], dtype=object),
    "float": np.array([1.0, -2.0, 0.0]),
    "half": np.array([1.0, -2.0, 0.0], dtype=np.float16),
    "bool": np.array([False, True]),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("weighted", [False, True])
def test_pairs(kind, weighted):
    rng = np.random.default_rng(0)
    y, p = (rng.choice(LABELS[kind], 100) for _ in range(2))
    weight = rng.integers(0, 3, 100).astype(float) if weighted else None
    expected = {}
    for *pair, mass in paired(y, p, np.ones(100) if weight is None else weight):
        expected[tuple(pair)] = expected.get(tuple(pair), 0) + mass
    for found in (Confusion.of(y, p, weight), merged(Confusion, y, p, weight)):
        assert as_dict(found) == expected
        assert found.classes.tolist() == sorted(set(y.tolist()) | set(p.tolist()))
        assert found.masses.dtype == (np.float64 if weighted else np.int64)


def test_nothing_is_an_identity():
    y = np.array([3, 1, 3])
    none = Confusion.of(y[:0], y[:0])
    for found in (none + Confusion.of(y, y), Confusion.of(y, y) + none):
        assert as_dict(found) == {(1, 1): 1, (3, 3): 2}
    assert not len((none + none).true)


def test_thousands_of_classes_cost_what_occurs():
    y = np.arange(5_000)
    found = Confusion.of(y, y) + Confusion.of(y + 5_000, y)
    assert len(found.pairs) == 10_000
    assert len(found.classes) == 10_000


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("weighted", [False, True])
def test_sets(container, weighted):
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (2, 100, 4))
    weight = rng.integers(0, 3, 100).astype(float) if weighted else None
    mass = np.ones(100) if weight is None else weight
    for found in (
        LabelSets.of(container(y), container(p), weight),
        merged(LabelSets, container(y), container(p), weight),
    ):
        assert found.both.tolist() == (mass @ (y * p)).tolist()
        assert found.true.tolist() == (mass @ y).tolist()
        assert found.predicted.tolist() == (mass @ p).tolist()
        sizes = {}
        for *size, one in paired((y * p).sum(axis=1), y.sum(axis=1), p.sum(axis=1), mass):
            sizes[tuple(size)] = sizes.get(tuple(size), 0) + one
        assert {tuple(size): mass for *size, mass in paired(*found.sizes.T, found.masses)} == sizes


def test_stored_zeros_are_no_labels():
    y = sparse.csr_matrix((np.array([1, 0]), np.array([0, 1]), np.array([0, 2])), (1, 2))
    assert LabelSets.of(y, y).true.tolist() == [1, 0]
    assert y.nnz == 2  # the caller's own


def test_only_its_kind_is_added():
    y = np.array([1])
    with pytest.raises(TypeError):
        Confusion.of(y, y) + 1

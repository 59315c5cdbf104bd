import pickle
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.spatial.distance import cdist

from scalml.statistics import Assignments
from scalml.statistics.assignments import nearest


def problem(n=300, d=5, k=4, far=0.0, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * rng.uniform(0.1, 3, d) + far
    return X, X[:k] + 0.1, rng.integers(0, 4, n).astype(float)


def by_hand(X, centers, weight):
    squared = cdist(X, centers, "sqeuclidean")
    labels = squared.argmin(axis=1)
    one_hot = np.eye(len(centers))[labels] * weight[:, None]
    return labels, one_hot.sum(axis=0), one_hot.T @ X, float(weight @ squared.min(axis=1))


@pytest.mark.parametrize("n", [1, 2, 300, 30_000])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, sparse.csr_matrix])
def test_equals_the_definition(n, weighted, kind):
    X, centers, w = problem(n)
    centers = np.vstack([centers, centers + 1])[:4]
    found = Assignments.of(
        kind(X), None, w if weighted else None, centers=centers, exact=True, keep_labels=True
    )
    labels, weight, sums, inertia = by_hand(X, centers, w if weighted else np.ones(n))
    np.testing.assert_array_equal(np.concatenate(found.labels), labels)
    np.testing.assert_array_equal(nearest(kind(X), centers=centers), labels)
    np.testing.assert_allclose(found.weight, weight)
    np.testing.assert_allclose(found.sums, sums, rtol=1e-11, atol=1e-9)
    assert found.inertia == pytest.approx(inertia, rel=1e-12)


def test_a_distant_mean_costs_no_accuracy():
    X, centers, w = problem(far=1e8)
    shift = X[:50].mean(axis=0)
    found = Assignments.of(X, None, w, centers=centers - shift, shift=shift, exact=True)
    _, weight, sums, inertia = by_hand(X - shift, centers - shift, w)
    np.testing.assert_array_equal(found.weight, weight)
    np.testing.assert_allclose(found.sums, sums, rtol=1e-12, atol=1e-9)
    assert found.inertia == pytest.approx(inertia, rel=1e-12)


def test_float32_adds_up_in_float64():
    X = np.full((200_000, 1), 0.1, dtype=np.float32)
    found = Assignments.of(X, centers=np.zeros((1, 1)), exact=True)
    assert found.sums[0, 0] == pytest.approx(200_000 * float(X[0, 0]), rel=1e-6)
    assert found.inertia == pytest.approx(200_000 * float(X[0, 0]) ** 2, rel=1e-6)
    assert nearest(X, centers=np.zeros((1, 1)), distances=True)[1].dtype == np.float32


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@given(st.lists(st.integers(0, 120), max_size=5))
def test_any_chunking_gives_the_whole(kind, cuts):
    X, centers, w = problem(120)
    options = {"centers": centers, "exact": True, "n_farthest": 3, "keep_labels": True}
    whole = Assignments.of(kind(X), None, w, **options)
    parts = [
        Assignments.of(kind(X[a:b]), None, w[a:b], **options)
        for a, b in pairwise([0, *sorted(cuts), 120])
        if b > a
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    np.testing.assert_array_equal(total.weight, whole.weight)
    np.testing.assert_allclose(total.sums, whole.sums, rtol=1e-12, atol=1e-12)
    assert total.inertia == pytest.approx(whole.inertia, rel=1e-13)
    np.testing.assert_array_equal(total.farthest.columns[1], whole.farthest.columns[1])
    np.testing.assert_array_equal(np.concatenate(total.labels), whole.labels[0])
    assert pickle.loads(pickle.dumps(total)).inertia == total.inertia


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [np.asarray, np.asfortranarray, sparse.csr_matrix])
def test_what_has_changed_since_other_centres(kind, weighted, dtype):
    X, centers, w = problem(30_000, far=0.0 if kind is sparse.csr_matrix else 5.0)
    X, w = kind(X.astype(dtype)), w if weighted else None
    shift = None if sparse.issparse(X) else np.full(5, 5.0)
    centers = centers if shift is None else centers - shift
    options = {"shift": shift, "keep_labels": True}
    before = Assignments.of(X, None, w, centers=centers, **options)
    whole = Assignments.of(X, None, w, centers=centers * 0.9, exact=True, **options)
    change = Assignments.of(X, *before.labels, w, centers=centers * 0.9, exact=True, **options)
    assert 0.01 < np.mean(change.labels[0] != before.labels[0]) < 0.5
    np.testing.assert_array_equal(change.labels, whole.labels)
    np.testing.assert_allclose(before.weight + change.weight, whole.weight)
    np.testing.assert_allclose(before.sums + change.sums, whole.sums, rtol=1e-12, atol=1e-8)
    assert change.inertia == whole.inertia
    nothing = Assignments.of(X, *whole.labels, w, centers=centers * 0.9, **options)
    assert not nothing.weight.any() and not nothing.sums.any()


@pytest.mark.parametrize("shifted", [False, True])
@pytest.mark.parametrize("d", [5, 70])
def test_memory_order_does_not_change_a_bit(d, shifted):
    X, centers, w = problem(9000, d)
    before = nearest(X, centers=centers + 0.1).astype(np.uint8)
    shift = np.full(d, 0.25) if shifted else None
    options = {"centers": centers, "shift": shift, "exact": True, "n_farthest": 3}
    for labels in (None, before):
        blocks = X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]
        for block in blocks:
            block.flags.writeable = False
        found = [Assignments.of(block, labels, w, **options) for block in blocks]
        assert len({pickle.dumps(one) for one in found}) == 1


@pytest.mark.parametrize("k", [1, 2, 16, 17, 300])
def test_many_columns(k):
    X, _, w = problem(2000, 70)
    centers = X[:k] + 0.1
    found = Assignments.of(X, None, w, centers=centers, exact=True, keep_labels=True)
    labels, weight, sums, inertia = by_hand(X, centers, w)
    np.testing.assert_array_equal(found.labels[0], labels)
    np.testing.assert_allclose(found.weight, weight)
    np.testing.assert_allclose(found.sums, sums, rtol=1e-11, atol=1e-9)
    assert found.inertia == pytest.approx(inertia, rel=1e-12)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_blocks_without_rows(kind):
    _, centers, _ = problem()
    found = Assignments.of(kind(np.empty((0, 5))), centers=centers, exact=True)
    assert not found.weight.any() and not found.sums.any() and found.inertia == 0
    assert nearest(kind(np.empty((0, 5))), centers=centers).shape == (0,)


def test_rows_that_move_take_little_memory():
    X = np.random.default_rng(0).normal(size=(2000, 2000)) + 9
    options = {"centers": np.zeros((2, 2000)), "shift": np.full(2000, 9.0)}
    before = np.ones(2000, dtype=np.uint8)
    tracemalloc.start()
    found = Assignments.of(X, before, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.weight.tolist() == [2000, -2000]
    assert peak < X.nbytes / 2  # eight megabytes are a slab of them


def test_inertia_of_tight_clusters_cancels_nothing():
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(3, 5)) * 1e3
    X = np.repeat(centers, 300, axis=0) + rng.normal(size=(900, 5))
    _, _, _, inertia = by_hand(X, centers, np.ones(900))
    assert Assignments.of(X, centers=centers, exact=True).inertia == pytest.approx(inertia, 1e-14)


def test_weights_equal_repetition():
    X, centers, w = problem()
    repeated = np.repeat(X, w.astype(int), axis=0)
    one = Assignments.of(X, None, w, centers=centers, exact=True)
    other = Assignments.of(repeated, centers=centers, exact=True)
    np.testing.assert_array_equal(one.weight, other.weight)
    np.testing.assert_allclose(one.means(), other.means(), rtol=1e-12)
    assert one.inertia == pytest.approx(other.inertia, rel=1e-12)


def test_of_equally_near_centres_the_first_is_taken():
    assert nearest(np.zeros((3, 1)), centers=np.array([[1.0], [-1.0], [1.0]])).tolist() == [0] * 3


def test_a_row_that_is_a_centre_is_at_distance_zero():
    X, _, _ = problem()
    shift = X.mean(axis=0)
    _, squared = nearest(X, centers=X[:7] - shift, shift=shift, distances=True)
    assert np.all(squared[:7] == 0) and np.all(squared[7:] > 0)


def test_empty_clusters_move_to_the_farthest_rows():
    X = np.array([[0.0], [1.0], [2.0], [30.0], [50.0]])
    centers = np.array([[0.0], [1000.0], [-900.0]])
    found = Assignments.of(X, centers=centers, n_farthest=2)
    np.testing.assert_array_equal(found.means(), [[1.0], [50.0], [30.0]])
    weight = np.array([1.0, 1, 2, 1, 0])  # the farthest row is absent
    found = Assignments.of(X, None, weight, centers=centers, n_farthest=2)
    np.testing.assert_array_equal(found.means(), [[0.5], [30.0], [2.0]])


def test_empty_clusters_without_rows_to_move_to_lie_on_the_largest():
    X = np.array([[0.0], [5.0], [5.0]])
    centers = np.array([[900.0], [0.0], [5.0]])
    found = Assignments.of(X, centers=centers, n_farthest=1)
    np.testing.assert_array_equal(found.means(), [[5.0], [0.0], [5.0]])


def test_a_cluster_that_gives_all_its_rows_away_is_empty_in_spite_of_rounding():
    X = np.array([[0.0], [10.0], [10.5]])
    weight = np.array([5.0, 0.1, 0.2])
    centers = np.array([[0.0], [7.0], [-90.0], [-91.0]])
    found = Assignments.of(X, None, weight, centers=centers, n_farthest=2)
    np.testing.assert_array_equal(found.means(), [[0.0], [0.0], [10.5], [10.0]])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_what_is_not_finite_is_refused(bad, kind):
    X, centers, _ = problem()
    X[211, 3] = bad
    with pytest.raises(ValueError, match="NaN" if np.isnan(bad) else "infinity") as caught:
        Assignments.of(kind(X), centers=centers)
    assert (caught.value.row, caught.value.column) == (211, 3)

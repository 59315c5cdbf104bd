import numpy as np
import pytest
from scipy import sparse

import scalml
from scalml.cluster.parallel_start import drawn_rows, parallel_start


def blobs(n=3000, k=8):
    rng = np.random.default_rng(0)
    means = rng.normal(size=(k, 3)) * 50
    return means, means[rng.integers(0, k, n)] + rng.normal(size=(n, 3))


def start(X, weight=None, n_clusters=8, seed=0, shift=None):
    return parallel_start(
        X,
        weight,
        shift=shift,
        n_clusters=n_clusters,
        random_state=np.random.RandomState(seed),
        tol=1e-4,
        max_iter=20,
    )


@pytest.mark.parametrize("seed", range(5))
def test_finds_separated_blobs(seed):
    means, X = blobs()
    shift = X.mean(axis=0)
    found = start(scalml.from_array(X, chunk_rows=700), seed=seed, shift=shift) + shift
    apart = np.linalg.norm(found[:, None] - means, axis=2)
    assert sorted(apart.argmin(axis=1)) == list(range(8)) and apart.min(axis=1).max() < 2


def test_neither_chunks_nor_workers_change_what_is_drawn():
    _, X = blobs()
    expected = start(scalml.from_array(X))
    for rows, n_jobs in ((100, 2), (1717, 1)):
        with scalml.config_context(n_jobs=n_jobs, backend="threads"):
            found = start(scalml.from_array(X, chunk_rows=rows))
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    found = start(scalml.from_array(sparse.csr_matrix(X), chunk_rows=500))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_rows_are_drawn_by_weight_and_squared_distance():
    X = np.repeat([[0.0], [1.0], [3.0]], 40_000, axis=0)
    weight = np.repeat([1.0, 1.0, 0.5], 40_000)
    options = {"drawn": np.zeros((1, 1)), "shift": None, "seed": 1, "most": 1000}
    found = drawn_rows(X, weight, np.arange(len(X)), **options).columns[0].ravel()
    assert 0 not in found
    assert np.mean(found == 3) == pytest.approx(4.5 / 5.5, abs=0.04)
    first = drawn_rows(X, weight, np.arange(len(X)), **{**options, "drawn": np.empty((0, 1))})
    assert np.mean(first.columns[0] == 3) == pytest.approx(0.2, abs=0.04)


def test_rows_of_no_weight_and_repeated_rows():
    X = np.repeat([[0.0], [1.0], [7.0]], 50, axis=0)
    found = start(scalml.from_array(X), scalml.from_array(np.repeat([1.0, 1, 0], 50)), n_clusters=3)
    assert set(found.ravel()) == {0.0, 1.0} and found.shape == (3, 1)

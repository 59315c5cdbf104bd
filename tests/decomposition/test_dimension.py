"""Minka's evidence picks the number that scikit-learn picks."""

import numpy as np
import pytest
import sklearn.decomposition

from scalml.decomposition.dimension import evidence


@pytest.mark.parametrize("seed", range(12))
def test_the_same_number_of_components(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 25))
    n, signal = int(rng.integers(3 * d, 900)), int(rng.integers(1, d + 1))
    X = rng.normal(size=(n, signal)) @ rng.normal(size=(signal, d))
    X += rng.uniform(0.01, 1) * rng.normal(size=(n, d))
    theirs = sklearn.decomposition.PCA("mle", svd_solver="full").fit(X)
    variances = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / (n - 1)
    assert np.argmax(evidence(variances, n)) == theirs.n_components_


def test_the_dimension_of_a_plane_with_noise():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 2)) @ rng.normal(size=(2, 40)) + 0.1 * rng.normal(size=(2000, 40))
    variances = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / 1999
    assert np.argmax(evidence(variances, 2000)) == 2


def test_equal_variances_and_none_at_all_are_no_errors():
    assert np.isfinite(evidence(np.array([4.0, 4.0, 1.0, 1.0]), 50)[1:]).all()
    found = evidence(np.array([3.0, 2.0, 0.0, 0.0]), 50)
    assert found[0] == found[3] == -np.inf
    assert np.argmax(found) == 2

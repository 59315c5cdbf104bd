"""Block Krylov: the leading eigenvectors, restarts, low rank, and what it says when it fails."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from scalml.decomposition import krylov
from scalml.decomposition.krylov import answer, leading


def matrix(values, seed=0):
    d = len(values)
    V = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    return (V * values) @ V.T, V.T


def search(A, k, extra=5, tol=0.0):
    """Spectrum found, and how many products it took."""
    asked = []

    def product(Q):
        asked.append(Q)
        return A @ Q

    found = leading(len(A), k, extra=extra, tol=tol, rng=np.random.RandomState(0))
    return answer(found, product), asked


@pytest.mark.parametrize("k", [1, 4, 15])
def test_eigenvectors(k):
    A, V = matrix(np.geomspace(1e3, 1e-3, 120))
    found, asked = search(A, k)
    assert_allclose(found.values, np.geomspace(1e3, 1e-3, 120)[:k], rtol=1e-11)
    assert_allclose(np.abs((found.axes * V[:k]).sum(axis=1)), 1.0, rtol=1e-12)
    assert_allclose(found.axes @ found.axes.T, np.eye(k), atol=1e-13)
    assert len(asked) < 14
    assert all(np.allclose(Q.T @ Q, np.eye(Q.shape[1]), atol=1e-13) for Q in asked)


def test_equal_eigenvalues_are_all_found():
    A, V = matrix(np.r_[[5.0] * 6, np.linspace(3, 0, 94)])
    found, _ = search(A, 6)
    assert_allclose(found.values, 5.0)
    assert_allclose(found.axes.T @ found.axes, V[:6].T @ V[:6], atol=1e-9)


def test_a_small_basis_restarts(monkeypatch):
    monkeypatch.setattr(krylov, "BASIS_BYTES", 0)
    A, V = matrix(0.93 ** np.arange(300))
    found, asked = search(A, 3)
    assert len(asked) > 4  # the blocks of a basis
    assert_allclose(found.values, 0.93 ** np.arange(3), rtol=1e-11)
    assert_allclose(np.abs((found.axes * V[:3]).sum(axis=1)), 1.0, rtol=1e-9)


@pytest.mark.parametrize("rank", [0, 1, 7, 30])
def test_low_rank_ends_early(rank):
    A, _ = matrix(np.r_[np.arange(rank, 0, -1.0), np.zeros(80 - rank)])
    found, asked = search(A, 10)
    expected = np.r_[np.arange(rank, 0, -1.0), np.zeros(10)][:10]
    assert_allclose(found.values, expected, atol=1e-12)
    assert_allclose(found.axes @ found.axes.T, np.eye(10), atol=1e-12)
    assert len(asked) <= (2 if rank < 15 else 8)


@pytest.mark.parametrize("k", [1, 5, 6])
def test_blocks_as_large_as_the_matrix(k):
    A, _ = matrix(np.arange(6, 0, -1.0))
    found, asked = search(A, k, extra=10)
    assert_allclose(found.values, np.arange(6, 0, -1.0)[:k])
    assert len(asked) == 1


def test_tol_ends_it_sooner():
    A, _ = matrix(np.linspace(1, 0, 300))
    exact, many = search(A, 3)
    rough, few = search(A, 3, tol=1e-3)
    assert len(few) < len(many)
    assert_allclose(rough.values, exact.values, rtol=1e-3)


def test_no_convergence_is_a_warning(monkeypatch):
    monkeypatch.setattr(krylov, "MAX_PRODUCTS", 3)
    A, _ = matrix(np.linspace(1, 0.9, 300))
    with pytest.warns(ConvergenceWarning, match="not exact after 3 passes: a residual is"):
        found, asked = search(A, 3)
    assert len(asked) == 3
    assert found.axes.shape == (3, 300)

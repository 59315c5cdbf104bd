"""Eigenvectors of Gram matrices: units, rank, signs, and when to look at the rows again."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from scalml.decomposition.spectrum import Spectrum, gram_along, is_blurred, spectrum, upright
from tests.decomposition.data import rows, with_condition


@pytest.mark.parametrize("d", [1, 2, 7, 60])
def test_equals_eigh(d):
    R = np.random.default_rng(0).normal(size=(2 * d + 5, d))
    A = R.T @ R
    found = spectrum(A)
    assert_allclose(found.values, np.linalg.eigvalsh(A)[::-1], rtol=1e-10)
    assert_allclose((found.axes.T * found.values) @ found.axes, A, atol=1e-12 * A.max())
    assert_allclose(found.axes @ found.axes.T, np.eye(d), atol=1e-13)


def test_small_variances_survive_large_units():
    C = np.random.default_rng(0).normal(size=(500, 40))
    unit = np.random.default_rng(1).permutation(np.geomspace(1, 1e7, 40))
    found = spectrum(C.T @ C * unit[:, None] * unit)
    exact = np.linalg.svd(C * unit, compute_uv=False) ** 2
    assert_allclose(found.values, exact, rtol=1e-7)
    lost = np.linalg.eigvalsh(C.T @ C * unit[:, None] * unit)[::-1]
    assert np.abs(lost / exact - 1).max() > 1e-4  # what the detour is for


@pytest.mark.parametrize("rank", [0, 1, 3, 5])
def test_rank(rank):
    R = np.random.default_rng(0).normal(size=(rank, 6))
    found = spectrum(R.T @ R)
    assert np.count_nonzero(found.values) == rank
    assert_allclose(found.axes @ found.axes.T, np.eye(6), atol=1e-13)
    assert_allclose((found.axes.T * found.values) @ found.axes, R.T @ R, atol=1e-13)


def test_signs():
    assert_array_equal(upright(np.array([[1.0, -3], [0.0, 2]])), [[-1, 3], [0, 2]])
    tie = np.array([[-1.0, 1 + 1e-13], [-1 - 1e-13, 1]])
    assert (upright(tie)[:, 0] > 0).all()
    assert upright(np.empty((0, 4))).shape == (0, 4)


@pytest.mark.parametrize(("cond", "blurred"), [(1e2, False), (1e4, True), (1e6, True)])
def test_correlation_blurs(cond, blurred):
    X = with_condition(cond)
    A = np.cov(X.T)
    assert is_blurred(spectrum(A), A.diagonal()) is blurred


def test_units_and_constants_do_not_blur():
    X = rows() * np.geomspace(1, 1e8, 8)
    X = np.column_stack([X, np.full(400, 3.0), X[:, 0]])
    A = (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))
    A[8] = A[:, 8] = 0
    assert not is_blurred(spectrum(A), A.diagonal())
    assert not is_blurred(Spectrum(np.empty(0), np.empty((0, 3))), np.ones(3))


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_gram_along_axes(make):
    X = rows(n=3000)
    axes = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    origin = X.mean(axis=0)
    gram = gram_along(make(X), origin, axes)
    Z = (X - origin) @ axes.T
    assert gram.n == 3000
    assert_allclose(gram.raw, Z.T @ Z, rtol=1e-9, atol=1e-9)

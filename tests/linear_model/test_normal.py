import numpy as np
import pytest
from scipy.optimize import nnls

from scalml.linear_model.normal import (
    equations_of,
    factor,
    least_norm,
    nonnegative,
    nonnegative_step,
    rank_of,
    refinements,
    spectrum,
)


def rows(n=50, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def test_factor_solves_whatever_the_units():
    X, Y, units = rows(), rows(d=2, seed=1), np.geomspace(1e-8, 1e8, 5)
    found = factor((X * units).T @ (X * units))
    expected = np.linalg.lstsq(X, Y)[0] / units[:, None]
    np.testing.assert_allclose(found.solve((X * units).T @ Y), expected, rtol=1e-9)
    assert found.rcond > 1e-3


def test_factor_refuses_singular_matrices():
    X = rows()
    X[:, 0] = X[:, 1] + X[:, 2]
    assert factor(X.T @ X) is None
    assert factor(np.zeros((2, 2))) is None
    assert factor(-np.ones((2, 2)) + np.diag([2.0, 2.0])) is None


@pytest.mark.parametrize("rank", [1, 3])
def test_least_norm(rank):
    X = rows(d=rank) @ rows(rank, 5, seed=1)
    y = rows(d=1, seed=2)
    values, vectors = spectrum(X.T @ X)
    assert rank_of(values, 1e-6) == rank
    expected = np.linalg.lstsq(X, y, rcond=1e-6)[0]
    for equations in (least_norm(values, vectors, rank), equations_of(X.T @ X)):
        np.testing.assert_allclose(equations.solve(X.T @ y), expected, rtol=1e-7, atol=1e-10)


def test_rank_zero_has_the_solution_zero():
    equations = equations_of(np.zeros((3, 3)))
    assert equations.solve(np.ones((3, 2))).tolist() == [[0.0, 0.0]] * 3
    assert equations.rcond == 1.0
    assert nonnegative(np.zeros((3, 3)), np.ones((3, 2))).tolist() == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("singular", [False, True])
def test_nonnegative_is_nnls_of_the_rows(singular):
    X, Y = rows(), rows(d=3, seed=1)
    if singular:
        X[:, 0] = 0.0
    found = nonnegative(X.T @ X, X.T @ Y)
    for k in range(3):
        np.testing.assert_allclose(found[:, k], nnls(X, Y[:, k])[0], atol=1e-10)


def test_nonnegative_step_improves_the_free_coefficients_only():
    X, y = rows(), rows(d=1, seed=1)
    best = nonnegative(X.T @ X, X.T @ y)
    off = np.where(best > 0, best + 1e-4, 0.0)
    moved = nonnegative_step(X.T @ X, off, X.T @ (y - X @ off))
    np.testing.assert_allclose(moved, best, atol=1e-12)


@pytest.mark.parametrize(("rcond", "passes"), [(1.0, 0), (1e-6, 1), (1e-10, 2), (1e-13, 2)])
def test_refinements(rcond, passes):
    assert refinements(rcond) == passes

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet

from scalml.linear_model.curvature import Curvature, lasso_minimum, updated


def problem(q=8, seed=0, singular=False):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(40, q)) + rng.normal(size=(40, 1))
    if singular:
        A[:, 1] = A[:, 0]
        A[:, 2] = 0.0
    return A, A.T @ A / 10, rng.normal(size=q) * 3, rng.normal(size=q)


@pytest.mark.parametrize("penalised", [8, 6])
@pytest.mark.parametrize("singular", [False, True])
def test_lasso_minimum_has_a_zero_subgradient(penalised, singular):
    _, H, gradient, x = problem(singular=singular)
    if singular:
        gradient[1], gradient[2] = gradient[0], 0.0
    lasso = np.where(np.arange(8) < penalised, np.linspace(0.5, 2.0, 8), 0.0)
    z = x + lasso_minimum(H, gradient, lasso, x)
    slope = gradient + H @ (z - x)
    pulled = np.where(z != 0, slope + lasso * np.sign(z), np.maximum(np.abs(slope) - lasso, 0))
    np.testing.assert_allclose(pulled, 0, atol=1e-6)
    assert (z[:penalised] == 0).any()


def test_lasso_minimum_is_that_of_scikit_learn():
    A, H, _, x = problem()
    y = np.random.default_rng(3).normal(size=40)
    theirs = ElasticNet(alpha=0.1, l1_ratio=0.5, fit_intercept=False, tol=1e-12).fit(A, y)
    ridge, lasso = 4 * 0.05, np.full(8, 4 * 0.05)
    gradient = A.T @ (A @ x - y) / 10 + ridge * x
    z = x + lasso_minimum(H + ridge * np.eye(8), gradient, lasso, x)
    np.testing.assert_allclose(z, theirs.coef_, atol=1e-7)
    np.testing.assert_array_equal(z == 0, theirs.coef_ == 0)


def test_updated_agrees_with_what_was_seen():
    _, H, _, x = problem()
    _, other, _, step = problem(seed=1)
    found = updated(other, [(x, H @ x), (step, H @ step)])
    np.testing.assert_allclose(found @ step, H @ step, rtol=1e-8)
    assert np.linalg.eigvalsh(found).min() > 0
    np.testing.assert_array_equal(updated(H, [(np.zeros(8), x)]), H)


@pytest.mark.parametrize("n_classes", [1, 3])
@pytest.mark.parametrize("intercept", [0, 1])
def test_shifted_coordinates_keep_products(n_classes, intercept):
    rng = np.random.default_rng(0)
    found = Curvature(np.eye(1), rng.normal(size=4), n_classes)
    gradient, step = rng.normal(size=(2, n_classes * (4 + intercept)))
    inner = found.inner_step(step)
    assert found.inner(gradient) @ inner == pytest.approx(gradient @ step)
    np.testing.assert_allclose(found.outer_step(inner), step)


def test_a_lasso_step_of_some_coefficients_leaves_the_others():
    _, H, gradient, x = problem()
    where = np.array([1, 4])
    step = Curvature(H[np.ix_(where, where)], np.zeros(2)).lasso_step(np.ones(2), where)
    found = step(x, gradient, ())
    assert np.flatnonzero(found).tolist() == [1, 4]

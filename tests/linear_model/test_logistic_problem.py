import numpy as np
import pytest

import scalml
from scalml.linear_model.labels import BinaryLabels
from scalml.linear_model.logistic_problem import Problem, loss_of_finite


def sample(n=400, d=4, intercept=True, mean=0.0):
    rng = np.random.default_rng(0)
    X, y = rng.normal(mean, 1, (n, d)), rng.integers(0, 2, n).astype(float)
    return (X, y, None), rng.normal(size=d + intercept) / 4


@pytest.mark.parametrize("intercept", [True, False])
def test_chunks_and_sample_are_one_objective(intercept):
    rows, x = sample(intercept=intercept)
    problem = Problem(rows, 0.1, intercept, whole=True)
    chunks = scalml.from_array(rows[0], chunk_rows=90), scalml.from_array(rows[1], chunk_rows=90)
    here = problem.on_sample(x[:, None])
    there = problem.on_chunks(*chunks, None, BinaryLabels(1.0), x[:, None])
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("mean", [0.0, 100.0])
def test_curvature_solves_with_the_derivative_of_the_gradient(intercept, mean):
    rows, x = sample(intercept=intercept, mean=mean)
    x[:4] -= x[:4].mean()
    problem = Problem(rows, 0.1, intercept, whole=True)
    step = np.random.default_rng(1).normal(size=x.size)
    step[:4] -= step[:4].mean()
    epsilon = 1e-6
    columns = np.column_stack([x + epsilon * step, x - epsilon * step])
    gradients = problem.on_sample(columns)[1]
    product = (gradients[:, 0] - gradients[:, 1]) / (2 * epsilon)
    np.testing.assert_allclose(problem.curvature(x)(product), step, rtol=1e-3, atol=1e-4)


def test_a_sample_of_one_class_gives_no_start():
    (X, y, _), _ = sample()
    start = np.zeros(5)
    problem = Problem((X, 0 * y, None), 0.1, True, whole=False)
    assert problem.sample_minimum(start, 1e-8) is start
    found = Problem((X, y, None), 0.1, True, whole=False).sample_minimum(start, 1e-8)
    assert found.any()


def test_bad_values_are_named_only_when_the_loss_shows_them():
    X = np.array([[1.0], [np.nan]])
    with pytest.raises(ValueError, match="row 1"):
        loss_of_finite(X, np.zeros(2), None, coef=np.zeros((1, 1)))
    loss = loss_of_finite(np.array([[1e300]]), np.zeros(1), None, coef=np.full((1, 1), 1e300))
    assert not np.isfinite(loss.value).all()

import tracemalloc
import weakref

import numpy as np
import pytest

from scalml.linear_model.newton import (
    minimise_together,
    newton_step,
    search,
    solver_of,
    subgradient,
)


def minimise(objective, curvature, start, **options):
    """One search alone, with a function that solves with the Hessian at a point."""
    one = search(lambda x, gradient: newton_step(curvature(x)), start, **options)
    return minimise_together(lambda asked: {"it": objective(asked["it"])}, {"it": one})["it"]


def quadratic(H, b):
    """x'Hx/2 - b'x, as values and gradients of columns."""

    def objective(columns):
        gradients = H @ columns - b[:, None]
        return 0.5 * (columns * (gradients - b[:, None])).sum(axis=0), gradients

    return objective


def problem(d=8, spread=1e3, seed=0):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
    H = (Q * np.geomspace(1, spread, d)) @ Q.T
    return H, rng.normal(size=d)


def test_the_hessian_itself_needs_one_step():
    H, b = problem()
    found = minimise(
        quadratic(H, b), lambda x: solver_of(H), np.zeros(8), tol=1e-8, max_iter=5, exact=True
    )
    np.testing.assert_allclose(found.x, np.linalg.solve(H, b), rtol=1e-9)
    assert found.converged and found.n_evaluations == 2


@pytest.mark.parametrize("error", [0.05, 0.3])
def test_a_rough_hessian_still_converges_faster_than_linearly(error):
    H, b = problem()
    rng = np.random.default_rng(1)
    E = rng.normal(size=(8, 8)) * error / 8
    rough = H + np.sqrt(np.outer(H.diagonal(), H.diagonal())) * (E @ E.T + (E + E.T) / 8)
    found = minimise(
        quadratic(H, b), lambda x: solver_of(rough), np.zeros(8), tol=1e-10, max_iter=30
    )
    np.testing.assert_allclose(found.x, np.linalg.solve(H, b), rtol=1e-7)
    assert found.converged and found.n_evaluations <= 12


def test_without_curvature_it_is_lbfgs():
    H, b = problem(spread=50)
    found = minimise(
        quadratic(H, b), lambda x: lambda g: g / 50, np.zeros(8), tol=1e-8, max_iter=100
    )
    np.testing.assert_allclose(found.x, np.linalg.solve(H, b), rtol=1e-5)
    assert found.converged


def test_a_step_too_long_is_shortened_in_one_pass():
    H, b = problem()
    calls = []

    def objective(columns):
        calls.append(columns.shape[1])
        return quadratic(H, b)(columns)

    def too_long(x):
        return lambda g: 20 * np.linalg.solve(H, g)

    found = minimise(objective, too_long, np.zeros(8), tol=1e-8, max_iter=50)
    assert found.converged
    assert calls[:3] == [1, 1, 7]


def test_stops_at_max_iter_and_says_so():
    H, b = problem()
    found = minimise(
        quadratic(H, b), lambda x: lambda g: g / 1e3, np.zeros(8), tol=1e-10, max_iter=3
    )
    assert not found.converged and found.n_iter == 3
    start = np.ones(8)
    found = minimise(quadratic(H, b), lambda x: solver_of(H), start, tol=1e-10, max_iter=0)
    assert not found.converged and found.x is start


def test_gives_up_when_nothing_decreases():
    def objective(columns):
        return np.zeros(columns.shape[1]), np.ones_like(columns)

    found = minimise(objective, lambda x: lambda g: g, np.zeros(2), tol=1e-3, max_iter=50)
    assert not found.converged and found.n_iter <= 1


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e12])
def test_solver_scales_columns(scale):
    H, b = problem()
    D = np.geomspace(1, scale, 8)
    H = H * np.outer(D, D)
    expected = np.linalg.solve(problem()[0], b / D) / D
    np.testing.assert_allclose(solver_of(H)(b), expected, rtol=1e-8)
    np.testing.assert_allclose(solver_of(H.diagonal().copy())(b), b / H.diagonal())


def test_directions_without_curvature_stay():
    H = np.diag([1.0, 0.0, 4.0])
    assert solver_of(H)(np.ones(3)).tolist() == [1.0, 0.0, 0.25]
    assert solver_of(np.array([1.0, 0.0]))(np.ones(2)).tolist() == [1.0, 0.0]


def test_solver_survives_singular_hessians():
    H = np.ones((3, 3))
    np.testing.assert_allclose(H @ solver_of(H)(np.ones(3)), 1.0, rtol=1e-6)
    assert np.isfinite(solver_of(np.zeros((3, 3)))(np.ones(3))).all()
    assert np.isfinite(solver_of(np.full((2, 2), np.nan))(np.ones(2))).all()


def test_searches_share_evaluations_and_leave_when_done():
    H, b = problem()
    asked = []

    def objective(points):
        asked.append(sorted(points))
        return {name: quadratic(H, b)(columns) for name, columns in points.items()}

    def start(solve):
        return search(lambda x, g: newton_step(solve), np.zeros(8), tol=1e-8, max_iter=100)

    both = {"exact": start(solver_of(H)), "rough": start(lambda g: g / 1e3)}
    found = minimise_together(objective, both)
    for one in found.values():
        np.testing.assert_allclose(one.x, np.linalg.solve(H, b), rtol=1e-5)
    assert asked[:2] == [["exact", "rough"]] * 2
    assert asked[-1] == ["rough"] and len(asked) == found["rough"].n_evaluations


def test_the_subgradient_is_the_least_one():
    x, gradient = np.array([2.0, -2.0, 0.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.5, 3.0, -3.0])
    assert subgradient(x, gradient, np.ones(5)).tolist() == [2.0, 0.0, 0.0, 2.0, -2.0]
    assert subgradient(x, gradient, np.zeros(5)).tolist() == gradient.tolist()


def test_blocks_are_solved_one_by_one():
    H, b = problem()
    whole = np.zeros((16, 16))
    whole[:8, :8], whole[8:, 8:] = H, 2 * H
    found = solver_of(np.stack([H, 2 * H]))(np.concatenate([b, b]))
    np.testing.assert_allclose(found, np.linalg.solve(whole, np.concatenate([b, b])), rtol=1e-8)


def deficient(p, rank, seed=0):
    """A singular Hessian whose factor fails late: its first columns are independent."""
    A = np.random.default_rng(seed).normal(size=(rank, p))
    return A.T @ A


@pytest.mark.parametrize("make", [problem, lambda: (deficient(700, 650), np.zeros(700))])
def test_a_factor_in_the_place_of_the_hessian_is_the_same(make):
    H = make()[0]
    b = H @ np.random.default_rng(1).normal(size=len(H))
    found = solver_of(H)(b)
    np.testing.assert_array_equal(solver_of(H.copy(), overwrite=True)(b), found)
    np.testing.assert_allclose(H @ found, b, atol=1e-6 * np.abs(b).max())


def test_a_factor_in_the_place_of_the_hessian_takes_no_memory():
    for H in (deficient(900, 1000), deficient(900, 850)):
        tracemalloc.start()
        try:
            solver_of(H, overwrite=True)
            assert tracemalloc.get_traced_memory()[1] < 0.5 * H.nbytes
        finally:
            tracemalloc.stop()


def test_a_hessian_goes_before_the_next_one_comes():
    H, b = problem()
    steps = []

    def chord(x, gradient):
        assert not [step for step in steps if step() is not None]

        def step(x, gradient, pairs):
            return -gradient / (2e3 if len(steps) < 3 else 1e3)

        steps.append(weakref.ref(step))
        return step

    one = search(chord, np.zeros(8), tol=1e-8, max_iter=5, exact=True)
    minimise_together(lambda asked: {0: quadratic(H, b)(asked[0])}, {0: one})
    assert len(steps) > 3


def test_a_small_gradient_in_a_flat_direction_is_not_the_end():
    """The next step still promises a decrease of the order of the tolerance."""
    H = np.diag([1.0, 1e-8])
    start = np.array([0.0, 5e3])  # a gradient of 5e-5, and 0.125 above the minimum
    found = minimise(quadratic(H, np.zeros(2)), lambda x: solver_of(H), start, tol=1e-4, max_iter=9)
    assert found.converged and found.n_evaluations > 1
    np.testing.assert_allclose(found.x, 0.0, atol=1e-6)


def test_where_no_step_helps_the_gradient_decides():
    def flat(columns):
        gradients = np.full(columns.shape, 5e-5)
        return np.zeros(columns.shape[1]), gradients

    steep = {"tol": 1e-6, "max_iter": 9}
    for options, converged in (({"tol": 1e-4, "max_iter": 9}, True), (steep, False)):
        found = minimise(flat, lambda x: lambda b: 1e9 * b, np.zeros(1), **options)
        assert found.converged is converged
        assert found.n_iter == 0

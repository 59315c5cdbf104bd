import tracemalloc
from collections import deque

import numpy as np
import pytest
from scipy import sparse

import scalml
from scalml.linear_model import logistic_problem
from scalml.linear_model.labels import Labels
from scalml.linear_model.lane import Lane
from scalml.linear_model.logistic_problem import Problem, largest_hessian, loss_of_finite
from scalml.statistics import CodedRows


def sample(n=400, d=4, intercept=True, mean=0.0, classes=2):
    rng = np.random.default_rng(0)
    X, y = rng.normal(mean, 1, (n, d)), rng.integers(0, classes, n)
    size = (d + intercept) * (1 if classes == 2 else classes)
    return (X, y.astype(float) if classes == 2 else y, None), rng.normal(size=size) / 4


def lane(size, intercept=True, ridge=0.1, d=4, **options):
    ridges = np.full(size, ridge)
    ridges.reshape(-1, d + intercept)[:, d:] = 0
    options = {"lasso": np.zeros(size), "weighting": 0} | options
    return Lane(ridge=ridges, fit_intercept=intercept, **options)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("classes", [2, 3])
def test_chunks_and_sample_are_one_objective(intercept, classes):
    rows, x = sample(intercept=intercept, classes=classes)
    problem, lanes = Problem(rows, classes), {"one": lane(x.size, intercept)}
    X, y = (scalml.from_array(part, chunk_rows=90) for part in rows[:2])
    points = {"one": np.column_stack([x, 2 * x])}
    here = problem.losses(lanes, points)["one"]
    labels = Labels(np.arange(classes))
    there = problem.losses(lanes, points, (X, y, None, None, labels))["one"]
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("classes", [2, 3])
def test_lanes_side_by_side_are_what_they_are_alone(classes):
    rows, x = sample(classes=classes)
    weights = np.random.default_rng(1).random((400, 2))
    problem = Problem((*rows[:2], weights), classes)
    short = x.reshape(-1, 5)[:, :4].ravel()
    lanes = {"a": lane(x.size, weighting=1), "b": lane(short.size, False, ridge=2.0)}
    points = {"a": x[:, None], "b": np.column_stack([short, -short])}
    both = problem.losses(lanes, points)
    for name, column in (("a", 1), ("b", 0)):
        single = Problem((*rows[:2], weights[:, column]), classes)
        alone = single.losses({name: lanes[name]}, {name: points[name]})[name]
        for a, b in zip(both[name], alone, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("mean", [0.0, 100.0])
@pytest.mark.parametrize("classes", [2, 3])
def test_steps_undo_the_derivative_of_the_gradient(intercept, mean, classes):
    rows, x = sample(intercept=intercept, mean=mean, classes=classes)
    shaped = x.reshape(-1, 4 + intercept)
    shaped[:, :4] -= shaped[:, :4].mean(axis=1, keepdims=True)
    one = lane(x.size, intercept)
    problem = Problem(rows, classes)
    step = np.random.default_rng(1).normal(size=x.size)
    by_class = step.reshape(-1, 4 + intercept)
    by_class[:, :4] -= by_class[:, :4].mean(axis=1, keepdims=True)
    if classes > 2:  # what all classes have in common does not matter
        by_class -= by_class.mean(axis=0)
    epsilon = 1e-6
    columns = np.column_stack([x + epsilon * step, x - epsilon * step])
    gradients = problem.losses({0: one}, {0: columns})[0][1]
    product = (gradients[:, 0] - gradients[:, 1]) / (2 * epsilon)
    found = problem.curvature(one, x).newton_step()(x, -product, ())
    np.testing.assert_allclose(found, step, rtol=2e-3, atol=2e-4)


@pytest.fixture
def hessians(monkeypatch):
    """The lanes whose Hessians were computed."""
    made = []
    original = Problem._loss_curvature
    monkeypatch.setattr(Problem, "_loss_curvature", lambda *a: made.append(a[1]) or original(*a))
    return made


def test_lanes_of_the_same_rows_share_a_hessian(hessians):
    rows, x = sample()
    problem = Problem(rows)
    first = problem.curvature(lane(5), x).hessian
    second = problem.curvature(lane(5, ridge=0.3), x).hessian
    assert len(hessians) == 1
    np.testing.assert_allclose(second - first, np.diag([0.2] * 4 + [0.0]), atol=1e-12)
    problem.curvature(lane(5), x + 1e-4)
    assert len(hessians) == 1
    problem.curvature(lane(5), x + 1)
    assert len(hessians) == 2
    again = problem.curvature(lane(5), x).hessian
    assert len(hessians) == 2
    np.testing.assert_array_equal(again, first)


def test_lanes_of_other_rows_have_their_own(hessians):
    rows, x = sample()
    weights = np.random.default_rng(1).integers(0, 2, (400, 2)).astype(float)
    problem = Problem((*rows[:2], weights))
    for weighting in (0, 1):
        found = problem.curvature(lane(5, weighting=weighting), x).hessian
        alone = Problem((*rows[:2], weights[:, weighting])).curvature(lane(5), x).hessian
        np.testing.assert_allclose(found, alone, rtol=1e-12)
    assert len(hessians) == 4
    apart = [problem.apart(2) for _ in range(2)]
    for one in apart:  # not even where the rows are the same
        one.curvature(lane(5), x)
    assert len(hessians) == 6


def test_losses_at_one_place_are_computed_once(monkeypatch):
    rows, x = sample()
    problem, asked = Problem(rows), []
    original = Problem._loss
    monkeypatch.setattr(
        Problem,
        "_loss",
        lambda self, coef, *a: asked.append(coef.shape[2]) or original(self, coef, *a),
    )
    lanes = {"a": lane(5), "b": lane(5, ridge=2.0)}
    both = problem.losses(lanes, {"a": x[:, None], "b": np.column_stack([x, 2 * x])})
    assert asked == [2]
    value, gradient = both["b"]
    np.testing.assert_allclose(value[0] - both["a"][0][0], 1.9 * (x[:4] @ x[:4]) / 2)
    np.testing.assert_allclose(gradient[:4, 0] - both["a"][1][:4, 0], 1.9 * x[:4])
    again = problem.losses(lanes, {"a": 2 * x[:, None]})["a"]
    assert asked == [2]
    np.testing.assert_allclose(again[1][4, 0], gradient[4, 1])


def test_a_sample_without_a_class_is_known_as_such():
    (X, y, _), _ = sample()
    assert Problem((X, y, None)).knows(lane(5))
    assert not Problem((X, 0 * y, None)).knows(lane(5))
    assert not Problem((X, y, y)).knows(lane(5))
    assert not Problem((X, y.astype(int), None), 3).knows(lane(15))


def test_a_sample_without_weight_still_has_a_hessian():
    (X, y, _), x = sample()
    hessian = Problem((X, y, 0 * y)).curvature(lane(5), x).hessian
    np.testing.assert_array_equal(hessian, Problem((X, y, None)).curvature(lane(5), x).hessian)


def test_bad_values_are_named_only_when_the_loss_shows_them():
    X = np.array([[1.0], [np.nan]])
    with pytest.raises(ValueError, match="row 1"):
        loss_of_finite(X, np.zeros(2), None, coef=np.zeros((1, 1)))
    with pytest.raises(ValueError, match="row 1"):
        loss_of_finite(X, np.zeros(2, dtype=int), None, coef=np.zeros((1, 3, 1)))
    loss = loss_of_finite(np.array([[1e300]]), np.zeros(1), None, coef=np.full((1, 1), 1e300))
    assert not np.isfinite(loss.value).all()


def rows_of(kind, n=3000, d=900):
    """A sample of many columns: numbers, a CSR matrix, or codes of two groups of categories."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n).astype(float)
    if kind == "sparse":
        return sparse.random_array((n, d), density=0.01, format="csr", rng=0), y, None
    if kind == "coded":
        ones = np.column_stack([rng.integers(1, 700, n), rng.integers(700, d, n)])
        groups = ((1, 700), (700, d))
        numbers = rng.normal(size=(n, 1))
        return CodedRows(numbers, ones.astype(np.int32), np.array([0]), groups, d), y, None
    return rng.normal(size=(n, d)), y, None


@pytest.mark.parametrize("kind", ["dense", "sparse", "coded"])
@pytest.mark.parametrize("l1", [0.0, 0.01])
def test_a_step_takes_the_memory_that_is_asked_for(monkeypatch, kind, l1):
    monkeypatch.setattr(logistic_problem, "LARGE_BYTES", 2**20)
    problem, x = Problem(rows_of(kind)), np.zeros(901)
    one = lane(901, d=900, lasso=np.where(np.arange(901) < 900, l1, 0.0))
    gradient = problem.losses({0: one}, {0: x[:, None]})[0][1][:, 0]
    tracemalloc.start()
    try:
        step = problem.chord(one, x, gradient)(x, gradient, deque())
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Small arrays beside the Hessian differ with the versions of the libraries.
    assert 0.5 < taken / problem.hessian_nbytes(one) < 1.05
    assert gradient @ step < 0


def test_a_hessian_that_does_not_fit_is_refused_before_it_is_made(monkeypatch):
    problem, x = Problem(rows_of("coded")), np.zeros(901)
    monkeypatch.setattr(Problem, "_loss_curvature", None)
    with (
        scalml.config_context(memory_limit="1MiB"),
        pytest.raises(MemoryError, match="A Hessian of the sample needs 15 MiB"),
    ):
        problem.chord(lane(901, d=900), x, x)


def test_the_sample_leaves_room_for_the_hessian():
    for d, classes in ((900, 2), (5000, 2), (900, 5), (2000, 5), (5001, 2), (3000, 5)):
        y = (np.arange(10) % classes).astype(float if classes == 2 else int)
        problem = Problem((np.zeros((10, d)), y, None), classes)
        columns = 1 if classes == 2 else classes
        made = problem.hessian_nbytes(lane(columns * (d + 1), d=d))
        room = largest_hessian(d, classes)
        assert (problem.form == "diagonal") == (room == 0)
        assert room <= made or room == 0


def test_categories_rare_in_the_sample_get_curvature_and_no_direction_loses_any():
    """Categories within categories make directions flat; scaling would move these elsewhere."""
    rng = np.random.default_rng(0)
    leaf = rng.integers(3, 43, 600)
    ones = np.column_stack([leaf % 3, np.where(leaf == 42, 41, leaf)]).astype(np.int32)
    rows = CodedRows(np.empty((600, 0)), ones, np.empty(0, int), ((0, 3), (3, 43)), 43)
    counts = 10 * rows.counts
    counts[3:23] *= 4  # of these the sample has few
    counts[42] = 50  # and of this none
    y = rng.integers(0, 2, 600).astype(float)
    both = np.stack([np.append(counts, 6000), np.append(rows.counts, 600)])[:, None]
    problem = Problem((rows, y, None), n_total=6000, counts=both)
    one = lane(44, d=43)
    of_sample = problem.curvature(one, np.zeros(44)).hessian
    of_all = problem.curvature(one, np.zeros(44), rough=False).hessian
    assert np.linalg.eigvalsh(of_all - of_sample).min() > -1e-12
    weight = of_all.diagonal()[:43] - one.ridge[:43]
    np.testing.assert_allclose(weight[3:23], 0.25 * counts[3:23] / 6000)
    np.testing.assert_allclose(weight[42], 50 / counts.sum() * weight[:42].sum(), rtol=0.05)

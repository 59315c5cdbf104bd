import numpy as np
import pytest

from scalml.linear_model.pseudo_data import pseudo_rows, turned
from scalml.statistics import Gram

from .problems import problem


@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("mean", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_products_are_those_of_all_rows(centred, mean, weighted):
    X, Y, w = problem(t=2)
    gram = Gram.of(X, Y, w if weighted else None)
    A, B = pseudo_rows(gram, centred=centred, mean=mean)
    assert len(A) == 8 + (not centred) and A.flags.f_contiguous
    Z = np.hstack([A, B])
    expected = (gram.cross if centred else gram.raw) * (len(A) / gram.weight if mean else 1.0)
    np.testing.assert_allclose(Z.T @ Z, expected, rtol=1e-10, atol=1e-12 * np.abs(expected).max())


def test_units_of_columns_cost_no_digits():
    X, y, _ = problem()
    units = np.geomspace(1e-9, 1e9, 6)
    A, _ = pseudo_rows(Gram.of(X * units, y), centred=True, mean=False)
    found = (A / units).T @ (A / units)
    np.testing.assert_allclose(found, Gram.of(X, y).XtX, rtol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_no_more_rows_than_the_data_has_but_two_at_least(n):
    X, y, _ = problem(n=n)
    for centred in (True, False):
        A, _ = pseudo_rows(Gram.of(X, y), centred=centred, mean=False)
        assert 2 <= len(A) <= max(n, 2)


def test_constant_columns_stay_zero():
    A, b = pseudo_rows(Gram.of(np.full((5, 2), 7.3), np.ones(5)), centred=True, mean=True)
    assert not A.any() and not b.any()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_turned(share):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5, 3)), rng.normal(size=5)
    variance = share * (y @ y) / 5
    Xt, yt = turned(X, y, variance)
    assert yt.var() == pytest.approx(variance, abs=1e-12)
    Z, Zt = np.column_stack([X, y]), np.column_stack([Xt, yt])
    np.testing.assert_allclose(Zt.T @ Zt, Z.T @ Z, atol=1e-12)


def test_nothing_to_turn():
    assert turned(np.eye(2), np.zeros(2), 0.0)[1].tolist() == [0.0, 0.0]
    y = turned(np.eye(2), np.ones(2), 0.0)[1]
    np.testing.assert_allclose(y, 1.0)

import pickle
from dataclasses import dataclass

import numpy as np
import pytest

from scalml.statistics.base import SHIFT_ROWS, Sums, shift_of, slab_rows, slabs, tiled


@dataclass(frozen=True)
class Pair(Sums):
    n: int
    total: np.ndarray | None = None


@dataclass(frozen=True)
class Other(Sums):
    n: int


def test_fields_add_and_subtract():
    both = Pair(1, np.array([1.0])) + Pair(2, np.array([2.0]))
    assert (both.n, both.total.tolist()) == (3, [3.0])
    rest = both - Pair(2, np.array([2.0]))
    assert (rest.n, rest.total.tolist()) == (1, [1.0])


def test_none_adds_nothing():
    some = Pair(1, np.array([1.0]))
    assert (some + Pair(1)).total.tolist() == (Pair(1) + some).total.tolist() == [1.0]
    assert (some - Pair(1)).total.tolist() == [1.0]
    assert (Pair(1) + Pair(1)).total is None


def test_different_statistics_do_not_mix():
    with pytest.raises(TypeError):
        Pair(1) + Other(1)
    with pytest.raises(TypeError):
        Pair(1) - Other(1)


def test_pickles():
    assert pickle.loads(pickle.dumps(Other(3))) == Other(3)


@pytest.mark.parametrize("n_rows", [0, 1, 63, 64, 65, 1000])
def test_slabs_cover_in_order(n_rows):
    rows = [i for part in slabs(n_rows, 64) for i in range(part.start, part.stop)]
    assert rows == list(range(n_rows))


def test_slab_rows_are_a_power_of_two_that_fits_the_cache():
    assert slab_rows(100) == 1024
    for width in (0, 1, 7, 1000, 10**6):
        rows = slab_rows(width)
        assert rows & (rows - 1) == 0
        assert rows >= 64


def test_shift_is_exact_for_constants_and_ignores_what_is_not_finite():
    X = np.full((5000, 3), 0.1)
    X[0, 1] = np.nan
    X[7, 2] = np.inf
    np.testing.assert_array_equal(shift_of(X)[[0, 2]], 0.1)
    assert shift_of(X)[1] == pytest.approx(0.1)
    assert shift_of(X[:0]).tolist() == [0.0] * 3


def test_no_shift_where_all_means_are_near_zero():
    X = np.random.default_rng(0).normal(1.5, 1.0, (2000, 3))
    assert not shift_of(X).any()
    X[:, 1] += 1.0
    np.testing.assert_allclose(shift_of(X), X[:SHIFT_ROWS].mean(axis=0), rtol=1e-14)
    X = np.zeros((5, 2))
    assert not shift_of(X).any()
    X[:, 1] = 0.1
    assert shift_of(X).tolist() == [0.0, 0.1]


def test_shift_has_the_same_bits_for_every_memory_order():
    X = np.random.default_rng(0).normal(30, 1, (3000, 7))
    assert shift_of(X).tobytes() == shift_of(np.asfortranarray(X)).tobytes()
    assert shift_of(X).tobytes() == shift_of(np.repeat(X, 2, axis=0)[::2]).tobytes()


@pytest.mark.parametrize("n_columns", [1, 63, 64, 200])
def test_tiled_rows_combine_with_slabs(n_columns):
    row = np.arange(float(n_columns))
    rows = tiled(row, 5)
    assert rows.shape in {(5, n_columns), (1, n_columns)}
    np.testing.assert_array_equal(np.ones((3, n_columns)) * rows[:3], [row] * 3)

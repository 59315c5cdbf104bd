"""Statistics of chunks far from zero merge to those of the rows less the offset."""

from functools import reduce
from operator import add

import numpy as np
import pytest
from scipy import sparse

import scalml
from scalml.metrics import r2_score
from scalml.model_selection.affine import moved
from scalml.naive_bayes import GaussianNB
from scalml.statistics import ClassMoments, Gram, GramProduct, Moments
from scalml.statistics.base import two_sum
from scalml.statistics.gaps import GapGram

ROWS = 37
OFFSETS = [(1e9, 1e-12), (1e12, 1e-12), (1e15, 1e-12)]

pytestmark = pytest.mark.parametrize(("offset", "rtol"), OFFSETS)


def far(offset):
    """Small integers, which no offset rounds, before and after it."""
    rows = np.random.default_rng(0).integers(0, 6, (2000, 3)).astype(float)
    return rows, rows + offset


def chunks(Z):
    return [slice(start, start + ROWS) for start in range(0, len(Z), ROWS)]


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_moments(make, offset, rtol):
    X, Z = far(offset)
    parts = [Moments.of(make(Z[rows])) for rows in chunks(Z)]
    found = reduce(add, parts)
    np.testing.assert_allclose(found.var, X.var(axis=0), rtol=rtol)
    np.testing.assert_allclose((found.centre - offset) + found.rest, X.mean(axis=0), rtol=rtol)
    left = reduce(lambda a, b: a - b, parts[:20], found)
    np.testing.assert_allclose(left.var, X[20 * ROWS :].var(axis=0), rtol=rtol)


def test_moments_after_a_chunk_of_gaps(offset, rtol):
    X, Z = far(offset)
    found = reduce(add, [Moments.of(Z[rows]) for rows in chunks(Z)], Moments.of(Z[:5] * np.nan))
    np.testing.assert_allclose(found.var, X.var(axis=0), rtol=rtol)


def products_of(X):
    return (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))


@pytest.mark.parametrize("of", [Gram.of, lambda X: GapGram.of(X).gram])
def test_gram(of, offset, rtol):
    X, Z = far(offset)
    parts = [of(Z[rows]) for rows in chunks(Z)]
    found = reduce(add, parts)
    np.testing.assert_allclose(found.cross, products_of(X), rtol=rtol, atol=1e-9)
    left = reduce(lambda a, b: a - b, parts[:20], found)
    np.testing.assert_allclose(left.cross, products_of(X[20 * ROWS :]), rtol=rtol, atol=1e-9)
    through = moved(found, np.full(3, offset), np.eye(3)[:, :2])
    np.testing.assert_allclose(through.mean, X.mean(axis=0)[:2], rtol=rtol)


def test_gaps_filled_with_a_mean(offset, rtol):
    X, Z = far(offset)
    X[::7] = Z[::7] = np.nan
    found = reduce(add, [GapGram.of(Z[rows]) for rows in chunks(Z)])
    np.testing.assert_allclose(found.known.var, np.nanvar(X, axis=0), rtol=1e-11)


def test_products_with_directions(offset, rtol):
    X, Z = far(offset)
    Q = np.random.default_rng(1).normal(size=(3, 2))
    found = reduce(add, [GramProduct.of(Z[rows], directions=Q) for rows in chunks(Z)])
    np.testing.assert_allclose(found.cross, products_of(X) @ Q, rtol=rtol)


def test_class_moments(offset, rtol):
    X, Z = far(offset)
    y = np.random.default_rng(1).integers(0, 2, len(Z))
    parts = [ClassMoments.of(Z[rows], y[rows]) for rows in chunks(Z)]
    found = reduce(add, parts)
    expected = [X[y == k].var(axis=0) for k in (0, 1)]
    np.testing.assert_allclose(found.within.var, expected, rtol=rtol)
    np.testing.assert_allclose(found.whole.var, X.var(axis=0), rtol=rtol)
    model = GaussianNB(var_smoothing=0).fit(scalml.from_array(Z, chunk_rows=ROWS), y)
    np.testing.assert_allclose(model.var_, expected, rtol=rtol)


def test_r2_and_variances_of_collections(offset, rtol):
    X, Z = far(offset)
    rows = scalml.from_array(Z, chunk_rows=ROWS)
    predicted = scalml.from_array(Z + 1, chunk_rows=ROWS)
    expected = np.mean(1 - 1 / X.var(axis=0))
    np.testing.assert_allclose(r2_score(rows, predicted), expected, rtol=rtol)
    np.testing.assert_allclose(rows.var(), X.var(), rtol=rtol)
    np.testing.assert_allclose(rows.var(axis=0), X.var(axis=0), rtol=rtol)


def test_a_sum_and_its_rest_are_exact(offset, rtol):
    total, rest = two_sum(np.array([offset]), np.array([2.0**-40]))
    assert int(total[0]) == int(offset) and rest[0] + (total[0] - offset) == 2.0**-40

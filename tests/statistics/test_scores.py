"""The sums behind the metrics merge and finish as scikit-learn's formulas."""

import functools
import operator
import pickle

import numpy as np
import pytest
import sklearn.metrics

from scalml.statistics.scores import Accuracy, Labels, Residuals


def merged(statistic, *columns, cuts=(0, 3, 3, 4, 60)):
    blocks = [[None] * (len(cuts) + 1) if c is None else np.split(c, cuts) for c in columns]
    parts = [statistic.of(*block) for block in zip(*blocks, strict=True)]
    return pickle.loads(pickle.dumps(functools.reduce(operator.add, parts)))


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("weighted", [False, True])
def test_accuracy(rng, weighted):
    y, p = rng.integers(0, 3, (2, 100))
    weight = rng.random(100) if weighted else None
    found = merged(Accuracy, y, p, weight)
    expected = sklearn.metrics.accuracy_score(y, p, sample_weight=weight)
    assert found.mean == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e9])
@pytest.mark.parametrize("weighted", [False, True])
def test_residuals(rng, offset, weighted):
    y = rng.normal(size=(100, 2)) + offset
    p = y + rng.normal(size=(100, 2))
    weight = rng.integers(0, 3, 100).astype(float) if weighted else None
    found = merged(Residuals, y, p, weight)
    expected = sklearn.metrics.r2_score(y, p, sample_weight=weight, multioutput="raw_values")
    # A mean near 1e9 has 7 digits behind the point; so many are left of the spread, in both.
    np.testing.assert_allclose(found.r2(), expected, atol=1e-12 if offset == 0 else 1e-7)


def test_constant_target_has_no_spread():
    y = np.full((100, 1), 0.1)
    found = merged(Residuals, y, y + 1)
    assert found.squares == 0
    assert found.r2() == 0
    assert found.r2(force_finite=False) == -np.inf
    assert merged(Residuals, y, y).r2() == 1


def test_blocks_without_weight_change_nothing():
    block = np.ones((2, 1))
    none = Residuals.of(block * 7, block, np.zeros(2))
    some = Residuals.of(block * 3, block, np.ones(2))
    for total in (none + some, some + none):
        assert (total.mean, total.total, total.n_rows) == (3, 2, 4)


@pytest.mark.parametrize("y", [np.array([3, 1, 3]), np.array(["b", "a"]), np.array(["b"], object)])
def test_labels(y):
    assert Labels.of(y).classes.tolist() == sorted(set(y.tolist()))
    assert (Labels.of(y) + Labels.of(y[:1])).classes.tolist() == sorted(set(y.tolist()))

"""Losses by label add up to scikit-learn's, whichever labels a block has."""

import functools
import operator
import pickle

import numpy as np
import pytest
import sklearn.metrics

from scalml.statistics import LabelLosses
from scalml.statistics.encoding import Encoded
from scalml.statistics.label_losses import log_losses, squared_losses

METRICS = {
    log_losses: sklearn.metrics.log_loss,
    squared_losses: functools.partial(sklearn.metrics.brier_score_loss, scale_by_half=False),
}


def merged(y, proba, weight=None, cuts=(0, 3, 3, 4, 60), **options):
    parts = [
        LabelLosses.of(*block, **options)
        for block in zip(
            np.split(y, cuts),
            np.split(proba, cuts),
            [None] * 6 if weight is None else np.split(weight, cuts),
            strict=True,
        )
    ]
    return pickle.loads(pickle.dumps(functools.reduce(operator.add, parts)))


@pytest.mark.parametrize("loss", METRICS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ordered", [False, True])
def test_equal_scikit_learn(loss, weighted, ordered):
    rng = np.random.default_rng(0)
    y, proba = rng.choice(["a", "b", "c"], 100), rng.dirichlet(np.ones(3), 100)
    y = np.sort(y) if ordered else y
    weight = rng.random(100) if weighted else None
    expected = METRICS[loss](y, proba, sample_weight=weight)
    variants = [{}, {"every_column": True}, {"classes": np.array(["a", "b", "c"])}]
    for options in variants:
        found = merged(y, proba, weight, loss=loss, **options)
        assert found.total_loss() / found.total == pytest.approx(expected, rel=1e-12)
        assert found.classes.tolist() == ["a", "b", "c"]
        assert found.n_rows == 100


def test_clipping_is_that_of_the_dtype():
    y, proba = np.array([0, 1, 1]), np.array([[0, 1], [0, 1], [1, 0]], dtype=np.float32)
    found = LabelLosses.of(y, proba, loss=log_losses)
    expected = sklearn.metrics.log_loss(y, proba, normalize=False)
    assert found.total_loss() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("loss", METRICS)
def test_every_column_is_each_column(loss):
    proba = np.random.default_rng(0).dirichlet(np.full(5, 0.05), 30)
    each = loss(proba, None)
    for column in range(5):
        own = loss(proba, np.full(30, column))
        np.testing.assert_allclose(each[:, column], own, rtol=1e-12)


def test_other_columns():
    y, proba = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    found = LabelLosses.of(y, proba, loss=squared_losses, every_column=True)
    assert found.total_loss([1, 0]) == pytest.approx(2 * 0.81 + 2 * 0.64)


def test_unnormalised_rows_and_other_widths():
    y, proba = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.7]])
    found = LabelLosses.of(y, proba, loss=log_losses)
    assert (found + found).unnormalised == 2
    with pytest.raises(ValueError, match="same columns, got 2 and 3"):
        found + LabelLosses.of(y, np.full((2, 3), 1 / 3), loss=log_losses)


@pytest.mark.parametrize("loss", METRICS)
@pytest.mark.parametrize("n_classes", [3, 6])  # few, and more than have a row of indicators each
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("order", ["C", "F"])
def test_losses_of_encoded_labels_are_those_of_rows(loss, n_classes, weighted, order):
    rng = np.random.default_rng(0)
    classes = np.array(list("abcdef")[:n_classes])
    y = rng.choice(classes[::2], 20)  # some are absent
    proba = np.asarray(rng.dirichlet(np.ones(n_classes), 20), order=order)
    weight = rng.random(20) if weighted else np.ones(20)
    found = LabelLosses.of(Encoded.of(y), proba, weight if weighted else None, loss=loss)
    every = loss(proba, None) * weight[:, None]
    assert found.classes.tolist() == classes[::2].tolist()
    for label, losses, mass in zip(found.classes, found.losses, found.masses, strict=True):
        np.testing.assert_allclose(losses, every[y == label].sum(axis=0), rtol=1e-12)
        assert mass == pytest.approx(weight[y == label].sum())
    known = LabelLosses.of(
        Encoded.of(y), proba, weight if weighted else None, loss=loss, classes=classes
    )
    own = loss(proba, np.searchsorted(classes, y)) * weight
    np.testing.assert_allclose(known.total_loss(), own.sum(), rtol=1e-12)

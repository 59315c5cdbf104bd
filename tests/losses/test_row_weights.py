"""Rows that count for models of several weightings, and losses computed of those."""

import numpy as np
import pytest
from scipy import sparse

from scalml.losses import LogisticLoss, MultinomialLoss, logistic
from scalml.losses.row_weights import RowWeights

N = 3000


def training(arrangement, n_splits=3):
    """A column of ones and zeros a split, and one of ones for all rows."""
    rng = np.random.default_rng(0)
    fold = np.sort(rng.integers(0, n_splits, N))
    if arrangement == "shuffled":
        rng.shuffle(fold)
    weight = (fold[:, None] != np.arange(n_splits)).astype(float)
    if arrangement == "random":
        weight = rng.integers(0, 2, (N, n_splits)).astype(float)
    if arrangement == "left out":
        weight[100:1500] = 0
    return weight


ARRANGEMENTS = ["in order", "shuffled", "random", "left out"]


@pytest.mark.parametrize("kind", [LogisticLoss, MultinomialLoss])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("weights", ["none", "of rows", "of splits"])
def test_models_of_several_weightings_are_what_they_are_alone(kind, make, arrangement, weights):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(N, 3)) * (rng.random((N, 3)) < 0.7)
    y = rng.integers(0, 2, N)
    weight = training(arrangement)
    if weights != "none":
        weight = weight * rng.random((N, 1 if weights == "of rows" else 3))
    weighting = np.array([0, 0, 2, 1, 1, 2])
    shape = (4, 6) if kind is LogisticLoss else (4, 2, 6)
    coef = rng.normal(size=shape)
    found = kind.of(make(X), y, weight, coef=coef, weighting=weighting)
    for k, column in enumerate(weighting):
        alone = kind.of(make(X), y, weight[:, column], coef=coef[..., [k]])
        np.testing.assert_allclose(found.value[k], alone.value[0], rtol=1e-12)
        np.testing.assert_allclose(
            found.gradient[..., k], alone.gradient[..., 0], rtol=1e-10, atol=1e-10
        )
        np.testing.assert_allclose(found.weight[k], alone.weight)


def test_rows_of_no_model_are_not_multiplied(monkeypatch):
    rng = np.random.default_rng(1)
    X, y, weight = rng.normal(size=(N, 3)), rng.integers(0, 2, N), training("in order")
    products = []
    margins = logistic.margins

    def counted(A, coef, out):
        products.append(len(A) * len(coef))
        return margins(A, coef, out)

    monkeypatch.setattr(logistic, "margins", counted)
    monkeypatch.setattr("scalml.losses.blocks.slab_rows", lambda columns: 64)
    LogisticLoss.of(X, y, weight, coef=rng.normal(size=(4, 6)), weighting=np.repeat(range(3), 2))
    assert sum(products) == 2 * weight.sum()


def runs_of(weight, weighting=(0, 1, 1, 2), part=slice(0, N)):
    weighting = np.array(weighting)
    return list(RowWeights(weight, weighting, N, weighting.size).runs(part))


def test_folds_in_order_are_slices_and_need_no_weights():
    weight = np.ones((N, 3))
    weight[:1000, 0] = weight[1000:2000, 1] = weight[2000:, 2] = 0
    first, middle, last = runs_of(weight)
    assert (first.models, first.rows) == (slice(0, 1), slice(1000, 3000))
    assert (middle.models, middle.rows) == (slice(1, 3), None)
    assert (last.models, last.rows) == (slice(3, 4), slice(0, 2000))
    assert first.weight is None and last.weight is None
    np.testing.assert_array_equal(middle.weight, weight[:, 1])
    inside = runs_of(weight, part=slice(1100, 1900))
    assert [(one.models, one.rows, one.weight) for one in inside] == [
        (slice(0, 1), None, None),
        (slice(3, 4), None, None),
    ]


def test_few_rows_are_taken_out_and_most_rows_stay_where_they_are():
    rng = np.random.default_rng(0)
    weight = (rng.random((N, 2)) < [0.1, 0.9]).astype(float) * rng.random((N, 1))
    few, most = runs_of(weight, (0, 1))
    np.testing.assert_array_equal(few.rows, np.flatnonzero(weight[:, 0]))
    np.testing.assert_array_equal(few.weight, weight[few.rows, 0])
    assert most.rows is None
    np.testing.assert_array_equal(most.weight, weight[:, 1])


def test_what_a_split_is_given_does_not_depend_on_the_others():
    weight = training("shuffled")
    alone = runs_of(weight, (1, 1))
    (among,) = [one for one in runs_of(weight, (0, 1, 1, 2)) if one.models == slice(1, 3)]
    assert alone[0].rows is among.rows
    np.testing.assert_array_equal(alone[0].weight, among.weight)

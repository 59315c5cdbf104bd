"""Which models a row counts for, and losses that are computed for those only."""

import numpy as np
import pytest
from scipy import sparse

from scalml.losses import LogisticLoss, MultinomialLoss, logistic
from scalml.losses.row_weights import FEWEST_ROWS, RowWeights

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
    coef[..., 3] = coef[..., 0]  # which are computed once
    found = kind.of(make(X), y, weight, coef=coef, weighting=weighting)
    for k, column in enumerate(weighting):
        alone = kind.of(make(X), y, weight[:, column], coef=coef[..., [k]])
        np.testing.assert_allclose(found.value[k], alone.value[0], rtol=1e-12)
        np.testing.assert_allclose(
            found.gradient[..., k], alone.gradient[..., 0], rtol=1e-10, atol=1e-10
        )
        np.testing.assert_allclose(found.weight[k], alone.weight)


@pytest.mark.parametrize("arrangement", ["in order", "shuffled"])
def test_a_row_is_multiplied_with_the_models_that_it_counts_for(arrangement, monkeypatch):
    rng = np.random.default_rng(1)
    X, y, weight = rng.normal(size=(N, 3)), rng.integers(0, 2, N), training(arrangement)
    products = []
    margins = logistic.margins

    def counted(A, coef, out):
        products.append(len(A) * len(coef))
        return margins(A, coef, out)

    monkeypatch.setattr(logistic, "margins", counted)
    LogisticLoss.of(X, y, weight, coef=rng.normal(size=(4, 6)), weighting=np.repeat(range(3), 2))
    assert sum(products) == 2 * weight.sum()


def kinds_of(weight, weighting=(0, 1, 1, 2), part=slice(0, N)):
    weighting = np.array(weighting)
    return list(RowWeights(weight, weighting, N, weighting.size).kinds(part))


def test_folds_in_order_are_slices_and_need_no_weights():
    weight = np.ones((N, 3))
    weight[:1000, 0] = weight[1000:2000, 1] = weight[2000:, 2] = 0
    found = {one.models.tobytes(): one for one in kinds_of(weight)}
    rows = {tuple(one.models): one.rows for one in found.values()}
    assert rows == {
        (1, 2, 3): slice(0, 1000),
        (0, 3): slice(1000, 2000),
        (0, 1, 2): slice(2000, 3000),
    }
    assert all(weights is None for one in found.values() for _, weights in one.weights)
    (inside,) = kinds_of(weight, part=slice(1100, 1900))
    assert inside.rows is None and inside.models.tolist() == [0, 3]


def test_equal_weights_are_one_run_and_others_one_for_each_weighting():
    rng = np.random.default_rng(0)
    weight, own = training("in order"), rng.random(N)
    for one in kinds_of(weight * own[:, None]):
        ((_, weights),) = one.weights
        np.testing.assert_array_equal(weights, one.of(own))
    several = kinds_of(weight * np.array([1.0, 2.0, 3.0]))
    assert {len(one.weights) for one in several} == {2}
    for one in several:
        (first, _), (last, _) = one.weights
        assert (first.start, last.start, last.stop) == (0, first.stop, one.models.size)


def test_rows_of_no_model_are_left_out():
    weight = training("left out")
    assert sum(len(one.of(np.empty(N))) for one in kinds_of(weight)) == N - 1400
    assert kinds_of(weight, part=slice(200, 300)) == []


def test_very_many_kinds_come_as_one():
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 2, (N, 60)).astype(float)
    for n_splits in (10, 60):
        (one,) = kinds_of(weight[:, :n_splits], range(n_splits))
        assert one.rows is None and len(one.weights) == n_splits
    part = slice(0, FEWEST_ROWS)  # of a slab this short, only one kind is worth a product
    assert len(kinds_of(training("shuffled"), part=part)) == 1

"""Brier scores of chunked data equal scikit-learn's in memory."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning

import scalml
from scalml.metrics import brier_score_loss, d2_brier_score

METRICS = [brier_score_loss, d2_brier_score]


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def agree(metric, y, proba, rel=1e-12, **options):
    expected = getattr(sklearn.metrics, metric.__name__)(y, proba, **options)
    for chunk_rows in (1, 7, len(y)):
        found = metric(scalml.from_array(y, chunk_rows=chunk_rows), proba, **options)
        assert found == pytest.approx(expected, rel=rel)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("pos_label", [None, 0, 1])
def test_one_column(rng, metric, weighted, pos_label):
    y, proba = rng.integers(0, 2, 50), rng.random(50)
    weight = rng.random(50) if weighted else None
    agree(metric, y, proba, sample_weight=weight, pos_label=pos_label)
    agree(metric, y, proba[:, None], sample_weight=weight, pos_label=pos_label)
    agree(metric, np.sort(y), proba.astype(np.float32), rel=1e-5, sample_weight=weight)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("labels", [np.array([3, 7]), np.array(["a", "b", "c"])])
def test_a_column_for_each_class(rng, metric, labels):
    y, proba = rng.choice(labels, 50), rng.dirichlet(np.ones(len(labels)), 50)
    agree(metric, y, proba, sample_weight=rng.random(50))
    agree(metric, np.sort(y), proba)
    agree(metric, y[:1].repeat(50), proba, labels=labels) if metric is brier_score_loss else None


def test_scale_and_text(rng):
    y, proba = rng.choice(["ham", "spam"], 50), rng.random(50)
    for scale in (True, False, "auto"):
        agree(brier_score_loss, y, proba, pos_label="ham", scale_by_half=scale)


def test_no_digits_are_lost_where_predictions_are_sure():
    y, proba = np.arange(6) % 3, np.full((6, 3), 1e-10)
    proba[np.arange(6), y] = 1 - 2e-10
    agree(brier_score_loss, y, proba, rel=1e-9)


@pytest.mark.parametrize("y", [[1, 1], [0, 0], [-1, -1]])
def test_one_class(y):
    agree(brier_score_loss, np.array(y), np.array([0.2, 0.9]))


@pytest.mark.parametrize(
    "y, proba, options, message",
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "is multiclass but should be binary"),
        (["a", "b", "b"], [0.1, 0.2, 0.3], {}, "pos_label is not specified"),
        ([0, 1, 1], [0.1, 0.2, 1.3], {}, "greater than 1"),
        ([0, 1, 1], [0.1, 0.2, np.nan], {}, "contains NaN"),
        ([0, 1, 2], [[0.5, 0.5]] * 3, {}, "different number of classes"),
        ([0, 1, 1], [0.1, 0.2, 0.3], {"scale_by_half": "no"}, "The 'scale_by_half' parameter"),
    ],
)
def test_errors(y, proba, options, message):
    with pytest.raises(ValueError, match=message):
        brier_score_loss(scalml.from_array(np.array(y), chunk_rows=2), np.array(proba), **options)
    with pytest.raises(ValueError):
        sklearn.metrics.brier_score_loss(np.array(y), np.array(proba), **options)


def test_share_of_one_row_is_undefined():
    with pytest.warns(UndefinedMetricWarning, match="less than two"):
        assert np.isnan(d2_brier_score(scalml.from_array(np.array([1])), np.array([0.5])))

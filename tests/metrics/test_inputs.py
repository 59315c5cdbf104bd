"""What metrics accept is checked as scikit-learn checks it, however short the way."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils import check_array

from scalml.metrics import accuracy_score, brier_score_loss, f1_score, log_loss, r2_score
from scalml.metrics.inputs import Truth, column_of, labels_of, numbers_of, weights_of


@pytest.mark.parametrize("dtype", ["numeric", np.float64, [np.float64, np.float32]])
@pytest.mark.parametrize(
    "block",
    [
        np.arange(3.0),
        np.arange(6.0).reshape(3, 2),
        np.arange(6.0).reshape(3, 2)[:, 1],
        np.arange(3, dtype=np.float32),
        np.arange(3),
        np.arange(3.0).astype(object),
        pd.Series([1.0, 2.0]),
        [1.0, 2.0],
    ],
)
def test_numbers(block, dtype):
    found = numbers_of(block, "y", dtype)
    expected = check_array(block, ensure_2d=False, dtype=dtype)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(numbers_of(Truth(block), "y", dtype), expected)


@pytest.mark.parametrize(
    "block, message",
    [
        (np.array([1.0, np.nan]), "Input y contains NaN"),
        (np.array([[1.0, np.inf]]), "Input y contains infinity"),
        (np.empty(0), "0 sample"),
        (np.empty((0, 2)), "0 sample"),
        (np.empty((2, 0)), "0 feature"),
        (np.zeros((1, 1, 1)), "dim 3"),
        (np.float64(1), "scalar|Singleton"),
    ],
)
def test_numbers_that_are_refused(block, message):
    with pytest.raises((ValueError, TypeError), match=message):
        numbers_of(block, "y")


def test_columns():
    assert column_of(pd.Series([1, 2])).tolist() == column_of(np.array([[1], [2]])).tolist()
    with pytest.raises(ValueError, match="1d"):
        column_of(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="1d"):
        weights_of(np.ones((2, 2)))


def test_truth_is_looked_at_once():
    block = np.array([2.0, 1.0, 2.0])
    truth = Truth(block)
    assert labels_of(truth, "y_true") is labels_of(truth, "y_true")
    assert truth.encoded is truth.encoded and truth.encoded.codes.tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match="y_true must hold class labels"):
        labels_of(Truth(np.array([0.5, 1.0])), "y_true")


@pytest.mark.parametrize("metric", [accuracy_score, f1_score, log_loss, brier_score_loss, r2_score])
@pytest.mark.parametrize("weighted", [False, True])
def test_metrics_take_it_in_place_of_the_block(metric, weighted):
    rng = np.random.default_rng(0)
    y, proba = rng.integers(0, 2, 50), rng.random(50)
    answers = proba if metric in (log_loss, brier_score_loss) else (proba > 0.5).astype(int)
    weight = rng.random(50) if weighted else None
    parameters = metric.metric.defaults | metric.metric.prepare((y, answers, weight), {})
    observe = metric.metric.statistic(**parameters)
    truth = Truth(y)
    for _ in range(2):
        found = metric.metric.score(observe(truth, answers, weight), **parameters)
        assert found == metric.metric.score(observe(y, answers, weight), **parameters)

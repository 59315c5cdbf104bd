"""Accuracy and log loss of chunked data equal scikit-learn's in memory."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

import scalml
from scalml.metrics import accuracy_score, log_loss


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def chunked(values, chunk_rows=7):
    if isinstance(values, pd.Series):
        return scalml.from_frame(values.to_frame("a"), chunk_rows=chunk_rows)["a"]
    return scalml.from_array(values, chunk_rows=chunk_rows)


LABELS = {
    "int": np.array([0, 1, 2]),
    "str": np.array(["a", "bb", "c"]),
    "object": np.array(["a", "bb", "c"], dtype=object),
    "float": np.array([-1.0, 0.0, 1.0]),
    "bool": np.array([False, True]),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("normalize", [False, True])
def test_accuracy(rng, kind, weighted, normalize):
    y, p = (rng.choice(LABELS[kind], 50) for _ in range(2))
    weight = rng.random(50) if weighted else None
    options = {"normalize": normalize, "sample_weight": weight}
    expected = sklearn.metrics.accuracy_score(y, p, **options)
    for pair in [(chunked(y), chunked(p)), (y, chunked(p, 11)), (chunked(y), pd.Series(p))]:
        assert accuracy_score(*pair, **options) == pytest.approx(expected, abs=1e-12)
    assert accuracy_score(y, p, **options) == expected
    if weighted:
        options["sample_weight"] = chunked(weight, 13)
        assert accuracy_score(y, chunked(p), **options) == pytest.approx(expected, abs=1e-12)


def test_accuracy_of_series_and_indicators(rng):
    y, p = (pd.Series(rng.choice(["x", "y"], 30)) for _ in range(2))
    assert accuracy_score(chunked(y), chunked(p)) == sklearn.metrics.accuracy_score(y, p)
    y, p = rng.integers(0, 2, (2, 30, 3))
    assert accuracy_score(chunked(y), p) == sklearn.metrics.accuracy_score(y, p)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("weighted", [False, True])
def test_log_loss(rng, kind, dtype, weighted):
    labels = LABELS[kind]
    y = rng.choice(labels, 50)
    proba = rng.dirichlet(np.ones(len(labels)), 50).astype(dtype)
    proba[3] = np.eye(len(labels))[0]
    options = {"sample_weight": rng.random(50) if weighted else None}
    for normalize in (True, False):
        expected = sklearn.metrics.log_loss(y, proba, normalize=normalize, **options)
        found = log_loss(chunked(y), chunked(proba), normalize=normalize, **options)
        assert found == pytest.approx(expected, rel=1e-12 if dtype is np.float64 else 1e-6)
    assert log_loss(y, chunked(proba), labels=labels, **options) == pytest.approx(
        sklearn.metrics.log_loss(y, proba, labels=labels, **options), rel=1e-6
    )


def test_log_loss_of_one_column_and_missing_class(rng):
    y, proba = rng.integers(0, 2, 50), rng.random(50)
    expected = sklearn.metrics.log_loss(y, proba)
    assert log_loss(chunked(y), proba) == pytest.approx(expected, rel=1e-12)
    y[:] = 1
    expected = sklearn.metrics.log_loss(y, proba, labels=[0, 1])
    assert log_loss(chunked(y), proba, labels=[0, 1]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    "y, proba, labels, message",
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], None, "contains only one label"),
        ([0, 1, 1], [0.1, 0.2, 1.3], None, "values greater than 1"),
        ([0, 1, 1], [0.1, -0.2, 0.3], None, "values lower than 0"),
        ([0, 1, 2], [0.1, 0.2, 0.3], None, "different number of classes"),
        ([0, 1, 2], [0.1, 0.2, 0.3], [0, 1], "not belonging"),
        ([0, 1, 1], [0.1, 0.2, 0.3], [0, 1, 2], "number of classes in labels"),
        ([0, 1, 1], [0.1, 0.2, 0.3], [0], "at least two labels"),
        ([0, 1, 1], [0.1, np.nan, 0.3], None, "contains NaN"),
    ],
)
def test_log_loss_errors_are_those_of_scikit_learn(y, proba, labels, message):
    y, proba = np.array(y), np.array(proba)
    with pytest.raises(ValueError, match=message):
        log_loss(chunked(y, 2), proba, labels=labels)
    with pytest.raises(ValueError):
        sklearn.metrics.log_loss(y, proba, labels=labels)


def test_log_loss_warns_of_rows_that_do_not_sum_to_one():
    with pytest.warns(UserWarning, match="do not sum to one in 1 rows"):
        log_loss(chunked(np.array([0, 1])), np.array([[0.5, 0.4], [0.5, 0.5]]))
    with pytest.warns(UserWarning, match="ordered lexicographically"):
        log_loss(chunked(np.array([0, 1])), np.array([0.5, 0.5]), labels=[1, 0])


@pytest.mark.parametrize(
    "y, p, weight, message",
    [
        (np.array([0.0, 0.5]), np.array([0, 1]), None, "continuous"),
        (np.array([0.0, np.nan]), np.array([0, 1]), None, "NaN"),
        (np.array(["a", None], object), np.array(["a", "b"]), None, "NaN"),
        (np.array(["a", "b"]), np.array([0, 1]), None, "same type"),
        (np.array([0, 1]), np.array([0, 1, 1]), None, "3"),
        (np.array([0, 1]), np.array([0, 1]), np.array([1.0, -1.0]), "negative"),
        (np.array([0, 1]), np.array([0, 1]), np.array([1.0, np.nan]), "NaN"),
    ],
)
def test_accuracy_errors(y, p, weight, message):
    with pytest.raises(ValueError, match=message):
        accuracy_score(chunked(y, 1), p, sample_weight=weight)


def test_a_missing_target_and_weights_of_zero_are_clear_errors():
    y = chunked(np.arange(20) % 2)
    with pytest.raises(ValueError, match="got y_true=None"):
        accuracy_score(None, y)
    with pytest.raises(ValueError, match="got y_pred=None"):
        log_loss(y, None)
    for metric in (accuracy_score, log_loss):
        with pytest.raises(ValueError, match="must not be zero everywhere"):
            metric(y, np.arange(20) % 2, sample_weight=np.zeros(20))

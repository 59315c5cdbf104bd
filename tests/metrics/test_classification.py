"""Accuracy of chunked data equals scikit-learn's in memory."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

import scalml
from scalml.metrics import accuracy_score


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


@pytest.mark.parametrize(
    "y, p, weight, message",
    [
        (np.array([0.0, 0.5]), np.array([0, 1]), None, "continuous"),
        (np.array([0.0, np.nan]), np.array([0, 1]), None, "NaN"),
        (np.array(["a", None], object), np.array(["a", "b"]), None, "NaN"),
        (np.array(["a", "b"]), np.array([0, 1]), None, "same type"),
        (np.array([0, 1]), np.array([0, 1, 1]), None, r"inconsistent .*\[2, 3\]"),
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
        accuracy_score(y, None)
    with pytest.raises(ValueError, match="must not be zero everywhere"):
        accuracy_score(y, np.arange(20) % 2, sample_weight=np.zeros(20))
    with pytest.raises(ValueError, match="must not be zero everywhere"):
        accuracy_score(y, np.arange(20) % 2, sample_weight=np.zeros(20), normalize=False)

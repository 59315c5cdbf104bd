"""The report of chunked data is scikit-learn's to the letter."""

import warnings

import numpy as np
import pytest
import sklearn.metrics

import scalml
from scalml.metrics import accuracy_score, classification_report, confusion_matrix


def both(y, p, chunk_rows=3, **options):
    """Reports and texts of warnings, scikit-learn's and ours."""
    results = []
    for report, left in (
        (sklearn.metrics.classification_report, y),
        (classification_report, scalml.from_array(y, chunk_rows=chunk_rows)),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = report(left, p, **options)
        results.append((found, {str(w.message) for w in caught}))
    return results


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"digits": 4},
        {"labels": [1, 2]},
        {"labels": [2, 0, 1, 3], "target_names": ["two", "none", "one", "three in all"]},
        {"zero_division": 1.0},
    ],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_classes(rng, options, weighted):
    y, p = rng.integers(0, 4, (2, 300))
    p[p == 3] = 0
    weight = {"sample_weight": rng.integers(0, 9, 300) / 4} if weighted else {}
    expected, found = both(y, p, **options, **weight)
    assert found == expected
    expected, found = both(y, p, output_dict=True, **options, **weight)
    assert found[0].keys() == expected[0].keys()
    for name, row in expected[0].items():
        assert found[0][name] == pytest.approx(row, rel=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"labels": [2, 0]}, {"labels": [1]}, {"target_names": ["a", "b", "c"]}]
)
def test_sets_of_labels(rng, weighted, options):
    y, p = rng.integers(0, 2, (2, 60, 3))
    p[::7] = 0
    weight = {"sample_weight": rng.integers(0, 9, 60) / 4} if weighted else {}
    expected, found = both(y, p, **options, **weight)
    assert found == expected
    expected, found = both(y, p, output_dict=True, **options, **weight)
    for name, row in expected[0].items():
        assert found[0][name] == pytest.approx(row, rel=1e-12)


@pytest.mark.parametrize("chunk_rows", [3, 40])
def test_whole_predictions_are_named_as_the_labels_are(rng, chunk_rows):
    y, p = rng.integers(0, 3, (2, 40))
    expected, found = both(y, p.astype(float), chunk_rows)
    assert found == expected
    assert "0.0  " not in found[0]
    assert confusion_matrix(scalml.from_array(y, chunk_rows=chunk_rows), p / 1).sum() == 40
    large = np.array([2**53, 2**53 + 1])
    lazy = scalml.from_array(large, chunk_rows=chunk_rows)
    assert accuracy_score(lazy, np.array([2.0**53, 1e300])) == 0.5


def test_text_labels_and_wrong_names(rng):
    y, p = (rng.choice(["cat", "dog"], 40) for _ in range(2))
    expected, found = both(y, p)
    assert found == expected
    with pytest.raises(ValueError, match="does not match size of target_names"):
        classification_report(scalml.from_array(y), p, target_names=["cat"])

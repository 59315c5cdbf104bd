"""ROC AUC and average precision are exact, for any chunks and for any number of passes."""

import tracemalloc

import numpy as np
import pytest
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning

import scalml
from scalml.metrics import average_precision_score, rank_groups, roc_auc_score
from scalml.statistics import RankedScores


def sample(n_rows=2_000, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=n_rows)
    scores = np.where(rng.random(n_rows) < 0.3, np.round(scores), scores)
    y = (rng.random(n_rows) < 1 / (1 + np.exp(-scores))).astype(int)
    return y, scores, rng.random(n_rows) * rng.integers(0, 3, n_rows)


@pytest.fixture(params=["one pass", "groups"])
def passes(request, monkeypatch):
    if request.param == "groups":
        monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 0)
        monkeypatch.setattr(rank_groups, "GROUP_ROWS", 150)


@pytest.mark.parametrize("max_fpr", [None, 1.0, 0.5, 0.003])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_scikit_learn(passes, max_fpr, weighted):
    y, scores, weight = sample()
    options = {"max_fpr": max_fpr, "sample_weight": weight if weighted else None}
    expected = sklearn.metrics.roc_auc_score(y, scores, **options)
    for chunk_rows in (1_999, 300):
        found = roc_auc_score(scalml.from_array(y, chunk_rows=chunk_rows), scores, **options)
        assert found == pytest.approx(expected, abs=1e-12)


def test_chunks_and_passes_change_no_bit(monkeypatch):
    y, scores, _ = sample()
    grids = [scalml.from_array(y, chunk_rows=chunk_rows) for chunk_rows in (7, 500, 2_000)]
    found = {roc_auc_score(grid, scores) for grid in grids}
    monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 0)
    for group_rows in (1, 150, 10_000):
        monkeypatch.setattr(rank_groups, "GROUP_ROWS", group_rows)
        found.add(roc_auc_score(scalml.from_array(y, chunk_rows=300), scores))
    assert len(found) == 1


def test_ranks_take_a_quarter_of_the_memory_limit():
    """Of the limit alone: what is held beside it must not change how rows are grouped."""
    rows = rank_groups.rows_at_once
    with scalml.config_context(memory_limit="700MB"):
        assert rows() == rows(rank_groups.GROUP_ROWS) == 175_000_000 // rank_groups.MERGE_BYTES
    for limit in ("100GB", None):  # of none, what is free just now must not decide
        with scalml.config_context(memory_limit=limit):
            assert (rows(), rows(1000)) == (rank_groups.ROWS_AT_ONCE, 1000)

    def half(seed):
        rng = np.random.default_rng(seed)
        return RankedScores.of(rng.integers(0, 2, 100_000), rng.random(100_000))

    low, high = half(0), half(1)
    held = sum(part.scores.nbytes + part.masses.nbytes for part in (low, high))
    tracemalloc.start()
    try:
        both = low + high
        taken = held + tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(both.scores) == 200_000
    assert 0.9 < taken / (200_000 * rank_groups.MERGE_BYTES) < 1.01


def test_unknown_length(passes):
    y, scores, _ = sample()
    kept = scores > -0.5
    collections = [scalml.from_array(values, chunk_rows=300) for values in (y, scores)]
    mask = collections[1] > -0.5
    found = roc_auc_score(*(item[mask] for item in collections))
    assert found == pytest.approx(sklearn.metrics.roc_auc_score(y[kept], scores[kept]), abs=1e-12)


@pytest.mark.parametrize("labels", [["no", "yes"], [-1, 1], [False, True], [2.0, 7.0]])
def test_any_labels(passes, labels):
    y, scores, _ = sample()
    named = np.array(labels)[y]
    found = roc_auc_score(scalml.from_array(np.sort(named), chunk_rows=300), scores[np.argsort(y)])
    assert found == pytest.approx(sklearn.metrics.roc_auc_score(y, scores), abs=1e-12)


def test_in_memory_is_scikit_learn():
    y, scores, weight = sample()
    expected = sklearn.metrics.roc_auc_score(y, scores, sample_weight=weight)
    assert roc_auc_score(y, scores, sample_weight=weight) == expected


def test_one_class_is_undefined(passes):
    with pytest.warns(UndefinedMetricWarning, match="Only one class"):
        assert np.isnan(roc_auc_score(scalml.from_array(np.ones(3, int)), np.arange(3.0)))


def test_a_class_without_weight_is_undefined(passes):
    y, weight = np.array([0, 1, 1]), np.array([0.0, 1.0, 2.0])
    with pytest.warns(UndefinedMetricWarning, match="Only one class"):
        found = roc_auc_score(scalml.from_array(y), np.arange(3.0), sample_weight=weight)
    assert np.isnan(found)


@pytest.mark.parametrize("metric", [roc_auc_score, average_precision_score])
@pytest.mark.parametrize("labels", [[0, 1, 1], [[0, 1], [1, 0], [1, 1]]])
def test_weights_of_zero_are_a_clear_error(passes, metric, labels):
    y = np.array(labels)
    with pytest.raises(ValueError, match="must not be zero everywhere"):
        metric(scalml.from_array(y), y / 2, sample_weight=np.zeros(3))


@pytest.mark.parametrize(
    "y, scores, options, message",
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "must have two classes"),
        ([0, 1, 1], [0.1, np.nan, 0.3], {}, "contains NaN"),
        ([0, 1, 1], [0.1, np.inf, 0.3], {}, "contains infinity"),
        ([0.5, 1.5, 1.5], [0.1, 0.2, 0.3], {}, "continuous"),
        ([0, 1, 1], [0.1, 0.2, 0.3], {"max_fpr": 0}, "The 'max_fpr' parameter"),
        ([0, 1, 1], [0.1, 0.2, 0.3], {"max_fpr": 1.5}, "The 'max_fpr' parameter"),
        ([0, 1, 1], [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], {"multi_class": "ovr"}, "1d array"),
    ],
)
def test_errors(passes, y, scores, options, message):
    with pytest.raises(ValueError, match=message):
        roc_auc_score(scalml.from_array(np.array(y), chunk_rows=2), np.array(scores), **options)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("pos_label", [0, 1])
def test_precision_equals_scikit_learn(passes, weighted, pos_label):
    y, scores, weight = sample()
    options = {"pos_label": pos_label, "sample_weight": weight if weighted else None}
    expected = sklearn.metrics.average_precision_score(y, scores, **options)
    for chunk_rows in (1_999, 300):
        found = average_precision_score(
            scalml.from_array(y, chunk_rows=chunk_rows), scores, **options
        )
        assert found == pytest.approx(expected, abs=1e-12)


def test_precision_of_few_ties_and_sorted_labels(passes):
    y = np.array([1, 1, 0, 1, 0, 0, 1])
    for scores in (np.arange(7.0), -np.arange(7.0), np.zeros(7), np.arange(7) // 2 * 1.0):
        expected = sklearn.metrics.average_precision_score(y, scores)
        found = average_precision_score(scalml.from_array(y, chunk_rows=2), scores)
        assert found == pytest.approx(expected, rel=1e-14)


def test_precision_of_one_class(passes):
    scores = np.arange(3.0)
    assert average_precision_score(scalml.from_array(np.ones(3, int)), scores) == 1
    with pytest.warns(UserWarning, match="No positive class"):
        assert average_precision_score(scalml.from_array(np.zeros(3, int)), scores) == 0


@pytest.mark.parametrize(
    ("y", "scores", "options", "message"),
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "must have two classes"),
        ([0, 1, 1], [0.1, np.nan, 0.3], {}, "contains NaN"),
        ([3, 4, 4], [0.1, 0.2, 0.3], {}, "pos_label=1 is not a valid label"),
        ([0, 1, 1], [0.1, 0.2, 0.3], {"average": "mean"}, "The 'average' parameter"),
        ([0, 1, 1], [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], {}, "1d array"),
    ],
)
def test_precision_errors(passes, y, scores, options, message):
    y, scores = np.array(y), np.array(scores)
    with pytest.raises(ValueError, match=message):
        average_precision_score(scalml.from_array(y, chunk_rows=2), scores, **options)
    with pytest.raises(ValueError):
        sklearn.metrics.average_precision_score(y, scores, **options)

"""Rankings of many classes and of sets of labels equal scikit-learn's."""

import warnings

import numpy as np
import pytest
import sklearn.metrics
from scipy import sparse

import scalml
from scalml import metrics
from scalml.metrics import rank_groups

CLASSES = np.array(["a", "b", "c", "d"])


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=["one pass", "groups"])
def passes(request, monkeypatch):
    if request.param == "groups":
        monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 0)
        monkeypatch.setattr(rank_groups, "GROUP_ROWS", 20)


def agree(name, y, scores, **options):
    expected = getattr(sklearn.metrics, name)(y, scores, **options)
    for chunk_rows in (50, 120):
        found = getattr(metrics, name)(
            scalml.from_array(y, chunk_rows=chunk_rows), scores, **options
        )
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert isinstance(expected, type(found))


@pytest.mark.parametrize("average", ["macro", "weighted", "micro", None])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_class_against_the_rest(passes, rng, average, weighted):
    y, proba = rng.choice(CLASSES, 120), np.round(rng.dirichlet(np.ones(4), 120), 6)
    proba[:, 0] = 1 - proba[:, 1:].sum(axis=1)
    options = {"average": average, "sample_weight": rng.random(120) if weighted else None}
    agree("roc_auc_score", y, proba, multi_class="ovr", **options)
    agree("roc_auc_score", y, proba, multi_class="ovr", labels=CLASSES, **options)
    agree("average_precision_score", y, proba - 0.5, **options)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_one_class_against_each_other(passes, rng, average):
    # scikit-learn takes labels for columns here, so they must be 0, 1, …
    y, proba = rng.integers(0, 4, 120), rng.dirichlet(np.ones(4), 120)
    agree("roc_auc_score", y, proba, multi_class="ovo", average=average)
    found = metrics.roc_auc_score(
        scalml.from_array(CLASSES[y]), proba, multi_class="ovo", average=average
    )
    expected = sklearn.metrics.roc_auc_score(y, proba, multi_class="ovo", average=average)
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("average", ["macro", "weighted", "micro", "samples", None])
@pytest.mark.parametrize("weighted", [False, True])
def test_sets_of_labels(passes, rng, average, weighted):
    y = rng.integers(0, 2, (120, 3))
    y[:, 0], y[:, 1] = 1, 0
    y[::2, :2] = y[::2, 1::-1]
    scores = np.round(rng.normal(size=(120, 3)), 1)
    options = {"average": average, "sample_weight": rng.random(120) if weighted else None}
    for name in ("roc_auc_score", "average_precision_score"):
        agree(name, y, scores, **options)
    found = metrics.roc_auc_score(
        scalml.from_array(sparse.csr_matrix(y), chunk_rows=50), scores, **options
    )
    expected = sklearn.metrics.roc_auc_score(y, scores, **options)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_rows_that_nobody_counted(rng):
    y, proba = rng.choice(CLASSES, 120), rng.dirichlet(np.ones(4), 120)
    kept = rng.random(120) < 0.8
    lazy = [scalml.from_array(x, chunk_rows=30) for x in (y, proba, kept)]
    found = metrics.roc_auc_score(lazy[0][lazy[2]], lazy[1][lazy[2]], multi_class="ovr")
    expected = sklearn.metrics.roc_auc_score(y[kept], proba[kept], multi_class="ovr")
    assert found == pytest.approx(expected, abs=1e-12)


def test_an_unused_label_is_undefined(passes, rng):
    y, scores = np.tile([[0, 1]], (30, 1)), rng.random((30, 2))
    y[3] = 0
    with pytest.warns(UserWarning, match="Only one class"):
        found = metrics.roc_auc_score(scalml.from_array(y), scores, average=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sklearn.metrics.roc_auc_score(y, scores, average=None)
    np.testing.assert_allclose(found, expected)
    with pytest.warns(UserWarning, match="No positive class"):
        metrics.average_precision_score(scalml.from_array(y), scores)


@pytest.mark.parametrize(
    ("y", "width", "options"),
    [
        ([0, 1, 2], 3, {}),
        ([0, 1, 2], 3, {"multi_class": "ovr", "max_fpr": 0.5}),
        ([0, 1, 2], 3, {"multi_class": "ovr", "average": "samples"}),
        ([0, 1, 2], 3, {"multi_class": "ovo", "sample_weight": [1.0, 1.0, 1.0]}),
        ([0, 1, 2], 4, {"multi_class": "ovr"}),
        ([0, 1, 2], 3, {"multi_class": "ovr", "labels": [0, 1]}),
        ([0, 1, 2], 3, {"multi_class": "ovr", "labels": [0, 2, 1]}),
        ([0, 1, 2], 3, {"multi_class": "ovr", "labels": [0, 1, 1]}),
        ([0, 1, 2], 3, {"multi_class": "ovr", "labels": [0, 1, 5]}),
    ],
)
def test_errors(y, width, options):
    y, proba = np.array(y), np.full((3, width), 1 / width)
    with pytest.raises(ValueError):
        sklearn.metrics.roc_auc_score(y, proba, **options)
    with pytest.raises(ValueError):
        metrics.roc_auc_score(scalml.from_array(y), proba, **options)


def test_scores_of_many_classes_must_be_probabilities():
    y = scalml.from_array(np.arange(3))
    with pytest.raises(ValueError, match="sum up to 1.0"):
        metrics.roc_auc_score(y, np.ones((3, 3)), multi_class="ovr")
    with pytest.raises(ValueError, match="number of columns|same shape|needs to be of shape"):
        metrics.average_precision_score(y, np.ones((3, 2)))
    with pytest.raises(ValueError, match="pos_label is fixed"):
        metrics.average_precision_score(y, np.ones((3, 3)), pos_label=2)

"""Every metric of predicted labels equals scikit-learn's, whatever the chunks."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
from scipy import sparse

import scalml
from scalml import metrics

LABELS = {
    "binary": np.array([0, 1]),
    "int": np.array([-2, 3, 40_000_000_000]),
    "text": np.array(["a", "bb", "c"]),
    "object": np.array(["a", "bb", "c"], dtype=object),
    "float": np.array([-1.0, 0.0, 7.0]),
    "float32": np.array([0.0, 1.0, 5.0], dtype=np.float32),
    "uint8": np.array([0, 200, 255], dtype=np.uint8),
    "bool": np.array([False, True]),
}
SCORES = {
    "confusion_matrix": [{}, {"normalize": "true"}, {"normalize": "all"}],
    "multilabel_confusion_matrix": [{}],
    "balanced_accuracy_score": [{}, {"adjusted": True}],
    "matthews_corrcoef": [{}],
    "cohen_kappa_score": [{}, {"weights": "linear"}, {"weights": "quadratic"}],
    "zero_one_loss": [{}, {"normalize": False}],
    "hamming_loss": [{}],
    "accuracy_score": [{}, {"normalize": False}],
    **{
        name: [{"average": average} for average in ("micro", "macro", "weighted", None)]
        for name in ("precision_score", "recall_score", "f1_score", "jaccard_score")
    },
    "fbeta_score": [{"average": "macro", "beta": 0.5}, {"average": None, "beta": 3}],
    "precision_recall_fscore_support": [{}, {"beta": 2, "average": "weighted"}],
}
EVERY = [(name, options) for name, variants in SCORES.items() for options in variants]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def chunked(values, chunk_rows=7):
    if isinstance(values, pd.Series):
        return scalml.from_frame(values.to_frame("a"), chunk_rows=chunk_rows)["a"]
    return scalml.from_array(values, chunk_rows=chunk_rows)


def quietly(func, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return func(*args, **kwargs)


def assert_same(found, expected, exact):
    found, expected = (x if isinstance(x, tuple) else (x,) for x in (found, expected))
    for left, right in zip(found, expected, strict=True):
        if right is None:
            assert left is None
        elif exact and np.asarray(right).dtype.kind == "i":
            assert np.asarray(left).dtype == np.asarray(right).dtype
            np.testing.assert_array_equal(left, right)
        else:
            np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-14)


def agree(name, y, p, **options):
    expected = quietly(getattr(sklearn.metrics, name), y, p, **options)
    ours, weighted = getattr(metrics, name), options.get("sample_weight") is not None
    for left, right in ((chunked(y), chunked(p, 7)), (y, chunked(p, 1)), (chunked(y, 40), p)):
        assert_same(quietly(ours, left, right, **options), expected, not weighted)
    assert_same(quietly(ours, y, p, **options), expected, True)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("name", "options"), EVERY)
def test_every_metric(rng, name, options, weighted):
    y, p = rng.integers(0, 3, (2, 40))
    weight = {"sample_weight": rng.random(40) * rng.integers(0, 2, 40)} if weighted else {}
    agree(name, y, p, **options, **weight)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("confusion_matrix", {}),
        ("matthews_corrcoef", {}),
        ("precision_recall_fscore_support", {}),
        ("accuracy_score", {}),
    ],
)
def test_any_labels(rng, name, options, kind, weighted):
    y, p = (rng.choice(LABELS[kind], 40) for _ in range(2))
    weight = {"sample_weight": rng.random(40) * rng.integers(0, 2, 40)} if weighted else {}
    agree(name, y, p, **options, **weight)


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_series_and_chunked_weights(rng, name, options):
    y, p = (pd.Series(rng.choice(["x", "y"], 30)) for _ in range(2))
    weight = rng.random(30)
    expected = getattr(sklearn.metrics, name)(y, p, sample_weight=weight, **options)
    found = getattr(metrics, name)(
        chunked(y), chunked(p), sample_weight=chunked(weight, 11), **options
    )
    assert_same(found, expected, False)


def test_classes_that_only_one_side_or_one_chunk_knows(rng):
    y, p = np.array([0, 0, 1, 2, 2, 9]), np.array([0, 5, 1, 1, 2, 2])
    for name, options in EVERY:
        agree(name, y, p, **options)


def test_thousands_of_classes(rng):
    y, p = rng.integers(0, 20_000, (2, 40))
    for name in ("f1_score", "precision_score"):
        agree(name, y, p, average="macro")


@pytest.mark.parametrize("name", ["precision_score", "recall_score", "f1_score", "jaccard_score"])
@pytest.mark.parametrize("pos_label", ["no", "yes"])
def test_binary(rng, name, pos_label):
    y, p = (rng.choice(["no", "yes"], 40) for _ in range(2))
    agree(name, y, p, pos_label=pos_label)


@pytest.mark.parametrize("labels", [[2], [2, 0], [0, 1, 2, 3]])
def test_chosen_labels(rng, labels):
    y, p = rng.integers(0, 4, (2, 40))
    p[p == 3] = 0
    agree("confusion_matrix", y, p, labels=labels)
    agree("multilabel_confusion_matrix", y, p, labels=labels)
    agree("cohen_kappa_score", y, p, labels=labels)
    for average in (None, "micro", "macro", "weighted"):
        agree("precision_recall_fscore_support", y, p, labels=labels, average=average)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
def test_zero_division(value):
    y, p = np.array([0, 1, 1, 3]), np.array([0, 2, 2, 0])
    for average in (None, "macro", "weighted"):
        agree("precision_recall_fscore_support", y, p, average=average, zero_division=value)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_labels", [2, 5])
def test_sets_of_labels(rng, container, weighted, n_labels):
    y, p = rng.integers(0, 2, (2, 40, n_labels)) * rng.integers(0, 2, (2, 40, 1))
    y, p = container(y), container(p)
    weight = {"sample_weight": rng.random(40)} if weighted else {}
    for average in (None, "micro", "macro", "weighted", "samples"):
        for name in ("precision_recall_fscore_support", "f1_score", "jaccard_score"):
            agree(name, y, p, average=average, **weight)
        for labels in ([1], [1, 0]):
            agree("recall_score", y, p, average=average, labels=labels, **weight)
    for name in ("hamming_loss", "zero_one_loss", "accuracy_score", "multilabel_confusion_matrix"):
        agree(name, y, p, **weight)
    agree("multilabel_confusion_matrix", y, p, labels=[1], **weight)


@pytest.mark.parametrize(
    ("name", "y", "p", "options"),
    [
        ("f1_score", [0, 1, 2], [0, 1, 1], {}),
        ("f1_score", ["a", "b", "b"], ["a", "b", "a"], {}),
        ("f1_score", [0, 1, 1], [0, 1, 1], {"average": "some"}),
        ("f1_score", [0, 1, 1], [0, 1, 1], {"zero_division": 2}),
        ("f1_score", [0, 1, 1], [0, 1, 1], {"average": "samples"}),
        ("f1_score", [[0, 1], [1, 1]], [[0, 1], [1, 1]], {}),
        ("f1_score", [[0, 1], [1, 1]], [[0, 1], [1, 1]], {"average": "macro", "labels": [2]}),
        ("f1_score", [[0, 1], [1, 1]], [0, 1], {"average": "macro"}),
        ("f1_score", [[0, 3], [2, 1]], [[0, 1], [1, 1]], {"average": "macro"}),
        ("f1_score", [0.5, 1.5], [0, 1], {}),
        ("f1_score", ["a", "b"], [0, 1], {}),
        ("f1_score", [0, 1, 1], [0, 1], {}),
        ("f1_score", [0, 1], [0, 1], {"sample_weight": [1.0]}),
        ("f1_score", [0, 1], [0, 1], {"sample_weight": [1.0, np.nan]}),
        ("confusion_matrix", [0, 1], [0, 1], {"labels": [7]}),
        ("confusion_matrix", [0, 1], [0, 1], {"normalize": "rows"}),
        ("confusion_matrix", [[0, 1], [1, 1]], [[0, 1], [1, 1]], {}),
        ("matthews_corrcoef", [[0, 1], [1, 1]], [[0, 1], [1, 1]], {}),
        ("cohen_kappa_score", [0, 1], [0, 1], {"weights": "cubic"}),
        ("fbeta_score", [0, 1], [0, 1], {"beta": -1.0}),
    ],
)
def test_errors_are_those_of_scikit_learn(name, y, p, options):
    y, p = np.array(y), np.array(p)
    with pytest.raises(ValueError) as expected:
        getattr(sklearn.metrics, name)(y, p, **options)
    with pytest.raises(ValueError) as found:
        getattr(metrics, name)(chunked(y, 1), p, **options)
    assert isinstance(found.value, TypeError) == isinstance(expected.value, TypeError)


def test_invalid_parameters_are_found_before_reading():
    def unreadable(block):
        if len(block):
            raise AssertionError("was read")
        return block

    y = chunked(np.arange(6) % 2).map_chunks(unreadable)
    with pytest.raises(ValueError, match="The 'average' parameter of f1_score must be"):
        metrics.f1_score(y, np.zeros(6, int), average="some")
    with pytest.raises(ValueError, match="inconsistent numbers of samples: \\[6, 5\\]"):
        metrics.f1_score(y, np.zeros(5, int))


def test_warnings_are_those_of_scikit_learn():
    y, p = np.array([0, 1, 1, 3]), np.array([0, 2, 2, 0])
    for name, options in (
        ("precision_score", {"average": "macro"}),
        ("f1_score", {"average": None, "labels": [8]}),
        ("balanced_accuracy_score", {}),
    ):
        with pytest.warns(UserWarning) as expected:
            getattr(sklearn.metrics, name)(y, p, **options)
        with pytest.warns(UserWarning) as found:
            getattr(metrics, name)(chunked(y, 3), p, **options)
        assert [str(w.message) for w in found] == [str(w.message) for w in expected]


def test_samplewise_matrices_are_for_memory():
    y = np.array([[0, 1], [1, 1]])
    assert metrics.multilabel_confusion_matrix(y, y, samplewise=True).shape == (2, 2, 2)
    with pytest.raises(ValueError, match="samplewise=False"):
        metrics.multilabel_confusion_matrix(chunked(y, 1), y, samplewise=True)


def test_likelihood_ratios(rng):
    y, p = rng.integers(0, 2, (2, 40))
    agree("class_likelihood_ratios", y, p, sample_weight=rng.random(40))
    agree("class_likelihood_ratios", y, p, labels=[1, 0])
    agree("class_likelihood_ratios", y, y, replace_undefined_by={"LR+": 5.0, "LR-": 0.5})


def test_missing_labels_are_placed():
    with pytest.raises(
        ValueError, match="Input y_true contains NaN: at least 1 value, the first in row 3"
    ):
        metrics.f1_score(chunked(np.array([0.0, 1.0, 0.0, np.nan]), 2), np.zeros(4))

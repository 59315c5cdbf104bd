"""Log loss of chunked data equals scikit-learn's in memory, in one pass."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning

import scalml
from scalml.metrics import d2_log_loss_score, log_loss

LABELS = {
    "int": np.array([0, 1, 2]),
    "str": np.array(["a", "bb", "c"]),
    "object": np.array(["a", "bb", "c"], dtype=object),
    "float": np.array([-1.0, 0.0, 1.0]),
    "bool": np.array([False, True]),
}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def chunked(values, chunk_rows=7):
    return scalml.from_array(values, chunk_rows=chunk_rows)


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
        ([0, 0, 0], [0.1, 0.2, 0.3], [0], "at least two labels"),
        ([0, 1, 1], [0.1, 0.2, 0.3], [0], "not belonging"),
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


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("chunk_rows", [1, 2, 50])
def test_classes_may_be_missing_in_any_chunk(rng, weighted, chunk_rows):
    y = np.sort(rng.choice(["no", "so so", "yes"], 50))
    proba = rng.dirichlet(np.ones(3), 50)
    options = {"sample_weight": rng.random(50) if weighted else None}
    for metric in (log_loss, d2_log_loss_score):
        expected = getattr(sklearn.metrics, metric.__name__)(y, proba, **options)
        assert metric(chunked(y, chunk_rows), proba, **options) == pytest.approx(expected, 1e-12)


def test_share_with_labels_that_do_not_occur(rng):
    y, proba = rng.integers(0, 2, 50), rng.dirichlet(np.ones(3), 50)
    expected = sklearn.metrics.d2_log_loss_score(y, proba, labels=[0, 1, 2])
    found = d2_log_loss_score(chunked(y), proba, labels=[0, 1, 2])
    assert found == pytest.approx(expected, rel=1e-12)


def test_share_of_one_row_is_undefined():
    with pytest.warns(UndefinedMetricWarning, match="less than two"):
        assert np.isnan(d2_log_loss_score(chunked(np.array([1])), np.array([0.5])))


def test_weights_of_zero_are_a_clear_error():
    y = chunked(np.arange(20) % 2)
    for metric in (log_loss, d2_log_loss_score):
        with pytest.raises(ValueError, match="must not be zero everywhere"):
            metric(y, np.full(20, 0.5), sample_weight=np.zeros(20))
    with pytest.raises(ValueError, match="must not be zero everywhere"):
        log_loss(y, np.full(20, 0.5), sample_weight=np.zeros(20), normalize=False)

"""Squared errors and R² of chunked data equal scikit-learn's in memory."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning

import scalml
from scalml.metrics import mean_squared_error, r2_score, root_mean_squared_error

METRICS = [mean_squared_error, root_mean_squared_error, r2_score]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(60, 3)) * [1, 10, 0] + [0, 100, 5]
    return y, y + rng.normal(size=(60, 3)), rng.random(60)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("multioutput", ["raw_values", "uniform_average", [0.2, 0.3, 0.5]])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("chunk_rows", [1, 7, 60])
def test_outputs(data, metric, multioutput, weighted, chunk_rows):
    y, p, weight = data
    options = {"multioutput": multioutput, "sample_weight": weight if weighted else None}
    expected = getattr(sklearn.metrics, metric.__name__)(y, p, **options)
    chunked = [scalml.from_array(values, chunk_rows=chunk_rows) for values in (y, p)]
    np.testing.assert_allclose(metric(*chunked, **options), expected, rtol=1e-12)
    np.testing.assert_allclose(metric(y, chunked[1], **options), expected, rtol=1e-12)
    np.testing.assert_array_equal(metric(y, p, **options), expected)


@pytest.mark.parametrize("force_finite", [True, False])
def test_r2_of_constant_targets(force_finite):
    y = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 2.0]])
    p = np.array([[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]])
    options = {"multioutput": "raw_values", "force_finite": force_finite}
    found = r2_score(scalml.from_array(y, chunk_rows=1), p, **options)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = sklearn.metrics.r2_score(y, p, **options)
    np.testing.assert_array_equal(found, expected)


def test_r2_weighted_by_variance(data):
    y, p, _ = data
    for rows in (slice(None), slice(0, 5)):
        expected = sklearn.metrics.r2_score(y[rows], p[rows], multioutput="variance_weighted")
        found = r2_score(
            scalml.from_array(y[rows], chunk_rows=4), p[rows], multioutput="variance_weighted"
        )
        assert found == pytest.approx(expected, rel=1e-12)


def test_columns_and_vectors_mix(data):
    y, p, _ = data
    column = scalml.from_array(y[:, :1], chunk_rows=7)
    expected = sklearn.metrics.r2_score(y[:, 0], p[:, 0])
    assert r2_score(column, p[:, 0]) == pytest.approx(expected, rel=1e-12)


def test_one_row_has_no_r2():
    with pytest.warns(UndefinedMetricWarning, match="less than two samples"):
        assert np.isnan(r2_score(scalml.from_array(np.array([1.0])), np.array([1.0])))


@pytest.mark.parametrize(
    "y, p, options, message",
    [
        ([1.0, np.inf], [1.0, 2.0], {}, "infinity"),
        ([1.0, 2.0], [1.0, np.nan], {}, "NaN"),
        ([1.0, 2.0], [[1.0, 2.0], [1.0, 2.0]], {}, "different number of output"),
        ([1.0, 2.0], [1.0, 2.0], {"multioutput": "median"}, "The 'multioutput' parameter of"),
        ([1.0, 2.0], [1.0, 2.0], {"multioutput": [1.0]}, "only in multi-output"),
        ([[1.0, 2.0]], [[1.0, 2.0]], {"multioutput": [1.0]}, "equally many"),
        ([1.0, 2.0], [1.0, 2.0], {"sample_weight": np.zeros(2)}, "zero everywhere"),
    ],
)
def test_errors(y, p, options, message):
    with pytest.raises(ValueError, match=message):
        mean_squared_error(scalml.from_array(np.array(y), chunk_rows=1), np.array(p), **options)


@pytest.mark.parametrize("metric", METRICS)
def test_a_missing_target_is_a_clear_error(metric):
    with pytest.raises(ValueError, match=f"{metric.__name__} compares .*, got y_pred=None"):
        metric(scalml.from_array(np.arange(4.0)), None)

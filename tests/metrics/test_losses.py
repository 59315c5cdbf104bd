"""Losses, deviances and medians of chunked numbers equal scikit-learn's in memory."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

import scalml
from scalml import metrics
from scalml.metrics import rank_groups

MEANS = [
    ("mean_absolute_error", {}),
    ("mean_absolute_percentage_error", {}),
    ("mean_squared_log_error", {}),
    ("root_mean_squared_log_error", {}),
    ("mean_pinball_loss", {}),
    ("mean_pinball_loss", {"alpha": 0.9}),
    ("explained_variance_score", {}),
    ("explained_variance_score", {"force_finite": False}),
    ("r2_score", {}),
    ("mean_squared_error", {}),
]
RANKED = [
    ("median_absolute_error", {}),
    ("d2_absolute_error_score", {}),
    ("d2_pinball_score", {"alpha": 0.3}),
    ("d2_pinball_score", {"alpha": 0.0}),
    ("d2_pinball_score", {"alpha": 1.0}),
]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = np.abs(rng.normal(size=(60, 3)) * [1, 10, 1e-3] + [0, 100, 5])
    return y, np.abs(y + rng.normal(size=(60, 3))), rng.random(60)


@pytest.fixture(params=["one pass", "groups"])
def passes(request, monkeypatch):
    if request.param == "groups":
        monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 0)


def agree(name, y, p, rtol=1e-12, **options):
    expected = getattr(sklearn.metrics, name)(y, p, **options)
    for chunk_rows in (1, 7, len(y)):
        chunked = [scalml.from_array(values, chunk_rows=chunk_rows) for values in (y, p)]
        for pair in (chunked, (y, chunked[1])):
            found = getattr(metrics, name)(*pair, **options)
            np.testing.assert_allclose(found, expected, rtol=rtol)
    np.testing.assert_array_equal(getattr(metrics, name)(y, p, **options), expected)


@pytest.mark.parametrize(("name", "options"), MEANS)
@pytest.mark.parametrize("multioutput", ["raw_values", "uniform_average", [0.2, 0.3, 0.5]])
@pytest.mark.parametrize("weighted", [False, True])
def test_means(data, name, options, multioutput, weighted):
    y, p, weight = data
    weight = {"sample_weight": weight} if weighted else {}
    agree(name, y, p, multioutput=multioutput, **options, **weight)


@pytest.mark.parametrize(("name", "options"), RANKED)
@pytest.mark.parametrize("multioutput", ["raw_values", "uniform_average", [0.2, 0.3, 0.5]])
@pytest.mark.parametrize("weighted", [None, "whole", "real"])
def test_ranked(passes, data, name, options, multioutput, weighted):
    y, p, weight = data
    y = np.round(y, 1)
    weight = {} if weighted is None else {"sample_weight": weight}
    if weighted == "whole":
        weight["sample_weight"] = np.round(3 * weight["sample_weight"])
    agree(name, y, p, multioutput=multioutput, **options, **weight)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 10, 59])
def test_median_is_numpys_bit_for_bit(passes, n_rows):
    y = np.random.default_rng(n_rows).normal(size=n_rows)
    found = metrics.median_absolute_error(scalml.from_array(y, chunk_rows=4), np.zeros(n_rows))
    assert found == np.median(np.abs(y))


def test_median_of_rows_nobody_counted(data):
    y, p, _ = data
    y, p, mask = (scalml.from_array(x, chunk_rows=7) for x in (y, p, y[:, 0] > 0.5))
    expected = sklearn.metrics.median_absolute_error(*(x[mask].to_numpy() for x in (y, p)))
    assert metrics.median_absolute_error(y[mask], p[mask]) == expected


def test_a_median_in_a_bucket_of_its_own(passes):
    y = np.array([1.0, 1.0 + 1e-15, 1.0 + 1e-15, 5.0, 1e300, 1e-300])
    agree("median_absolute_error", y, np.zeros(6))


def test_largest(data):
    y, p, _ = data
    agree("max_error", y[:, 0], p[:, 0])
    with pytest.raises(ValueError, match="Multioutput not supported"):
        metrics.max_error(scalml.from_array(y), p)


def test_pandas_and_float32(data):
    y, p, weight = data
    frame = pd.DataFrame({"y": y[:, 1], "p": p[:, 1].astype(np.float32), "w": weight})
    lazy = scalml.from_frame(frame, chunk_rows=11)
    for name, options in MEANS + RANKED:
        expected = getattr(sklearn.metrics, name)(
            frame["y"], frame["p"].astype(float), sample_weight=frame["w"], **options
        )
        found = getattr(metrics, name)(lazy["y"], lazy["p"], sample_weight=lazy["w"], **options)
        assert found == pytest.approx(expected, rel=1e-11)


def test_far_from_zero():
    rng = np.random.default_rng(0)
    y = rng.normal(size=500) + 1e8
    p = y + rng.normal(size=500) + 3
    for name in ("explained_variance_score", "r2_score", "d2_absolute_error_score"):
        agree(name, y, p, rtol=1e-7)


@pytest.mark.parametrize("power", [-1.5, 0, 1, 1.5, 2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_deviances(data, power, weighted):
    y, p, weight = data[0][:, 0] + 0.1, data[1][:, 0] + 0.1, data[2]
    weight = {"sample_weight": weight} if weighted else {}
    agree("mean_tweedie_deviance", y, p, rtol=1e-10, power=power, **weight)
    named = {1: "mean_poisson_deviance", 2: "mean_gamma_deviance"}.get(power)
    if named:
        agree(named, y, p, rtol=1e-10, **weight)
    if power == 1:
        agree(named, np.floor(y), p, rtol=1e-10, **weight)


@pytest.mark.parametrize(
    ("name", "y", "p", "options"),
    [
        ("mean_absolute_error", [1.0, np.inf], [1.0, 2.0], {}),
        ("mean_absolute_error", [1.0, 2.0], [1.0, np.nan], {}),
        ("mean_absolute_error", [1.0, 2.0], [[1.0, 2.0], [1.0, 2.0]], {}),
        ("mean_absolute_error", [1.0, 2.0], [1.0, 2.0], {"multioutput": "median"}),
        ("mean_absolute_error", [1.0, 2.0], [1.0, 2.0], {"multioutput": [1.0]}),
        ("median_absolute_error", [[1.0, 2.0]], [[1.0, 2.0]], {"multioutput": [1.0]}),
        ("mean_absolute_error", [1.0, 2.0], [1.0], {}),
        ("mean_pinball_loss", [1.0, 2.0], [1.0, 2.0], {"alpha": 1.5}),
        ("mean_squared_log_error", [1.0, -2.0], [1.0, 2.0], {}),
        ("root_mean_squared_log_error", [1.0, 2.0], [1.0, -1.0], {}),
        ("mean_poisson_deviance", [1.0, -2.0], [1.0, 2.0], {}),
        ("mean_gamma_deviance", [1.0, 0.0], [1.0, 2.0], {}),
        ("mean_tweedie_deviance", [1.0, 1.0], [1.0, 2.0], {"power": 0.5}),
        ("mean_tweedie_deviance", [1.0, 1.0], [1.0, -2.0], {"power": -1}),
        ("mean_tweedie_deviance", [[1.0, 1.0]], [[1.0, 2.0]], {}),
        ("max_error", [1.0, 1.0], [1.0, np.nan], {}),
    ],
)
def test_errors_are_those_of_scikit_learn(name, y, p, options):
    y, p = np.array(y), np.array(p)
    with pytest.raises(ValueError) as expected:
        getattr(sklearn.metrics, name)(y, p, **options)
    with pytest.raises(ValueError) as found:
        getattr(metrics, name)(scalml.from_array(y, chunk_rows=1), p, **options)
    assert isinstance(found.value, TypeError) == isinstance(expected.value, TypeError)


@pytest.mark.parametrize("name", sorted({name for name, _ in MEANS + RANKED}))
def test_weights_of_zero_are_a_clear_error(passes, name):
    y = np.arange(4.0)
    with pytest.raises(ValueError, match="zero everywhere"):
        getattr(metrics, name)(scalml.from_array(y), y, sample_weight=np.zeros(4))


def test_one_row_has_no_share(passes):
    for name in ("d2_absolute_error_score", "d2_pinball_score"):
        with pytest.warns(UserWarning, match="less than two samples"):
            assert np.isnan(getattr(metrics, name)(scalml.from_array(np.ones(1)), np.ones(1)))

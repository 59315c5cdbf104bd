"""Differences between models are found, and only those."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scalml.utils.comparison import (
    assert_close,
    assert_raises,
    assert_same_bits,
    bits,
    compare,
    compare_shared,
    dense,
)

X = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, -1.0]])


def nudged(model, by):
    model.mean_ = model.mean_ + by
    return model


def test_rounding_is_close_but_not_the_same_bits():
    one, other = StandardScaler().fit(X), nudged(StandardScaler().fit(X), 1e-13)
    assert_close(one, other, 1e-12)
    with pytest.raises(AssertionError, match="mean_ differs"):
        assert_same_bits(one, other)
    with pytest.raises(AssertionError, match=r"mean_ is off by .* \(allowed 1e-14\)"):
        assert_close(one, other, 1e-14)


def test_attributes_of_one_side_are_found():
    one, other = StandardScaler().fit(X), StandardScaler().fit(X)
    one.more_ = 1
    for check in (lambda: assert_close(one, other, 1), lambda: assert_same_bits(one, other)):
        with pytest.raises(AssertionError, match="more_.* in one model only"):
            check()
    compare_shared(one, other, 0, "scaler")


def test_models_without_a_shared_attribute_are_refused():
    with pytest.raises(AssertionError, match="shares no fitted attribute"):
        compare_shared(Ridge(), LinearRegression().fit(X, X[:, 0]), 1, "ridge")


def test_steps_of_pipelines_are_compared():
    one, other = (make_pipeline(StandardScaler()).fit(X) for _ in range(2))
    assert_same_bits(one, other)
    nudged(other[0], 1e-3)
    with pytest.raises(AssertionError, match="standardscaler_.mean_"):
        assert_close(one, other, 1e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [1, 3]),
        ([1], [1, 2]),
        ({"a": 1.0}, {"a": 2.0}),
        (np.array(["a"]), np.array(["b"])),
        (np.array([np.nan, 1.0]), np.array([1.0, np.nan])),
        (np.array(["a", None], dtype=object), np.array(["a", 1], dtype=object)),
        (np.zeros(2), np.zeros(3)),
    ],
)
def test_values_that_differ(one, other):
    compare(one, one, 0, "value")
    with pytest.raises(AssertionError, match="value"):
        compare(one, other, 1e-9, "value")


def test_bits_tell_zeros_dtypes_and_containers():
    assert bits({"a": [np.float64(0.0), (1, "x")]}) == bits({"a": [np.float64(0.0), (1, "x")]})
    assert bits(0.0) != bits(-0.0)
    assert bits(np.zeros(2)) != bits(np.zeros(2, np.float32))


def test_dense_and_assert_raises():
    assert isinstance(dense(sparse.csr_matrix(X)), np.ndarray)
    assert_raises(ValueError, int, "x")
    with pytest.raises(AssertionError, match="ValueError was expected"):
        assert_raises(ValueError, int, "1")

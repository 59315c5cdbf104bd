import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.linear_model import LinearRegression
from scalml.linear_model.squares import output_dtype

from .problems import problem


@pytest.mark.parametrize(
    ("X", "dtype"),
    [
        (np.ones((2, 2), np.float32), np.float32),
        (np.ones((2, 2), np.int64), np.float64),
        ([[1.0]], np.float64),
        (pd.DataFrame({"a": np.float32([1])}), np.float32),
        (scalml.from_array(np.ones((2, 2))), np.float64),
    ],
)
def test_output_dtype(X, dtype):
    assert output_dtype(X, np.ones(2, np.float32)) == dtype


def test_the_first_fit_of_partial_fit_after_fit_adds_to_it():
    X, y, _ = problem()
    model = LinearRegression().fit(X[:100], y[:100]).partial_fit(X[100:], y[100:])
    np.testing.assert_allclose(model.coef_, LinearRegression().fit(X, y).coef_, rtol=1e-9)


def test_weights_of_all_rows_may_be_one_number():
    X, y, _ = problem()
    model = LinearRegression().fit(X, y, 2.0)
    assert model.gram_.weight == 800.0

"""Missing values by scikit-learn's rules, and their numbers."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal

from scalml.statistics.missing import Missing, is_missing


@pytest.mark.parametrize(
    ("missing_values", "expected"),
    [(np.nan, [0, 1, 0, 0]), (None, [1, 0, 0, 0]), (pd.NA, [1, 1, 1, 0]), ("a", [0, 0, 0, 1])],
)
def test_missing_values_by_scikit_learns_rules(missing_values, expected):
    values = np.array([None, np.nan, pd.NA, "a"], dtype=object)
    assert_array_equal(is_missing(values, missing_values), expected)


def test_missing_adds_and_takes_sparse():
    X = np.array([[1.0, np.nan], [-1, 3]])
    assert_array_equal((Missing.of(X) + Missing.of(X)).missing, [0, 2])
    assert_array_equal(Missing.of(X, missing_values=-1).missing, [1, 0])
    assert_array_equal(Missing.of(sp.csr_matrix(X)).missing, [0, 1])
    assert_array_equal(Missing.of(np.ones((2, 2), int)).missing, [0, 0])

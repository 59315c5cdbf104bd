"""Columns as encoders see them."""

import numpy as np
import pandas as pd
import pytest

from scalml.statistics.columns import as_objects, column_of, columns_of


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, None], dtype="Int64"), np.array([1.0, np.nan])),
        (pd.Series([True, None], dtype="boolean"), np.array([1.0, np.nan])),
        (pd.Series(["a", "b"], dtype="category"), np.array(["a", "b"], dtype=object)),
        (pd.Series([3, None, 3], dtype="category"), np.array([3.0, np.nan, 3.0])),
        (pd.Series(["a", "b"]), np.array(["a", "b"], dtype=object)),
        (pd.Series([1, 2], dtype="int8"), np.array([1, 2], dtype="int8")),
    ],
)
def test_column_of(column, expected):
    found = column_of(column)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_columns_of_tables_and_vectors():
    X = np.arange(6).reshape(3, 2)
    for table in (X, pd.DataFrame(X)):
        np.testing.assert_array_equal(np.column_stack(list(columns_of(table))), X)
    assert len(list(columns_of(X[:, 0]))) == len(list(columns_of(pd.Series(X[:, 0])))) == 1


def test_sequences_stay_objects():
    assert as_objects([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]

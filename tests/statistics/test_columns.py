"""Columns as encoders see them."""

import numpy as np
import pandas as pd
import pytest

from scalml.statistics.columns import as_objects, column_of, columns_of, dictionary


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


@pytest.mark.parametrize(
    "values",
    [
        np.array([3, 1, 3, 7]),
        np.tile(np.array([-128, 127, 0], dtype=np.int8), 1000),
        np.array([2**63 - 1, 2**63 - 5]),
        np.array([2**63 - 1, 2**63 - 5], dtype=np.uint64),
        np.array([-(2**63), -(2**63) + 9]),
        pd.Series([5, 5, 6], dtype=np.uint16),
        pd.Series([900, 3, 900], dtype="category"),
        pd.Series(["b", None, "a"], dtype="category"),
    ],
    ids="{0.dtype}".format,
)
def test_a_dictionary_spells_the_column(values):
    places, words = dictionary(values)
    known = ~pd.isna(values)
    np.testing.assert_array_equal(places >= 0, known)
    assert words.dtype == column_of(values).dtype
    np.testing.assert_array_equal(words[places[known]], values[known])


@pytest.mark.parametrize("rows", [["c", "a", "c"], ["z", None], []], ids=len)
def test_few_rows_need_not_pay_for_many_categories(rows):
    column = pd.Series(pd.Categorical(rows, categories=list("abcdefghijklmnopqrstuvwxyz")))
    places, words = dictionary(column)
    np.testing.assert_array_equal(words, sorted({row for row in rows if row}))
    assert [words[place] if place >= 0 else None for place in places] == rows


@pytest.mark.parametrize(
    "values",
    [
        np.array([0, 10**6]),
        np.array([-(2**63), 2**63 - 1]),
        np.array([2**63, 2**63 + 1], dtype=np.uint64),
        np.array([], dtype=np.int64),
        np.array([True, False]),
        np.array([0.0, 1.0]),
        pd.Series([1, 2], dtype="Int64"),
        pd.Series(["a", "b"]),
    ],
    ids=str,
)
def test_what_takes_hashing_has_no_dictionary(values):
    assert dictionary(values) is None

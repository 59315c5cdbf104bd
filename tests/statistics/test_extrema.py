"""Extrema add up to those of all rows, missing values as NumPy or pandas has them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from scalml.statistics.extrema import Extrema


@settings(max_examples=30)
@given(
    st.lists(st.floats(allow_infinity=True), min_size=2, max_size=9),
    st.integers(1, 8),
    st.booleans(),
)
def test_two_halves_are_the_whole(values, cut, as_pandas):
    x = np.array(values)
    make = pd.Series if as_pandas else np.asarray
    parts = [make(part) for part in (x[:cut], x[cut:]) if len(part)]
    total = Extrema.of(parts[0])
    for part in parts[1:]:
        total = total + Extrema.of(part)
    expected = make(x)
    for name in ("min", "max"):
        found = getattr(total, name)
        found = found.iloc[0] if as_pandas else found
        np.testing.assert_array_equal(found, getattr(expected, name)())


def test_missing_values_are_skipped_in_frames_and_spread_in_arrays():
    frame = pd.DataFrame({"a": [np.nan, 2.0], "s": [None, "x"], "i": [3, 1]})
    total = Extrema.of(frame[:1]) + Extrema.of(frame[1:])
    assert total.min.to_dict() == {"a": 2.0, "s": "x", "i": 1}
    array = frame[["a", "i"]].to_numpy()
    spread = Extrema.of(array[:1]) + Extrema.of(array[1:])
    assert np.isnan(spread.max[0]) and spread.max[1] == 3


def test_sparse_zeros_count():
    X = sparse.csr_array(np.array([[5.0, -1], [7, -2]]))
    total = Extrema.of(X) + Extrema.of(sparse.csr_array((1, 2)))
    assert total.min.tolist() == [0, -2] and total.max.tolist() == [7, 0]


def test_dtypes_stay():
    assert Extrema.of(np.array([[2**62 + 1]])).max.tolist() == [2**62 + 1]
    exact = Extrema.of(pd.DataFrame({"i": [2**62 + 1], "f": [0.5]}))
    assert exact.max["i"] == 2**62 + 1


def test_only_extrema_add():
    with pytest.raises(TypeError):
        Extrema(1, 2) + 3


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_nan_is_skipped_in_arrays_where_asked(make):
    X = np.array([[np.nan, 2.0, np.nan], [np.nan, -1.0, 3.0], [np.nan, np.nan, 4.0]])
    parts = [Extrema.of(make(X[rows]), skip_nan=True) for rows in (slice(0, 1), slice(1, 3))]
    total = parts[0] + parts[1]
    np.testing.assert_array_equal(total.min, [np.nan, -1, 3])
    np.testing.assert_array_equal(total.max, [np.nan, 2, 4])
    assert total.n == 3 and total.skip_nan

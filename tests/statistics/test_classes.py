"""Labels become sorted classes and codes, and sums by class are laid out over more classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalml.statistics.classes import class_codes, indicators, laid_out, require_taken, union

LABELS = st.lists(st.sampled_from([3, -1, 7, 0, 2**40]), max_size=40)


@given(LABELS, st.sampled_from([np.int64, np.float64, object, str, bool]))
def test_codes_are_those_of_unique(labels, kind):
    y = np.array(labels, dtype=np.int64).astype(kind)
    classes, codes = class_codes(y)
    expected = np.unique(y, return_inverse=True)
    assert classes.dtype == y.dtype and codes.dtype == np.int32
    np.testing.assert_array_equal(classes, expected[0])
    np.testing.assert_array_equal(codes, expected[1])


def test_text_objects_are_sorted():
    classes, codes = class_codes(np.array(["ü", "a", "ü"], dtype=object))
    assert classes.tolist() == ["a", "ü"] and codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize("missing", [None, np.nan])
def test_missing_labels_are_refused_with_their_row(missing):
    with pytest.raises(ValueError, match="row 1") as info:
        class_codes(np.array(["a", missing, "b"], dtype=object))
    assert info.value.row == 1


def test_labels_that_cannot_be_compared_are_refused():
    with pytest.raises(TypeError):
        class_codes(np.array(["a", 1], dtype=object))
    with pytest.raises(TypeError, match="text or all numbers"):
        union(np.array([1, 2]), np.array(["a"]))


def test_union_widens_text():
    assert union(np.array(["b"]), np.array(["abc"])).tolist() == ["abc", "b"]


def test_rows_are_laid_out_over_more_classes():
    values = np.arange(4.0).reshape(2, 2)
    whole = laid_out(values, np.array([2, 5]), np.array([1, 2, 5]))
    assert whole.tolist() == [[0, 0], [0, 1], [2, 3]]


@pytest.mark.parametrize("weighted", [False, True])
def test_indicators_sum_by_class(weighted):
    rng = np.random.default_rng(0)
    codes, X = rng.integers(0, 3, 50).astype(np.int32), rng.normal(size=(50, 4))
    weight = rng.random(50) if weighted else None
    found = indicators(codes, 3, weight) @ X
    w = np.ones(50) if weight is None else weight
    expected = [(w[codes == c, None] * X[codes == c]).sum(axis=0) for c in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_more_rows_than_there_are_cannot_be_taken():
    require_taken(np.array([0, 2]), np.array(["a", "b"]))
    with pytest.raises(ValueError, match="'b'"):
        require_taken(np.array([0, -2]), np.array(["a", "b"]))

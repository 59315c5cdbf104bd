import pickle
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from scalml.statistics import Leading


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=40),
    st.integers(1, 8),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_any_chunking_keeps_the_first_rows_by_key(keys, most, cuts):
    keys, rows = np.array(keys, dtype=float), np.arange(len(keys))
    edges = [0, *sorted(min(cut, len(keys)) for cut in cuts), len(keys)]
    total = Leading.of(keys[:0], rows[:0], most=most)
    for a, b in pairwise(edges):
        total = total + Leading.of(keys[a:b], rows[a:b], most=most)
    expected = np.argsort(keys, kind="stable")[:most]
    np.testing.assert_array_equal(total.columns[0], expected)
    np.testing.assert_array_equal(total.keys, keys[expected])


def test_infinite_keys_are_left_out_and_csr_rows_become_dense():
    keys = np.array([np.inf, 2.0, 1.0])
    found = Leading.of(keys, sparse.csr_matrix(np.eye(3)), np.array(["a", "b", "c"]), most=3)
    np.testing.assert_array_equal(found.columns[0], np.eye(3)[[2, 1]])
    assert found.columns[1].tolist() == ["c", "b"]
    assert pickle.loads(pickle.dumps(found)).keys.tolist() == [1.0, 2.0]


def test_others_do_not_add():
    with pytest.raises(TypeError):
        Leading.of(np.ones(1), most=1) + 1

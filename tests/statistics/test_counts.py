"""Counts of values: parity with encoders, merging, weights, pickling."""

import pickle
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.preprocessing import OneHotEncoder

from scalml.statistics.counts import Categories, Counts


def table():
    return pd.DataFrame(
        {
            "text": ["a", None, "b", "a", "c"],
            "object": pd.Series(["q", None, np.nan, "q", "r"], dtype=object),
            "category": pd.Series(["x", "y", None, "x", "y"], dtype="category"),
            "number_category": pd.Series([3, 1, None, 3, 1], dtype="category"),
            "nullable": pd.Series([1, None, 3, 1, 1], dtype="Int64"),
            "flag": [True, False, True, True, True],
            "real": [1.5, np.nan, -1.5, 2, 2],
            "small": np.array([3, 1, 2, 3, 3], dtype="int8"),
        }
    )


def pieces(X, cuts):
    bounds = [0, *cuts, X.shape[0]]
    take = X.iloc if isinstance(X, pd.DataFrame) else X
    return [take[a:b] for a, b in pairwise(bounds)]


def same_values(a, b):
    assert a.dtype == b.dtype
    # as text, since NaN differs from NaN but must differ from None too
    assert [repr(v) for v in a.tolist()] == [repr(v) for v in b.tolist()]


def same(a, b):
    assert a.total == b.total
    for x, y in zip(a.ordered(), b.ordered(), strict=True):
        same_values(x.values, y.values)
        assert_array_equal(x.counts, y.counts)


@pytest.mark.parametrize("cuts", [[], [2], [1, 2, 3, 4], [0, 3]])
@pytest.mark.parametrize("weighted", [False, True])
def test_categories_are_those_of_the_encoder(cuts, weighted):
    parts = pieces(table(), cuts)
    counts = reduce(
        add,
        [
            pickle.loads(pickle.dumps(Counts.of(p, None, np.ones(len(p)) if weighted else None)))
            for p in parts
        ],
    )
    expected = OneHotEncoder().fit(table()).categories_
    for ours, theirs in zip(counts.ordered(), expected, strict=True):
        same_values(ours.values, theirs)
        assert ours.total == 5
    assert counts.total == 5


@pytest.mark.parametrize(
    "X",
    [
        np.array([["b", "a"], ["a", "ccc"], ["b", "a"]]),
        np.array([[3, 1], [2, 1], [3, 7]], dtype=np.uint8),
        np.array([[0.5, np.nan], [np.nan, 1], [0.5, 1]], dtype=np.float32),
        np.array([[True, False], [True, True]]),
        np.array([[0.5, 1], [2, 1]], dtype=np.float16),
    ],
    ids=["U", "uint8", "float32", "bool", "float16"],
)
def test_arrays(X):
    whole = Counts.of(X)
    same(Counts.of(X[:1]) + Counts.of(X[1:]), whole)
    for ours, theirs in zip(whole.ordered(), OneHotEncoder().fit(X).categories_, strict=True):
        same_values(ours.values, theirs)


def test_weights_are_repetitions_and_zero_is_absence():
    X = table()
    weight = np.array([2, 0, 1, 3, 0])
    repeated = X.iloc[np.repeat(np.arange(5), weight)]
    ours, theirs = Counts.of(X, None, weight), Counts.of(repeated)
    for a, b in zip(ours.ordered(), theirs.ordered(), strict=True):
        same_values(a.values, b.values)
        assert_array_equal(a.counts, b.counts)


@pytest.mark.parametrize("weight", [None, np.arange(40.0)])
def test_sparse_counts_zeros(weight):
    X = sp.random(40, 4, 0.4, format="csr", random_state=0)
    X.data = np.round(X.data * 3)
    X.data[:2] = np.nan
    ours, dense = Counts.of(X, None, weight), Counts.of(X.toarray(), None, weight)
    for a, b in zip(ours.ordered(), dense.ordered(), strict=True):
        assert_array_equal(a.values, b.values)
        np.testing.assert_allclose(a.counts, b.counts)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "", None, float("nan"), "long text"]), max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
)
def test_any_cuts_give_the_whole(values, cuts):
    x = np.empty(len(values), dtype=object)
    x[:] = values
    X, cuts = x[:, None], sorted(min(cut, len(values)) for cut in cuts)
    same(reduce(add, [Counts.of(p) for p in pieces(X, cuts)]), Counts.of(X))


def test_classes_of_y():
    y = np.array([3, 1, 1, 2])
    assert_array_equal(Categories.of(y).ordered().values, np.unique(y))
    assert_array_equal(Categories.of(pd.Series(["b", "a"])).ordered().values, ["a", "b"])


def test_most_frequent_takes_the_smallest_of_ties():
    assert Categories.of(np.array([3, 1, 3, 1, 2])).most_frequent() == 1
    mixed = Categories.of(np.array(["b", 1, "b", 1], dtype=object))
    assert mixed.most_frequent() == 1
    assert np.isnan(Categories.of(np.array([])).most_frequent())
    x = np.array([np.nan, 2.0, np.nan])
    assert Categories.of(x).without(np.nan).most_frequent() == 2


def test_values_that_cannot_be_compared_are_refused_when_sorted():
    mixed = Categories.of(np.array(["a", 1], dtype=object))
    with pytest.raises(TypeError, match=r"uniformly strings or numbers. Got \['int', 'str'\]"):
        mixed.ordered()


def test_other_columns_do_not_add():
    with pytest.raises(ValueError, match="got 1 and 2 columns"):
        Counts.of(np.zeros((1, 1))) + Counts.of(np.zeros((1, 2)))


def test_state_grows_with_values_not_rows():
    x = np.tile(np.arange(10), 10_000)
    assert len(pickle.dumps(Counts.of(x))) < 2_000


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64])
@pytest.mark.parametrize("wide", [False, True], ids=["short range", "wide range"])
def test_integers_are_counted_whatever_their_range(dtype, wide):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 100, 1000).astype(dtype)
    if wide:
        x[::7] = np.iinfo(dtype).max
        x[::5] = np.iinfo(dtype).min
    expected = np.unique(x, return_counts=True)
    for column in (x, pd.Series(x), np.repeat(x[:, None], 2, axis=1)[:, 1]):
        found = Categories.of(column).ordered()
        assert found.values.dtype == dtype
        np.testing.assert_array_equal(found.values, expected[0])
        np.testing.assert_array_equal(found.counts, expected[1])


@pytest.mark.parametrize("make", [pd.Series, np.array])
def test_nan_of_any_kind_is_one_value(make):
    values = [np.nan, np.float64("nan"), "x", None, float("nan"), "x"]
    whole = Categories.of(make(values, dtype=object))
    assert dict(zip(map(str, whole.values), whole.counts, strict=True)) == {
        "nan": 3, "x": 2, "None": 1,
    }  # fmt: skip
    twice = (whole + whole).ordered()
    assert (twice.values[:2].tolist(), twice.counts.tolist()) == (["x", None], [4, 2, 6])


@pytest.mark.parametrize("weighted", [False, True])
def test_text_with_gaps_adds_up(weighted):
    a, b = (pd.Series(values, dtype="str") for values in (["x", None, "y", "x"], ["y", "z", None]))
    weight = np.array([1.0, 2, 3, 4, 5, 6, 7])
    whole = pd.concat([a, b], ignore_index=True)
    parts = [(whole, weight), (a, weight[:4]), (b, weight[4:])]
    of = [Categories.of(x, None, w if weighted else None) for x, w in parts]
    found, expected = (of[1] + of[2]).ordered(), of[0].ordered()
    assert found.values.tolist()[:-1] == expected.values.tolist()[:-1] == ["x", "y", "z"]
    assert np.isnan(found.values[-1])
    np.testing.assert_array_equal(found.counts, expected.counts)
    assert found.counts.dtype == (np.float64 if weighted else np.int64)

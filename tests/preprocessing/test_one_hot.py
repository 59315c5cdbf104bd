"""OneHotEncoder: equal to scikit-learn's for every parameter, in memory and in chunks."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing
from numpy.testing import assert_array_equal

import scalml
from scalml.preprocessing import OneHotEncoder


def frame():
    rng = np.random.default_rng(0)
    n = 301
    text = rng.choice(["a", "b", "c", "dd", "e"], n, p=[0.5, 0.3, 0.1, 0.08, 0.02])
    return pd.DataFrame(
        {
            "text": pd.Series(text).where(rng.random(n) > 0.05),
            "number": rng.choice([1.5, 2.0, 30.0, np.nan], n, p=[0.6, 0.3, 0.05, 0.05]),
            "integer": rng.choice(5, n, p=[0.4, 0.3, 0.2, 0.07, 0.03]),
            "flag": rng.random(n) > 0.3,
            "category": pd.Categorical(rng.choice(["x", "y"], n)),
        }
    )


def same_encoder(ours, theirs):
    for a, b in zip(ours.categories_, theirs.categories_, strict=True):
        assert a.dtype == b.dtype
        assert [repr(v) for v in a.tolist()] == [repr(v) for v in b.tolist()]
    assert_array_equal(ours.drop_idx_, theirs.drop_idx_)
    assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())
    try:
        expected = theirs.infrequent_categories_
    except AttributeError:
        with pytest.raises(AttributeError):
            ours.infrequent_categories_  # noqa: B018
    else:
        for a, b in zip(ours.infrequent_categories_, expected, strict=True):
            assert repr(a) == repr(b)


def join(feature, category):
    return f"{feature}={category}"


PARAMETERS = [
    {},
    {"drop": "first"},
    {"drop": "if_binary"},
    {"drop": ["a", 2.0, 0, True, "y"]},
    {"drop": [np.nan, np.nan, 0, True, "y"]},
    {"min_frequency": 20},
    {"min_frequency": 0.1, "handle_unknown": "infrequent_if_exist"},
    {"max_categories": 3, "drop": "first"},
    {"max_categories": 1},
    {"max_categories": 2, "drop": "if_binary"},
    {"min_frequency": 150, "drop": "first", "handle_unknown": "infrequent_if_exist"},
    {"min_frequency": 10_000, "handle_unknown": "infrequent_if_exist"},
    {"max_categories": 3, "min_frequency": 20, "dtype": np.float32},
    {"sparse_output": False, "handle_unknown": "ignore"},
    {"feature_name_combiner": join},
]


@pytest.mark.parametrize("params", PARAMETERS, ids=lambda params: ", ".join(params) or "defaults")
@pytest.mark.parametrize("chunk_rows", [None, 40])
def test_parity(params, chunk_rows):
    X = frame()
    theirs = sklearn.preprocessing.OneHotEncoder(**params).fit(X)
    given = X if chunk_rows is None else scalml.from_frame(X, chunk_rows=chunk_rows)
    ours = OneHotEncoder(**params).fit(given)
    same_encoder(ours, theirs)
    same_encoder(ours.to_sklearn(), theirs)
    assert ours.to_sklearn().get_params().keys() == theirs.get_params().keys()
    expected, out = theirs.transform(X), ours.transform(given)
    if chunk_rows is not None:
        out = out.to_numpy()
    assert out.dtype == expected.dtype
    if params.get("sparse_output", True):
        expected, out = expected.toarray(), out.toarray()
    assert_array_equal(out, expected)
    assert ours.nonzeros_ == np.count_nonzero(expected)


def test_inverse_transform():
    X = frame()
    C = scalml.from_frame(X, chunk_rows=40)
    ours, theirs = OneHotEncoder().fit(C), sklearn.preprocessing.OneHotEncoder().fit(X)
    expected = theirs.inverse_transform(theirs.transform(X))
    for back in (
        ours.inverse_transform(ours.transform(X)),
        ours.inverse_transform(ours.transform(C)).to_numpy(),
    ):
        assert repr(back.tolist()) == repr(expected.tolist())


@pytest.mark.parametrize("handle_unknown", ["ignore", "infrequent_if_exist", "warn"])
@pytest.mark.parametrize("min_frequency", [None, 40])
@pytest.mark.filterwarnings("ignore:Found unknown categories")
def test_unknown_categories(handle_unknown, min_frequency):
    X, new = frame(), frame()[:10].copy()
    new["text"], new["integer"] = "new", 99
    params = {"handle_unknown": handle_unknown, "min_frequency": min_frequency}
    ours = OneHotEncoder(**params).fit(scalml.from_frame(X, chunk_rows=40))
    theirs = sklearn.preprocessing.OneHotEncoder(**params).fit(X)
    out = ours.transform(scalml.from_frame(new, chunk_rows=4)).to_numpy()
    assert_array_equal(out.toarray(), theirs.transform(new).toarray())


def test_unknown_categories_are_an_error_by_default():
    X, new = frame(), frame()[:10].copy()
    new["text"] = "new"
    ours = OneHotEncoder().fit(scalml.from_frame(X, chunk_rows=40))
    with pytest.raises(ValueError, match=r"Found unknown categories .*new.* in column 0"):
        ours.transform(scalml.from_frame(new, chunk_rows=4)).to_numpy()


GIVEN = [["c", "b", "a", "dd", "e", "zz", np.nan], [0.0, 1.5, 2.0, 30.0, np.nan]]


@pytest.mark.parametrize("params", [{}, {"min_frequency": 25}, {"drop": "first"}], ids=str)
def test_given_categories(params):
    X = frame()[["text", "number"]]
    theirs = sklearn.preprocessing.OneHotEncoder(categories=GIVEN, **params).fit(X)
    ours = OneHotEncoder(categories=GIVEN, **params).fit(scalml.from_frame(X, chunk_rows=40))
    same_encoder(ours, theirs)
    assert_array_equal(ours.transform(X).toarray(), theirs.transform(X).toarray())
    assert ours.nonzeros_ == theirs.transform(X).nnz


@pytest.mark.parametrize(
    ("categories", "message"),
    [
        ([["a", "b"], [1.5, 2.0, 30.0, np.nan]], "Found unknown categories"),
        ([["a"]], "Shape mismatch"),
        ([["a", "a"], [1.5]], "duplicate"),
        ([["a"], [2.0, 1.5]], "Unsorted"),
    ],
)
def test_bad_given_categories(categories, message):
    X = frame()[["text", "number"]]
    for encoder in (sklearn.preprocessing.OneHotEncoder, OneHotEncoder):
        handle = "error" if "unknown" in message else "ignore"
        with pytest.raises(ValueError, match=message):
            encoder(categories=categories, handle_unknown=handle).fit(X)


@pytest.mark.parametrize(
    "X",
    [
        np.array([["b", "a"], ["a", "ccc"], ["b", "a"]]),
        np.array([[3, 1], [2, 1], [3, 7]]),
        np.array([["b", 1], ["a", 2], ["b", 1]], dtype=object),
        np.array([[0.5, np.nan], [np.nan, 1], [0.5, 1]], dtype=np.float32),
    ],
    ids=["U", "int", "object", "float32"],
)
def test_arrays(X):
    C = scalml.from_array(X, chunk_rows=2)
    ours, theirs = OneHotEncoder().fit(C), sklearn.preprocessing.OneHotEncoder().fit(X)
    same_encoder(ours, theirs)
    assert_array_equal(ours.transform(C).to_numpy().toarray(), theirs.transform(X).toarray())


def test_lists_of_strings_are_objects():
    X = [["b", "long"], ["a", "x"]]
    same_encoder(OneHotEncoder().fit(X), sklearn.preprocessing.OneHotEncoder().fit(X))


def test_partial_fit_adds_counts():
    X = frame()
    parts = OneHotEncoder(min_frequency=20)
    parts.partial_fit(X[:100]).partial_fit(scalml.from_frame(X[100:], chunk_rows=64))
    same_encoder(parts, sklearn.preprocessing.OneHotEncoder(min_frequency=20).fit(X))


def test_pandas_output():
    X = frame()
    C = scalml.from_frame(X, chunk_rows=40)
    ours = OneHotEncoder(sparse_output=False).set_output(transform="pandas").fit(C)
    out = ours.transform(C)
    assert isinstance(out, scalml.ChunkedFrame)
    theirs = sklearn.preprocessing.OneHotEncoder(sparse_output=False)
    expected = theirs.set_output(transform="pandas").fit_transform(X)
    pd.testing.assert_frame_equal(out.to_pandas(), expected)


def test_sparse_chunks_and_small_state():
    C = scalml.from_frame(frame(), chunk_rows=40)
    ours = OneHotEncoder().fit(C)
    assert ours.transform(C).issparse
    assert ours.fit_passes() == (1, 1)
    assert len(pickle.dumps(ours)) < 20_000


@pytest.mark.parametrize("bad", [{"handle_unknown": "what"}, {"min_frequency": 0}, {"drop": 5}])
def test_bad_parameters(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        OneHotEncoder(**bad).fit(scalml.from_frame(frame(), chunk_rows=40))


def test_mixed_types_and_infinity_are_refused():
    mixed = np.array([["a"], [1]], dtype=object)
    with pytest.raises(TypeError, match="uniformly strings or numbers"):
        OneHotEncoder().fit(scalml.from_array(mixed, chunk_rows=1))
    with pytest.raises(ValueError, match="infinity"):
        OneHotEncoder().fit(scalml.from_array(np.array([[1.0], [np.inf]]), chunk_rows=1))


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "category"])
def test_infinity_is_named_with_row_and_column(dtype):
    values = np.array([1.0, np.nan, 2.0, 1.0, -np.inf, np.inf])
    numbers = pd.Series(values).astype(dtype)
    rows = scalml.from_frame(pd.DataFrame({"a": list("xyxyxy"), "b": numbers}), chunk_rows=4)
    with pytest.raises(
        ValueError, match=r"infinity .*: at least 2 values, the first in row 4 .*column 'b'"
    ):
        OneHotEncoder().fit(rows)

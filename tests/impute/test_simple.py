"""SimpleImputer: equal to scikit-learn's on numbers, strings and sparse rows, in chunks too."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.impute
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse

import scalml
from scalml.impute import SimpleImputer
from scalml.preprocessing import StandardScaler

pytestmark = pytest.mark.filterwarnings("ignore:Skipping features without any observed")


def numbers(missing=np.nan, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.integers(1, 6, (203, 4)).astype(dtype)
    X[rng.random(X.shape) < 0.2] = missing
    X[:, 2] = missing
    X[:, 3] = np.arange(203) % 7 + 1
    return X


def table():
    rng = np.random.default_rng(0)
    text = pd.Series(rng.choice(["a", "b", "c"], 203)).where(rng.random(203) > 0.2)
    return pd.DataFrame({"text": text, "word": pd.Series(["x", "y", "z"] * 67 + ["x", "y"])})


def same(ours, theirs, X, C, rtol=1e-12):
    assert ours.statistics_.dtype == theirs.statistics_.dtype
    if ours.statistics_.dtype == object:
        assert repr(ours.statistics_.tolist()) == repr(theirs.statistics_.tolist())
    else:
        assert_allclose(ours.statistics_, theirs.statistics_, rtol=rtol)
    expected = theirs.transform(X)
    for out in (ours.transform(X), ours.transform(C).to_numpy()):
        assert out.dtype == expected.dtype
        if issparse(expected):
            assert_allclose(out.toarray(), expected.toarray(), rtol=rtol)
        elif out.dtype == object:
            assert out.tolist() == expected.tolist()
        else:
            assert_allclose(out, expected, rtol=rtol)


@pytest.mark.parametrize("strategy", ["mean", "most_frequent", "constant"])
@pytest.mark.parametrize("add_indicator", [False, True])
@pytest.mark.parametrize("keep_empty_features", [False, True])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_numbers(strategy, add_indicator, keep_empty_features, kind):
    X = numbers() if kind == "dense" else sp.csr_matrix(numbers())
    params = {
        "strategy": strategy,
        "add_indicator": add_indicator,
        "keep_empty_features": keep_empty_features,
    }
    theirs = sklearn.impute.SimpleImputer(**params).fit(X)
    C = scalml.from_array(X, chunk_rows=40)
    ours = SimpleImputer(**params).fit(C)
    same(ours, theirs, X, C)
    assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())
    same(SimpleImputer(**params).fit(X), theirs, X, C)


@pytest.mark.parametrize("strategy", ["mean", "most_frequent", "constant"])
@pytest.mark.parametrize("missing", [-1, 0])
def test_a_number_stands_for_missing(strategy, missing):
    X = numbers(missing)
    params = {"strategy": strategy, "missing_values": missing, "fill_value": 9.0}
    theirs = sklearn.impute.SimpleImputer(**params).fit(X)
    C = scalml.from_array(X, chunk_rows=40)
    same(SimpleImputer(**params).fit(C), theirs, X, C)


def test_sparse_zero_cannot_be_missing():
    C = scalml.from_array(sp.csr_matrix(numbers()), chunk_rows=40)
    with pytest.raises(ValueError, match="missing_values == 0 and input is sparse"):
        SimpleImputer(missing_values=0).fit(C)


@pytest.mark.parametrize("strategy", ["mean", "most_frequent", "constant"])
def test_float32_stays(strategy):
    X = numbers(dtype=np.float32)
    theirs = sklearn.impute.SimpleImputer(strategy=strategy).fit(X)
    C = scalml.from_array(X, chunk_rows=40)
    same(SimpleImputer(strategy=strategy).fit(C), theirs, X, C, rtol=1e-6)


@pytest.mark.parametrize("dtype", [None, object, "category"])
@pytest.mark.parametrize(
    "params",
    [
        {"strategy": "most_frequent"},
        {"strategy": "most_frequent", "missing_values": "a"},
        {"strategy": "constant", "fill_value": "none"},
        {"strategy": "constant", "add_indicator": True},
    ],
    ids=str,
)
def test_strings(dtype, params):
    X = table() if dtype is None else table().astype(dtype)
    if params.get("missing_values") == "a":
        X = X.fillna("b")
    theirs = sklearn.impute.SimpleImputer(**params).fit(X)
    C = scalml.from_frame(X, chunk_rows=40)
    same(SimpleImputer(**params).fit(C), theirs, X, C)


@pytest.mark.parametrize("missing", [None, pd.NA], ids=["None", "NA"])
def test_none_and_na(missing):
    X = np.array([["a", missing], ["b", "c"], ["a", "c"], [missing, "d"]], dtype=object)
    params = {"strategy": "most_frequent", "missing_values": missing}
    theirs = sklearn.impute.SimpleImputer(**params).fit(X)
    C = scalml.from_array(X, chunk_rows=2)
    same(SimpleImputer(**params).fit(C), theirs, X, C)


def test_nullable_frames():
    X = pd.DataFrame({"a": pd.array([1, None, 3, 3], "Int64"), "b": [1.0, 2, np.nan, 2]})
    for strategy in ("mean", "most_frequent"):
        theirs = sklearn.impute.SimpleImputer(strategy=strategy).fit(X)
        C = scalml.from_frame(X, chunk_rows=3)
        ours = SimpleImputer(strategy=strategy).fit(C)
        assert_allclose(ours.statistics_, theirs.statistics_, rtol=1e-12)
        assert_allclose(ours.transform(X), theirs.transform(X), rtol=1e-12)


def test_pandas_output():
    X = pd.DataFrame(numbers(), columns=list("abcd"))
    C = scalml.from_frame(X, chunk_rows=40)
    ours = SimpleImputer(add_indicator=True).set_output(transform="pandas").fit(C)
    theirs = sklearn.impute.SimpleImputer(add_indicator=True).set_output(transform="pandas")
    expected = theirs.fit_transform(X)
    out = ours.transform(C)
    assert isinstance(out, scalml.ChunkedFrame)
    pd.testing.assert_frame_equal(out.to_pandas(), expected, rtol=1e-12)


@pytest.mark.parametrize("strategy", ["mean", "most_frequent", "constant"])
def test_partial_fit_is_fit_on_the_union(strategy):
    X = numbers()
    C = scalml.from_array(X[50:], chunk_rows=40)
    ours = SimpleImputer(strategy=strategy, add_indicator=True).partial_fit(X[:50]).partial_fit(C)
    theirs = sklearn.impute.SimpleImputer(strategy=strategy, add_indicator=True).fit(X)
    same(ours, theirs, X, scalml.from_array(X, chunk_rows=60))
    with pytest.raises(ValueError, match="strategy must stay the same"):
        ours.set_params(strategy="mean" if strategy != "mean" else "constant").partial_fit(X)


@pytest.mark.parametrize("strategy", ["median", np.mean])
def test_what_does_not_stream_is_refused(strategy):
    with pytest.raises(ValueError, match="'mean', 'most_frequent', 'constant', got"):
        SimpleImputer(strategy=strategy).fit(numbers())


def test_bad_input():
    X = scalml.from_frame(table(), chunk_rows=40)
    with pytest.raises(ValueError, match="Cannot use mean strategy with non-numeric data"):
        SimpleImputer().fit(table())
    with pytest.raises(ValueError, match="could not convert"):
        SimpleImputer().fit(X)
    with pytest.raises(ValueError, match="strategy"):
        SimpleImputer(strategy="no").fit(X)
    with pytest.raises(ValueError, match="cannot be cast"):
        SimpleImputer(strategy="constant", fill_value="text").fit(numbers())


@pytest.mark.parametrize("add_indicator", [False, True])
@pytest.mark.parametrize("keep_empty_features", [False, True])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_moments_of_the_filled_rows(add_indicator, keep_empty_features, dtype):
    imputer = SimpleImputer(add_indicator=add_indicator, keep_empty_features=keep_empty_features)
    C = scalml.from_array(numbers(dtype=dtype), chunk_rows=40)
    known = imputer.fit(C).output_moments()
    expected = StandardScaler().fit(imputer.transform(C)).moments_
    assert_allclose(known.n, expected.n)
    assert_allclose(known.mean, expected.mean, rtol=1e-12)
    assert_allclose(known.var, expected.var, rtol=1e-12, atol=1e-25)


def test_inverse_transform_and_passes():
    X = numbers()[:, [0, 1, 3]]
    C = scalml.from_array(X, chunk_rows=40)
    ours = SimpleImputer(add_indicator=True).fit(C)
    back = ours.inverse_transform(ours.transform(C)).to_numpy()
    assert_array_equal(back, X)
    assert ours.fit_passes() == (1, 1)


@pytest.mark.parametrize("strategy", ["mean", "most_frequent", "constant"])
@pytest.mark.parametrize("kind", ["array", "csr", "frame"])
def test_infinity_is_refused_in_numbers_whatever_the_strategy(strategy, kind):
    X = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, np.inf], [7.0, 8.0]])
    with pytest.raises(ValueError, match="infinity"):
        sklearn.impute.SimpleImputer(strategy=strategy).fit(X)
    if kind == "frame":
        rows = scalml.from_frame(pd.DataFrame(X, columns=["a", "b"]), chunk_rows=2)
    else:
        rows = scalml.from_array(sp.csr_matrix(X) if kind == "csr" else X, chunk_rows=2)
    with pytest.raises(ValueError, match=r"infinity .*first in row 2 .*column (1|'b')"):
        SimpleImputer(strategy=strategy).fit(rows)


def test_nan_is_refused_where_it_is_not_the_missing_value():
    X = np.array([[1.0], [-1.0], [np.nan]])
    with pytest.raises(ValueError, match="NaN"):
        sklearn.impute.SimpleImputer(missing_values=-1, strategy="most_frequent").fit(X)
    with pytest.raises(ValueError, match="NaN.* row 2"):
        SimpleImputer(missing_values=-1, strategy="most_frequent").fit(scalml.from_array(X))


@pytest.mark.parametrize("gap", [0, 1, -1, 5.5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_mean_may_be_the_number_that_stands_for_gaps(gap, dtype):
    rows = gap + np.array([[-1.0, 2.0], [1.0, 3.0], [0.0, 0.0], [2.0, 1.5], [-2.0, -1.0]])
    rows = rows.astype(dtype)
    plain = sklearn.impute.SimpleImputer(missing_values=gap).fit(rows)
    ours = SimpleImputer(missing_values=gap).fit(scalml.from_array(rows, chunk_rows=2))
    np.testing.assert_allclose(ours.statistics_, plain.statistics_, rtol=1e-7)
    assert ours.statistics_.dtype == plain.statistics_.dtype
    np.testing.assert_allclose(ours.transform(rows), plain.transform(rows), rtol=1e-7)

"""ColumnTransformer: scikit-learn's results from as few passes as the longest of its steps."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.compose
import sklearn.impute
import sklearn.pipeline
import sklearn.preprocessing
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer, Normalizer

import scalml
from scalml.compose import (
    ColumnTransformer,
    make_column_selector,
    make_column_transformer,
)
from scalml.impute import SimpleImputer
from scalml.pipeline import Pipeline, make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler

OURS = {
    "pipe": make_pipeline,
    "impute": SimpleImputer,
    "scale": StandardScaler,
    "code": OneHotEncoder,
    "columns": ColumnTransformer,
}
THEIRS = {
    "pipe": sklearn.pipeline.make_pipeline,
    "impute": sklearn.impute.SimpleImputer,
    "scale": sklearn.preprocessing.StandardScaler,
    "code": sklearn.preprocessing.OneHotEncoder,
    "columns": sklearn.compose.ColumnTransformer,
}


def frame():
    rng = np.random.default_rng(0)
    n = 203
    return pd.DataFrame(
        {
            "town": rng.choice(["Ulm", "Bonn", "Wien"], n),
            "km": pd.Series(rng.normal(size=n)).where(rng.random(n) > 0.1),
            "age": rng.integers(0, 90, n).astype(float),
            "day": rng.integers(0, 7, n),
            "tail": rng.normal(size=n),
        }
    )


def flights(kit, **params):
    numbers = kit["pipe"](kit["impute"](), kit["scale"]())
    codes = kit["code"](handle_unknown="ignore", sparse_output=params.pop("sparse", True))
    return kit["columns"](
        [
            ("numbers", numbers, ["km", "age"]),
            ("codes", codes, ["town", "day"]),
            ("size", FunctionTransformer(np.abs, feature_names_out="one-to-one"), ["tail"]),
        ],
        **params,
    )


def dense(X):
    return X.toarray() if sp.issparse(X) else np.asarray(X)


def same(ours, theirs, X, C):
    expected = theirs.transform(X)
    for out in (ours.transform(C).to_numpy(), ours.transform(X), ours.to_sklearn().transform(X)):
        assert sp.issparse(out) == sp.issparse(expected)
        if dense(expected).dtype == object:
            assert out.tolist() == expected.tolist()
        else:
            assert_allclose(dense(out), dense(expected), rtol=1e-10, atol=1e-12)
    assert ours.output_indices_ == theirs.output_indices_
    assert ours.sparse_output_ == theirs.sparse_output_
    assert_array_equal(ours.get_feature_names_out(), theirs.get_feature_names_out())
    assert list(ours.named_transformers_) == list(theirs.named_transformers_)


@pytest.mark.parametrize("sparse_threshold", [0, 0.3, 1.0])
@pytest.mark.parametrize("chunk_rows", [1, 40, 500])
def test_one_pass_for_imputed_scaled_and_coded(sparse_threshold, chunk_rows, passes):
    X = frame()
    C = scalml.from_frame(X, chunk_rows=chunk_rows)
    ours = flights(OURS, sparse_threshold=sparse_threshold).fit(C)
    assert len(passes) == 1
    assert ours.fit_passes()[0] == 1
    same(ours, flights(THEIRS, sparse_threshold=sparse_threshold).fit(X), X, C)


def test_plain_pipelines_of_ours_stream_and_memory_is_the_namesakes():
    X = frame()
    C = scalml.from_frame(X, chunk_rows=40)
    theirs = flights(THEIRS).fit(X)
    same(flights(OURS | {"pipe": sklearn.pipeline.make_pipeline}).fit(C), theirs, X, C)
    same(flights(OURS).fit(X), theirs, X, C)
    at_once = flights(OURS).fit_transform(X)
    assert_allclose(dense(at_once), dense(theirs.transform(X)), rtol=1e-10, atol=1e-12)


def test_the_plain_one_holds_nothing_of_ours():
    ours = flights(OURS, remainder="passthrough").fit(scalml.from_frame(frame(), chunk_rows=40))
    assert b"scalml" not in pickle.dumps(ours.to_sklearn())


SPECS = [
    (["km", "age"], ["day"]),
    ([1, 2], [3]),
    (slice("km", "age"), slice(3, 4)),
    ([False, True, True, False, False], [False, False, False, True, False]),
    (make_column_selector(dtype_include=np.float64), make_column_selector(pattern="day")),
    (["km"], []),
]


@pytest.mark.parametrize("remainder", ["drop", "passthrough"])
@pytest.mark.parametrize(
    "spec", SPECS, ids=["names", "numbers", "slices", "masks", "callables", "none"]
)
def test_column_specifications(spec, remainder):
    X = frame()
    C = scalml.from_frame(X, chunk_rows=40)

    def build(kit):
        return kit["columns"](
            [("a", kit["scale"](), spec[0]), ("b", kit["code"](), spec[1])], remainder=remainder
        )

    with_nan = build(OURS).fit(C)
    theirs = build(THEIRS).fit(X)
    assert_array_equal(with_nan.get_feature_names_out(), theirs.get_feature_names_out())
    out, expected = with_nan.transform(C).to_numpy(), theirs.transform(X)
    pd.testing.assert_frame_equal(
        pd.DataFrame(dense(out)).infer_objects(),
        pd.DataFrame(dense(expected)).infer_objects(),
        rtol=1e-10,
    )


def test_arrays_weights_names_and_an_estimator_for_the_rest():
    X = np.random.default_rng(0).normal(size=(203, 5))
    C = scalml.from_array(X, chunk_rows=40)

    def build(kit):
        return kit["columns"](
            [("a", kit["scale"](), [0, 1]), ("b", Normalizer(), [2, 3]), ("c", "drop", [4])],
            remainder=kit["scale"](),
            transformer_weights={"a": 2.0},
            verbose_feature_names_out="{feature_name}-{transformer_name}",
        )

    same(build(OURS).fit(C), build(THEIRS).fit(X), X, C)


def test_sparse_rows_are_counted_for_their_density(passes):
    X = sp.random(203, 6, 0.2, format="csr", random_state=0)
    C = scalml.from_array(X, chunk_rows=40)

    def build(kit):
        return kit["columns"](
            [("a", kit["scale"](with_mean=False), [0, 1]), ("b", "passthrough", [2, 3, 4])]
        )

    ours = build(OURS).fit(C)
    assert len(passes) == 2
    same(ours, build(THEIRS).fit(X), X, C)


def test_pandas_output():
    X = frame()
    C = scalml.from_frame(X, chunk_rows=40)
    ours = flights(OURS, sparse=False).set_output(transform="pandas").fit(C)
    out = ours.transform(C)
    assert isinstance(out, scalml.ChunkedFrame)
    theirs = flights(THEIRS, sparse=False).set_output(transform="pandas").fit(X)
    pd.testing.assert_frame_equal(out.to_pandas(), theirs.transform(X), rtol=1e-10)


@pytest.mark.parametrize("remainder", ["drop", "passthrough"])
@pytest.mark.parametrize("by_number", [False, True])
@pytest.mark.parametrize("weights", [None, {"b": 2.0}])
def test_a_frame_with_other_columns_in_another_order(remainder, by_number, weights):
    X = pd.DataFrame(
        {"gone": [1, 2, 3, 4], "t": list("uvuw"), "km": [1.0, 2.0, 4.0, 8.0], "h": [5, 6, 7, 8]}
    )

    def build(CT, kinds):
        town, km = ([1], [2]) if by_number else (["t"], ["km"])
        parts = [("a", kinds[0](), town), ("b", kinds[1](), km), ("c", "drop", ["gone"])]
        return CT(parts, remainder=remainder, transformer_weights=weights)

    ours = build(ColumnTransformer, (OneHotEncoder, StandardScaler))
    ours.fit(scalml.from_frame(X, chunk_rows=3))
    theirs = build(
        sklearn.compose.ColumnTransformer,
        (sklearn.preprocessing.OneHotEncoder, sklearn.preprocessing.StandardScaler),
    ).fit(X)
    other = X.assign(new="x")[["new", "h", "km", "t"]]
    found = ours.transform(scalml.from_frame(other, chunk_rows=3)).to_numpy()
    expected = theirs.transform(other)
    assert_allclose(dense(found), dense(expected), rtol=1e-12)
    with pytest.raises(ValueError, match="columns are missing.*km"):
        ours.transform(scalml.from_frame(other.drop(columns="km"), chunk_rows=3))


def test_partial_fit_hands_on():
    X = frame()
    parts = ColumnTransformer(
        [("a", StandardScaler(), ["km", "age"]), ("b", OneHotEncoder(), ["town"])]
    )
    for start in (0, 100):
        parts.partial_fit(scalml.from_frame(X[start : start + 100], chunk_rows=40))
    whole = clone_fit(parts, X[:200])
    assert_allclose(dense(parts.transform(X)), dense(whole.transform(X)), rtol=1e-10)
    assert not hasattr(ColumnTransformer([("a", LogisticRegression(), [0])]), "partial_fit")


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("first", ["chunked", "in memory"])
def test_partial_fit_decides_on_sparse_output_by_all_rows(told, first):
    # Two of seven columns are filled: 0.29 of the cells, below the threshold of 0.3.
    X = pd.DataFrame({"a": np.arange(200) % 3, "b": np.arange(200) % 4})
    codes = OneHotEncoder()
    if not told:
        codes = make_pipeline(codes, StandardScaler(with_mean=False))
    parts = ColumnTransformer([("codes", codes, ["a", "b"])])
    parts.fit(X[:100] if first == "in memory" else scalml.from_frame(X[:100], chunk_rows=30))
    parts.partial_fit(scalml.from_frame(X[100:], chunk_rows=30))
    assert parts.sparse_output_
    assert sp.issparse(parts.transform(X))


def clone_fit(estimator, X):
    return sklearn.base.clone(estimator).fit(X)


def test_make_column_transformer():
    made = make_column_transformer((StandardScaler(), ["km"]), remainder="passthrough")
    assert isinstance(made, ColumnTransformer)
    assert made.remainder == "passthrough"


def test_nested_in_a_pipeline_of_ours(passes):
    X = frame()
    C = scalml.from_frame(X, chunk_rows=40)
    ours = Pipeline([("columns", flights(OURS, sparse_threshold=0)), ("s", StandardScaler())])
    ours.fit(C)
    assert len(passes) == 2
    theirs = sklearn.pipeline.make_pipeline(
        flights(THEIRS, sparse_threshold=0), sklearn.preprocessing.StandardScaler()
    ).fit(X)
    assert_allclose(ours.transform(C).to_numpy(), theirs.transform(X), rtol=1e-9, atol=1e-11)


def test_errors():
    C = scalml.from_frame(frame(), chunk_rows=40)
    with pytest.raises(ValueError, match="columns"):
        ColumnTransformer([("a", StandardScaler(), ["no"])]).fit(C)
    with pytest.raises(TypeError, match="Incremental"):
        ColumnTransformer([("a", sklearn.preprocessing.MinMaxScaler(), ["km"])]).fit(C)
    with pytest.raises(ValueError, match="no rows"):
        ColumnTransformer([("a", StandardScaler(), ["km"])]).fit(
            scalml.from_frame(frame()[:0], chunk_rows=40)
        )

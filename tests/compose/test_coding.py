"""A ColumnTransformer's rows as codes are the rows that scikit-learn's would give."""

import numpy as np
import pandas as pd
import pytest
import sklearn.compose
import sklearn.impute
import sklearn.pipeline
import sklearn.preprocessing

import scalml
from scalml.compose import ColumnTransformer
from scalml.impute import SimpleImputer
from scalml.pipeline import make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler
from scalml.sources.coded import coded_twin
from scalml.statistics import CodedRows

N = 60


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "town": pd.Series(rng.choice(["Bonn", "Köln", "Ulm"], N), dtype="str"),
            "age": rng.normal(40, 10, N),
            "month": rng.integers(1, 13, N),
            "size": rng.integers(0, 4, N).astype(np.float32),
            "kind": pd.Categorical(rng.choice(["a", "b"], N)),
        }
    )
    frame.loc[rng.random(N) < 0.2, "age"] = np.nan
    frame.loc[rng.random(N) < 0.2, "town"] = np.nan
    return frame


def theirs(ours):
    """scikit-learn's own estimator with the same parameters."""
    name = type(ours).__name__
    if name == "Pipeline":
        return sklearn.pipeline.Pipeline([(n, theirs(s)) for n, s in ours.steps])
    home = {"SimpleImputer": sklearn.impute}.get(name, sklearn.preprocessing)
    return getattr(home, name)(**ours.get_params(deep=False))


CASES = {
    "numbers then texts": [
        ("n", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "size"]),
        ("t", OneHotEncoder(), ["town", "kind"]),
    ],
    "texts between numbers": [
        ("t", OneHotEncoder(), ["town"]),
        ("n", make_pipeline(SimpleImputer(), StandardScaler(with_std=False)), ["age"]),
        ("u", OneHotEncoder(drop="first"), ["month", "kind"]),
        ("m", StandardScaler(), ["month"]),
    ],
    "filled texts": [
        ("t", make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["town"]),
        ("n", SimpleImputer(add_indicator=True), ["age"]),
    ],
    "float32": [
        ("n", StandardScaler(), ["size"]),
        ("t", OneHotEncoder(dtype=np.float32), ["kind"]),
    ],
    "no texts": [("n", make_pipeline(StandardScaler(), SimpleImputer()), ["size", "age"])],
    "passed through": [("n", "passthrough", ["month"]), ("t", OneHotEncoder(), ["town"])],
    "by number": [("n", StandardScaler(), [2, 3]), ("t", OneHotEncoder(), slice(0, 1))],
}


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("case", CASES)
def test_rows_are_scikit_learns_bit_for_bit(table, case, threshold):
    X = scalml.from_frame(table, chunk_rows=17)
    ours = ColumnTransformer(CASES[case], sparse_threshold=threshold).fit(X)
    plain = [(n, s if isinstance(s, str) else theirs(s), c) for n, s, c in CASES[case]]
    reference = sklearn.compose.ColumnTransformer(plain, sparse_threshold=threshold).fit(table)
    expected = ours.to_sklearn().transform(table)
    Z = ours.transform(X)
    found = Z.to_numpy()
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    learnt = reference.transform(table)
    if not isinstance(found, np.ndarray):
        found, expected, learnt = found.toarray(), expected.toarray(), learnt.toarray()
    np.testing.assert_allclose(found, learnt, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found, expected)
    twin = coded_twin(Z.source)
    assert twin is not None
    blocks = [chunk.read() for chunk in twin.chunks]
    assert all(isinstance(block, CodedRows) for block in blocks)
    np.testing.assert_array_equal(np.concatenate([b.toarray() for b in blocks]), expected)


def test_filtered_and_cut_rows_have_codes_too(table):
    X = scalml.from_frame(table, chunk_rows=17)
    Z = ColumnTransformer(CASES["numbers then texts"]).fit(X).transform(X)
    late = X["month"] > 6
    for rows in (Z[late], Z[10:41]):
        codes = [chunk.read().toarray() for chunk in coded_twin(rows.source).chunks]
        np.testing.assert_array_equal(np.concatenate(codes), rows.to_numpy())


@pytest.mark.parametrize(
    "options",
    [
        {"transformers": [("n", OneHotEncoder(), ["town"]), ("p", "passthrough", ["kind"])]},
        {"transformers": CASES["numbers then texts"], "transformer_weights": {"t": 2.0}},
    ],
    ids=["texts passed through", "weights"],
)
def test_what_cannot_be_coded_is_left_to_the_namesake(table, options):
    X = scalml.from_frame(table, chunk_rows=17)
    ours = ColumnTransformer(**options).fit(X)
    Z = ours.transform(X)
    assert coded_twin(Z.source) is None
    found, expected = Z.to_numpy(), ours.to_sklearn().transform(table)
    if not isinstance(found, np.ndarray):
        found, expected = found.toarray(), expected.toarray()
    np.testing.assert_array_equal(found, expected)


def test_frames_come_out_as_frames(table):
    X = scalml.from_frame(table, chunk_rows=17)
    ours = ColumnTransformer(
        [("n", SimpleImputer(), ["age"]), ("t", OneHotEncoder(sparse_output=False), ["town"])]
    ).set_output(transform="pandas")
    found = ours.fit(X).transform(X)
    assert coded_twin(found.source) is None
    assert next(iter(found.columns)) == "n__age"


def test_infinity_is_refused_as_in_scikit_learn(table):
    X = scalml.from_frame(table, chunk_rows=17)
    ours = ColumnTransformer(CASES["numbers then texts"]).fit(X)
    table.loc[33, "size"] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        ours.transform(scalml.from_frame(table, chunk_rows=17)).to_numpy()


def test_codes_are_cached_as_codes(table):
    X = scalml.from_frame(table, chunk_rows=17)
    Z = ColumnTransformer(CASES["numbers then texts"]).fit(X).transform(X)
    (copy,) = scalml.cache(coded_twin(Z.source))
    blocks = [chunk.read() for chunk in copy.source.chunks]
    assert all(isinstance(block, CodedRows) for block in blocks)
    np.testing.assert_array_equal(np.concatenate([b.toarray() for b in blocks]), Z.to_numpy())

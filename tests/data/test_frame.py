"""ChunkedFrame and ChunkedSeries give what pandas gives on the same rows, however they are cut."""

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
import sklearn.metrics
import sklearn.model_selection
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer

import scalml
from scalml.data import wrap
from scalml.sources.memory import MemorySource

few = settings(max_examples=5)
NUMERIC = ["i", "b", "f32", "f"]


@st.composite
def cuts(draw):
    lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    return lengths if sum(lengths) else [*lengths, 1]


def table(n, seed=0):
    """A frame with every usual dtype, some values missing."""
    rng = np.random.default_rng(seed)
    missing = rng.random(n) < 0.3
    day = pd.Timestamp("2020-02-27") + pd.to_timedelta(rng.integers(0, 1000, n), "h")
    return pd.DataFrame(
        {
            "i": rng.integers(-5, 5, n),
            "b": rng.random(n) < 0.5,
            "f32": rng.normal(size=n).astype("float32"),
            "f": np.where(missing, np.nan, rng.normal(size=n)),
            "s": pd.Series(rng.choice(["x", "y", "zz"], n), dtype="str").mask(missing),
            "c": pd.Categorical(rng.choice(["u", "v"], n), categories=["v", "u", "w"]),
            "t": pd.Series(day).mask(missing),
            "I": pd.Series(rng.integers(0, 9, n), dtype="Int64").mask(missing),
        }
    )


def chunked(data, lengths):
    return wrap(MemorySource(data, lengths=lengths))


def same(found, expected, **options):
    expected = expected.reset_index(drop=True)
    check = pd.testing.assert_frame_equal
    if isinstance(expected, pd.Series):
        check = pd.testing.assert_series_equal
    check(found.to_pandas(), expected, **options)
    head = found.source.empty()
    dtypes = (head.dtypes, expected.dtypes) if head.ndim == 2 else (head.dtype, expected.dtype)
    assert np.all(dtypes[0] == dtypes[1])


@few
@given(cuts(), st.integers(0, 99))
def test_lazy_operations_are_pandas(lengths, seed):
    p = table(sum(lengths), seed)
    d = chunked(p, lengths)
    same(d[["s", "i"]], p[["s", "i"]])
    same(d.drop(columns=["c"]), p.drop(columns=["c"]))
    same(d.drop("i"), p.drop(columns="i"))
    same(d.rename(columns={"i": "j"})[["s", "j"]], p.rename(columns={"i": "j"})[["s", "j"]])
    same(d[NUMERIC].astype("float32"), p[NUMERIC].astype("float32"))
    same(d.astype({"i": "int8", "b": int}), p.astype({"i": "int8", "b": int}))
    same(d.fillna({"f": 0.5, "s": "none"}), p.fillna({"f": 0.5, "s": "none"}))
    same(d[NUMERIC].fillna(1), p[NUMERIC].fillna(1))
    same(d.isna(), p.isna())
    same(d.notna(), p.notna())
    same(d.isin([1, "x"]), p.isin([1, "x"]))
    same(d[["i", "f"]].clip(-1, 1), p[["i", "f"]].clip(-1, 1))
    same(d.dropna(), p.dropna())
    same(d.dropna(subset=["s"]), p.dropna(subset=["s"]))
    same(d.dropna(subset="f", how="all"), p.dropna(subset="f", how="all"))
    same(d.query("i > 0 and s == 'x'"), p.query("i > 0 and s == 'x'"))
    same(d[["i", "f"]] * 2 + 1, p[["i", "f"]] * 2 + 1)
    same(d[["i", "f"]] > 0, p[["i", "f"]] > 0)
    same(d[["i", "f"]] + p[["i", "f"]], p[["i", "f"]] * 2)
    same(d[["i", "f"]] * pd.Series({"i": 2, "f": 3}), p[["i", "f"]] * pd.Series({"i": 2, "f": 3}))
    np.testing.assert_array_equal(d[["i", "f"]].to_array().to_numpy(), p[["i", "f"]].to_numpy())
    np.testing.assert_array_equal(d["i"].to_array(float).to_numpy(), p["i"].to_numpy(float))


@few
@given(cuts(), st.integers(0, 99))
def test_columns_are_pandas(lengths, seed):
    p = table(sum(lengths), seed)
    d = chunked(p, lengths)
    day = pd.Timestamp("2020-01-01")
    for name in p:
        same(d[name], p[name])
        same(d[name].isna(), p[name].isna())
        assert d[name].count() == p[name].count()
    for mine, theirs in (
        (d["i"] + d["f"], p["i"] + p["f"]),
        (2 - d["i"], 2 - p["i"]),
        (d["i"] ** 2 / 3, p["i"] ** 2 / 3),
        (d["i"] % 3, p["i"] % 3),
        (d["I"] + 1, p["I"] + 1),
        (np.exp(d["f"]), np.exp(p["f"])),
        (d["s"] == "x", p["s"] == "x"),
        (d["s"] != "x", p["s"] != "x"),
        (d["s"] + "!", p["s"] + "!"),
        (d["c"] == "u", p["c"] == "u"),
        (d["t"] > pd.Timestamp("2020-03-01"), p["t"] > pd.Timestamp("2020-03-01")),
        (~(d["i"] > 0), ~(p["i"] > 0)),
        ((d["i"] > 0) & (d["f"] > 0), (p["i"] > 0) & (p["f"] > 0)),
        ((d["i"] > 0) | d["b"], (p["i"] > 0) | p["b"]),
        (d["b"] ^ True, p["b"] ^ True),
        (d["i"] > p["i"].to_numpy() - 1, p["i"] > p["i"] - 1),
        (d["i"].isin([1, 2]), p["i"].isin([1, 2])),
        (d["f"].fillna(0), p["f"].fillna(0)),
        (d["f"].clip(0), p["f"].clip(0)),
        (d["f"].abs().round(1), p["f"].abs().round(1)),
        (d["i"].between(0, 3), p["i"].between(0, 3)),
        (d["i"].astype(float), p["i"].astype(float)),
        (d["i"].rename("j"), p["i"].rename("j")),
        (d["i"].to_frame(), p["i"].to_frame()),
        (d["s"].str.upper(), p["s"].str.upper()),
        (d["s"].str[0], p["s"].str[0]),
        (d["s"].str.contains("z", na=False), p["s"].str.contains("z", na=False)),
        (d["t"].fillna(day).dt.hour, p["t"].fillna(day).dt.hour),
        (d["t"].dt.floor("D"), p["t"].dt.floor("D")),
        (d["c"].cat.codes, p["c"].cat.codes),
        (d["i"].map(lambda i: i / 2, dtype=float), p["i"].map(lambda i: i / 2)),
    ):
        same(mine, theirs, check_dtype=not p["f"].isna().all())
    assert list(d["c"].cat.categories) == ["v", "u", "w"]
    mapped = d["c"].map({"u": 1, "v": 2})
    assert mapped.to_pandas().tolist() == p["c"].astype(str).map({"u": 1, "v": 2}).tolist()


@few
@given(cuts(), st.integers(0, 99))
def test_reductions_are_pandas(lengths, seed):
    p = table(sum(lengths), seed)
    d = chunked(p, lengths)
    pd.testing.assert_series_equal(d.count(), p.count())
    for name in ("sum", "mean", "var", "std", "min", "max"):
        found, expected = getattr(d[NUMERIC], name)(), getattr(p[NUMERIC], name)()
        np.testing.assert_allclose(
            found.astype(float), expected.astype(float), rtol=1e-5, atol=1e-6
        )
        assert list(found.index) == list(expected.index)
        for column in NUMERIC:
            mine, theirs = getattr(d[column], name)(), getattr(p[column], name)()
            np.testing.assert_allclose(float(mine), float(theirs), rtol=1e-5, atol=1e-6)
    for column in ("s", "t", "I"):
        for name in ("min", "max"):
            mine, theirs = getattr(d[column], name)(), getattr(p[column].dropna(), name)()
            assert (pd.isna(mine) and pd.isna(theirs)) or mine == theirs
    for column in ("i", "s", "c", "b"):
        counts = d[column].value_counts()
        expected = p[column].value_counts()
        expected = expected[expected > 0]
        assert counts.to_dict() == expected.to_dict()
        assert counts.is_monotonic_decreasing
        shares = d[column].value_counts(normalize=True, sort=False)
        np.testing.assert_allclose(shares.sum(), 1 if len(expected) else 0)
        assert d[column].nunique() == p[column].nunique()
        assert set(pd.Series(d[column].unique()).dropna()) == set(p[column].dropna())
    assert np.isclose(np.std(d["i"]), np.std(p["i"])) and np.sum(d["i"]) == np.sum(p["i"])
    assert d["b"].any() == p["b"].any() and d["b"].all() == p["b"].all()


@few
@given(cuts(), st.data())
def test_assign(lengths, data):
    n = sum(lengths)
    p, rng = table(n), np.random.default_rng(1)
    d = chunked(p, lengths)
    extra = rng.normal(size=n)
    X = chunked(extra.reshape(-1, 1), data.draw(cuts().filter(lambda c: sum(c) <= n)) + [0])
    X = chunked(extra.reshape(-1, 1), [n - n // 2, n // 2])
    found = d.assign(
        i=d["i"] * 2,
        one=1,
        word="w",
        day=pd.Timestamp("2020-01-01"),
        array=extra,
        items=[str(i) for i in range(n)],
        series=pd.Series(extra, index=np.arange(n)[::-1]),
        category=pd.Categorical(["a"] * n),
        chunks=X[:, 0],
        twice=lambda frame: frame["one"] * 2,
        prediction=d[["i", "f32"]].map_chunks(lambda b: b.to_numpy(dtype=float).sum(axis=1)),
    )
    expected = p.assign(
        i=p["i"] * 2,
        one=1,
        word="w",
        day=pd.Timestamp("2020-01-01"),
        array=extra,
        items=[str(i) for i in range(n)],
        series=extra,
        category=pd.Categorical(["a"] * n),
        chunks=extra,
        twice=2,
        prediction=p[["i", "f32"]].to_numpy(dtype=float).sum(axis=1),
    )
    same(found, expected)


def test_a_replaced_column_keeps_its_place_though_it_is_not_read():
    d = scalml.from_frame(pd.DataFrame({"a": [1, 2], "b": [3, 4]}))
    assert list(d.assign(a=0).to_pandas()) == ["a", "b"]


@few
@given(cuts(), st.sampled_from(["inner", "left"]), st.booleans())
def test_merge(lengths, how, repeated):
    p = table(sum(lengths))
    right = pd.DataFrame(
        {"s": ["x", "y", "x" if repeated else "q"], "code": [1, 2, 3], "w": [True, False, True]}
    )
    d = chunked(p[["s", "i", "f"]], lengths)
    found = d.merge(right, on="s", how=how)
    expected = p[["s", "i", "f"]].merge(right, on="s", how=how)
    if how == "left":
        expected = expected.astype({"code": float, "w": "boolean"})
    same(found, expected)
    assert (found.source.n_rows is not None) == (how == "left" and not repeated) or len(p) == 0
    assert len(found) == len(expected)
    same(found[["code"]], expected[["code"]])
    keyed = d.merge(right, left_on="s", right_on="s", how=how, suffixes=("", "_r"))
    assert list(keyed.columns) == list(expected.columns)


def test_merge_snapshots_the_right_side_and_numbers_new_rows():
    d = scalml.from_frame(pd.DataFrame({"k": [1, 2, 1, 3]}), chunk_rows=2)
    right = pd.DataFrame({"k": [1, 1, 3], "v": [10.0, 11, 30]})
    joined = d.merge(right, on="k")
    right["v"] = 0.0
    assert joined.to_pandas()["v"].tolist() == [10, 11, 10, 11, 30]
    assert scalml.data.row_numbers(joined).to_numpy().tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"on": "z"}, KeyError, "Merge keys"),
        ({"on": "k", "how": "outer"}, ValueError, "'inner' or 'left', got 'outer'"),
        ({"left_on": ["k", "a"], "right_on": ["k"]}, ValueError, "as many columns"),
    ],
)
def test_merge_errors(options, error, words):
    d = scalml.from_frame(pd.DataFrame({"k": [1], "a": [2]}))
    with pytest.raises(error, match=words):
        d.merge(pd.DataFrame({"k": [1]}), **options)
    with pytest.raises(TypeError, match="DataFrame in memory, got ChunkedFrame"):
        d.merge(d)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda d: d["z"], KeyError, "no column 'z'"),
        (lambda d: d[["a", "z"]], KeyError, "no column 'z'"),
        (lambda d: d.drop("z"), KeyError, "no column 'z'"),
        (lambda d: d[["a", "a"]], ValueError, "unique"),
        (lambda d: d.rename(columns={"a": "s"}), ValueError, "unique"),
        (lambda d: d.sum(), TypeError, "numeric_only=True"),
        (lambda d: d["s"].mean(), TypeError, "'s' is str, not numeric"),
        (lambda d: d["s"].astype("category"), ValueError, "must be named"),
        (lambda d: d.astype("category"), ValueError, "must be named"),
        (lambda d: d["s"].map(len), TypeError, "dtype of its results"),
        (lambda d: d["s"].isin("x"), TypeError, "list-like"),
        (lambda d: d["a"].str, AttributeError, "str"),
        (lambda d: d["s"].str.nonsense, AttributeError, "nonsense"),
        (lambda d: d[d["a"]], IndexError, "boolean mask"),
        (lambda d: d[d[["a"]] > 0], IndexError, "boolean mask"),
        (lambda d: d.assign(x=[1, 2]), ValueError, "as many"),
        (lambda d: d.assign(x=d[["a"]].to_array()), ValueError, "one value a row"),
        (lambda d: d.dropna(how="some"), ValueError, "got 'some'"),
        (lambda d: d.query("a + 1").to_pandas(), ValueError, "true or false"),
        (lambda d: d["c"].min(), TypeError, "no min of categories"),
        (lambda d: d.loc, AttributeError, "boolean filters"),
        (lambda d: d.groupby("a"), AttributeError, "map_chunks.*to_pandas"),
        (lambda d: np.where(d["a"] > 1, 0, 1), TypeError, "np.where does not work"),
        (lambda d: d["a"] and True, ValueError, "instead of and"),
        (lambda d: d[["a"]] * d["a"], ValueError, "as many dimensions"),
    ],
)
def test_errors_say_what_to_do(make, error, words):
    frame = pd.DataFrame({"a": [1, 2, 3], "s": list("xyz"), "c": pd.Categorical(list("uvu"))})
    with pytest.raises(error, match=words):
        make(scalml.from_frame(frame, chunk_rows=2))


def test_masks_of_every_kind():
    p = pd.DataFrame({"a": [1, 2, 3], "m": pd.array([True, None, False], dtype="boolean")})
    d = scalml.from_frame(p, chunk_rows=2)
    for mask in (
        [True, False, True],
        np.array([True, False, True]),
        pd.Series([True, False, True]),
    ):
        assert d[mask]["a"].to_pandas().tolist() == [1, 3]
    assert d[d["m"]]["a"].to_pandas().tolist() == [1]  # a missing value is not true
    assert d["a"][d["a"] > 1].to_numpy().tolist() == [2, 3]


def test_no_rows():
    d = scalml.from_frame(table(6), chunk_rows=2)
    none = d[d["i"] > 99]
    assert none.to_pandas().dtypes.equals(table(6).dtypes)
    assert none[NUMERIC].sum().tolist() == [0, 0, 0, 0]
    assert np.isnan(none["f"].mean()) and pd.isna(none["f"].max())
    assert none["s"].value_counts().empty and len(none) == 0


def test_repr_shows_columns_and_never_counts():
    d = scalml.from_frame(table(5), chunk_rows=2)
    kept = d[d["i"] > 0]
    for text in (repr(kept), kept._repr_html_(), repr(kept["i"])):
        assert "rows not counted" in text
    assert kept.shape == (None, 8)
    len(kept)
    assert "rows not counted" not in repr(kept)
    wide = scalml.from_frame(pd.DataFrame(np.zeros((1, 60)), columns=[f"c{i}" for i in range(60)]))
    assert "… 20 more" in repr(wide)
    assert "i" in d and "nothing" not in d


def test_frames_are_not_indexed_by_row_numbers():
    frame = scalml.from_frame(pd.DataFrame({"a": range(10), "b": range(10)}), chunk_rows=4)
    for key in (np.array([0, 1]), np.array([[0]]), (slice(None), [0]), (np.array([0]), Ellipsis)):
        with pytest.raises(IndexError, match=r"scalml\.model_selection and scalml\.compose"):
            frame[key]
    numbered = scalml.from_frame(pd.DataFrame({0: range(3), 1: range(3)}))
    assert list(numbered[np.array([1])].columns) == [1]


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_scikit_learn_fails_at_once_with_a_pointer(kind):
    values = np.random.default_rng(0).normal(size=(40, 2))
    X = scalml.from_array(values, chunk_rows=7) * 1
    if kind == "frame":
        X = scalml.from_frame(pd.DataFrame(values, columns=["a", "b"]), chunk_rows=7)
    y = scalml.from_array(np.arange(40) % 2, chunk_rows=7) * 1
    shuffled = sklearn.model_selection.ShuffleSplit(2, random_state=0)
    calls = {
        "scalml.metrics": lambda: sklearn.metrics.accuracy_score(y, y),
        "scalml.compose": lambda: ColumnTransformer([("a", "passthrough", [0])]).fit_transform(X),
        "scalml.model_selection": lambda: sklearn.model_selection.cross_val_score(
            sklearn.linear_model.Ridge(), X, y, cv=shuffled
        ),
        "model_selection": lambda: sklearn.model_selection.GridSearchCV(
            sklearn.linear_model.Ridge(), {"alpha": [1, 2]}, cv=shuffled
        ).fit(X, y),
    }
    for pointer, call in calls.items():
        with pytest.raises((TypeError, IndexError), match=pointer):
            call()
    with pytest.raises(TypeError, match="scalml.model_selection"):
        list(sklearn.model_selection.StratifiedKFold(2).split(X, y))

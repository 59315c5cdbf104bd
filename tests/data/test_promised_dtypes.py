"""Dtypes of lazy columns: found with a missing value too, and kept by every chunk."""

import os
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.impute import SimpleImputer
from scalml.linear_model import LinearRegression
from scalml.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

FRAME = pd.DataFrame(
    {
        "comment": ["a b", "c", "e", "d e f", *["g"] * 10, None, "h i"],
        "number": [*["1", "2"] * 7, "x", None],
        "kind": ["a", "b", "c"] * 5 + ["other"],
    }
)
COLUMNS = {
    "count": lambda rows: rows["comment"].str.count(" "),
    "len": lambda rows: rows["comment"].str.len(),
    "map": lambda rows: rows["kind"].map({"a": 1, "b": 2, "c": 3}),
    "contains": lambda rows: rows["comment"].str.contains("a"),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("chunk_rows", [1, 4, 16])
def test_columns_have_the_dtype_of_the_whole(name, chunk_rows, tmp_path):
    pytest.importorskip("pyarrow")
    rows = scalml.from_frame(FRAME, chunk_rows=chunk_rows)
    expected = COLUMNS[name](FRAME)
    lazy = COLUMNS[name](rows)
    assert lazy.dtype == expected.dtype
    pd.testing.assert_series_equal(lazy.to_pandas(), expected)
    rows.assign(made=lazy).to_parquet(tmp_path / "made")
    read = pd.read_parquet(tmp_path / "made")["made"].sort_index()
    pd.testing.assert_series_equal(read, expected, check_names=False)


def test_numbers_from_text_by_map_chunks(tmp_path):
    pytest.importorskip("pyarrow")
    rows = scalml.from_frame(FRAME, chunk_rows=4)
    numbers = rows["number"].map_chunks(pd.to_numeric, errors="coerce")
    assert numbers.dtype == np.float64
    rows.assign(made=numbers).to_parquet(tmp_path / "made")
    expected = pd.to_numeric(FRAME["number"], errors="coerce")
    pd.testing.assert_series_equal(
        pd.read_parquet(tmp_path / "made")["made"], expected, check_names=False
    )


def test_a_chunk_is_converted_only_where_no_value_is_lost():
    rows = scalml.from_array(np.array([1.0, 2.0, 3.5, 4.0]), chunk_rows=2)
    frame = scalml.from_frame(pd.DataFrame({"x": [1.0, 2.0, 3.5, 4.0]}), chunk_rows=2)
    promised = frame["x"].map_chunks(lambda x: x, empty=pd.Series([], dtype=np.int64, name="x"))
    first, second = [promised.source.chunks[k].read() for k in (0, 1)]
    assert first.dtype == np.int64 and second.dtype == np.float64
    assert second.tolist() == [3.5, 4.0]
    assert rows.dtype == np.float64


def test_a_function_that_takes_no_empty_block_is_asked_for_a_row():
    frame = scalml.from_frame(FRAME, chunk_rows=4)

    def first_of_all(block):
        return block.assign(first=block["kind"].iloc[0])

    made = frame.map_chunks(first_of_all)
    assert list(made.columns) == [*FRAME.columns, "first"]
    assert made.head(2)["first"].tolist() == ["a", "a"]


def test_a_function_that_takes_nothing_is_told_of_empty(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x\n1\n")

    def broken(block):
        raise KeyError("nothing")

    with pytest.raises(KeyError, match="nothing") as caught:
        scalml.read_csv(path).map_chunks(broken)  # text is not read for it
    assert any("empty=" in note for note in caught.value.__notes__)
    with pytest.raises(KeyError, match="nothing"):
        scalml.from_frame(FRAME, chunk_rows=4).map_chunks(broken)


OBJECTS = {
    "integers": pd.Series([1, 2, 3] * 10, dtype=object),
    "decimals": pd.Series([Decimal("1.5"), Decimal(2)] * 15, dtype=object),
    "text": pd.Series(["1", "2", "3"] * 10, dtype=object),
    "mixed": pd.Series([1, 2.5, "3"] * 10, dtype=object),
}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize(
    "model", [StandardScaler(), MinMaxScaler(), MaxAbsScaler(), SimpleImputer()], ids=repr
)
def test_objects_that_are_numbers(name, model):
    rows = pd.DataFrame({"x": OBJECTS[name], "z": np.arange(30.0)})
    chunked = scalml.from_frame(rows, chunk_rows=8)
    plain = pd.DataFrame({"x": OBJECTS[name].astype(float), "z": np.arange(30.0)})
    expected = type(model)().fit_transform(plain)
    np.testing.assert_allclose(model.fit(chunked).transform(chunked).to_numpy(), expected)
    LinearRegression().fit(chunked, np.arange(30.0)).predict(chunked).to_numpy()


def test_a_text_among_numbers_is_named_with_its_row():
    values = pd.Series([1, 2] * 12 + ["oops", 3], dtype=object)
    chunked = scalml.from_frame(pd.DataFrame({"x": values}), chunk_rows=10)
    with pytest.raises(ValueError, match="'oops', the first in row 24 of data in memory"):
        StandardScaler().fit(chunked)
    fitted = StandardScaler().fit(chunked[:20])
    with pytest.raises(ValueError, match=r"'oops'.*row 24"):
        fitted.transform(chunked).to_numpy()


def test_files_are_named_too(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("x\n" + "1\n" * 10 + "oops\n" + "2\n" * 5)
    rows = scalml.read_csv(path, dtype={"x": "str"}, chunk_rows=4)["x"].astype(object).to_frame()
    with pytest.raises(ValueError, match=rf"'oops'.*line 12 of {os.path.basename(path)}"):
        StandardScaler().fit(rows)

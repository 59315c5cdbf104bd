import os
import pickle
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scalml.sources.base import DataChangedError, Reader
from scalml.sources.parquet import ParquetSource
from scalml.sources.select import Columns


def rows_of(source):
    return pd.concat(
        [source.empty(), *(chunk.read() for chunk in source.chunks)], ignore_index=True
    )


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    n = 1000
    return pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "i": rng.integers(0, 9, n),
            "s": rng.choice(["a", "bc", None], n),
            "b": rng.integers(0, 2, n).astype(bool),
            "t": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9, n), unit="D"),
            "f": rng.normal(size=n).astype("float32"),
        }
    ).astype({"s": "str"})


@pytest.fixture
def path(table, tmp_path):
    table.to_parquet(tmp_path / "a.parquet", row_group_size=300)
    return tmp_path / "a.parquet"


@pytest.mark.parametrize(
    "grid", [{}, {"chunk_rows": 1}, {"chunk_rows": 77}, {"chunk_rows": 2000}, {"chunk_bytes": 9000}]
)
def test_equals_the_table(table, path, grid):
    source = ParquetSource.open(path, **grid)
    pd.testing.assert_frame_equal(rows_of(source), table)
    if "chunk_rows" in grid:
        assert set(source.lengths[:-1]) <= {grid["chunk_rows"]}
    for chunk in source.chunks[::50]:
        assert chunk.read().dtypes.equals(source.empty().dtypes)


def test_row_groups_are_chunks_and_large_ones_are_cut(path):
    assert ParquetSource.open(path).lengths == (300, 300, 300, 100)
    cut = ParquetSource.open(path, chunk_bytes=200 * 93)
    assert max(cut.lengths) <= 200
    assert set(np.cumsum(cut.lengths)) >= {300, 600, 900, 1000}


def test_chunks_in_any_order(table, path):
    source = ParquetSource.open(path, chunk_rows=70)
    for index in np.random.default_rng(1).permutation(source.n_chunks):
        expected = table.iloc[index * 70 : index * 70 + 70].reset_index(drop=True)
        pd.testing.assert_frame_equal(source.chunks[index].read(), expected)


def test_reading_in_order_decodes_a_row_group_once(path, monkeypatch):
    source = ParquetSource.open(path, chunk_rows=50)
    decoded = []
    import scalml.sources.parquet as module

    original = module.open_file
    monkeypatch.setattr(module, "open_file", lambda name: decoded.append(name) or original(name))
    for chunk in source.chunks:
        chunk.read()
    assert len(decoded) == 4


def test_only_wanted_columns_are_read(path):
    source = ParquetSource.open(path, columns=["s", "x", "i"])
    assert list(source.empty()) == ["x", "i", "s"]
    assert list(Reader([Columns(source, ["i"])])(source, 0).columns) == ["i"]
    assert Reader([Columns(source, [])])(source, 3).shape == (100, 0)
    with pytest.raises(ValueError, match=r"columns has \['q'\]"):
        ParquetSource.open(path, columns=["q"])


@pytest.mark.fault("F09")
@pytest.mark.parametrize("statistics", [True, False])
def test_nulls_fix_the_dtype_of_every_chunk(tmp_path, statistics):
    for name, values in (("a", [1, 2, 3, 4]), ("b", [5, 6, None, 8])):
        flags = [None if value is None else value > 2 for value in values]
        columns = {"i": pa.array(values), "b": pa.array(flags), "n": pa.nulls(4)}
        pq.write_table(
            pa.table(columns),
            tmp_path / f"{name}.parquet",
            row_group_size=2,
            write_statistics=statistics,
        )
    source = ParquetSource.open(tmp_path / "*.parquet")
    assert [str(dtype) for dtype in source.empty().dtypes] == ["float64", "boolean", "float64"]
    for chunk in source.chunks:
        assert chunk.read().dtypes.equals(source.empty().dtypes)
    assert source.locate(2, 1) == "row 1 of b.parquet (row 5 of all files)"
    assert source.describe(2) == "rows 4:6 of a.parquet and 1 more"


def test_kinds_of_columns(tmp_path):
    days = pd.to_datetime(["2024-01-01", None]).date
    columns = {
        "category": pa.array(["u", None]).dictionary_encode(),
        "codes": pa.array([7, 8]).dictionary_encode(),
        "day": pa.array([days[0], None], pa.date32()),
        "decimal": pa.array([1, None], pa.decimal128(5, 2)),
        "zone": pa.array([0, None], pa.timestamp("us", "UTC")),
        "span": pa.array([1, None], pa.duration("s")),
        "small": pa.array([1, 2], pa.uint8()),
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    source = ParquetSource.open(tmp_path / "a.parquet", chunk_rows=1)
    assert [str(dtype) for dtype in source.dtypes.values()] == [
        "str",
        "int64",
        "datetime64[s]",
        "float64",
        "datetime64[us, UTC]",
        "timedelta64[s]",
        "uint8",
    ]
    for chunk in source.chunks:
        assert chunk.read().dtypes.equals(source.empty().dtypes)
    assert rows_of(source)["day"][0] == pd.Timestamp("2024-01-01")
    pq.write_table(pa.table({"x": [[1]]}), tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"'x' of b\.parquet is list"):
        ParquetSource.open(tmp_path / "b.parquet")


@pytest.mark.fault("F47")
def test_other_columns_in_another_file(path, table):
    every = path.parent / "*.parquet"
    table.drop(columns="x").to_parquet(path.parent / "b.parquet")
    with pytest.raises(ValueError, match=r"'x' of a\.parquet is missing in b\.parquet"):
        ParquetSource.open(every)
    others = [name for name in table.columns if name != "x"]
    both = ParquetSource.open(every, columns=others)
    pd.testing.assert_frame_equal(rows_of(both), pd.concat([table[others]] * 2, ignore_index=True))
    table.assign(more=1).to_parquet(path.parent / "b.parquet")
    with pytest.raises(ValueError, match=r"'more' of b\.parquet is missing in a\.parquet"):
        ParquetSource.open(every)
    table[table.columns[::-1]].to_parquet(path.parent / "b.parquet")
    pd.testing.assert_frame_equal(
        rows_of(ParquetSource.open(every)), pd.concat([table] * 2, ignore_index=True)
    )


DRIFTS = {
    "int32 and int64": (pa.array([1, 2], pa.int32()), pa.array([3, 4], pa.int64()), "int64"),
    "int and float": (pa.array([1, 2], pa.int64()), pa.array([3.5, 4.0]), "float64"),
    "null and int": (pa.nulls(2), pa.array([3, 4], pa.int64()), "float64"),
    "null and text": (pa.nulls(2), pa.array(["a", "b"]), "str"),
    "string and large_string": (
        pa.array(["a", "b"]),
        pa.array(["c", "d"], pa.large_string()),
        "str",
    ),
    "string and dictionary": (
        pa.array(["a", "b"]),
        pa.array(["c", "c"]).dictionary_encode(),
        "str",
    ),
    "ns and us": (
        pa.array([0, 1], pa.timestamp("us")),
        pa.array([2, 3], pa.timestamp("ns")),
        "datetime64[ns]",
    ),
}


@pytest.mark.parametrize("name", DRIFTS)
@pytest.mark.parametrize("turned", [False, True])
def test_types_that_drift_are_promoted(name, turned, tmp_path):
    first, second, dtype = DRIFTS[name]
    pair = (second, first) if turned else (first, second)
    for file, column in zip("ab", pair, strict=True):
        pq.write_table(pa.table({"x": column}), tmp_path / f"{file}.parquet")
    found = ParquetSource.open(tmp_path / "*.parquet", chunk_rows=3)
    assert found.empty()["x"].dtype == pd.Series([], dtype=dtype).dtype
    expected = pd.concat([one.to_pandas().astype(dtype) for one in pair], ignore_index=True)
    for chunk in found.chunks:
        assert chunk.read()["x"].dtype == expected.dtype
    pd.testing.assert_series_equal(rows_of(found)["x"], expected, check_names=False)


def test_types_without_a_common_one(tmp_path):
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["3", "4"]}), tmp_path / "b.parquet")
    every = tmp_path / "*.parquet"
    with pytest.raises(ValueError, match=r"'x' is string in b\.parquet and int64 in a\.parquet"):
        ParquetSource.open(every)
    text = ParquetSource.open(every, dtype={"x": "str"})
    assert rows_of(text)["x"].tolist() == ["1", "2", "3", "4"]
    numbers = ParquetSource.open(every, schema=pa.schema([("x", pa.float32())]))
    assert rows_of(numbers)["x"].dtype == np.float32
    with pytest.raises(ValueError, match=r"dtype has \['z'\]"):
        ParquetSource.open(every, dtype={"z": "str"})


def test_names_that_occur_twice(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"'x' occurs 2 times in a\.parquet"):
        ParquetSource.open(tmp_path / "a.parquet")


@pytest.mark.parametrize("columns", [None, ["v", "year"], ["town"], ["v"]])
@pytest.mark.parametrize("chunk_rows", [None, 3])
@pytest.mark.parametrize("how", ["folder", "glob", "list"])
def test_hive_partitions_are_columns(columns, chunk_rows, how, tmp_path):
    rows = pd.DataFrame(
        {"v": range(8), "year": [2013, 2014] * 4, "town": ["Köln", "Ulm", "Ulm", "a b"] * 2}
    )
    folder = tmp_path / "run=1"  # above what is opened, so no column
    rows.to_parquet(folder, partition_cols=["year", "town"])
    (folder / "_SUCCESS").write_text("")
    files = sorted(folder.rglob("*.parquet"))
    given = {"folder": folder, "glob": folder / "*" / "*" / "*.parquet", "list": files}[how]
    found = rows_of(ParquetSource.open(given, columns=columns, chunk_rows=chunk_rows))
    expected = pd.read_parquet(folder)[columns or list(rows.columns)]
    order = list(found.columns)
    assert sorted(order) == sorted(expected.columns)
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True),
        expected[order].sort_values(order, ignore_index=True),
        check_categorical=False,
    )


def test_folders_without_partitions_and_without_files(path, table, tmp_path):
    pd.testing.assert_frame_equal(rows_of(ParquetSource.open(path.parent)), table)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="has no Parquet files"):
        ParquetSource.open(tmp_path / "empty")


@pytest.mark.fault("F25")
@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_truncated(path, share):
    os.truncate(path, int(os.path.getsize(path) * share))
    with pytest.raises(ValueError, match=r"a\.parquet' is truncated or no Parquet file"):
        ParquetSource.open(path)


@pytest.mark.fault("F12")
def test_files_without_rows(path, table):
    table[:0].to_parquet(path.parent / "0.parquet")
    source = ParquetSource.open(path.parent / "*.parquet")
    pd.testing.assert_frame_equal(rows_of(source), table)
    with pytest.raises(ValueError, match=r"none in 0\.parquet"):
        ParquetSource.open(path.parent / "0.parquet")


def test_pickles_and_recuts(path, table):
    source = ParquetSource.open(path, chunk_rows=70)
    source.chunks[1].read()
    copy = pickle.loads(pickle.dumps(source))
    pd.testing.assert_frame_equal(copy.chunks[2].read(), source.chunks[2].read())
    assert [len(c.read()) for c in copy.regrid((0, 999, 1)).chunks] == [0, 999, 1]


@pytest.mark.fault("F21")
def test_a_file_that_changed(path):
    source = ParquetSource.open(path)
    os.truncate(path, 100)
    with pytest.raises(DataChangedError):
        source.chunks[0].read()


@pytest.mark.fault("F59")
def test_without_pyarrow(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ImportError, match=r"pip install scalml\[parquet\]"):
        ParquetSource.open(path)

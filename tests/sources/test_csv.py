import logging
import os
import pickle

import numpy as np
import pandas as pd
import pytest

from scalml.sources.base import DataChangedError, Reader
from scalml.sources.csv import CsvSource
from scalml.sources.select import Columns

FLIGHTS = (
    "day,carrier,delay,late,when\n"
    "1,AA,1.5,True,2024-01-01 10:00\n"
    "2,UA,,False,2024-01-02 11:30\n"
    "3,,-3,False,\n"
    "4,AA,0,True,2024-01-04 00:00\n"
    "5,DL,7.25,True,2024-01-05 23:59\n"
)


def rows_of(source):
    return pd.concat(
        [source.empty(), *(chunk.read() for chunk in source.chunks)], ignore_index=True
    )


@pytest.fixture
def flights(tmp_path):
    path = tmp_path / "flights.csv"
    path.write_text(FLIGHTS)
    return path


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 5, 9])
def test_equals_pandas(flights, chunk_rows):
    options = {"parse_dates": ["when"]}
    source = CsvSource.open(flights, chunk_rows=chunk_rows, **options)
    pd.testing.assert_frame_equal(rows_of(source), pd.read_csv(flights, **options))
    for chunk in source.chunks:
        assert chunk.read().dtypes.equals(source.empty().dtypes)


@pytest.mark.parametrize(
    "options",
    [
        {"sep": ";", "decimal": ",", "thousands": "."},
        {"sep": ";", "na_values": ["2,5", "x"], "keep_default_na": False, "dtype": {"b": "str"}},
        {"sep": ";", "header": None},
        {"sep": ";", "header": None, "names": ["p", "q", "r"], "usecols": ["r", "p"]},
        {"sep": ";", "header": 0, "names": ["p", "q", "r"]},
        {"sep": ";", "usecols": lambda name: name != "b"},
        {"sep": ";", "usecols": [2]},
        {"sep": ";", "quotechar": "'"},
        {"sep": ";", "quoting": 3},
        {"sep": ";", "true_values": ["yes"], "false_values": ["no"]},
    ],
)
def test_options_mean_what_they_mean_in_pandas(tmp_path, options):
    path = tmp_path / "a.csv"
    path.write_text("a;b;c\n1.000,5;'x';yes\n2,5;NA;no\n7;'z';no\n")
    found = rows_of(CsvSource.open(path, chunk_rows=2, **options))
    pd.testing.assert_frame_equal(found, pd.read_csv(path, **options))


def test_only_wanted_columns_are_parsed(flights):
    source = CsvSource.open(flights, chunk_rows=2)
    delay, carrier = Columns(source, "delay"), Columns(source, ["carrier"])
    reader = Reader([delay, carrier])
    assert reader.columns(source) == {"delay", "carrier"}
    assert list(reader(source, 1).columns) == ["carrier", "delay"]
    nothing = Columns(source, [])
    assert Reader([nothing])(source, 2).shape == (1, 0)


def test_several_files_share_one_grid(tmp_path):
    for name, rows in (("a", "1\n2\n3"), ("b", ""), ("c", "\n4\n\n"), ("d", "5\n6")):
        (tmp_path / f"{name}.csv").write_text("x\n" + rows)
    (tmp_path / "e.csv").write_text("")
    source = CsvSource.open(tmp_path / "*.csv", chunk_rows=2)
    assert source.lengths == (2, 2, 2)
    assert rows_of(source)["x"].tolist() == [1, 2, 3, 4, 5, 6]
    assert source.chunks[1].read()["x"].tolist() == [3, 4]
    assert source.describe(1) == "rows 2:4 of a.csv and 2 more"
    assert [source.locate(1, 0), source.locate(1, 1)] == ["line 4 of a.csv", "line 3 of c.csv"]
    other = source.regrid((1, 0, 5))
    assert [len(chunk.read()) for chunk in other.chunks] == [1, 0, 5]


@pytest.mark.fault("F12")
@pytest.mark.parametrize("text", ["", "\n\n", "a,b\n", "\ufeff", "a,b\n\n \n"])
def test_no_row_anywhere(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"none in a\.csv"):
        CsvSource.open(path)


@pytest.mark.fault("F12")
@pytest.mark.parametrize("empty", ["", "day,carrier,delay,late,when\n"])
@pytest.mark.parametrize("name", ["a.csv", "z.csv"])
def test_empty_files_are_left_out(flights, empty, name):
    alone = rows_of(CsvSource.open(flights))
    (flights.parent / name).write_text(empty)
    source = CsvSource.open(flights.parent / "*.csv", chunk_rows=2)
    pd.testing.assert_frame_equal(rows_of(source), alone)
    assert 0 not in source.lengths


@pytest.mark.fault("F43")
@pytest.mark.parametrize(
    ("header", "how"),
    [("a,c", r"lacks \['b'\] and adds \['c'\]"), ("b,a", r"another order"), ("a,b,b", "adds")],
)
def test_headers_that_differ(tmp_path, header, how):
    (tmp_path / "1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2.csv").write_text(f"{header}\n1,2\n")
    with pytest.raises(ValueError, match=rf"1\.csv has \['a', 'b'\], 2\.csv .*{how}"):
        CsvSource.open([tmp_path / "1.csv", tmp_path / "2.csv"])


@pytest.mark.fault("F09")
@pytest.mark.parametrize(
    ("planted", "advice"),
    [("1.5", "float64"), ("", "float64"), ("x7", "str"), ("9" * 30, "float64")],
)
@pytest.mark.parametrize("column", ["n", "m"])
def test_a_cell_that_does_not_fit_is_named(tmp_path, monkeypatch, planted, advice, column):
    monkeypatch.setattr("scalml.sources.csv.SAMPLE_BYTES", 100)
    path = tmp_path / "a.csv"
    cells = [{"n": str(i), "m": str(-i)} for i in range(1000)]
    cells[333][column] = planted
    lines = [f'{cell["n"]},"t\n",{cell["m"]}\n' for cell in cells]
    path.write_text("n,text,m\n" + "\n".join(lines))
    source = CsvSource.open(path, chunk_rows=300)
    assert source.empty().dtypes.astype(str).to_dict() == {
        "n": "int64",
        "text": "str",
        "m": "int64",
    }
    source.chunks[0].read()
    line = 2 + 333 * 3
    with pytest.raises(ValueError) as caught:
        source.chunks[1].read()
    message = str(caught.value)
    assert f"Column {column!r} is int64" in message
    assert f"line {line} of a.csv" in message
    assert repr(planted) in message
    assert f"dtype={{{column!r}: {advice!r}}}" in message
    fixed = CsvSource.open(path, chunk_rows=300, dtype={column: advice})
    assert {str(chunk.read()[column].dtype) for chunk in fixed.chunks} == {advice}


@pytest.mark.fault("F09")
def test_dtypes_never_drift(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    thirds = [["1", "2.5", "yes"], ["2", "3", "7"], ["3", "", "8"]]
    rows = [third for third in thirds for _ in range(50_000)]
    path.write_text("\n".join(["i,f,s", *(",".join(row) for row in rows)]))
    source = CsvSource.open(path, chunk_rows=10_000)
    expected = source.empty().dtypes
    assert [str(dtype) for dtype in expected] == ["int64", "float64", "str"]
    for chunk in source.chunks:
        assert chunk.read().dtypes.equals(expected)
    assert source.chunks[-1].read()["s"].unique().tolist() == ["8"]


def test_booleans_with_gaps_are_no_objects(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\nTrue,1\n,2\nFalse,3\n")
    assert rows_of(CsvSource.open(path, chunk_rows=1))["a"].dtype == "boolean"


def test_given_dtypes_win(flights):
    carriers = pd.CategoricalDtype(["AA", "DL", "UA"])
    source = CsvSource.open(flights, chunk_rows=2, dtype={"day": "float32", "carrier": carriers})
    frame = source.chunks[2].read()
    assert frame["day"].dtype == np.float32
    assert frame["carrier"].dtype == carriers
    with pytest.raises(ValueError, match=r"one of its categories, line 6 .* 'DL'"):
        CsvSource.open(flights, dtype={"carrier": pd.CategoricalDtype(["AA", "UA"])})
    with pytest.raises(ValueError, match="must be given its categories"):
        CsvSource.open(flights, dtype={"carrier": "category"})
    with pytest.raises(ValueError, match=r"dtype has \['dya'\]"):
        CsvSource.open(flights, dtype={"dya": "int64"})
    with pytest.raises(ValueError, match=r"'day' .*line 2|Column 'carrier' is int64.*'AA'"):
        CsvSource.open(flights, dtype={"carrier": "int64"})


def test_a_date_that_does_not_fit_is_named(flights, monkeypatch):
    monkeypatch.setattr("scalml.sources.csv.SAMPLE_BYTES", 100)
    text = FLIGHTS + "6,AA,1,True,2024-01-06 10:00\n" * 500 + "7,AA,1,True,soon\n"
    flights.write_text(text + "8,AA,1,True,2024-01-06 10:00\n" * 300)
    source = CsvSource.open(flights, parse_dates=["when"])
    with pytest.raises(ValueError, match=r"'when' must hold dates .* line 507 .* 'soon'"):
        source.chunks[0].read()


def test_pickles_small_and_reads_elsewhere(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,x\n" * 20_000)
    source = CsvSource.open(path, chunk_rows=10)
    data = pickle.dumps(source)
    assert len(data) < 60 * source.n_chunks
    copy = pickle.loads(data)
    pd.testing.assert_frame_equal(copy.chunks[7].read(), source.chunks[7].read())
    assert copy.regrid((20_000,)).chunks[0].read().shape == (20_000, 2)


@pytest.mark.fault("F21")
@pytest.mark.fault("F22")
def test_files_that_change(flights):
    source = CsvSource.open(flights, chunk_rows=2)
    os.truncate(flights, len(FLIGHTS) - 40)
    with pytest.raises(OSError, match=r"short read of 'flights\.csv': expected"):
        Reader([source])(source, 2)
    with pytest.raises(DataChangedError, match=r"flights\.csv changed"):
        source.check()


@pytest.mark.fault("F25")
def test_a_last_line_without_end(flights, caplog):
    flights.write_text(FLIGHTS[:-3])
    with caplog.at_level(logging.WARNING, "scalml"):
        CsvSource.open(flights)
    assert "'5,DL,7.25,True,2024-01-05 23:'" in caplog.text
    with pytest.raises(ValueError, match=r"flights\.csv must end with a line end"):
        CsvSource.open(flights, require_final_newline=True)


@pytest.mark.fault("F08")
def test_left_out_rows_are_reported(flights, caplog):
    flights.write_text(FLIGHTS + "6,AA\n")
    with caplog.at_level(logging.WARNING, "scalml"):
        assert CsvSource.open(flights, on_bad_rows="skip").n_rows == 5
    assert "1 rows of flights.csv were left out" in caplog.text
    assert "line 7" in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sep": "::"}, "sep must be one ASCII character"),
        ({"quotechar": ","}, "must differ"),
        ({"header": 3}, "header must be"),
        ({"on_bad_rows": "warn"}, "on_bad_rows must be"),
        ({"names": ["a"]}, "names must be 5 different names"),
        ({"usecols": ["nothing"]}, r"usecols has \['nothing'\]"),
        ({"parse_dates": ["nothing"]}, r"parse_dates has \['nothing'\]"),
        ({"chunk_rows": 0}, "chunk_rows must be"),
    ],
)
def test_refused_options(flights, options, message):
    with pytest.raises(ValueError, match=message):
        CsvSource.open(flights, **options)


def test_threads_scan_as_one_does(tmp_path):
    path = tmp_path / "a.csv"
    frame = pd.DataFrame({"x": np.arange(200_000), "s": 'a "quoted" text'})
    frame.to_csv(path, index=False)
    source = CsvSource.open(path, chunk_rows=30_000)
    assert rows_of(source).equals(frame)
    assert source.fingerprint()[0][0].size == os.path.getsize(path)

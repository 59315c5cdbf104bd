"""Chunks of text have the rows that one-shot pandas.read_csv has, wherever they are cut."""

import io
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scalml.sources import csv_cuts
from scalml.sources.csv import CsvSource


def rows_of(source):
    return pd.concat(
        [source.empty(), *(chunk.read() for chunk in source.chunks)], ignore_index=True
    )


def written(tmp_path, text, name="a.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def assert_same_rows(path, expected, **options):
    source = CsvSource.open(path, map=map, **options)
    pd.testing.assert_frame_equal(rows_of(source), expected)
    rows = options["chunk_rows"]
    assert all(length == rows for length in source.lengths[:-1])
    assert sum(source.lengths) == len(expected)


def quoted(cell, always):
    if always or any(character in cell for character in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@st.composite
def texts(draw):
    """CSV text of two to four columns, with what makes cutting it hard."""
    n_columns = draw(st.integers(2, 4))
    cell_texts = st.text(alphabet='ab ,"\n\ré€', max_size=5)
    table = draw(
        st.lists(
            st.lists(cell_texts, min_size=n_columns, max_size=n_columns), min_size=1, max_size=12
        )
    )
    end = draw(st.sampled_from(["\n", "\r\n"]))
    always = draw(st.booleans())
    lines = [",".join(f"c{i}" for i in range(n_columns))]
    for row in table:
        lines += draw(st.lists(st.sampled_from(["", " ", "\t"]), max_size=2))
        cells = [quoted(cell, always) for cell in row[1:]]
        lines.append(",".join([str(len(lines)), *cells]))
    text = end.join(lines) + draw(st.sampled_from(["", end, end + end]))
    return draw(st.sampled_from(["", "\ufeff"])) + text


@settings(max_examples=60, deadline=None)
@given(text=texts(), zone=st.integers(4, 60), rows=st.integers(1, 5))
@pytest.mark.fault("F42")
@pytest.mark.fault("F43")
@pytest.mark.fault("F41")
def test_any_table_cut_anywhere(tmp_path_factory, text, zone, rows):
    path = written(tmp_path_factory.mktemp("any"), text)
    dtype = {name: "str" for name in ("c1", "c2", "c3") if name in text.splitlines()[0]}
    expected = pd.read_csv(path, dtype=dtype, index_col=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_cuts, "ZONE_BYTES", zone)
        patch.setattr(csv_cuts, "OVERLAP_BYTES", 4)
        assert_same_rows(path, expected, dtype=dtype, chunk_rows=rows)


@pytest.mark.fault("F42")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_border_in_quoted_line_ends(tmp_path, monkeypatch, end):
    lines = ["a,b", '1,"x\ny"', '2,"""\n"', "", '3,""', '4,"u,\r\n""v"', "5,plain"]
    path = written(tmp_path, end.join(lines))
    expected = pd.read_csv(path)
    monkeypatch.setattr(csv_cuts, "OVERLAP_BYTES", 4)
    for zone, rows in itertools.product(range(4, 60), (1, 2, 3)):
        monkeypatch.setattr(csv_cuts, "ZONE_BYTES", zone)
        assert_same_rows(path, expected, chunk_rows=rows)


@pytest.mark.parametrize("zone", [4, 5, 9, 23, 2**18])
def test_quotes_within_fields_are_ordinary(tmp_path, monkeypatch, zone):
    text = 'a,b,c\n1,5" pipe,x\n2,"q\n,""",y\n3,"ab"c"d,z\n4,6",7"\n5, "k",l"\n'
    path = written(tmp_path, text)
    monkeypatch.setattr(csv_cuts, "ZONE_BYTES", zone)
    source = CsvSource.open(path, map=map, chunk_rows=2)
    assert source.files[0].serial
    assert_same_rows(path, pd.read_csv(path), chunk_rows=2)
    assert source.locate(1, 0) == "line 5 of a.csv"


def test_lone_carriage_returns_end_lines(tmp_path):
    path = written(tmp_path, 'a,b\r1,x\r\r2,"y\rz"\r,w\r')
    found = rows_of(CsvSource.open(path, chunk_rows=2))
    expected = pd.read_csv(io.StringIO('a,b\n1,x\n2,"y\rz"\n,w\n'))
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.fault("F42")
def test_unterminated_quote_names_its_line(tmp_path, monkeypatch):
    path = written(tmp_path, 'a,b\n1,"x\ny"\n2,"open\n3,z\n4,z\n')
    for zone in (4, 7, 2**18):
        monkeypatch.setattr(csv_cuts, "ZONE_BYTES", zone)
        with pytest.raises(ValueError, match=r"opened on line 4 of a\.csv is never closed"):
            CsvSource.open(path)


@pytest.mark.fault("F56")
def test_a_row_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_cuts, "MAX_ROW_BYTES", 2**10)
    monkeypatch.setattr(csv_cuts, "OVERLAP_BYTES", 16)
    monkeypatch.setattr(csv_cuts, "ZONE_BYTES", 16)
    path = written(tmp_path, 'a,b\n1,x\n2,"' + "y" * 10**5 + '"\n')
    with pytest.raises(ValueError, match=r"Line 3 of a\.csv .* is a quote never closed"):
        CsvSource.open(path)


@pytest.mark.fault("F08")
@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
@pytest.mark.parametrize(("bad", "seen"), [("7", 1), ("7,8,9", 3), ('"7,8"', 1), ("7,8,", 3)])
@pytest.mark.parametrize("at", [0, 2, 4])
def test_rows_of_another_width(tmp_path, chunk_rows, bad, seen, at):
    rows = [f"{i},{i}" for i in range(5)]
    rows.insert(at, bad)
    path = written(tmp_path, "\n".join(["a,b", '-1,"-1\n"', *rows]))
    options = {"chunk_rows": chunk_rows, "usecols": ["a"]}
    message = rf"must have 2 fields, line {at + 4} of a\.csv has {seen}"
    with pytest.raises(ValueError, match=message):
        CsvSource.open(path, **options)
    source = CsvSource.open(path, on_bad_rows="skip", **options)
    assert rows_of(source)["a"].tolist() == [-1, 0, 1, 2, 3, 4]
    assert source.n_bad_rows == 1
    assert source.locate(source.n_chunks - 1, source.lengths[-1] - 1) == "line 9 of a.csv"


@pytest.mark.fault("F41")
@pytest.mark.parametrize("zone", [4, 6, 11, 2**18])
@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ("a,b\n1,é€\n2,".encode() + b"\xe9x\n", r"Line 3 of a\.csv \(byte 14\)"),
        (b"a,b\n1,x\n2,\0y\n", r"Line 3 of a\.csv \(byte 10\): a NUL byte"),
        (b"a,b\n1,x\n2,\xc3", r"Line 3 of a\.csv \(byte 10\)"),
        ("a,b\n1,x\n".encode("utf-16"), r"Line 1 of a\.csv \(byte 0\)|a NUL byte"),
    ],
)
def test_bytes_that_are_no_text(tmp_path, monkeypatch, zone, raw, where):
    monkeypatch.setattr(csv_cuts, "ZONE_BYTES", zone)
    with pytest.raises(ValueError, match=where):
        CsvSource.open(written(tmp_path, raw))


def test_zones_agree_with_one_zone(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    lines = [f'{i},"{"x" * n}"' for i, n in enumerate(rng.integers(0, 50, 500))]
    path = written(tmp_path, "\n".join(["a,b", *lines]))
    whole = CsvSource.open(path, chunk_rows=7)
    monkeypatch.setattr(csv_cuts, "ZONE_BYTES", 97)
    many = CsvSource.open(path, chunk_rows=7)
    assert [whole.pieces(i)[0].begin for i in range(9)] == [
        many.pieces(i)[0].begin for i in range(9)
    ]

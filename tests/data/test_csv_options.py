"""Options of `pandas.read_csv` as people type them: they work, or the error says what to do."""

import io

import pandas as pd
import pytest

import scalml

TEXT = "day;x\n03.02.2024;1,5\n13.02.2024;2\n04.03.2024;3\n"


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.csv").write_text(TEXT)
    return tmp_path / "a.csv"


@pytest.mark.parametrize(
    "options",
    [
        {"delimiter": ";"},
        {"sep": ";", "nrows": 2},
        {"sep": ";", "decimal": ",", "usecols": lambda name: name == "x"},
        {"sep": ";", "parse_dates": ["day"], "dayfirst": True},
        {"sep": ";", "parse_dates": ["day"], "date_format": "%d.%m.%Y"},
        {"sep": ";", "parse_dates": ["day"], "date_format": {"day": "%d.%m.%Y"}},
        {"sep": ";", "index_col": False, "on_bad_lines": "skip"},
        {"sep": ";", "index_col": None, "engine": "c", "skiprows": 0, "comment": None},
    ],
    ids=" ".join,
)
def test_as_in_pandas(path, options):
    found = scalml.read_csv(path, chunk_rows=2, **options).to_pandas()
    pd.testing.assert_frame_equal(found, pd.read_csv(path, **options))


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ({"skiprows": 3}, r"skiprows=3: .*frame\[n:\]"),
        ({"index_col": "x"}, "index_col='x': frames have no index"),
        ({"chunksize": 10}, "chunk_rows"),
        ({"converters": {"x": float}}, "map_chunks"),
        ({"comment": "#"}, "remove comments"),
        ({"skipinitialspace": True}, "strip"),
        ({"dtype_backend": "pyarrow"}, "Int64"),
        ({"engine": "python"}, "C engine"),
        ({"colour": "red"}, "nor has pandas.read_csv"),
    ],
    ids=str,
)
def test_what_is_not_to_be_had_says_what_to_do(path, option, advice):
    with pytest.raises(TypeError, match=advice) as caught:
        scalml.read_csv(path, sep=";", **option)
    assert "CsvSource" not in str(caught.value)


def test_values_that_are_wrong(path):
    for options, words in [
        ({"sep": ";", "delimiter": ";"}, "are one option"),
        ({"on_bad_lines": "warn"}, "on_bad_lines must be 'error' or 'skip', got 'warn'"),
        ({"sep": ";", "parse_dates": True}, "parse_dates must list the columns"),
        ({"sep": ";", "parse_dates": [["day", "x"]]}, "one by one"),
        ({"nrows": -1}, "nrows must be an integer of at least 0"),
    ]:
        with pytest.raises(ValueError, match=words):
            scalml.read_csv(path, **options)


def test_what_is_no_path(path):
    for file in (io.StringIO(TEXT), path.open()):
        with file, pytest.raises(TypeError, match=r"opened by path.*from_frame"):
            scalml.read_csv(file)


def test_every_option_of_pandas_is_known_or_advised_on():
    import inspect

    from scalml.data.csv_options import ADVICE
    from scalml.sources.csv import CsvSource

    known = {*inspect.signature(CsvSource.open).parameters, *ADVICE}
    known |= {"filepath_or_buffer", "delimiter", "on_bad_lines", "nrows"}
    assert set(inspect.signature(pd.read_csv).parameters) - known == set()

"""Booleans among numbers and numbers among booleans: the same error wherever chunks are cut."""

import numpy as np
import pytest

import scalml


def written(folder, cells, name="a.csv"):
    (folder / name).write_text("x,y\n" + "".join(f"{cell},1\n" for cell in cells))
    return folder / name


def outcomes(paths, **options):
    """What the column is, or the error, for several chunk sizes."""
    found = set()
    for rows in (7, 20, 1000):
        try:
            values = scalml.read_csv(paths, chunk_rows=rows, **options)["x"].to_numpy()
            found.add(repr((values.dtype, values.tolist())))
        except ValueError as error:
            found.add(str(error))
    return found


@pytest.mark.parametrize("word", ["True", "false", "TRUE", " true", "yes"])
@pytest.mark.parametrize("number", ["11", "1", "0", "1.5"])
@pytest.mark.parametrize("dtype", [None, "int64", "int8", "float64", "float32"])
def test_a_word_among_numbers(tmp_path, monkeypatch, word, number, dtype):
    monkeypatch.setattr("scalml.sources.csv.SAMPLE_BYTES", 300)
    if dtype in ("int64", "int8") and number == "1.5":
        number = "2"
    numbers = [number] * 500
    path = written(tmp_path, [*numbers, *[word] * 20, *numbers, *numbers])
    options = {} if dtype is None else {"dtype": {"x": dtype}}
    (message,) = outcomes(path, true_values=["yes"], **options)
    assert f"{word!r} on line 502 of a.csv" in message
    assert "'str'" in message


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64"])
@pytest.mark.parametrize("cells", [["0", "1"], ["True", "False"]])
def test_a_column_of_either_kind_is_converted_as_asked(tmp_path, dtype, cells):
    path = written(tmp_path, cells * 40)
    (found,) = outcomes(path, dtype={"x": dtype})
    expected = np.array([cell in ("1", "True") for cell in cells * 40]).astype(dtype)
    assert found == repr((expected.dtype, expected.tolist()))


@pytest.mark.parametrize("dtype", ["bool", "int64", "float64"])
@pytest.mark.parametrize(
    ("first", "other"), [("1", "True"), ("True", "1"), ("False", "0"), ("0", "true")]
)
def test_the_first_values_tell_the_kind(tmp_path, dtype, first, other):
    path = written(tmp_path, [*[first] * 50, *[other] * 20])
    (found,) = outcomes(path, dtype={"x": dtype})
    assert f"it is {other!r} on line 52 of a.csv" in found
    assert found.endswith("Open it with dtype={'x': 'str'}.")


def test_files_of_different_kinds(tmp_path):
    paths = [written(tmp_path, ["1"] * 30, "a.csv"), written(tmp_path, ["True"] * 30, "b.csv")]
    (found,) = outcomes(paths, dtype={"x": "int64"})
    assert "'True' on line 2 of b.csv" in found
    (found,) = outcomes(paths[::-1], dtype={"x": "bool"})
    assert "'1' on line 2 of a.csv" in found
    seen_both = scalml.read_csv(paths, chunk_rows=7)["x"]
    assert seen_both.to_numpy().tolist() == ["1"] * 30 + ["True"] * 30


def test_missing_values_come_first(tmp_path):
    path = written(tmp_path, [*["1"] * 50, *[""] * 10, *["True"] * 10])
    (found,) = outcomes(path, dtype={"x": "float64"})
    assert "'True' on line 62 of a.csv" in found


@pytest.mark.parametrize(("number", "also"), [("1.5", ""), ("1", ", dtype={'x': 'float64'}")])
def test_a_word_may_mean_a_missing_value(tmp_path, number, also):
    path = written(tmp_path, [*[number] * 50, "unknown", *[number] * 50])
    given = {"x": "float64" if number == "1.5" else "int64"}
    (found,) = outcomes(path, dtype=given)
    assert f"Open it with na_values={{'x': ['unknown']}}{also} if that means" in found
    opened = scalml.read_csv(path, na_values={"x": ["unknown"]}, dtype={"x": "float64"})
    assert opened["x"].isna().sum() == 1

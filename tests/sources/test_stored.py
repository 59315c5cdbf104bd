"""What `store` writes reads back, whole or by column."""

import os

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scalml.sources.array_files import ArrayFile
from scalml.sources.base import Reader
from scalml.sources.stored import Store, StoredSource, can_store


def stored(folder, blocks):
    store = Store(str(folder), {"part": blocks[0][:0]})
    written = sum((store(index, block) for index, block in enumerate(blocks)), ())
    lengths = [n_rows for _, n_rows in written]
    return StoredSource(str(folder), "part", blocks[0][:0], lengths, False, "x.csv")


def test_empty_chunks_stay(tmp_path):
    source = stored(tmp_path, [np.arange(3), np.arange(0), np.arange(2)])
    assert source.lengths == (3, 0, 2)
    assert [chunk.read().tolist() for chunk in source.chunks] == [[0, 1, 2], [], [0, 1]]
    assert source.describe() == "the cache of x.csv"
    assert source.locate(2, 1) == "row 4 of the cache of x.csv"
    assert source.row_numbers(2, Reader([source])).tolist() == [3, 4]


def test_only_columns_in_demand_are_read(tmp_path, monkeypatch):
    source = stored(tmp_path, [pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [1.0, 2.0]})])
    seen, whole = [], ArrayFile.__getitem__

    def spy(file, name):
        seen.append(name)
        return whole(file, name)

    monkeypatch.setattr(ArrayFile, "__getitem__", spy)
    reader = Reader([])
    reader._columns[source.token] = frozenset("b")
    assert reader(source, 0)["b"].tolist()[0] == "x"
    assert seen == ["1", "1-text", "1-ends"]
    reader = Reader([])
    reader._columns[source.token] = frozenset()
    assert reader(source, 0).shape == (2, 0) and len(seen) == 3
    (tmp_path / "part-0").unlink()
    with pytest.raises(FileNotFoundError):
        source.chunks[0].read()


def test_a_chunk_is_one_file_and_cut_short_is_an_error(tmp_path):
    blocks = [pd.DataFrame({"a": np.arange(50.0), "b": ["x", "y"] * 25})] * 2
    source = stored(tmp_path, blocks)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part-0", "part-1"]
    os.truncate(tmp_path / "part-1", (tmp_path / "part-1").stat().st_size - 1)
    pd.testing.assert_frame_equal(source.chunks[0].read(), blocks[0])
    with pytest.raises(OSError, match="short read of .*part-1'"):
        source.chunks[1].read()


@pytest.mark.parametrize(
    ("block", "possible"),
    [
        (np.zeros(2), True),
        (np.array(["a"], dtype=object), False),
        (np.zeros(2, dtype="i4,f8"), False),
        (sparse.csr_array(np.eye(2)), True),
        (pd.Series(["a"]), True),
        (pd.Series([1], dtype="Int8"), True),
        (pd.Series([True], dtype="boolean"), True),
        (pd.Series([1, "a"], dtype=object), False),
        (pd.Series(pd.date_range("2020", periods=1, tz="UTC")), False),
        (pd.DataFrame({"a": pd.Categorical(["u"]), "t": pd.date_range("2020", periods=1)}), True),
    ],
)
def test_what_can_be_stored(block, possible):
    assert can_store(block) == possible


def test_text_of_every_kind(tmp_path):
    words = pd.Series(["", None, "é\n", "\0", "x" * 1000, "漢字"], dtype="str")
    pd.testing.assert_series_equal(stored(tmp_path, [words]).chunks[0].read(), words)
    for n_words in (1, 127, 128, 129, 40_000):  # codes of one, two and four bytes
        many = pd.Series([None, *(f"w{i}" for i in range(n_words)), "w0"], dtype="str")
        pd.testing.assert_series_equal(stored(tmp_path, [many]).chunks[0].read(), many)
    missing = pd.Series([None, None], dtype="str", name="s")
    pd.testing.assert_series_equal(stored(tmp_path, [missing]).chunks[0].read(), missing)


@pytest.mark.parametrize(("dtype", "coded"), [("str", True), ("string", False)])
def test_gaps_that_a_category_would_turn_into_nan_are_kept(tmp_path, dtype, coded):
    words = pd.DataFrame({"s": pd.Series(["a", None, "a"], dtype=dtype)})
    source = stored(tmp_path, [words])
    block = Reader([source], coded=[True])(source, 0)
    assert isinstance(block["s"].dtype, pd.CategoricalDtype) == coded
    assert block["s"].astype(object).tolist()[1] is words["s"].tolist()[1]

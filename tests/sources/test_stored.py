"""What `store` writes reads back, whole or by column."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scalml.sources.base import Reader
from scalml.sources.stored import Store, StoredSource, can_store


def stored(folder, blocks):
    store = Store(str(folder), {"part": blocks[0][:0]})
    lengths = [store(index, block) for index, block in enumerate(blocks)]
    return StoredSource(str(folder), "part", blocks[0][:0], lengths, False, "x.csv")


def test_empty_chunks_stay(tmp_path):
    source = stored(tmp_path, [np.arange(3), np.arange(0), np.arange(2)])
    assert source.lengths == (3, 0, 2)
    assert [chunk.read().tolist() for chunk in source.chunks] == [[0, 1, 2], [], [0, 1]]
    assert source.describe() == "the cache of x.csv"
    assert source.locate(2, 1) == "row 4 of the cache of x.csv"
    assert source.row_numbers(2, Reader([source])).tolist() == [3, 4]


def test_only_columns_in_demand_are_opened(tmp_path):
    source = stored(tmp_path, [pd.DataFrame({"a": [1, 2], "b": ["x", None]})])
    (tmp_path / "part-0-0.npy").unlink()
    reader = Reader([])
    reader._columns[source.token] = frozenset("b")
    assert reader(source, 0)["b"].tolist()[0] == "x"
    reader = Reader([])
    reader._columns[source.token] = frozenset()
    assert reader(source, 0).shape == (2, 0)
    with pytest.raises(FileNotFoundError):
        source.chunks[0].read()


@pytest.mark.parametrize(
    ("block", "possible"),
    [
        (np.zeros(2), True),
        (np.array(["a"], dtype=object), False),
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
    missing = pd.Series([None, None], dtype="str", name="s")
    pd.testing.assert_series_equal(stored(tmp_path, [missing]).chunks[0].read(), missing)


@pytest.mark.parametrize(("dtype", "coded"), [("str", True), ("string", False)])
def test_gaps_that_a_category_would_turn_into_nan_are_kept(tmp_path, dtype, coded):
    words = pd.DataFrame({"s": pd.Series(["a", None, "a"], dtype=dtype)})
    source = stored(tmp_path, [words])
    block = Reader([source], coded=[True])(source, 0)
    assert isinstance(block["s"].dtype, pd.CategoricalDtype) == coded
    assert block["s"].astype(object).tolist()[1] is words["s"].tolist()[1]

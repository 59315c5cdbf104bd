"""Joins with a frame in memory: which columns are read, which rows are known."""

import pandas as pd

from scalml.sources.memory import MemorySource
from scalml.sources.merge import Merged

RIGHT = pd.DataFrame({"k": [1, 2], "v": [10, 20], "ok": [True, False]})


def merged(how, right=RIGHT):
    left = MemorySource(pd.DataFrame({"k": [1, 3, 2], "w": [1, 2, 3]}), 1)
    return Merged(left, right, left_on="k", right_on="k", how=how, suffixes=("_x", "_y"))


def test_a_left_join_on_unique_keys_keeps_rows_and_can_be_cut_again():
    joined = merged("left")
    assert joined.lengths == (1, 1, 1)
    (whole,) = joined.regrid([3]).chunks
    assert whole.read()["v"].tolist()[::2] == [10, 20]
    assert merged("inner").lengths == (None, None, None)
    assert merged("left", pd.concat([RIGHT, RIGHT])).lengths == (None, None, None)


def test_dtypes_do_not_depend_on_the_chunk():
    joined = merged("left")
    for chunk in joined.chunks:
        assert chunk.read().dtypes.equals(joined.empty().dtypes)
    assert joined.empty().dtypes.astype(str).to_dict() == {
        "k": "int64",
        "w": "int64",
        "v": "float64",
        "ok": "boolean",
    }


def test_demand():
    assert merged("inner").demand(frozenset(["v"])) == [frozenset(["k"])]
    clash = merged("inner", RIGHT.rename(columns={"v": "w"}))
    assert clash.demand(frozenset(["w_y"])) == [None]
    assert list(clash.empty().columns) == ["k", "w_x", "w_y", "ok"]

"""Columns, rows and renamed columns of a source, and where they came from."""

import numpy as np
import pandas as pd
import pytest

from scalml.sources.base import Mapped, Reader
from scalml.sources.memory import MemorySource
from scalml.sources.recut import Recut
from scalml.sources.select import Assigned, Columns, Filtered, Renamed, RowRange


def table():
    return MemorySource(pd.DataFrame({"a": range(7), "b": range(7), "c": range(7)}), 3)


def parity(source):
    return Mapped(lambda frame: frame["a"] % 2 == 0, [Columns(source, ["a"])])


def test_demand():
    source = table()
    assert Columns(source, ["a", "b"]).demand(None) == [frozenset("ab")]
    assert Columns(source, "a").demand(None) == [frozenset("a")]
    assert Renamed(source, {"a": "z"}).demand(frozenset("zc")) == [frozenset("ac")]
    assert Renamed(source, str.upper).demand(None) == [None]
    assigned = Assigned(source, {"a": 1, "n": Columns(source, "b")})
    assert assigned.demand(frozenset("an")) == [frozenset(), None]
    assert assigned.demand(None) == [frozenset("bc"), None]


def test_filters_share_what_is_counted():
    source = table()
    mask = parity(source)
    one, other = Filtered(source, mask), Filtered(Columns(source, ["c"]), mask)
    one.remember_lengths([2, 1, 1])
    assert other.lengths == (2, 1, 1) and other.rows_token == one.rows_token
    assert Filtered(source, parity(source)).lengths == (None, None, None)


def test_places_of_filtered_rows():
    source = table()
    kept = Filtered(source, parity(source))
    part = Mapped(lambda frame: frame * 1, [kept])
    assert kept.chunks[1].read()["a"].tolist() == [4]
    assert part.locate(1, 0) == "row 4 of data in memory"
    assert part.row_numbers(0, Reader([part])).tolist() == [0, 2]
    assert part.numbered_by is source


def test_ranges():
    source = table()
    some = RowRange(source, 2, 7)
    assert some.lengths == (1, 3, 1)
    assert some.locate(0, 0) == "row 2 of data in memory"
    assert some.describe(1) == "rows 3:6 of data in memory"
    assert some.inputs(2) == [(source, 2)]
    assert RowRange(source, 5, 5).lengths == ()
    with pytest.raises(ValueError, match="not counted"):
        RowRange(Filtered(source, parity(source)), 0, 1)


def test_other_grids():
    source = table()
    for node in (
        Columns(source, ["a"]),
        Assigned(Columns(source, ["a"]), {"z": Columns(source, "b")}),
        Renamed(source, {"a": "z"}),
        RowRange(source, 0, 7),
        Recut(source, [1, 6]),
    ):
        again = node.regrid([5, 0, 2])
        assert again.lengths == (5, 0, 2)
        names = [chunk.read() for chunk in again.chunks]
        assert [len(block) for block in names] == [5, 0, 2]
        assert list(names[0].columns) == list(node.empty().columns)
        assert names[2].iloc[:, 0].tolist() == [5, 6]


def test_recut_chunks_span_several():
    source = MemorySource(np.arange(10), lengths=[3, 0, 3, 4])
    cut = Recut(source, [0, 7, 2, 1])
    assert [chunk.read().tolist() for chunk in cut.chunks] == [[], [*range(7)], [7, 8], [9]]
    assert cut.inputs(1) == [(source, 0), (source, 2), (source, 3)]
    assert cut.row_numbers(1, Reader([cut])).tolist() == list(range(7))
    assert cut.row_numbers(0, Reader([cut])).tolist() == []
    assert cut.locate(1, 4) == "row 4 of data in memory"
    assert cut.describe(2) == "rows 7:9 of data in memory"

"""Sources as expressions: evaluated once a node, cut again, told where rows are."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scalml.sources.base import (
    Mapped,
    Reader,
    ancestry,
    demanded_columns,
    payloads_for,
    same_rows,
)
from scalml.sources.blocks import (
    concatenate,
    conform,
    even_lengths,
    resolve_chunk_rows,
    row_nbytes,
    tidy,
)
from scalml.sources.memory import MemorySource
from scalml.sources.row_numbers import RowNumbers


def double(block):
    return block * 2


def test_each_node_is_evaluated_once():
    calls = []

    def record(block):
        calls.append(len(block))
        return block

    root = MemorySource(np.arange(6.0), 4)
    node = Mapped(record, [root])
    both = Mapped(np.add, [Mapped(double, [node]), node])
    calls.clear()
    reader = Reader([both])
    assert reader(both, 1).tolist() == [12, 15]
    assert calls == [2]
    reader.forget()
    reader(both, 1)
    assert calls == [2, 2]
    assert next(n.token for n in ancestry([both])) == root.token
    assert both.roots() == [root]


def test_functions_that_cannot_work_fail_before_any_reading():
    with pytest.raises(ZeroDivisionError):
        Mapped(lambda block: 1 / 0, [MemorySource(np.arange(3))])


def test_alignment_and_counts():
    root = MemorySource(np.arange(6.0), 4)
    other = MemorySource(np.arange(6.0), 4)
    assert same_rows(root, other)
    assert same_rows(Mapped(double, [root]), RowNumbers(root))
    assert not same_rows(root, MemorySource(np.arange(6.0), 3))
    halves = Mapped(lambda b: b[::2], [root], keeps_rows=False)
    assert halves.lengths == (None, None) and halves.n_rows is None
    assert halves.starts == (0, None) and halves.max_rows == 4
    assert not same_rows(halves, root)
    with pytest.raises(ValueError, match="not counted yet"):
        halves.row_numbers(1, Reader([halves]))
    with pytest.raises(TypeError, match="cannot be cut again"):
        halves.regrid([1, 2])
    halves.remember_lengths([2, 1])
    assert halves.starts == (0, 2) and halves.max_rows == 2
    assert Mapped(double, [halves]).lengths == (2, 1)
    assert halves.regrid([3]).chunks[0].read().tolist() == [0, 2, 4]


def test_demand_is_the_union_of_what_all_need():
    root = MemorySource(pd.DataFrame({"a": [1], "b": [2]}))
    isna = Mapped(lambda f: f.isna(), [root], columnwise=True)
    needs = demanded_columns([RowNumbers(isna)])
    assert needs[root.token] == frozenset()
    assert demanded_columns([RowNumbers(root), root])[root.token] is None


def test_payloads_hold_the_rows_of_one_chunk():
    root = MemorySource(np.arange(6), 4)
    found = payloads_for([Mapped(double, [root]), root], 1)
    assert list(found) == [(root.token, 1)]
    assert found[root.token, 1].tolist() == [4, 5]
    bare = root.without_data()
    assert Reader([bare], found)(bare, 1).tolist() == [4, 5]
    assert root.data.shape == (6,)


def test_places():
    root = MemorySource(np.arange(6), 4)
    node = Mapped(double, [root])
    assert node.describe() == "data in memory"
    assert node.describe(1) == "rows 4:6 of data in memory"
    assert node.locate(1, 1) == "row 5 of data in memory"
    made = Mapped(lambda b: b[1:], [root], keeps_rows=False)
    assert made.locate(0, 1) == "row 1 of data in memory"
    assert made.locate(1, 0) == "row 0 of chunk 1 of data in memory"


@pytest.mark.parametrize(
    ("block", "nbytes"),
    [
        (np.zeros((0, 3)), 24),
        (np.zeros(0, dtype="int8"), 1),
        (np.zeros((0, 0)), 1),
        (np.zeros((0, 2), dtype=object), 128),
        (pd.DataFrame({"a": [1.0], "s": ["x"], "c": pd.Categorical(["u"])}), 136),
        (pd.DataFrame(index=range(3)), 8),
        (pd.Series([1], dtype="int16"), 2),
        (sparse.csr_array(np.eye(4)), 16),
    ],
)
def test_bytes_of_a_row(block, nbytes):
    assert row_nbytes(block) == nbytes


def test_blocks():
    assert even_lengths(7, 3) == (3, 3, 1) and even_lengths(0, 3) == ()
    assert resolve_chunk_rows(8, chunk_bytes=80) == 10 and resolve_chunk_rows(2**40) == 1
    assert resolve_chunk_rows(8, np.int64(3)) == 3
    assert tidy(sparse.csc_array(np.eye(2))).format == "csr"
    assert tidy(pd.Series([1, 2], index=[4, 5])).index.tolist() == [0, 1]
    assert tidy(np.ones((3, 2), order="F")).flags.c_contiguous
    assert concatenate([pd.Series([1]), pd.Series([2])]).index.tolist() == [0, 1]
    frame = pd.DataFrame({"a": np.arange(2, dtype="int8"), "s": ["x", "y"]})
    empty = frame.astype({"a": "int64"})[:0]
    assert conform(frame, empty).dtypes.equals(empty.dtypes)
    with pytest.raises(TypeError, match="column 'a' of int64 where int8 was expected"):
        conform(frame.astype({"a": "int64"}), frame[:0])
    kinds = [pd.Series(pd.Categorical(list(text)), name="c") for text in ("ab", "ac")]
    with pytest.raises(TypeError, match=r"category with categories \['a', 'b'\]"):
        conform(*kinds)

"""Rows in memory are cut without being copied or changed."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scalml.sources.base import Reader
from scalml.sources.memory import MemorySource


@pytest.mark.parametrize(
    "data",
    [
        np.arange(7),
        np.arange(14.0).reshape(7, 2),
        np.asfortranarray(np.arange(14.0).reshape(7, 2)),
        sparse.csr_matrix(np.eye(7)),
        sparse.coo_array(np.eye(7)),
        pd.DataFrame({"a": range(7)}, index=range(7, 0, -1)),
        pd.Series(range(7), name="s"),
    ],
)
def test_slices(data):
    source = MemorySource(data, 3)
    assert source.lengths == (3, 3, 1)
    blocks = [chunk.read() for chunk in source.chunks]
    assert [block.shape[0] for block in blocks] == [3, 3, 1]
    last = blocks[2].toarray() if sparse.issparse(data) else np.asarray(blocks[2])
    whole = data.toarray() if sparse.issparse(data) else np.asarray(data)
    np.testing.assert_array_equal(last, whole[6:])
    assert source.empty().shape == (0, *data.shape[1:])
    recut = source.regrid([5, 0, 2])
    assert [chunk.read().shape[0] for chunk in recut.chunks] == [5, 0, 2]


def test_arrays_are_shared_read_only():
    x = np.arange(6.0).reshape(3, 2)
    block = MemorySource(x).chunks[0].read()
    assert np.shares_memory(block, x) and not block.flags.writeable and x.flags.writeable


def test_only_columns_in_demand():
    frame = pd.DataFrame({"a": [1], "b": [2], "c": [3]})
    source = MemorySource(frame)
    reader = Reader([])
    reader._columns[source.token] = frozenset(["c", "a"])
    assert list(reader(source, 0)) == ["a", "c"]


def test_later_changes_of_the_callers_frame_do_not_matter():
    frame = pd.DataFrame({"a": [1, 2]})
    source = MemorySource(frame)
    frame.loc[0, "a"] = 9
    frame["b"] = 1
    assert source.chunks[0].read().to_dict("list") == {"a": [1, 2]}

"""Rows in memory are cut without being copied or changed."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scalml.sources.base import Reader
from scalml.sources.blocks import DEFAULT_CHUNK_BYTES, memory_lengths
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


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_entries_of_csr_rows_are_shared_read_only(kind):
    X = kind(np.array([[0.0, 1], [2, 0], [0, 0], [3, 4], [0, 5]]))
    before = X.copy()
    blocks = [chunk.read() for chunk in MemorySource(X, lengths=[1, 0, 3, 1]).chunks]
    for block in blocks:
        assert type(block) is kind
        for name in ("data", "indices"):
            part = getattr(block, name)
            assert np.shares_memory(part, getattr(X, name)) or not part.size
            assert not part.flags.writeable and getattr(X, name).flags.writeable
    np.testing.assert_array_equal(blocks[2].toarray(), X.toarray()[1:4])
    assert (sparse.vstack(blocks) != X).nnz == 0
    blocks[2].indptr[:] = 0
    np.testing.assert_array_equal(X.toarray(), before.toarray())


def test_csr_rows_keep_unsorted_and_repeated_entries():
    X = sparse.csr_matrix(([1.0, 2, 3, 4], [1, 0, 1, 1], [0, 2, 4]), shape=(2, 2))
    blocks = [chunk.read() for chunk in MemorySource(X, 1).chunks]
    assert blocks[0].indices.tolist() == [1, 0] and blocks[1].nnz == 2
    np.testing.assert_array_equal(sparse.vstack(blocks).toarray(), [[2, 1], [0, 7]])


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


@pytest.mark.parametrize(
    "n_rows, row_bytes, n_chunks, longest",
    [
        (0, 8, 0, 0),
        (1, 10**9, 1, 1),
        (3, 10**9, 3, 1),
        (100, 79_000, 1, 100),
        (100, 80_000, 2, 50),
        (100, 319_000, 4, 25),
        (200_000, 400, 8, 25_000),
        (1000, 256_000, 8, 125),
        (1000, 257_000, 16, 63),
        (10**9, 8, 256, 3_906_250),
    ],
)
def test_chunks_that_nobody_asked_for(n_rows, row_bytes, n_chunks, longest):
    lengths = memory_lengths(n_rows, row_bytes)
    assert sum(lengths) == n_rows and len(lengths) == n_chunks
    assert max(lengths, default=0) == longest
    assert longest == 1 or longest * row_bytes <= DEFAULT_CHUNK_BYTES


def test_rows_and_frames_are_cut_so():
    x = np.zeros((2_000_000, 2), dtype=np.float32)
    assert MemorySource(x).lengths == (500_000,) * 4
    assert MemorySource(pd.DataFrame(x)).lengths == (500_000,) * 4
    assert MemorySource(x, 1_500_000).lengths == (1_500_000, 500_000)

"""Blocks, what a chunk reads to: their size, their rows, and several of them as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..statistics.coded import CodedRows, stack

Block = Any
"""What a chunk reads to: an ndarray, a CSR matrix, coded rows, a DataFrame or a Series."""

# The GNU C library keeps freed memory for the next chunk below 32 MiB only; new pages cost more
# than to compute what most chunks are transformed to.
DEFAULT_CHUNK_BYTES = 32_000_000
# Rows in memory are cut finer, as there is no reading to make up for: workers end together. With
# 16 chunks of 80 MB instead of 8, passes and searches take one thread 1 to 8 % longer.
MEMORY_CHUNKS = 8
LEAST_CHUNK_BYTES = 4_000_000
TEXT_BYTES = 64  # a string cell: pointer, object header, a few characters


def n_rows_of(block: Block) -> int:
    return int(block.shape[0])


def row_nbytes(block: Block) -> int:
    """Bytes of one decoded row, from an example that may have no rows."""
    if isinstance(block, pd.DataFrame):
        return sum(_cell_nbytes(dtype) for dtype in block.dtypes) or 8
    if isinstance(block, pd.Series):
        return _cell_nbytes(block.dtype)
    if isinstance(block, CodedRows):
        return max(1, block.dtype.itemsize * block.numbers.shape[1] + 4 * block.ones.shape[1])
    if sparse.issparse(block):
        stored = block.nnz / block.shape[0] if block.shape[0] else min(block.shape[1], 64)
        return int(stored * (block.dtype.itemsize + 4)) + 4
    width = int(np.prod(block.shape[1:])) if block.ndim > 1 else 1
    return max(1, width * _cell_nbytes(block.dtype))


def _cell_nbytes(dtype: Any) -> int:
    known = isinstance(dtype, np.dtype) and not dtype.hasobject
    return int(dtype.itemsize) if known else TEXT_BYTES


def even_lengths(n_rows: int, chunk_rows: int) -> tuple[int, ...]:
    """Lengths of chunks of `chunk_rows` rows that cover `n_rows`; the last may be shorter."""
    full, rest = divmod(n_rows, chunk_rows)
    return (chunk_rows,) * full + ((rest,) if rest else ())


def memory_lengths(n_rows: int, bytes_per_row: int) -> tuple[int, ...]:
    """Lengths of chunks of rows that are in memory, where the caller asks for none.

    Even, and 1, 2, 4, 8, … many if there are rows enough: of 32 MB at most, and 8 at least unless
    that makes them smaller than 4 MB.

    Examples
    --------
    >>> from scalml.sources.blocks import memory_lengths
    >>> memory_lengths(200_000, 80)
    (50000, 50000, 50000, 50000)
    """
    n_bytes = n_rows * bytes_per_row
    n_chunks = 1
    while n_chunks < n_rows and (
        n_bytes > n_chunks * DEFAULT_CHUNK_BYTES
        or (n_chunks < MEMORY_CHUNKS and n_bytes >= 2 * n_chunks * LEAST_CHUNK_BYTES)
    ):
        n_chunks *= 2
    return even_lengths(n_rows, max(1, -(-n_rows // n_chunks)))


def resolve_chunk_rows(
    bytes_per_row: int, chunk_rows: int | None = None, chunk_bytes: int | None = None
) -> int:
    """Rows of a chunk, from what the caller asked for or the default of 32 MB."""
    for name, value in (("chunk_rows", chunk_rows), ("chunk_bytes", chunk_bytes)):
        if value is not None and not _is_count(value):
            raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")
    if chunk_rows is not None and chunk_bytes is not None:
        raise ValueError("Give chunk_rows or chunk_bytes, not both.")
    if chunk_rows is not None:
        return int(chunk_rows)
    return max(1, int(chunk_bytes or DEFAULT_CHUNK_BYTES) // bytes_per_row)


def _is_count(value: Any) -> bool:
    number = isinstance(value, (int, float, np.integer, np.floating))
    return number and not isinstance(value, bool) and value == value // 1 and value >= 1


def bounds(lengths: Sequence[int]) -> list[int]:
    """Row numbers at which chunks of these lengths begin, and the total."""
    return [0, *accumulate(lengths)]


def take_rows(block: Block, start: int, stop: int) -> Block:
    """Rows `start` to `stop` of a block, as a view where the kind of block allows it."""
    if isinstance(block, (pd.DataFrame, pd.Series)):
        return block.iloc[start:stop].reset_index(drop=True)
    if sparse.issparse(block) and block.format == "csr":
        return _csr_rows(block, start, stop)
    return block[start:stop]


def _csr_rows(block: Block, start: int, stop: int) -> Block:
    """Rows of a CSR matrix without their entries being copied.

    SciPy's slices copy, and so does its constructor where a view is less than half of an array.
    """
    indptr = block.indptr[start : stop + 1]
    entries = slice(indptr[0], indptr[-1])
    rows = type(block)((len(indptr) - 1, block.shape[1]), dtype=block.dtype)
    rows.data, rows.indices = block.data[entries], block.indices[entries]
    rows.indptr = indptr - indptr[0]
    return rows


def writable(block: Block) -> Block:
    """A block for code that refuses read-only CSR rows, as compiled parts of scikit-learn do."""
    if sparse.issparse(block) and not block.data.flags.writeable:
        return block.copy()
    return block


def concatenate(blocks: Sequence[Block]) -> Block:
    """One block from several of a kind, with a RangeIndex if it is pandas."""
    first = blocks[0]
    if len(blocks) == 1:
        return first
    if isinstance(first, (pd.DataFrame, pd.Series)):
        return pd.concat(blocks, ignore_index=True)
    if isinstance(first, CodedRows):
        return stack(list(blocks))
    if sparse.issparse(first):
        return sparse.vstack(blocks, format="csr")
    return np.concatenate(blocks)


def tidy(block: Block) -> Block:
    """A result in the form of a block: C order, CSR, a RangeIndex."""
    if isinstance(block, (pd.DataFrame, pd.Series)):
        return block if _is_plain(block.index) else block.reset_index(drop=True)
    if sparse.issparse(block):
        return block if block.format == "csr" else block.tocsr()
    # F order would change the bits of sums.
    return np.ascontiguousarray(block) if isinstance(block, np.ndarray) and block.ndim else block


def conform(block: Block, empty: Block) -> Block:
    """A block in the dtypes that its empty version promises.

    Raises
    ------
    TypeError
        If a value might be lost: the function that made the block gave other dtypes for no rows.
    """
    if isinstance(empty, pd.DataFrame):
        if block.dtypes.equals(empty.dtypes):
            return block
        columns = {name: conform(block[name], empty[name]) for name in empty.columns}
        return pd.DataFrame(columns, index=block.index)
    if block.dtype == empty.dtype:
        return block
    plain = isinstance(block.dtype, np.dtype) and isinstance(empty.dtype, np.dtype)
    if not plain or not np.can_cast(block.dtype, empty.dtype, "safe"):
        column = f"column {block.name!r}" if isinstance(block, pd.Series) else "rows"
        raise TypeError(
            f"A chunk has {column} of {_dtype_text(block.dtype)} where {_dtype_text(empty.dtype)} "
            "was expected; convert it with astype(), or give map_chunks the right empty=."
        )
    return block.astype(empty.dtype)


def _dtype_text(dtype: Any) -> str:
    if isinstance(dtype, pd.CategoricalDtype):
        return f"category with categories {list(dtype.categories)[:5]}"
    return str(dtype)


def _is_plain(index: pd.Index) -> bool:
    return isinstance(index, pd.RangeIndex) and index.start == 0 and index.step == 1

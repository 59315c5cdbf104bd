"""Rows that are in memory already: arrays, CSR matrices, pandas frames and series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from .base import Reader, Source
from .blocks import (
    Block,
    bounds,
    even_lengths,
    memory_lengths,
    n_rows_of,
    resolve_chunk_rows,
    take_rows,
)
from .blocks import row_nbytes as nbytes_of_row


class MemorySource(Source):
    """Slices of an ndarray, CSR matrix, DataFrame or Series.

    Threads share it. A process that does not share our memory gets the slices it works on with
    each task, so that broadcasting the source itself costs only a few bytes. Slices of an array
    or a CSR matrix are views, and read-only: nothing that works on chunks can change the caller's
    data.
    """

    def __init__(
        self,
        data: Block,
        chunk_rows: int | None = None,
        *,
        lengths: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        if isinstance(data, (pd.DataFrame, pd.Series)):
            data = data.reset_index(drop=True)
        elif sparse.issparse(data):
            data = data.tocsr()
        self.data = data
        if lengths is None and chunk_rows is None:
            lengths = memory_lengths(n_rows_of(data), nbytes_of_row(data))
        elif lengths is None:
            lengths = even_lengths(n_rows_of(data), resolve_chunk_rows(1, chunk_rows))
        self._lengths = tuple(lengths)
        self._bounds = bounds(self._lengths)

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    def empty(self) -> Block:
        return self._slice(0, 0)

    def evaluate(self, index: int, reader: Reader) -> Block:
        block = reader.payloads.get((self.token, index))
        if block is None:
            block = self._slice(self._bounds[index], self._bounds[index + 1])
        columns = reader.columns(self)
        if columns is not None and isinstance(block, pd.DataFrame):
            block = block[[name for name in block.columns if name in columns]]
        return block

    def payload(self, index: int) -> Block:
        return self._slice(self._bounds[index], self._bounds[index + 1])

    def regrid(self, lengths: Sequence[int]) -> Source:
        return MemorySource(self.data, lengths=lengths)

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return "data in memory"
        return f"rows {self._bounds[index]}:{self._bounds[index + 1]} of data in memory"

    def without_data(self) -> MemorySource:
        """A copy that holds no rows, for processes that are sent payloads."""
        other: Any = object.__new__(MemorySource)
        other.__dict__.update(self.__dict__, data=self.empty())
        return other

    def _slice(self, start: int, stop: int) -> Block:
        block = take_rows(self.data, start, stop)
        if isinstance(block, np.ndarray):
            block = np.ascontiguousarray(block)  # F order would change the bits of sums
            block = block.view()
            block.flags.writeable = False
        elif sparse.issparse(block):
            block.data.flags.writeable = block.indices.flags.writeable = False
        return block

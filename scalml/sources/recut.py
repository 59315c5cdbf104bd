"""A source cut into other chunks, which may span several of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .base import Source
from .blocks import Block, bounds, concatenate, take_rows


class Recut(Source):
    """The rows of a source whose lengths are known, in chunks of other lengths.

    A chunk of the parent that spans two new ones is read for each.
    """

    def __init__(self, parent: Source, lengths: Sequence[int]) -> None:
        super().__init__()
        self.parents = (parent,)
        self.expensive = parent.expensive
        self._lengths = tuple(lengths)
        self._bounds = bounds(self._lengths)
        self._ends = np.cumsum([0, *parent.lengths])  # type: ignore[arg-type]

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    def empty(self) -> Block:
        return self.parents[0].empty()

    def inputs(self, index: int) -> list[tuple[Source, int]]:
        return [(self.parents[0], piece) for piece, _, _ in self._pieces(index)]

    def _pieces(self, index: int) -> Iterator[tuple[int, int, int]]:
        """Chunk of the parent, first and last row in it."""
        start, stop = self._bounds[index], self._bounds[index + 1]
        piece = int(np.searchsorted(self._ends, start, side="right")) - 1
        while piece < len(self._ends) - 1 and self._ends[piece] < stop:
            begin, end = int(self._ends[piece]), int(self._ends[piece + 1])
            if max(start, begin) < min(stop, end):
                yield piece, max(start - begin, 0), min(stop, end) - begin
            piece += 1

    def evaluate(self, index: int, reader: Any) -> Block:
        blocks = [
            take_rows(reader(self.parents[0], piece), low, high)
            for piece, low, high in self._pieces(index)
        ]
        return concatenate(blocks) if blocks else self.empty()

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [columns]

    def row_numbers(self, index: int, reader: Any) -> np.ndarray:
        numbers = [
            self.parents[0].row_numbers(piece, reader)[low:high]
            for piece, low, high in self._pieces(index)
        ]
        return np.concatenate(numbers) if numbers else np.empty(0, dtype=np.int64)

    def locate(self, index: int, row: int) -> str:
        for piece, low, high in self._pieces(index):
            if row < high - low:
                return self.parents[0].locate(piece, low + row)
            row -= high - low
        return super().locate(index, row)

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return self.parents[0].describe()
        rows = f"rows {self._bounds[index]}:{self._bounds[index + 1]}"
        return f"{rows} of {self.parents[0].describe()}"

    def regrid(self, lengths: Sequence[int]) -> Source:
        return self.parents[0].regrid(lengths)

"""Where the rows of a source are in its root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base import Reader, Source
from .blocks import Block


class RowNumbers(Source):
    """Number of each row of another source in its root, as int64."""

    def __init__(self, parent: Source) -> None:
        super().__init__()
        self.parents = (parent,)

    @property
    def rows(self) -> Source:
        return self.parents[0].rows

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self.parents[0].lengths

    def empty(self) -> Block:
        return np.empty(0, dtype=np.int64)

    def evaluate(self, index: int, reader: Reader) -> Block:
        return self.parents[0].row_numbers(index, reader)

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [frozenset()]

    def regrid(self, lengths: Sequence[int]) -> Source:
        return RowNumbers(self.parents[0].regrid(lengths))

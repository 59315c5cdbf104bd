"""A source says where rows come from, chunk by chunk, and pickles to a few bytes.

Sources form small expressions: roots read files or memory, inner nodes compute a block from the
blocks of their parents. Nothing is computed until a `Reader` evaluates a chunk, in whichever
process the chunk is read.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .blocks import (
    DEFAULT_CHUNK_BYTES,
    TEXT_BYTES,
    Block,
    bounds,
    concatenate,
    even_lengths,
    n_rows_of,
    resolve_chunk_rows,
    row_nbytes,
    tidy,
)
from .promises import kept, promised
from .reader import Reader, ancestry, demanded_columns, payloads_for, takes_codes

__all__ = [
    "DEFAULT_CHUNK_BYTES",
    "TEXT_BYTES",
    "Block",
    "Chunk",
    "DataChangedError",
    "Mapped",
    "Reader",
    "Source",
    "ancestry",
    "bounds",
    "concatenate",
    "demanded_columns",
    "even_lengths",
    "n_rows_of",
    "payloads_for",
    "resolve_chunk_rows",
    "row_nbytes",
    "same_rows",
    "takes_codes",
]


class DataChangedError(RuntimeError):
    """An input file is no longer what it was when it was opened."""


@dataclass
class Counted:
    """Lengths of the chunks once they are counted; shared by nodes that have the same rows."""

    lengths: tuple[int | None, ...] | None = None


@dataclass(frozen=True)
class Chunk:
    """One piece of a source: where its rows are, not the rows themselves."""

    source: Source
    index: int

    @property
    def n_rows(self) -> int | None:
        return self.source.lengths[self.index]

    def read(self) -> Block:
        """The rows of this chunk.

        Raises
        ------
        DataChangedError
            If the file is no longer what it was when it was opened.
        """
        for root in self.source.roots():
            root.check()
        return Reader([self.source])(self.source, self.index)

    def __repr__(self) -> str:
        return f"Chunk({self.source.describe(self.index)})"


class Source(ABC):
    """Rows in chunks, with known columns and dtypes and lengths that may be unknown until counted.

    Attributes
    ----------
    token : str
        Names this node; equal tokens mean equal data.
    parents : tuple of Source
        What this node computes from; empty for a root.
    rows : Source
        The node that decides which rows there are: a root or a filter. Sources whose `rows` have
        the same `rows_token` are aligned even while their lengths are unknown.
    """

    parents: tuple[Source, ...] = ()
    expensive = False

    def __init__(self) -> None:
        self.token = self.rows_token = uuid.uuid4().hex
        self._lengths: tuple[int | None, ...] | None = None
        self._empty: Block = None
        self._counted = Counted()
        self._starts: tuple[Any, tuple[int | None, ...]] = ((), ())
        self._row_nbytes: int | None = None
        self.filtered: dict[str, Counted] = {}  # what filters of these rows found, by mask

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "filtered": {}, "_starts": ((), ())}

    # -- rows ---------------------------------------------------------------------------------
    @property
    def rows(self) -> Source:
        return self

    @property
    def lengths(self) -> tuple[int | None, ...]:
        """Rows of each chunk, None where nobody has counted yet."""
        owner = self.rows
        counted = owner._counted.lengths
        return owner._own_lengths() if counted is None else counted

    @abstractmethod
    def _own_lengths(self) -> tuple[int | None, ...]: ...

    def remember_lengths(self, lengths: Sequence[int]) -> None:
        """Keep what a counting pass found, for every node with these rows."""
        self.rows._counted.lengths = tuple(int(length) for length in lengths)

    @property
    def numbered_by(self) -> Source:
        """The node whose rows are numbered 0, 1, 2, …: the root, behind filters and slices."""
        return self.parents[0].numbered_by if self.parents else self

    @property
    def needs_processes(self) -> bool:
        """Whether evaluation holds the interpreter so long that threads would wait for each other.

        So do parsing text and, as far as is known, every costly function of blocks.
        """
        if not self.parents:
            return self.expensive
        return any(parent.needs_processes for parent in self.parents)

    @property
    def n_chunks(self) -> int:
        return len(self.lengths)

    @property
    def n_rows(self) -> int | None:
        lengths = self.lengths
        return None if None in lengths else sum(lengths)  # type: ignore[arg-type]

    @property
    def starts(self) -> tuple[int | None, ...]:
        """Row number of each chunk's first row; None behind a chunk of unknown length."""
        lengths = self.lengths
        if self._starts[0] is not lengths:
            starts: list[int | None] = [0]
            for length in lengths[:-1]:
                known = starts[-1] is not None and length is not None
                starts.append(starts[-1] + length if known else None)  # type: ignore[operator]
            self._starts = (lengths, tuple(starts[: len(lengths)]))
        return self._starts[1]

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        return tuple(Chunk(self, index) for index in range(self.n_chunks))

    # -- blocks -------------------------------------------------------------------------------
    @abstractmethod
    def empty(self) -> Block:
        """A block without rows, with the right columns and dtypes."""

    @abstractmethod
    def evaluate(self, index: int, reader: Reader) -> Block:
        """The block of chunk `index`; parents are asked through `reader`."""

    def inputs(self, index: int) -> list[tuple[Source, int]]:
        """The chunks of the parents that chunk `index` is computed from."""
        return [(parent, index) for parent in self.parents]

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        """Which columns of each parent are needed for `columns` of this node (None: all)."""
        return [None for _ in self.parents]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        """Which columns of each parent must not come as categories: what is needed, as a rule.

        `plain` are those of this node that must not, `columns` those that are needed at all.
        """
        return self.demand(columns)

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        """Number, in the root source, of each row of chunk `index`."""
        start = self.starts[index]
        length = self.lengths[index]
        if start is None or length is None:
            raise ValueError("The rows of this source are not counted yet; len() counts them.")
        return np.arange(start, start + length)

    def regrid(self, lengths: Sequence[int]) -> Source:
        """The same rows cut into chunks of other lengths, where reading a chunk again is cheap.

        Raises
        ------
        TypeError
            For text and other sources that are costly to read, or have uncounted rows.
        """
        from .recut import Recut  # which is a source

        if self.expensive or None in self.lengths:
            raise TypeError(
                f"Chunks of {self.describe()} cannot be cut again to match those of other data: "
                "reading them is costly. Open both with the same chunk_rows, or use scalml.cache."
            )
        return Recut(self, lengths)

    # -- words --------------------------------------------------------------------------------
    def describe(self, index: int | None = None) -> str:
        """Where the rows come from, as a phrase: ``rows 4096:8192 of flights.csv``."""
        return self.parents[0].describe(index) if self.parents else type(self).__name__

    def locate(self, index: int, row: int) -> str:
        """Where row `row` of chunk `index` is: ``row 5121 of X.npy``."""
        if self.rows is not self:
            return self.rows.locate(index, row)
        start = self.starts[index]
        where = f"row {start + row}" if start is not None else f"row {row} of chunk {index}"
        return f"{where} of {self.describe()}"

    def roots(self) -> list[Source]:
        return [node for node in ancestry([self]) if not node.parents]

    def check(self) -> None:
        """Raise `DataChangedError` if the input is not what it was at open."""

    def payload(self, index: int) -> Block:
        """What a process without our memory needs to read chunk `index`: None for files."""
        return None

    @property
    def row_nbytes(self) -> int:
        """Decoded bytes a row, for memory plans."""
        if self._row_nbytes is None:
            self._row_nbytes = row_nbytes(self.empty())
        return self._row_nbytes

    @property
    def max_rows(self) -> int:
        """Rows of the longest chunk, or the best guess while lengths are unknown."""
        known = [length for length in self.lengths if length is not None]
        guesses = [root.max_rows for root in self.roots() if root is not self]
        return max([*known, *guesses], default=0) if None in self.lengths else max(known, default=0)


class Mapped(Source):
    """A function of the aligned blocks of other sources, computed where the chunk is read.

    Parameters
    ----------
    func : callable
        Takes one block of each parent; returns a block with as many rows (unless `keeps_rows`
        is False). Must not change its arguments.
    parents : sequence of Source
        Aligned sources.
    empty : block, optional
        The result without rows; otherwise `func` is called on empty blocks to find it.
    keeps_rows : bool
        False for a function that drops or adds rows.
    columnwise : bool
        True when each column of the result needs only the columns of that name.
    expensive : bool
        True when `func` costs far more than reading raw memory. It then runs in processes, unless
        it says by an attribute `threads_well` that most of it does not hold the interpreter.
    bytes_per_row : int, optional
        Size of a row of the result, where the empty result does not tell it (CSR).
    coded : Source, optional
        The same rows as `CodedRows`, for those who need no one-hot matrix: see `coded_twin`.
    """

    def __init__(
        self,
        func: Callable[..., Block],
        parents: Sequence[Source],
        *,
        empty: Block = None,
        keeps_rows: bool = True,
        columnwise: bool = False,
        expensive: bool = False,
        bytes_per_row: int | None = None,
        coded: Source | None = None,
    ) -> None:
        super().__init__()
        self._row_nbytes = bytes_per_row
        self.coded = coded
        self.func = func
        self.parents = tuple(parents)
        self.keeps_rows = keeps_rows
        self.columnwise = columnwise
        self._costly = expensive
        self.expensive = expensive or any(parent.expensive for parent in self.parents)
        self._empty = empty
        self.empty()  # a function that cannot work fails here, before any data is read

    @property
    def needs_processes(self) -> bool:
        holds_up = self._costly and not getattr(self.func, "threads_well", False)
        return holds_up or super().needs_processes

    @property
    def rows(self) -> Source:
        return self.parents[0].rows if self.keeps_rows else self

    @property
    def numbered_by(self) -> Source:
        return self.parents[0].numbered_by if self.keeps_rows else self

    def _own_lengths(self) -> tuple[int | None, ...]:
        return (None,) * self.parents[0].n_chunks

    def empty(self) -> Block:
        if self._empty is None:
            self._empty = tidy(promised(self.func, self.parents, try_a_row=not self.expensive))
        return self._empty

    def evaluate(self, index: int, reader: Reader) -> Block:
        blocks = [reader(parent, index) for parent in self.parents]
        if n_rows_of(blocks[0]) == 0:
            return self.empty()
        block = kept(tidy(self.func(*blocks)), self.empty())
        if self.keeps_rows and n_rows_of(block) != n_rows_of(blocks[0]):
            raise ValueError(
                f"A function mapped over chunks must keep their rows: "
                f"{n_rows_of(blocks[0])} went in, {n_rows_of(block)} came out. "
                "Pass keeps_rows=False if it filters."
            )
        return block

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [columns if self.columnwise else None for _ in self.parents]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        takes = takes_codes(self.func, len(self.parents))
        asked = zip(takes, self.demand(columns), strict=True)
        return [frozenset() if may else needed for may, needed in asked]

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        if not self.keeps_rows:
            return super().row_numbers(index, reader)
        return self.parents[0].row_numbers(index, reader)

    def regrid(self, lengths: Sequence[int]) -> Source:
        if not self.keeps_rows:
            return super().regrid(lengths)
        return Mapped(
            self.func,
            [parent.regrid(lengths) for parent in self.parents],
            empty=self._empty,
            columnwise=self.columnwise,
            expensive=self._costly,
            bytes_per_row=self._row_nbytes,
            coded=None if self.coded is None else self.coded.regrid(lengths),
        )


def same_rows(one: Source, other: Source) -> bool:
    """Whether two sources have the same rows in the same chunks, as far as is known unread."""
    if one.rows.rows_token == other.rows.rows_token and one.n_chunks == other.n_chunks:
        return True
    return None not in one.lengths and one.lengths == other.lengths

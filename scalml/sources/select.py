"""Sources that pick columns or rows of another source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from .base import Mapped, Reader, Source
from .blocks import Block, n_rows_of, take_rows


class Columns(Mapped):
    """Some columns of a frame, in the order asked for; a single label gives a Series."""

    def __init__(self, parent: Source, columns: Any) -> None:
        self.columns = columns
        super().__init__(self._pick, [parent], columnwise=True)

    def _pick(self, frame: pd.DataFrame) -> Block:
        return frame[self.columns]

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        if not isinstance(self.columns, list):
            return [frozenset([self.columns])]
        return [frozenset(self.columns)]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        (own,) = self.demand(columns)
        return [own if plain is None or own is None else own & plain]

    def regrid(self, lengths: Sequence[int]) -> Source:
        return Columns(self.parents[0].regrid(lengths), self.columns)


class Renamed(Mapped):
    """A frame with columns under other names."""

    def __init__(self, parent: Source, columns: Any) -> None:
        self.columns = columns
        before = parent.empty()
        self.old_names = dict(zip(before.rename(columns=columns).columns, before, strict=True))
        super().__init__(self._rename, [parent])

    def _rename(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame.rename(columns=self.columns)

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [None if columns is None else frozenset(self.old_names[name] for name in columns)]

    def regrid(self, lengths: Sequence[int]) -> Source:
        return Renamed(self.parents[0].regrid(lengths), self.columns)


class Assigned(Mapped):
    """A frame with columns added or replaced by aligned Series, arrays or constants."""

    def __init__(self, parent: Source, values: dict[Any, Any]) -> None:
        self.constants = {k: v for k, v in values.items() if not isinstance(v, Source)}
        self.computed = {k: v for k, v in values.items() if isinstance(v, Source)}
        self.order = list(values)
        for name, source in self.computed.items():
            if source.empty().ndim != 1:
                raise ValueError(
                    f"Column {name!r} must be given one value a row, got rows of shape "
                    f"{source.empty().shape[1:]}; X[:, 0] or df['a'] picks one column."
                )
        present = list(parent.empty().columns)
        self.names = [*present, *(name for name in self.order if name not in present)]
        super().__init__(self._assign, [parent, *self.computed.values()])

    def _assign(self, frame: pd.DataFrame, *blocks: Block) -> pd.DataFrame:
        values = {**self.constants, **dict(zip(self.computed, blocks, strict=True))}
        frame = frame.copy(deep=False)
        for name in self.order:
            frame[name] = values[name]
        # A replaced column keeps its place, though the reader may not have read the old one.
        names = [name for name in self.names if name in frame.columns]
        return frame if names == list(frame.columns) else frame[names]

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        replaced = frozenset(self.order)
        if columns is None:
            base = self.parents[0].empty().columns
            columns = frozenset(base) | replaced
        return [columns - replaced, *(None for _ in self.computed)]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        return self.demand(plain)

    def regrid(self, lengths: Sequence[int]) -> Source:
        values = {**self.constants, **{k: v.regrid(lengths) for k, v in self.computed.items()}}
        return Assigned(self.parents[0].regrid(lengths), {k: values[k] for k in self.order})


class Filtered(Source):
    """The rows of a source at which an aligned boolean source is true."""

    def __init__(self, parent: Source, mask: Source) -> None:
        super().__init__()
        self.parents = (parent, mask)
        self.expensive = parent.expensive or mask.expensive
        # Two collections filtered by one mask have the same rows, whatever else they hold; what
        # a count of one finds, all know.
        self._counted = parent.rows.filtered.setdefault(mask.token, self._counted)
        self.rows_token = f"{parent.rows.rows_token}[{mask.token}]"

    def _own_lengths(self) -> tuple[int | None, ...]:
        return (None,) * self.parents[0].n_chunks

    def empty(self) -> Block:
        return self.parents[0].empty()

    def evaluate(self, index: int, reader: Reader) -> Block:
        block = reader(self.parents[0], index)
        mask = self._mask(index, reader)
        if mask.all():
            return block
        kept = block[mask]
        return kept.reset_index(drop=True) if isinstance(kept, (pd.DataFrame, pd.Series)) else kept

    def _mask(self, index: int, reader: Reader) -> np.ndarray:
        mask = reader(self.parents[1], index)
        if isinstance(mask, pd.Series):  # a missing value is not true, as in pandas
            return mask.to_numpy(dtype=bool, na_value=False)
        return np.asarray(mask, dtype=bool)

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [columns, None]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        return [plain, None]

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        return self.parents[0].row_numbers(index, reader)[self._mask(index, reader)]

    def locate(self, index: int, row: int) -> str:
        kept = np.flatnonzero(self._mask(index, Reader([self])))
        return self.parents[0].locate(index, int(kept[row]))


class RowRange(Source):
    """Rows `start` to `stop` of a source whose lengths are known."""

    def __init__(self, parent: Source, start: int, stop: int) -> None:
        super().__init__()
        self.parents = (parent,)
        self.start, self.stop = start, stop
        self.expensive = parent.expensive
        self.rows_token = f"{parent.rows.rows_token}[{start}:{stop}]"
        self.pieces: list[tuple[int, int, int]] = []  # (chunk of the parent, first row, last row)
        for index, (begin, length) in enumerate(zip(parent.starts, parent.lengths, strict=True)):
            if begin is None or length is None:
                raise ValueError("The rows of this source are not counted yet; len() counts them.")
            low, high = max(start - begin, 0), min(stop - begin, length)
            if low < high:
                self.pieces.append((index, low, high))

    def _own_lengths(self) -> tuple[int | None, ...]:
        return tuple(high - low for _, low, high in self.pieces)

    def empty(self) -> Block:
        return self.parents[0].empty()

    def evaluate(self, index: int, reader: Reader) -> Block:
        chunk, low, high = self.pieces[index]
        block = reader(self.parents[0], chunk)
        return block if (low, high) == (0, n_rows_of(block)) else take_rows(block, low, high)

    def inputs(self, index: int) -> list[tuple[Source, int]]:
        return [(self.parents[0], self.pieces[index][0])]

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [columns]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        return [plain]

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        chunk, low, high = self.pieces[index]
        return self.parents[0].row_numbers(chunk, reader)[low:high]

    def locate(self, index: int, row: int) -> str:
        chunk, low, _ = self.pieces[index]
        return self.parents[0].locate(chunk, low + row)

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return self.parents[0].describe()
        chunk, low, high = self.pieces[index]
        if high - low == self.parents[0].lengths[chunk]:
            return self.parents[0].describe(chunk)
        return f"rows {low}:{high} of {self.parents[0].describe(chunk)}"


class TakenRows(Source):
    """Rows of a source, whose lengths are known, by their numbers in ascending order."""

    def __init__(self, parent: Source, numbers: np.ndarray) -> None:
        super().__init__()
        self.parents = (parent,)
        self.expensive = parent.expensive
        ends = np.cumsum([*parent.lengths])  # type: ignore[arg-type]
        cuts = np.searchsorted(numbers, np.append(0, ends))
        self.pieces = [
            (index, numbers[first:last] - (int(ends[index - 1]) if index else 0))
            for index, (first, last) in enumerate(pairwise(cuts))
            if first < last
        ]  # (chunk of the parent, rows of it)

    def _own_lengths(self) -> tuple[int | None, ...]:
        return tuple(len(rows) for _, rows in self.pieces)

    def empty(self) -> Block:
        return self.parents[0].empty()

    def evaluate(self, index: int, reader: Reader) -> Block:
        chunk, rows = self.pieces[index]
        block = reader(self.parents[0], chunk)
        if isinstance(block, (pd.DataFrame, pd.Series)):
            return block.iloc[rows].reset_index(drop=True)
        return block[rows]

    def inputs(self, index: int) -> list[tuple[Source, int]]:
        return [(self.parents[0], self.pieces[index][0])]

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [columns]

    def demand_plain(
        self, plain: frozenset[Any] | None, columns: frozenset[Any] | None
    ) -> list[frozenset[Any] | None]:
        return [plain]

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        chunk, rows = self.pieces[index]
        return self.parents[0].row_numbers(chunk, reader)[rows]

    def locate(self, index: int, row: int) -> str:
        chunk, rows = self.pieces[index]
        return self.parents[0].locate(chunk, int(rows[row]))

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return self.parents[0].describe()
        chunk, rows = self.pieces[index]
        return f"{len(rows)} of {self.parents[0].describe(chunk)}"

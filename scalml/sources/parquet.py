"""Rows of Parquet files, cut at row groups, with dtypes that their schema and statistics fix."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .base import Block, Reader, Source, bounds, even_lengths, resolve_chunk_rows, row_nbytes
from .files import Fingerprint, PathLike, short_name
from .parquet_folders import parquet_files, partition_column, partition_dtypes, partitions_of
from .parquet_schema import (
    arrow_types,
    columns_with_nulls,
    common_types,
    dtype_of,
    empty_frame,
    fields_of,
    kept_columns,
    long_integers,
    open_file,
    require_columns,
    require_unique_names,
)

BATCH_ROWS = 2**15


@dataclass(frozen=True)
class RowGroup:
    """Rows of one file that are encoded together."""

    path: str
    number: int
    n_rows: int
    first_row: int  # in its file


class Cursor:
    """A row group being decoded in batches, so that the next rows cost no second decoding."""

    def __init__(self, group: RowGroup, columns: tuple[str, ...]) -> None:
        self.key = (group, columns)
        self.at = 0
        self._batches = self._decode(group, columns)
        self._left: list[Any] = []

    @staticmethod
    def _decode(group: RowGroup, columns: tuple[str, ...]) -> Iterator[Any]:
        with open_file(group.path) as file:
            yield from file.iter_batches(
                BATCH_ROWS, row_groups=[group.number], columns=list(columns), use_threads=False
            )

    def take(self, n_rows: int, keep: bool = True) -> list[Any]:
        """The next batches, `n_rows` in all; with `keep` False they are only passed over."""
        taken, wanted = [], n_rows
        while wanted:
            batch = self._left.pop() if self._left else next(self._batches)
            if batch.num_rows > wanted:
                self._left.append(batch.slice(wanted))
                batch = batch.slice(0, wanted)
            wanted -= batch.num_rows
            if keep:
                taken.append(batch)
        self.at += n_rows
        return taken


class ParquetSource(Source):
    """Chunks of one or several Parquet files with the same columns, one after the other.

    Integers are float64 in all chunks when any of the files has a null among them (their
    statistics tell; where they do not, the column is read once at open), or ``Int64`` if some are
    beyond 2**53, which float64 would round; booleans with nulls are
    ``boolean``, text and dictionaries of text ``str``, decimals float64, dates datetime64[s].

    Notes
    -----
    Parquet is decoded from the start of a row group. A chunk in the middle of one costs the rows
    before it too, unless the same thread read the chunk before it: it then goes on where it was,
    so that reading in order decodes every row once. Row groups of a chunk's size read best.

    Attributes
    ----------
    groups : tuple of RowGroup
        Row groups that have rows.
    dtypes : dict
        Dtype of each column.
    types : dict
        Arrow type of each column that the files hold, the same for all.
    partitions : dict
        Columns that the folders of each file name, and their values.
    """

    expensive = True

    def __init__(
        self,
        groups: Sequence[RowGroup],
        fingerprints: Sequence[Fingerprint],
        dtypes: dict[str, Any],
        lengths: Sequence[int],
        types: dict[str, Any],
        partitions: dict[str, dict[str, str | None]],
    ) -> None:
        super().__init__()
        self.types = types
        self.partitions = partitions
        self.groups = tuple(groups)
        self.fingerprints = tuple(fingerprints)
        self.dtypes = dtypes
        self._lengths = tuple(lengths)
        self._bounds = bounds(self._lengths)
        self._group_bounds = bounds([group.n_rows for group in groups])
        self._local = threading.local()

    @classmethod
    def open(
        cls,
        paths: PathLike | Sequence[PathLike],
        *,
        columns: Sequence[str] | None = None,
        dtype: Any = None,
        schema: Any = None,
        chunk_rows: int | None = None,
        chunk_bytes: int | None = None,
    ) -> ParquetSource:
        """Read the schema and sizes of Parquet files, not their rows.

        Parameters
        ----------
        paths : path, folder, glob or list of them
            Files without rows are left out. Of a folder all Parquet files below it are read; names
            of folders as in ``year=2013`` make columns.
        columns : list of str, optional
            Columns to keep, which all files have; others may differ.
        dtype : dtype or dict of them, optional
            Of columns, where that of the files is not the one to have.
        schema : pyarrow.Schema, optional
            Arrow types of columns, likewise.
        chunk_rows : int, optional
            Row ``k * chunk_rows`` begins a chunk, whichever row group and file it is in. By
            default a chunk is a row group, or an even part of one that exceeds `chunk_bytes`.
        chunk_bytes : int, optional
            Decoded bytes of a chunk at most, by default 32 MB.

        Raises
        ------
        ImportError
            pyarrow is not installed.
        ValueError
            A file that is truncated or no Parquet, lacks a column that is read, or has it in a type
            that Arrow promotes to none in common; a column of lists, structures or bytes.

        Examples
        --------
        >>> import os, tempfile, pandas as pd
        >>> path = os.path.join(tempfile.mkdtemp(), "a.parquet")
        >>> pd.DataFrame({"x": [1, None, 3], "s": ["a", "b", None]}).to_parquet(path)
        >>> source = ParquetSource.open(path, chunk_rows=2)
        >>> source.lengths
        (2, 1)
        >>> source.chunks[1].read()
             x    s
        0  3.0  NaN
        """
        resolve_chunk_rows(1, chunk_rows, chunk_bytes)
        folders = parquet_files(paths)
        partitions = partitions_of(folders)
        found = list(folders)
        in_names = partition_dtypes(partitions)
        prints = [Fingerprint.of(path) for path in found]
        groups: list[RowGroup] = []
        fields: dict[str, dict[str, Any]] = {}
        nulls: set[str] = set()
        long: set[str] = set()
        first = found[0]
        for path in found:
            with open_file(path) as file:
                require_unique_names(file.schema_arrow, path)
                seen = fields_of(file.schema_arrow)
                if path == first:
                    wanted = None if columns is None else [n for n in columns if n not in in_names]
                    kept = kept_columns(seen | dict.fromkeys(in_names), columns, path)
                    kept = [name for name in kept if name not in in_names]
                elif wanted is None and set(seen) - set(fields[first]):
                    require_columns(path, list(seen), first, fields[first])
                require_columns(first, kept, path, seen)
                fields[path] = seen
                metadata = file.metadata
                row = 0
                for number in range(metadata.num_row_groups):
                    n_rows = metadata.row_group(number).num_rows
                    if n_rows:
                        groups.append(RowGroup(path, number, n_rows, row))
                    row += n_rows
                nulls |= columns_with_nulls(file, [n for n in kept if n not in nulls])
                long |= long_integers(file, [n for n in kept if n not in long])
        if not groups:
            raise ValueError(
                f"At least one row is needed, there is none in {short_name(found[0])}."
            )
        types = common_types(fields, kept, arrow_types(dtype, schema, kept))
        dtypes = {
            name: dtype_of(types[name], name, name in nulls, name in long, first) for name in kept
        }
        dtypes |= {n: d for n, d in in_names.items() if columns is None or n in columns}
        limit = resolve_chunk_rows(row_nbytes(empty_frame(dtypes)), chunk_rows, chunk_bytes)
        if chunk_rows is not None:
            lengths = even_lengths(sum(group.n_rows for group in groups), limit)
        else:
            lengths = tuple(
                length for group in groups for length in _even_parts(group.n_rows, limit)
            )
        return cls(groups, prints, dtypes, lengths, types, partitions)

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    def empty(self) -> Block:
        return empty_frame(self.dtypes)

    def evaluate(self, index: int, reader: Reader) -> Block:
        wanted = reader.columns(self)
        columns = tuple(name for name in self.dtypes if wanted is None or name in wanted)
        start, stop = self._bounds[index], self._bounds[index + 1]
        if not columns or start == stop:
            empty = empty_frame({name: self.dtypes[name] for name in columns})
            return empty.reindex(pd.RangeIndex(stop - start))
        batches, files = [], []
        at = int(np.searchsorted(self._group_bounds, start, side="right")) - 1
        while at < len(self.groups) and self._group_bounds[at] < stop:
            group, begin = self.groups[at], self._group_bounds[at]
            low, high = max(start - begin, 0), min(stop - begin, group.n_rows)
            try:
                decoded = self._decoded(group, columns, low, high)
            except (OSError, ValueError) as error:
                self.check()
                error.add_note(f"while reading {self.describe(index)} ({group.path})")
                raise
            batches += decoded
            files.append((group.path, high - low))
            at += 1
        return self._frame(batches, columns, files)

    def _decoded(self, group: RowGroup, columns: tuple[str, ...], low: int, high: int) -> list[Any]:
        columns = tuple(name for name in columns if name in self.types)
        if not columns:
            return []
        cursor = getattr(self._local, "cursor", None)
        if cursor is None or cursor.key != (group, columns) or cursor.at > low:
            cursor = Cursor(group, columns)
            cursor.take(low, keep=False)
        elif cursor.at < low:
            cursor.take(low - cursor.at, keep=False)
        self._local.cursor = None  # not to be used again if decoding fails
        batches = cursor.take(high - low)
        if high < group.n_rows:
            self._local.cursor = cursor
        return batches

    def _frame(
        self, batches: Sequence[Any], columns: Sequence[str], files: Sequence[tuple[str, int]]
    ) -> pd.DataFrame:
        import pyarrow

        values: dict[str, Any] = {}
        for name in columns:
            dtype = self.dtypes[name]
            if name not in self.types:
                known = [self.partitions[path][name] for path, _ in files]
                values[name] = partition_column(known, [length for _, length in files], dtype)
                continue
            column = pyarrow.chunked_array(
                [_as_type(batch.column(name), self.types[name]) for batch in batches]
            )
            if pyarrow.types.is_date(column.type):
                column = column.cast(pyarrow.timestamp("s"), safe=False)
            elif dtype == np.float64 and column.type != pyarrow.float64():
                column = column.cast(pyarrow.float64(), safe=False)
            masked = isinstance(dtype, (pd.Int64Dtype, pd.UInt64Dtype))
            series = column.to_pandas(types_mapper=(lambda _, to=dtype: to) if masked else None)
            values[name] = series if series.dtype == dtype else series.astype(dtype)
        return pd.DataFrame(values, columns=list(columns), copy=False)

    def regrid(self, lengths: Sequence[int]) -> Source:
        return ParquetSource(
            self.groups, self.fingerprints, self.dtypes, lengths, self.types, self.partitions
        )

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        del state["_local"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _local=threading.local())

    def check(self) -> None:
        for fingerprint in self.fingerprints:
            fingerprint.check()

    def fingerprint(self) -> tuple[Any, ...]:
        """What the rows depend on: the files as they were, and the columns kept."""
        return self.fingerprints, repr(self.dtypes)

    def describe(self, index: int | None = None) -> str:
        names = short_name(self.groups[0].path)
        n_files = len({group.path for group in self.groups})
        if n_files > 1:
            names += f" and {n_files - 1} more"
        if index is None:
            return names
        return f"rows {self._bounds[index]}:{self._bounds[index + 1]} of {names}"

    def locate(self, index: int, row: int) -> str:
        row += self._bounds[index]
        at = int(np.searchsorted(self._group_bounds, row, side="right")) - 1
        group = self.groups[at]
        here = row - self._group_bounds[at] + group.first_row
        place = f"row {here} of {short_name(group.path)}"
        return place if here == row else f"{place} (row {row} of all files)"


def _as_type(column: Any, kind: Any) -> Any:
    """A column of one file in the type that all files have it in."""
    import pyarrow

    if pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column if column.type == kind else column.cast(kind)


def _even_parts(n_rows: int, limit: int) -> list[int]:
    """Lengths of the fewest parts of at most `limit` rows, as equal as they can be."""
    parts = -(-n_rows // limit)
    return [n_rows // parts + (part < n_rows % parts) for part in range(parts)]

"""Rows of CSV files, cut at exact byte ranges and parsed by pandas where they are needed."""

from __future__ import annotations

import csv as standard_csv
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .base import Block, Reader, Source, bounds, even_lengths, resolve_chunk_rows, row_nbytes
from .csv_cuts import Map, TextFile
from .csv_files import dialect_of, open_files, thread_map
from .csv_pieces import Piece, piece
from .csv_schema import MISFITS, Schema, chosen_columns, infer_schema
from .files import Fingerprint, PathLike

SAMPLE_BYTES = 3 * 2**20
SAMPLE_FILES = 64


class CsvSource(Source):
    """Chunks of one or several CSV files with the same columns, one file after the other.

    Open it by `CsvSource.open`. Rows, and the physical line of each chunk, are counted there;
    a chunk is then read from its own bytes alone. Missing cells make numbers float64; text is
    pandas' ``str``; no chunk's dtypes ever differ from `dtypes`.

    Attributes
    ----------
    files : tuple of TextFile
        The files that have rows.
    schema : Schema
        Columns, dtypes and how they are parsed.
    n_bad_rows : int
        Rows that were left out by ``on_bad_rows="skip"``.
    """

    expensive = True

    def __init__(
        self,
        files: Sequence[TextFile],
        fingerprints: Sequence[Fingerprint],
        schema: Schema,
        lengths: Sequence[int],
        spools: Sequence[Any] = (),
        map: Map = thread_map,
    ) -> None:
        super().__init__()
        self.files = tuple(files)
        self.fingerprints = tuple(fingerprints)
        self.schema = schema
        self.spools = tuple(spools)  # alive as long as something reads them
        self._map = map
        self._lengths = tuple(lengths)
        self._bounds = np.array(bounds(self._lengths), dtype=np.int64)
        self._file_rows = np.array(bounds([file.n_rows for file in files]), dtype=np.int64)
        self._cut(map)

    @classmethod
    def open(
        cls,
        paths: PathLike | Sequence[PathLike],
        *,
        chunk_rows: int | None = None,
        chunk_bytes: int | None = None,
        sep: str = ",",
        header: int | str | None = "infer",
        names: Sequence[Any] | None = None,
        usecols: Any = None,
        dtype: Any = None,
        parse_dates: Sequence[Any] | bool | None = None,
        dayfirst: bool = False,
        date_format: str | dict[Any, str] | None = None,
        na_values: Any = None,
        keep_default_na: bool = True,
        true_values: Sequence[str] | None = None,
        false_values: Sequence[str] | None = None,
        decimal: str = ".",
        thousands: str | None = None,
        quotechar: str = '"',
        quoting: int = standard_csv.QUOTE_MINIMAL,
        encoding: str = "utf-8",
        on_bad_rows: str = "error",
        require_final_newline: bool = False,
        member: str | None = None,
        cache_dir: PathLike | None = None,
        map: Map = thread_map,
    ) -> CsvSource:
        """Count the rows of CSV files and fix their columns and dtypes; reads the files once.

        Parameters
        ----------
        paths : path, glob or list of them
            Files without rows are left out. ``.gz``, ``.bz2``, ``.xz``, ``.zip`` and text that is
            not UTF-8 are first unpacked into a private file, removed with the source.
        chunk_rows, chunk_bytes : int, optional
            Rows of a chunk, or its decoded bytes (default 32 MB): row ``k * chunk_rows`` begins
            a chunk, whichever file it is in.
        sep, header, names, usecols, dtype, na_values, keep_default_na, true_values, false_values, \
decimal, thousands, quotechar, quoting, encoding
            As in `pandas.read_csv`; `header` is "infer", 0 or None, `sep` one ASCII character.
            Columns without a `dtype` get one from a sample of the files' beginnings, middles and
            ends. A categorical dtype must list its categories.
        parse_dates : list of column names, optional
            Their format is that of the first date, unless `date_format` tells it.
        dayfirst : bool, default=False
            Whether the day comes before the month where the first date leaves that open.
        date_format : str or dict of them by column, optional
            As in `pandas.read_csv`.
        on_bad_rows : {"error", "skip"}
            What to do with rows that have too few or too many fields.
        require_final_newline : bool
            Refuse files whose last line has no end, which may have been cut short. Otherwise a
            warning is logged.
        member : str, optional
            The file to read in a ``.zip`` with several.
        cache_dir : path, optional
            Where to unpack.
        map : callable
            Maps the scan over zones of a file: threads by default.

        Raises
        ------
        ValueError
            No row at all; files whose headers differ; a row of too few or many fields; a quote
            never closed; bytes that are no text; damaged archives; a cell that does not fit the
            `dtype` given. With the file, and the physical line from 1.

        Examples
        --------
        >>> import os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "a.csv")
        >>> with open(path, "w") as file:
        ...     _ = file.write("x,name\\n1,one\\n2,two\\n3,three\\n")
        >>> source = CsvSource.open(path, chunk_rows=2)
        >>> source.lengths
        (2, 1)
        >>> source.chunks[1].read()
           x   name
        0  3  three
        >>> source.locate(1, 0)
        'line 4 of a.csv'
        """
        if on_bad_rows not in ("error", "skip"):
            raise ValueError(f"on_bad_rows must be 'error' or 'skip', got {on_bad_rows!r}.")
        if header not in ("infer", 0, None) or isinstance(header, bool):
            raise ValueError(f"header must be 'infer', 0 or None, got {header!r}.")
        resolve_chunk_rows(1, chunk_rows, chunk_bytes)  # refused before anything is read
        dialect = dialect_of(sep, quotechar, quoting)
        keywords: dict[str, Any] = {
            "sep": sep,
            "quotechar": quotechar,
            "quoting": quoting,
            "na_values": na_values,
            "keep_default_na": keep_default_na,
            "true_values": true_values,
            "false_values": false_values,
            "decimal": decimal,
            "thousands": thousands,
            "engine": "c",
            "low_memory": True,
        }
        opened = open_files(
            paths,
            dialect,
            keywords,
            names=names,
            has_header=header == 0 or (header == "infer" and names is None),
            keep_bad=on_bad_rows == "skip",
            require_final_newline=require_final_newline,
            encoding=encoding,
            member=member,
            cache_dir=cache_dir,
            map=map,
        )
        schema = infer_schema(
            opened.columns,
            chosen_columns(opened.columns, usecols),
            _sample(opened.files, map),
            dtype,
            _date_columns(parse_dates),
            keywords,
            dayfirst,
            date_format,
        )
        rows = resolve_chunk_rows(row_nbytes(schema.empty()), chunk_rows, chunk_bytes)
        lengths = even_lengths(sum(file.n_rows for file in opened.files), rows)
        return cls(opened.files, opened.fingerprints, schema, lengths, opened.spools, map)

    # -- the grid -----------------------------------------------------------------------------
    def _cut(self, map: Map) -> None:
        """Find the bytes of each chunk: pieces, one for each file that it has rows of."""
        rows = np.union1d(self._bounds, self._file_rows)[:-1]
        self._piece_row = rows
        self._piece_file = np.searchsorted(self._file_rows, rows, side="right") - 1
        self._piece_begin = np.zeros(len(rows), np.int64)
        self._piece_line = np.zeros(len(rows), np.int64)
        for index, file in enumerate(self.files):
            here = np.flatnonzero(self._piece_file == index)
            begins, lines = file.locate(rows[here] - self._file_rows[index], map)
            self._piece_begin[here], self._piece_line[here] = begins, lines
        # A piece ends where the next of its file begins.
        same = np.append(np.diff(self._piece_file) == 0, False)
        sizes = np.array([file.size for file in self.files], dtype=np.int64)
        self._piece_stop = np.where(
            same, np.append(self._piece_begin[1:], 0), sizes[self._piece_file]
        )

    def pieces(self, index: int) -> list[Piece]:
        """The byte ranges of a chunk."""
        first, last = np.searchsorted(self._piece_row, self._bounds[index : index + 2])
        return [
            piece(
                self.files[self._piece_file[at]],
                int(self._piece_begin[at]),
                int(self._piece_stop[at]),
                int(self._piece_line[at]),
            )
            for at in range(first, last)
        ]

    def regrid(self, lengths: Sequence[int]) -> Source:
        files = self.files
        if any(len(file.states) == 0 for file in files):  # a copy that came through a pickle
            files = tuple(file.scanned(thread_map) for file in files)
        return CsvSource(files, self.fingerprints, self.schema, lengths, self.spools, self._map)

    def __getstate__(self) -> dict[str, Any]:
        # Zones are only needed to cut again; a worker is sent where its chunks are.
        state = super().__getstate__()
        state["files"] = tuple(file.without_zones() for file in self.files)
        state["_map"] = thread_map
        return state

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    # -- rows ---------------------------------------------------------------------------------
    @property
    def n_bad_rows(self) -> int:
        return sum(len(file.bad) for file in self.files)

    def empty(self) -> Block:
        return self.schema.empty()

    def evaluate(self, index: int, reader: Reader) -> Block:
        wanted = reader.columns(self)
        columns = [name for name in self.schema.dtypes if wanted is None or name in wanted]
        length = int(self._bounds[index + 1] - self._bounds[index])
        if not columns or not length:
            return self.schema.empty(columns).reindex(pd.RangeIndex(length))
        pieces = self.pieces(index)
        try:
            frame = self.schema.parse(pieces, columns)
        except MISFITS as error:
            self.check()
            misfit = self.schema.find_misfit(pieces, columns)
            if not misfit:
                error.add_note(f"while reading {self.describe(index)}")
                raise
            raise ValueError(misfit) from None
        if len(frame) != length:
            self.check()
            raise ValueError(
                f"{self.describe(index)} must have {length} rows, pandas reads {len(frame)}."
            )
        return frame

    def check(self) -> None:
        for fingerprint in self.fingerprints:
            fingerprint.check()

    def fingerprint(self) -> tuple[Any, ...]:
        """What the rows depend on: the files as they were, and how they are read."""
        schema = self.schema
        return self.fingerprints, repr((schema.names, schema.dtypes, schema.keywords))

    # -- words --------------------------------------------------------------------------------
    def describe(self, index: int | None = None) -> str:
        names = self.files[0].name
        if len(self.files) > 1:
            names += f" and {len(self.files) - 1} more"
        if index is None:
            return names
        return f"rows {self._bounds[index]}:{self._bounds[index + 1]} of {names}"

    def locate(self, index: int, row: int) -> str:
        """The physical line, from 1, at which a row begins; reads the chunk's text."""
        target = self._bounds[index] + row
        at = int(np.searchsorted(self._piece_row, target, side="right")) - 1
        file = self.files[self._piece_file[at]]
        found = piece(
            file, int(self._piece_begin[at]), int(self._piece_stop[at]), int(self._piece_line[at])
        )
        line = found.line_of(int(target - self._piece_row[at]))
        return f"line {line} of {file.name}"


def _date_columns(parse_dates: Any) -> list[Any]:
    if isinstance(parse_dates, bool) and parse_dates:
        raise ValueError(
            "parse_dates must list the columns that hold dates, as parse_dates=['day'], got True: "
            "there is no index to parse."
        )
    columns = [parse_dates] if isinstance(parse_dates, str) else list(parse_dates or [])
    nested = [one for one in columns if isinstance(one, (list, tuple, dict))]
    if nested:
        raise ValueError(f"parse_dates must list columns one by one, got {nested[0]!r} among them.")
    return columns


def _sample(files: Sequence[TextFile], map: Map) -> list[Piece]:
    """Rows from the beginning, middle and end of the files, some 3 MiB in all."""
    chosen = files
    if len(files) > SAMPLE_FILES:
        chosen = [files[i] for i in np.linspace(0, len(files) - 1, SAMPLE_FILES).astype(int)]
    share = SAMPLE_BYTES // (3 * len(chosen))
    sample = []
    for file in chosen:
        rows = file.n_rows
        count = int(rows * share / max(file.size - file.begin, 1)) + 1
        middle, end = max(count, rows // 2), max(count, rows - count)
        marks = [0, count, middle, middle + count, end, rows]
        if 3 * count >= rows:
            marks = [0, rows]
        begins, lines = file.locate(np.minimum(marks, rows), map)
        for at in range(0, len(marks), 2):
            if begins[at] < begins[at + 1]:
                sample.append(piece(file, int(begins[at]), int(begins[at + 1]), int(lines[at])))
    return sample

"""Rows of CSV files, cut at exact byte ranges and parsed by pandas where they are needed."""

from __future__ import annotations

import csv as standard_csv
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from .base import Block, Reader, Source, bounds, even_lengths, resolve_chunk_rows, row_nbytes
from .csv_cuts import Map, TextFile, first_line
from .csv_lines import Dialect
from .csv_pieces import Piece, piece
from .csv_schema import (
    Schema,
    chosen_columns,
    header_names,
    infer_schema,
)
from .files import Fingerprint, PathLike, expand_paths, short_name
from .spool import Spool, needs_spool

logger = logging.getLogger("scalml")

SAMPLE_BYTES = 3 * 2**20
SAMPLE_FILES = 64
OPTIONS = ("na_values", "keep_default_na", "decimal", "thousands", "true_values", "false_values")


def thread_map(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """`map` by threads, one a core, that take some hundred items at a time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    items = list(items)
    if len(items) < 2:
        return [func(item) for item in items]
    size = min(128, -(-len(items) // (cores or 1)))
    batches = [items[at : at + size] for at in range(0, len(items), size)]
    with ThreadPoolExecutor(cores) as pool:
        return [found for batch in pool.map(partial(_each, func), batches) for found in batch]


def _each(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    return [func(item) for item in items]


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
        parse_dates: Sequence[Any] | None = None,
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
            Rows of a chunk, or its decoded bytes (default 32 MiB): row ``k * chunk_rows`` begins
            a chunk, whichever file it is in.
        sep, header, names, usecols, dtype, na_values, keep_default_na, true_values, false_values, \
decimal, thousands, quotechar, quoting, encoding
            As in `pandas.read_csv`; `header` is "infer", 0 or None, `sep` one ASCII character.
            Columns without a `dtype` get one from a sample of the files' beginnings, middles and
            ends. A categorical dtype must list its categories.
        parse_dates : list of column names, optional
            Their format is that of the first date.
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
        dialect = _dialect(sep, quotechar, quoting)
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
        has_header = header == 0 or (header == "infer" and names is None)
        originals = [os.path.abspath(path) for path in expand_paths(paths)]
        prints = [Fingerprint.of(path) for path in originals]
        spools, files, columns = [], [], None
        for path in originals:
            plain = path
            if needs_spool(path, encoding):
                spools.append(Spool(path, cache_dir, encoding=encoding, member=member))
                plain = spools[-1].path
            found = _head(plain, short_name(path), dialect, has_header, names, keywords)
            if found is None:
                continue
            file, seen = found
            if columns is None:
                columns, first = seen, file.name
            elif seen != columns:
                raise ValueError(_other_columns(first, columns, file.name, seen))
            _check_end(file, require_final_newline)
            file = replace(file, keep_bad=on_bad_rows == "skip").scanned(map)
            if len(file.bad):
                logger.warning(
                    "%d rows of %s were left out for their number of fields, the first on line %d",
                    len(file.bad),
                    file.name,
                    file.bad[0, 2],
                )
            if file.n_rows:
                files.append(file)
        for fingerprint in prints:
            fingerprint.check()
        if columns is None or not files:
            listed = ", ".join(short_name(path) for path in originals[:3])
            more = f" and {len(originals) - 3} more" if len(originals) > 3 else ""
            raise ValueError(
                f"At least one row is needed to know the dtypes, there is none in {listed}{more}."
            )
        prints += [Fingerprint.of(spool.path) for spool in spools]
        schema = infer_schema(
            columns,
            chosen_columns(columns, usecols),
            _sample(files, map),
            dtype,
            list(parse_dates or []),
            keywords,
        )
        rows = resolve_chunk_rows(row_nbytes(schema.empty()), chunk_rows, chunk_bytes)
        lengths = even_lengths(sum(file.n_rows for file in files), rows)
        return cls(files, prints, schema, lengths, spools, map)

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
        except (ValueError, TypeError, OverflowError) as error:
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


def _dialect(sep: str, quotechar: str, quoting: int) -> Dialect:
    for name, value in (("sep", sep), ("quotechar", quotechar)):
        is_character = isinstance(value, str) and len(value) == 1 and value.isascii()
        if not is_character or value in "\r\n\0":
            raise ValueError(f"{name} must be one ASCII character, got {value!r}.")
    if sep == quotechar:
        raise ValueError(f"sep and quotechar must differ, both are {sep!r}.")
    if quoting == standard_csv.QUOTE_NONE:
        return Dialect(ord(sep), None)
    return Dialect(ord(sep), ord(quotechar))


def _head(
    path: str,
    name: str,
    dialect: Dialect,
    has_header: bool,
    names: Sequence[Any] | None,
    keywords: dict[str, Any],
) -> tuple[TextFile, tuple[Any, ...]] | None:
    """A file not yet scanned and its columns; None if all its lines are blank."""
    found = first_line(path, name, dialect)
    if found is None:
        return None
    header = {key: keywords[key] for key in ("sep", "quotechar", "quoting")}
    columns = header_names(found.text, header) if has_header else tuple(range(found.n_fields))
    if names is not None:
        if len(set(names)) != len(names) or len(names) != found.n_fields:
            raise ValueError(
                f"names must be {found.n_fields} different names, as many as {name} has columns, "
                f"got {list(names)}."
            )
        columns = tuple(names)
    begin, line = (found.following, found.number) if has_header else (found.begin, 1)
    file = TextFile(path, name, begin, os.path.getsize(path), line, found.n_fields, dialect)
    return file, columns


def _other_columns(first: str, expected: Sequence[Any], name: str, seen: Sequence[Any]) -> str:
    missing = [column for column in expected if column not in seen]
    added = [column for column in seen if column not in expected]
    if missing or added:
        how = f"lacks {missing} and adds {added}"
    else:
        how = f"has them in another order, {list(seen)}"
    return f"All files must have the same columns: {first} has {list(expected)}, {name} {how}."


def _check_end(file: TextFile, required: bool) -> None:
    if file.size == file.begin:
        return
    with open(file.path, "rb") as stream:
        stream.seek(max(file.begin, file.size - 200))
        tail = stream.read()
    if tail[-1:] in (b"\n", b"\r"):
        return
    last = tail.splitlines()[-1].decode(errors="replace")
    if required:
        raise ValueError(
            f"{file.name} must end with a line end, its last line is {last!r}; it may have been "
            "cut short. Read it anyway with require_final_newline=False."
        )
    logger.warning("%s has no line end after its last line, which may be cut: %r", file.name, last)


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

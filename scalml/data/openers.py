"""Functions that open files and in-memory data as chunked collections."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..config import config_context, current_config
from ..runtime import imap, workspace
from ..runtime.executors import n_workers, running_workers
from ..sources.files import PathLike
from ..sources.memory import MemorySource
from ..sources.npy import NpySource
from .array import ChunkedArray
from .collection import wrap
from .csv_options import translated
from .frame import ChunkedFrame

ZONES_A_TASK = 16
WORTH_PROCESSES = 4096  # zones of 1 MiB; to start processes takes as long as to scan some 1000


def read_npy(
    paths: PathLike | Sequence[PathLike],
    *,
    chunk_rows: int | None = None,
    chunk_bytes: int | None = None,
) -> ChunkedArray:
    """Open `.npy` files as one chunked array; nothing but their headers is read.

    Parameters
    ----------
    paths : path, glob or list of them
        Files of one- or two-dimensional numbers with equal columns and dtype, stacked by rows.
    chunk_rows, chunk_bytes : int, optional
        Size of a chunk in rows or in bytes; default about 32 MB.

    Returns
    -------
    ChunkedArray

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        For files that are missing, unreadable, truncated, or do not fit each other.
    """
    return ChunkedArray(NpySource.open(paths, chunk_rows, chunk_bytes))


def read_csv(
    paths: PathLike | Sequence[PathLike],
    *,
    chunk_rows: int | None = None,
    chunk_bytes: int | None = None,
    **options: Any,
) -> ChunkedFrame:
    """Open CSV files as one chunked frame, cut exactly at row ends, with a schema fixed now.

    Parameters
    ----------
    paths : path, glob or list of them
        Files with equal columns. ``.gz`` and ``.zip`` are unpacked to the cache directory first.
    chunk_rows, chunk_bytes : int, optional
        Size of a chunk in rows or in decoded bytes; default about 32 MB.
    **options
        As `pandas.read_csv` names them: `sep` or `delimiter`, `header`, `names`, `usecols`,
        `nrows`, `dtype`, `parse_dates`, `dayfirst`, `date_format`, `na_values`,
        `keep_default_na`, `true_values`, `false_values`, `decimal`, `thousands`, `quotechar`,
        `quoting`, `encoding`, `on_bad_lines` or `on_bad_rows` ("error" or "skip"); and
        `require_final_newline` and `member`: see `scalml.sources.csv.CsvSource.open`.

    Returns
    -------
    ChunkedFrame

    Raises
    ------
    TypeError
        For an option that is not to be had, with what to do instead.
    FileNotFoundError, PermissionError, ValueError
        For files that are missing, unreadable, or do not fit each other, and, with file and line,
        for rows of too many or too few fields. A cell that does not fit the schema is an error,
        with file, line and column, when it is read.

    Notes
    -----
    One scan over the bytes at open, at disk speed, finds the row ends and counts the rows.
    """
    from ..sources.csv import CsvSource

    if hasattr(paths, "read"):
        raise TypeError(
            f"Files are opened by path, as several passes may read them, got {paths!r:.80}. Save "
            "it to a file, or cut it in memory: scalml.from_frame(pandas.read_csv(...))."
        )
    n_rows = options.pop("nrows", None)
    if n_rows is not None and (not isinstance(n_rows, Integral) or n_rows < 0):
        raise ValueError(f"nrows must be an integer of at least 0, got {n_rows!r}.")
    known = set(inspect.signature(CsvSource.open).parameters) - {"paths", "map", "cache_dir"}
    frame = wrap(
        CsvSource.open(
            paths,
            chunk_rows=chunk_rows,
            chunk_bytes=chunk_bytes,
            cache_dir=workspace(),
            map=scan_map,
            **translated(options, known),
        )
    )
    return frame if n_rows is None else frame[: int(n_rows)]


def scan_map(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """`map` over zones of text: in worker processes where they are up, or worth starting.

    A scan is many short steps, for each of which a thread waits for the interpreter: of 0.8 GB,
    two threads take 0.75 s, one 0.71 s and two processes 0.39 s.
    """
    from ..sources.csv_files import each, thread_map

    items = list(items)
    workers = n_workers()
    up = running_workers() == workers and len(items) > ZONES_A_TASK
    chosen = workers > 1 and current_config().backend in (None, "processes")
    if not chosen or not (up or len(items) >= WORTH_PROCESSES):
        return thread_map(func, items)
    tasks = [items[at : at + ZONES_A_TASK] for at in range(0, len(items), ZONES_A_TASK)]
    with config_context(backend="processes"):
        found = imap(partial(each, func), tasks, name="scan", silent=True)
        return [zone for task in found for zone in task]


def read_parquet(
    paths: PathLike | Sequence[PathLike],
    *,
    columns: Sequence[str] | None = None,
    dtype: Any = None,
    schema: Any = None,
    chunk_rows: int | None = None,
    chunk_bytes: int | None = None,
) -> ChunkedFrame:
    """Open Parquet files as one chunked frame; only their metadata is read. Needs pyarrow.

    Parameters
    ----------
    paths : path, folder, glob or list of them
        Of a folder all Parquet files below it. Folders named as in ``year=2013`` (hive partitions)
        make categorical columns.
    columns : list of str, optional
        Columns to have; default all, which the files must then have in common. Only columns that
        are used are read in any case.
    dtype : dtype or dict of them, optional
        Of columns, where that of the files is not the one to have.
    schema : pyarrow.Schema, optional
        Arrow types of columns, likewise.
    chunk_rows, chunk_bytes : int, optional
        Size of a chunk in rows or in decoded bytes; default about 32 MB.

    Returns
    -------
    ChunkedFrame

    Raises
    ------
    ValueError
        For files whose types of a column have none in common by Arrow's rules of promotion, with
        the column and both types.
    """
    from ..sources.parquet import ParquetSource

    return wrap(
        ParquetSource.open(
            paths,
            columns=columns,
            dtype=dtype,
            schema=schema,
            chunk_rows=chunk_rows,
            chunk_bytes=chunk_bytes,
        )
    )


def from_array(array: Any, *, chunk_rows: int | None = None) -> ChunkedArray:
    """Cut an array that is in memory (or mapped) into chunks, without copying it.

    Parameters
    ----------
    array : array-like or SciPy sparse matrix, 1-D or 2-D
    chunk_rows : int, optional
        Rows of a chunk; default 4 to 32 MB, so that there are eight if possible.

    Returns
    -------
    ChunkedArray
    """
    data = array if sparse.issparse(array) else np.asarray(array)
    if data.ndim not in ((2,) if sparse.issparse(data) else (1, 2)):
        raise ValueError(f"Expected an array of 1 or 2 dimensions, got {data.ndim}.")
    return ChunkedArray(MemorySource(data, chunk_rows))


def from_frame(frame: Any, *, chunk_rows: int | None = None) -> Any:
    """Cut a table that is in memory into chunks.

    Parameters
    ----------
    frame : DataFrame, Series, or a table with ``__arrow_c_stream__`` (polars, pyarrow, …)
        The index is dropped. Tables that are not pandas need pyarrow.
    chunk_rows : int, optional
        Rows of a chunk; default 4 to 32 MB, so that there are eight if possible.

    Returns
    -------
    ChunkedFrame, or ChunkedSeries for a Series
    """
    if not isinstance(frame, (pd.DataFrame, pd.Series)):
        if not hasattr(frame, "__arrow_c_stream__"):
            raise TypeError(
                f"Expected a pandas, polars or Arrow table, got {type(frame).__name__}."
            )
        frame = pd.DataFrame.from_arrow(frame)  # type: ignore[attr-defined]
    return wrap(MemorySource(frame, chunk_rows))

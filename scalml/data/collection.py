"""What every chunked collection has: a source, a shape, lazy maps, and words for its repr."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from scipy import sparse

from ..runtime import align, count_rows, read_chunks, source_of
from ..runtime.tracebacks import ShortTracebacks
from ..sources.base import Block, Chunk, Mapped, Source, concatenate, n_rows_of
from ..sources.memory import MemorySource
from ..sources.row_numbers import RowNumbers
from ..sources.select import Filtered, RowRange, TakenRows
from ..statistics import CodedRows

if TYPE_CHECKING:
    from .array import ChunkedArray

ELSEWHERE = {
    "compute": "to_numpy() or to_pandas()",
    "persist": "cache()",
    "map_partitions": "map_chunks()",
    "map_blocks": "map_chunks()",
    "rechunk": "chunk_rows= of the function that opens the data",
    "npartitions": "n_chunks",
    "iloc": "row slices such as X[:1000]",
    "loc": "boolean filters such as df[df['a'] > 0]",
}

OURS = (
    "Metrics, splits, searches and column transformers that read chunks are in scalml.metrics, "
    "scalml.model_selection and scalml.compose."
)

AS_METHODS = {
    **{name: name for name in ("sum", "mean", "var", "std", "min", "max", "any", "all")},
    "amin": "min",
    "amax": "max",
    "count_nonzero": "count_nonzero",
    "shape": "shape",
    "ndim": "ndim",
    "ravel": "ravel",
}  # NumPy's functions of an array that are methods here


class Collection:
    """Rows in chunks that are read when somebody needs them; base of arrays, frames and series."""

    _source: Source
    __pandas_priority__ = 10_000  # pandas leaves mixed operators, as Series + collection, to us

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def source(self) -> Source:
        """Where the rows come from."""
        return self._source

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """Descriptors of the chunks; ``chunk.read()`` gives the rows."""
        return self._source.chunks

    @property
    def n_chunks(self) -> int:
        return self._source.n_chunks

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Rows and columns; the rows are None while nobody has counted them (``len`` does)."""
        return (self._source.n_rows, *self._source.empty().shape[1:])

    @property
    def ndim(self) -> int:
        return len(self._source.empty().shape)

    @property
    def nbytes(self) -> int | None:
        """Decoded size in bytes, as far as the dtypes tell; None while rows are not counted."""
        n_rows = self._source.n_rows
        return None if n_rows is None else n_rows * self._source.row_nbytes

    def __len__(self) -> int:
        return count_rows(self._source)

    def __bool__(self) -> bool:
        raise ValueError(
            f"The truth value of a {type(self).__name__} is ambiguous: use any() or all(), and "
            "& | ~ instead of and, or, not."
        )

    def __iter__(self) -> Any:
        raise TypeError(
            f"A {type(self).__name__} is not iterated row by row; scalml.read_chunks reads it "
            "chunk by chunk."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if isinstance(self._source, MemorySource) and not sparse.issparse(self._source.data):
            return np.array(self._source.data, dtype=dtype, copy=copy)
        raise TypeError(
            f"A {type(self).__name__} does not turn into a NumPy array by itself; to_numpy() "
            "reads it into memory. To train a scikit-learn estimator chunk by chunk use "
            "scalml.wrappers.Incremental, to apply a fitted one scalml.wrappers.ParallelPostFit. "
            + OURS
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = func.__name__
        if name not in AS_METHODS or not args or args[0] is not self:
            raise TypeError(
                f"np.{name} does not work on a {type(self).__name__}; X.map_chunks applies a "
                f"function to each chunk, to_numpy() reads all rows into memory. {OURS}"
            )
        if name in ("var", "std"):
            kwargs = {"ddof": 0, **kwargs}  # NumPy's default, also for pandas
        found = getattr(self, AS_METHODS[name])
        return found(*args[1:], **kwargs) if callable(found) else found

    def __getattr__(self, name: str) -> Any:
        if name in ELSEWHERE:
            raise AttributeError(
                f"{type(self).__name__} has no {name!r}; here it is {ELSEWHERE[name]}."
            )
        source = self.__dict__.get("_source")
        if source is not None and not name.startswith("_") and hasattr(source.empty(), name):
            raise AttributeError(
                f"{type(self).__name__} has no {name!r}; map_chunks(lambda block: block.{name}"
                "(…)) computes it in each chunk, to_numpy() or to_pandas() read all rows."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # -- lazy ---------------------------------------------------------------------------------
    def map_chunks(
        self,
        func: Callable[..., Block],
        *others: Any,
        empty: Block = None,
        keeps_rows: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Apply a function to each chunk, lazily.

        Parameters
        ----------
        func : callable
            Gets the chunk's block (ndarray, CSR matrix, DataFrame or Series), then those of
            `others`, then `kwargs`; returns a block. It must not change its arguments.
        *others : collections or in-memory arrays
            Aligned with this one.
        empty : block, optional
            The result for no rows; without it `func` is called on an empty block to find
            columns and dtypes.
        keeps_rows : bool, default=True
            False for a function that drops or adds rows.

        Returns
        -------
        ChunkedArray, ChunkedFrame or ChunkedSeries
            By what `func` returns.

        Examples
        --------
        >>> import numpy as np, scalml
        >>> X = scalml.from_array(np.arange(6.0).reshape(3, 2), chunk_rows=2)
        >>> X.map_chunks(lambda block: block.max(axis=1)).to_numpy()
        array([1., 3., 5.])
        """
        parents = align_with(self, *others)
        call = partial(func, **kwargs) if kwargs else func
        return wrap(Mapped(call, parents, empty=empty, keeps_rows=keeps_rows))

    def head(self, n: int = 5) -> Any:
        """The first `n` rows, in memory; reads only the chunks that hold them."""
        if n < 0:
            raise ValueError(f"n must be at least 0, got {n}.")
        parts: list[Any] = []
        for chunk in self.chunks:
            block = chunk.read()[:n]
            parts.append(block)
            n -= n_rows_of(block)
            if n == 0:
                break
        return _as_own(concatenate(parts or [self._source.empty()]))

    def cache(self) -> Self:
        """Write the rows, computed once, to memory-mapped files; returns a collection over them.

        The files lie in a private directory under ``cache_dir`` and go with the collection. The
        system's page cache shares them between workers. One pass over the data.
        """
        from .cache import cache

        return cache(self)[0]

    def _in_memory(self) -> Block:
        with ShortTracebacks():
            blocks = [block for (block,) in read_chunks(self._source)]
        return _as_own(concatenate(blocks or [self._source.empty()]))

    def _rows(self, key: Any) -> Any:
        """Rows for a slice, a boolean mask or ascending row numbers."""
        if isinstance(key, slice):
            if key.step not in (None, 1):
                raise IndexError(f"Row slices must have step 1, got {key.step}.")
            return wrap(RowRange(self._source, *key.indices(len(self))[:2]))
        if not is_chunked(key) and not isinstance(key, pd.Series):
            key = np.asarray(key)
        if key.ndim == 1 and not is_chunked(key) and pd.api.types.is_integer_dtype(key.dtype):
            return wrap(TakenRows(self._source, self._row_numbers(np.asarray(key))))
        if key.ndim != 1 or not pd.api.types.is_bool_dtype(key.dtype):
            raise IndexError(
                "Rows are chosen by a slice or by a boolean mask with a value a row, or by row "
                f"numbers in memory, got {key.ndim} dimensions of "
                f"{key.dtype if key.ndim < 2 else 'values'}."
            )
        return wrap(Filtered(self._source, align_with(self, key)[1]))

    def _row_numbers(self, key: np.ndarray) -> np.ndarray:
        """Row numbers from 0, of rows that are there, in an order that one reading can follow."""
        n_rows = len(self)
        outside = (key < -n_rows) | (key >= n_rows)
        if outside.any():
            raise IndexError(f"There is no row {key[outside][0]} among {n_rows} rows.")
        numbers = np.where(key < 0, key + n_rows, key).astype(np.int64)
        if (np.diff(numbers) < 0).any():
            raise IndexError(
                "Row numbers must ascend, as chunks are read in order: X[np.sort(rows)]. " + OURS
            )
        return numbers

    def _describe_rows(self) -> str:
        n_rows = self._source.n_rows
        rows = "rows not counted" if n_rows is None else f"{n_rows:,} rows"
        return f"{rows}, {self.n_chunks} chunks of {self._source.describe()}"


def _as_own(block: Block) -> Block:
    """Rows for the user to keep: no view of a mapped file, nor of what a collection holds."""
    values = block.data if sparse.issparse(block) else block
    read_only = isinstance(values, np.ndarray) and not values.flags.writeable
    return block.copy() if read_only else block


def wrap(source: Source) -> Any:
    """The collection that fits what a source reads to."""
    from .array import ChunkedArray
    from .frame import ChunkedFrame
    from .series import ChunkedSeries

    block = source.empty()
    if isinstance(block, pd.DataFrame):
        return ChunkedFrame(source)
    if isinstance(block, pd.Series):
        return ChunkedSeries(source)
    is_array = isinstance(block, (np.ndarray, CodedRows)) and block.ndim in (1, 2)
    if is_array or sparse.issparse(block):
        return ChunkedArray(source)
    raise TypeError(
        "A chunk must be a one- or two-dimensional array, a CSR matrix, a DataFrame or a Series, "
        f"got {type(block).__name__}."
    )


def is_chunked(data: Any) -> bool:
    """Whether `data` is a chunked collection, rather than in memory."""
    return isinstance(data, Collection)


def align_with(lead: Any, *others: Any) -> list[Source]:
    """Sources of collections or in-memory rows, on the chunk grid of `lead`."""
    first = source_of(lead)
    if first is None:
        raise TypeError("Expected a chunked collection to align with, got None.")
    sources = [first]
    for other in others:
        if is_chunked(other) or isinstance(other, Source):
            sources.append(other if isinstance(other, Source) else other.source)
            continue
        if isinstance(other, (pd.Index, pd.api.extensions.ExtensionArray)):
            other = pd.Series(other)
        if not (isinstance(other, (np.ndarray, pd.DataFrame, pd.Series)) or sparse.issparse(other)):
            other = np.asarray(other)
        if other.ndim == 0:
            raise ValueError(f"Expected a value a row, got the single value {other!r}.")
        n_rows = count_rows(sources[0])
        if n_rows_of(other) != n_rows:
            raise ValueError(
                f"Rows used together must be as many, got {n_rows} of "
                f"{sources[0].describe()} and {n_rows_of(other)} in memory."
            )
        lengths = [int(n) for n in sources[0].lengths if n is not None]
        sources.append(MemorySource(other, lengths=lengths))
    return [source for source in align(*sources) if source is not None]


def row_numbers(data: Collection) -> ChunkedArray:
    """Number of each row of `data` in the file or array it comes from, lazily.

    Rows that a filter dropped leave gaps, so that a choice by row number does not depend on
    what else was filtered, nor on the chunks. Rows that a function has made (``keeps_rows=False``,
    a merge that repeats or drops rows) are numbered anew, and counted if they are not: one pass.

    Returns
    -------
    ChunkedArray of int64, shape (n_rows,)
    """
    count_rows(data.source.numbered_by)
    return wrap(RowNumbers(data.source))

"""The cache format: a file a chunk, its columns as arrays, text as codes with a dictionary."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype
from scipy import sparse

from ..statistics.coded import CodedRows
from .array_files import ArrayFile, can_write, write_arrays
from .base import Reader, Source
from .blocks import Block, bounds, conform, n_rows_of

CODED_PARTS = "numbers", "ones"
CSR_PARTS = "data", "indices", "indptr"


class StoredSource(Source):
    """Chunks that `store` wrote to a directory, read by mapping them."""

    def __init__(
        self,
        folder: str,
        name: str,
        empty: Block,
        lengths: Sequence[int],
        numbered: bool,
        origin: str,
        bytes_per_row: int | None = None,
    ) -> None:
        super().__init__()
        self._row_nbytes = bytes_per_row
        self.folder = folder
        self.name = name
        self.numbered = numbered
        self.origin = origin
        self._empty = empty
        self._lengths = tuple(lengths)
        self._bounds = bounds(self._lengths)

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    def empty(self) -> Block:
        return self._empty

    def evaluate(self, index: int, reader: Reader) -> Block:
        if not self.lengths[index]:
            return self._empty
        file = ArrayFile(_path(self.folder, self.name, index))
        if isinstance(self._empty, np.ndarray):
            return file["values"]
        if isinstance(self._empty, CodedRows):
            numbers, ones = (file[part] for part in CODED_PARTS)
            return replace(self._empty, numbers=numbers, ones=ones)
        if sparse.issparse(self._empty):
            data, indices, indptr = (file[part] for part in CSR_PARTS)
            shape = (len(indptr) - 1, self._empty.shape[1])
            return type(self._empty)((data, indices, indptr), shape=shape)
        if isinstance(self._empty, pd.Series):
            values = _column(file, 0, self._empty.dtype)
            return pd.Series(values, name=self._empty.name, copy=False)
        wanted, plain = reader.columns(self), reader.plain(self)
        columns = {
            name: _column(file, place, dtype, plain is not None and name not in plain)
            for place, (name, dtype) in enumerate(self._empty.dtypes.items())
            if wanted is None or name in wanted
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(self.lengths[index]), copy=False)

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        if not self.numbered:
            return super().row_numbers(index, reader)
        if not self.lengths[index]:
            return np.empty(0, dtype=np.int64)
        return ArrayFile(_path(self.folder, "rows", index))["values"]

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return f"the cache of {self.origin}"
        return f"rows {self._bounds[index]}:{self._bounds[index + 1]} of the cache of {self.origin}"


def store(folder: str, name: str, index: int, block: Block) -> None:
    """Write one chunk, so that a `StoredSource` over `folder` reads it back.

    Raises
    ------
    TypeError
        For Python objects that are not all text.
    """
    if isinstance(block, np.ndarray):
        arrays = {"values": block}
    elif isinstance(block, CodedRows):
        arrays = {part: getattr(block, part) for part in CODED_PARTS}
    elif sparse.issparse(block):
        arrays = {part: getattr(block, part) for part in CSR_PARTS}
    elif isinstance(block, pd.Series):
        arrays = _arrays_of(block, 0)
    else:
        arrays = {}
        for place, (_, column) in enumerate(block.items()):
            arrays |= _arrays_of(column, place)
    write_arrays(_path(folder, name, index), arrays)


def can_store(empty: Block) -> bool:
    """Whether every value of such blocks can be stored without pickling."""
    if isinstance(empty, pd.DataFrame):
        return all(can_store(empty[column]) for column in empty.columns)
    if isinstance(empty, pd.Series):
        dtype = empty.dtype
        known = isinstance(dtype, (pd.StringDtype, pd.CategoricalDtype)) or _is_masked(dtype)
        return known or can_write(dtype)
    return can_write(empty.dtype)


def _path(folder: str, name: str, index: int) -> str:
    return os.path.join(folder, f"{name}-{index}")


def _arrays_of(column: pd.Series, place: int) -> dict[str, np.ndarray]:
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return {f"{place}": column.cat.codes.to_numpy()}
    if isinstance(dtype, pd.StringDtype):
        codes, values = pd.factorize(column)
        words = [word.encode("utf-8", "surrogatepass") for word in values.to_numpy(object).tolist()]
        return {
            f"{place}": codes.astype(np.min_scalar_type(-max(len(words), 1))),
            f"{place}-text": np.frombuffer(b"".join(words), dtype=np.uint8),
            f"{place}-ends": np.cumsum([0, *map(len, words)], dtype=np.int64),
        }
    if _is_masked(dtype):
        plain = _plain_dtype(dtype)
        return {
            f"{place}": column.to_numpy(dtype=plain, na_value=plain.type(0)),
            f"{place}-missing": column.isna().to_numpy(),
        }
    if can_write(dtype):
        return {f"{place}": column.to_numpy()}
    raise TypeError(
        f"Column {column.name!r} is {dtype} and cannot be cached; make it numbers, "
        "text (str) or a category first."
    )


def _column(file: ArrayFile, place: int, dtype: Any, coded: bool = False) -> Any:
    """Values of a column; with `coded` text comes as a category."""
    values = file[f"{place}"]
    if isinstance(dtype, pd.CategoricalDtype):
        return pd.Categorical.from_codes(values, dtype=dtype)
    if isinstance(dtype, pd.StringDtype):
        text, ends = file[f"{place}-text"].tobytes(), file[f"{place}-ends"].tolist()
        words = [
            text[start:stop].decode("utf-8", "surrogatepass") for start, stop in pairwise(ends)
        ]
        # pd.NA, which encoders refuse, is no missing value of a category.
        if coded and (dtype.na_value is not pd.NA or not (values < 0).any()):
            known = pd.CategoricalDtype(pd.Index(words, dtype=dtype))
            return pd.Categorical.from_codes(values, dtype=known)
        return pd.array(words, dtype=dtype).take(values, allow_fill=True)
    if _is_masked(dtype):
        make: Any = dtype.construct_array_type()
        return make(values.copy(), file[f"{place}-missing"].copy())
    return values


def _is_masked(dtype: Any) -> bool:
    """Whether this is one of pandas' nullable dtypes: Int64, Float32, boolean, …"""
    ours = isinstance(dtype, ExtensionDtype) and not isinstance(dtype, pd.ArrowDtype)
    return ours and isinstance(_plain_dtype(dtype), np.dtype)


def _plain_dtype(dtype: Any) -> Any:
    return getattr(dtype, "numpy_dtype", None)


class Store:
    """Writes the blocks of one chunk after the other; tells which, and how many rows each has.

    Parameters
    ----------
    folder : str
    empties : dict of str to block
        Columns and dtypes to store under each name; a chunk that has others is refused.
    """

    takes_empty = True
    takes_index = True

    def __init__(self, folder: str, empties: dict[str, Block]) -> None:
        self.folder = folder
        self.empties = empties

    def __call__(self, index: int, *blocks: Block) -> tuple[tuple[int, int], ...]:
        n_rows = n_rows_of(blocks[0])
        if n_rows:
            for (name, empty), block in zip(self.empties.items(), blocks, strict=True):
                store(self.folder, name, index, conform(block, empty))
        return ((index, n_rows),)  # of several chunks these add up to one tuple

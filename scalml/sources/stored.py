"""The cache format: chunks as memory-mapped `.npy` files, text as codes with a dictionary."""

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
from .base import Reader, Source
from .blocks import Block, bounds, conform, n_rows_of
from .npy import NpyHeader


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
        prefix = os.path.join(self.folder, f"{self.name}-{index}")
        if isinstance(self._empty, np.ndarray):
            return _load(f"{prefix}.npy")
        if isinstance(self._empty, CodedRows):
            numbers, ones = (_load(f"{prefix}-{part}.npy") for part in ("numbers", "ones"))
            return replace(self._empty, numbers=numbers, ones=ones)
        if sparse.issparse(self._empty):
            parts = tuple(_load(f"{prefix}-{part}.npy") for part in ("data", "indices", "indptr"))
            shape = (len(parts[2]) - 1, self._empty.shape[1])
            return type(self._empty)(parts, shape=shape)
        if isinstance(self._empty, pd.Series):
            return _load_column(f"{prefix}-0", self._empty)
        wanted, plain = reader.columns(self), reader.plain(self)
        columns = {
            name: _load_column(
                f"{prefix}-{place}", self._empty[name], plain is not None and name not in plain
            )
            for place, name in enumerate(self._empty.columns)
            if wanted is None or name in wanted
        }
        return pd.DataFrame(columns, index=pd.RangeIndex(self.lengths[index]), copy=False)

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        if not self.numbered:
            return super().row_numbers(index, reader)
        if not self.lengths[index]:
            return np.empty(0, dtype=np.int64)
        return _load(os.path.join(self.folder, f"rows-{index}.npy"))

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return f"the cache of {self.origin}"
        return f"rows {self._bounds[index]}:{self._bounds[index + 1]} of the cache of {self.origin}"


def store(folder: str, name: str, index: int, block: Block) -> None:
    """Write one chunk, so that a `StoredSource` over `folder` reads it back.

    Raises
    ------
    TypeError
        For a column of Python objects that are not all text.
    """
    prefix = os.path.join(folder, f"{name}-{index}")
    if isinstance(block, np.ndarray):
        _save(f"{prefix}.npy", block)
    elif isinstance(block, CodedRows):
        for part in ("numbers", "ones"):
            _save(f"{prefix}-{part}.npy", getattr(block, part))
    elif sparse.issparse(block):
        for part in ("data", "indices", "indptr"):
            _save(f"{prefix}-{part}.npy", getattr(block, part))
    elif isinstance(block, pd.Series):
        _save_column(f"{prefix}-0", block)
    else:
        for place, column in enumerate(block.columns):
            _save_column(f"{prefix}-{place}", block[column])


def can_store(empty: Block) -> bool:
    """Whether every value of such blocks can be stored without pickling."""
    if isinstance(empty, pd.DataFrame):
        return all(can_store(empty[column]) for column in empty.columns)
    if isinstance(empty, pd.Series):
        dtype = empty.dtype
        known = isinstance(dtype, (pd.StringDtype, pd.CategoricalDtype)) or _is_masked(dtype)
        return known or (isinstance(dtype, np.dtype) and not dtype.hasobject)
    return not empty.dtype.hasobject


def _save(path: str, array: Any) -> None:
    temporary = f"{path}.{os.getpid()}"  # a task that is tried again writes the same bytes
    with open(temporary, "wb") as file:
        np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)
    os.replace(temporary, path)


def _load(path: str) -> np.ndarray:
    header = NpyHeader.read(path)
    return header.rows(0, header.shape[0])


def _save_column(prefix: str, column: pd.Series) -> None:
    if isinstance(column.dtype, pd.CategoricalDtype):
        _save(f"{prefix}.npy", column.cat.codes.to_numpy())
    elif isinstance(column.dtype, pd.StringDtype):
        codes, values = pd.factorize(column)
        _save(f"{prefix}.npy", codes.astype(np.int32))
        encoded = [str(value).encode("utf-8", "surrogatepass") for value in values]
        _save(f"{prefix}-text.npy", np.frombuffer(b"".join(encoded), dtype=np.uint8))
        _save(f"{prefix}-ends.npy", np.cumsum([0, *map(len, encoded)], dtype=np.int64))
    elif _is_masked(column.dtype):
        missing = column.isna().to_numpy()
        plain = _plain_dtype(column.dtype)
        _save(f"{prefix}.npy", column.to_numpy(dtype=plain, na_value=plain.type(0)))
        _save(f"{prefix}-missing.npy", missing)
    elif isinstance(column.dtype, np.dtype) and not column.dtype.hasobject:
        _save(f"{prefix}.npy", column.to_numpy())
    else:
        raise TypeError(
            f"Column {column.name!r} is {column.dtype} and cannot be cached; make it numbers, "
            "text (str) or a category first."
        )


def _load_column(prefix: str, empty: pd.Series, coded: bool = False) -> pd.Series:
    values = _load(f"{prefix}.npy")
    if isinstance(empty.dtype, pd.CategoricalDtype):
        data: Any = pd.Categorical.from_codes(values, dtype=empty.dtype)
    elif isinstance(empty.dtype, pd.StringDtype):
        text = _load(f"{prefix}-text.npy").tobytes()
        ends = _load(f"{prefix}-ends.npy").tolist()
        words = [
            text[start:stop].decode("utf-8", "surrogatepass") for start, stop in pairwise(ends)
        ]
        # pd.NA, which encoders refuse, is no missing value of a category.
        if coded and (empty.dtype.na_value is not pd.NA or not (values < 0).any()):
            known = pd.CategoricalDtype(pd.Index(words, dtype=empty.dtype))
            data = pd.Categorical.from_codes(values, dtype=known)
        else:
            data = pd.array(words, dtype=empty.dtype).take(values, allow_fill=True)
    elif _is_masked(empty.dtype):
        missing = _load(f"{prefix}-missing.npy")
        make: Any = empty.dtype.construct_array_type()  # type: ignore[union-attr]
        data = make(values.copy(), missing.copy())
    else:
        data = values
    return pd.Series(data, name=empty.name, copy=False)


def _is_masked(dtype: Any) -> bool:
    """Whether this is one of pandas' nullable dtypes: Int64, Float32, boolean, …"""
    ours = isinstance(dtype, ExtensionDtype) and not isinstance(dtype, pd.ArrowDtype)
    return ours and isinstance(_plain_dtype(dtype), np.dtype)


def _plain_dtype(dtype: Any) -> Any:
    return getattr(dtype, "numpy_dtype", None)


class Store:
    """Writes the blocks of one chunk after the other; tells how many rows each has.

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

    def __call__(self, index: int, *blocks: Block) -> int:
        if n_rows_of(blocks[0]):
            for (name, empty), block in zip(self.empties.items(), blocks, strict=True):
                store(self.folder, name, index, conform(block, empty))
        return n_rows_of(blocks[0])

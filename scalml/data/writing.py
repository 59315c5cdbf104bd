"""Streams of chunks into files that appear only when they are complete."""

from __future__ import annotations

import importlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from scipy import sparse

from ..runtime import read_chunks
from ..sources.base import Source, n_rows_of
from ..sources.blocks import conform

HEADER_BYTES = 256  # room for any shape, so that rows need not be counted first


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[str]:
    """A temporary name beside `path` that takes its place at the end, or is removed."""
    target = os.path.abspath(os.fspath(path))
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{target!r} is a directory; give the name of a file.")
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"{folder!r}, where {target!r} was to be written, does not exist.")
    temporary = os.path.join(folder, f".{os.path.basename(target)}-{uuid.uuid4().hex}")
    with open(temporary, "xb"):  # with the rights that any new file gets
        pass
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write_npy(source: Source, path: str | os.PathLike[str]) -> None:
    """Write the rows of a dense source as one C-ordered `.npy` file."""
    example = source.empty()
    if sparse.issparse(example) or example.dtype.hasobject:
        kind = "CSR" if sparse.issparse(example) else str(example.dtype)
        raise TypeError(f"A .npy file holds dense numbers, got chunks of {kind}.")
    n_rows = 0
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(bytes(HEADER_BYTES))
        for (block,) in read_chunks(source, name="write .npy"):
            rows = np.ascontiguousarray(conform(block, example))
            file.write(rows.reshape(-1).view(np.uint8).data)
            n_rows += n_rows_of(block)
        file.seek(0)
        file.write(_header(example.dtype, (n_rows, *example.shape[1:])))


def _header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    """Header of version 1.0 of the npy format, padded to a fixed size."""
    fields = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    length = HEADER_BYTES - 10
    text = repr(fields).encode("latin1").ljust(length - 1) + b"\n"
    return b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + text


def write_parquet(source: Source, path: str | os.PathLike[str], compression: str) -> None:
    """Write the rows of a frame as one Parquet file, a row group a chunk."""
    try:
        arrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ImportError("Parquet needs pyarrow: pip install 'scalml[parquet]'.") from error
    for name, dtype in source.empty().dtypes.items():
        if isinstance(dtype, np.dtype) and dtype.hasobject:
            raise TypeError(
                f"Column {name!r} holds Python objects, which have no place in a Parquet file; "
                "make it numbers or text with astype()."
            )
    schema = arrow.Schema.from_pandas(source.empty(), preserve_index=False)
    with (
        replacing(path) as temporary,
        parquet.ParquetWriter(temporary, schema, compression=compression) as writer,
    ):
        for (block,) in read_chunks(source, name="write Parquet"):
            block = conform(block, source.empty())
            writer.write_table(arrow.Table.from_pandas(block, schema=schema, preserve_index=False))

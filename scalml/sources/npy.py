"""Rows of `.npy` files, mapped into memory a chunk at a time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .base import Reader, Source
from .blocks import Block, bounds, even_lengths, resolve_chunk_rows, row_nbytes
from .files import Fingerprint, PathLike, expand_paths, short_name
from .mapped_files import KeptMapping, kept_mappings, mapped_part


@dataclass(frozen=True)
class NpyHeader:
    """What the header of a `.npy` file says of the array behind it."""

    path: str
    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool

    @classmethod
    def read(cls, path: str) -> NpyHeader:
        with open(path, "rb") as file:
            try:
                version = np.lib.format.read_magic(file)
                reader = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, fortran_order, dtype = reader(file)
            except ValueError as error:
                raise ValueError(f"{path!r} is not a readable .npy file: {error}") from error
            offset = file.tell()
            size = os.fstat(file.fileno()).st_size
        if dtype.hasobject or dtype.names or dtype.kind == "V":
            raise ValueError(
                f"{path!r} holds {dtype}; only numbers, booleans and fixed-width text can be read."
            )
        if len(shape) not in (1, 2) or min(shape) < 0:
            raise ValueError(
                f"{path!r} holds an array of shape {shape}, expected 1 or 2 dimensions."
            )
        expected = offset + int(np.prod(shape, dtype=object)) * dtype.itemsize
        if size < expected:
            raise ValueError(
                f"{path!r} is truncated: its header promises {expected} bytes, it has {size}."
            )
        return cls(path, offset, shape, dtype, fortran_order)

    def rows(self, start: int, stop: int, kept: KeptMapping | None = None) -> np.ndarray:
        """Rows as a read-only view of the mapped file, C-ordered.

        The size is checked first: touching a mapped page behind the end of a file that was cut
        short kills the process.

        Parameters
        ----------
        start, stop : int
        kept : KeptMapping, optional
            Of the file; otherwise what is needed is mapped for this once.
        """
        row_bytes = self.dtype.itemsize * int(np.prod(self.shape[1:]))
        scattered = self.fortran_order and len(self.shape) == 2 and self.shape[1] > 1
        first, last = (0, self.shape[0]) if scattered else (start, stop)
        begin = self.offset + first * row_bytes
        length = (last - first) * row_bytes
        with open(self.path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < begin + length:
                raise OSError(
                    f"short read of {self.path!r}: expected {begin + length} bytes, it has {size}."
                )
            if length == 0:
                return np.empty((stop - start, *self.shape[1:]), self.dtype.newbyteorder("="))
            if kept is None:
                view, offset = mapped_part(file, begin, length)
            else:
                view, offset = kept.view(file), begin
        flat = np.frombuffer(
            view, dtype=self.dtype, offset=offset, count=length // self.dtype.itemsize
        )
        if scattered:
            block = np.ascontiguousarray(flat.reshape(self.shape[::-1]).T[start:stop])
        else:
            block = flat.reshape(stop - start, *self.shape[1:])
        native = self.dtype.newbyteorder("=")
        return block if self.dtype == native else block.astype(native)


class NpySource(Source):
    """Chunks of one or several `.npy` files with the same columns, one after the other."""

    def __init__(
        self,
        files: Sequence[NpyHeader],
        fingerprints: Sequence[Fingerprint],
        lengths: Sequence[int],
    ) -> None:
        super().__init__()
        self.files = tuple(files)
        self.fingerprints = tuple(fingerprints)
        self._kept = kept_mappings([one.size for one in fingerprints])
        self._file_bounds = bounds([header.shape[0] for header in files])
        self._lengths = tuple(lengths)
        self._bounds = bounds(self._lengths)

    @classmethod
    def open(
        cls,
        paths: PathLike | Sequence[PathLike],
        chunk_rows: int | None = None,
        chunk_bytes: int | None = None,
    ) -> NpySource:
        headers = [NpyHeader.read(os.path.abspath(path)) for path in expand_paths(paths)]
        first = headers[0]
        for header in headers[1:]:
            if (header.shape[1:], header.dtype) != (first.shape[1:], first.dtype):
                raise ValueError(
                    f"All files must have the same columns and dtype: {first.path!r} has rows of "
                    f"shape {first.shape[1:]} and {first.dtype}, {header.path!r} of "
                    f"{header.shape[1:]} and {header.dtype}."
                )
        example = np.empty((0, *first.shape[1:]), dtype=first.dtype)
        rows = resolve_chunk_rows(row_nbytes(example), chunk_rows, chunk_bytes)
        prints = [Fingerprint.of(header.path) for header in headers]
        return cls(headers, prints, even_lengths(sum(h.shape[0] for h in headers), rows))

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    def empty(self) -> Block:
        return np.empty((0, *self.files[0].shape[1:]), self.files[0].dtype.newbyteorder("="))

    def evaluate(self, index: int, reader: Reader) -> Block:
        start, stop = self._bounds[index], self._bounds[index + 1]
        parts = [
            header.rows(max(start - begin, 0), min(stop - begin, header.shape[0]), kept)
            for header, kept, begin in zip(self.files, self._kept, self._file_bounds, strict=False)
            if start < begin + header.shape[0] and stop > begin
        ]
        return parts[0] if len(parts) == 1 else np.concatenate([self.empty(), *parts])

    def regrid(self, lengths: Sequence[int]) -> Source:
        return NpySource(self.files, self.fingerprints, lengths)

    def check(self) -> None:
        for fingerprint in self.fingerprints:
            fingerprint.check()

    def describe(self, index: int | None = None) -> str:
        names = short_name(self.files[0].path)
        if len(self.files) > 1:
            names += f" and {len(self.files) - 1} more"
        if index is None:
            return names
        return f"rows {self._bounds[index]}:{self._bounds[index + 1]} of {names}"

    def locate(self, index: int, row: int) -> str:
        row += self._bounds[index]
        at = int(np.searchsorted(self._file_bounds, row, side="right")) - 1
        place = f"row {row - self._file_bounds[at]} of {short_name(self.files[at].path)}"
        return place if len(self.files) == 1 else f"{place} (row {row} of all files)"

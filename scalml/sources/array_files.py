"""Several arrays in one file: a line that says where each is, then their bytes, to be mapped."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from .mapped_files import mapped_part

ALIGNMENT = 64  # what vector instructions and cache lines ask for


def can_write(dtype: Any) -> bool:
    """Whether arrays of a dtype are bytes and nothing else, which NumPy knows again by its name."""
    return isinstance(dtype, np.dtype) and dtype.kind in "biufcmMSU"


def write_arrays(path: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays of numbers, times, booleans or fixed-width text to a file.

    It has its name only once it is complete; a task that is tried again writes the same bytes.

    Raises
    ------
    TypeError
        For other arrays.
    """
    places: dict[str, Any] = {}
    stop = 0
    for name, array in arrays.items():
        if not can_write(array.dtype):
            raise TypeError(
                f"Arrays of {array.dtype} cannot be written as their bytes; make them numbers, "
                "times, booleans or fixed-width text first."
            )
        start = _aligned(stop)
        places[name] = array.dtype.newbyteorder("=").str, array.shape, start
        stop = start + array.nbytes
    line = json.dumps({"arrays": places, "nbytes": stop}).encode()
    line = line.ljust(_aligned(len(line) + 1) - 1) + b"\n"
    temporary = f"{path}.{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(line)
            at = 0
            for name, array in arrays.items():
                dtype, _, start = places[name]
                file.write(bytes(start - at))
                if array.size:
                    flat = np.ascontiguousarray(array, dtype=dtype).reshape(-1)
                    file.write(flat.view(np.uint8).data)
                at = start + array.nbytes
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


class ArrayFile:
    """A file of `write_arrays`, opened and mapped once; only arrays that are used are read.

    Parameters
    ----------
    path : str

    Raises
    ------
    OSError
        If the file is missing or has been cut short: to touch a mapped page behind its end would
        kill the process.
    """

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            line = file.readline()
            size = os.fstat(file.fileno()).st_size
            if not line.endswith(b"\n"):
                raise OSError(f"short read of {path!r}: its index is cut short at {size} bytes.")
            index = json.loads(line)
            expected = len(line) + index["nbytes"]
            if size < expected:
                raise OSError(f"short read of {path!r}: expected {expected} bytes, it has {size}.")
            self._view, _ = mapped_part(file, 0, expected)
        self._begin = len(line)
        self._places: dict[str, Any] = index["arrays"]

    def __getitem__(self, name: str) -> np.ndarray:
        """An array, as a read-only view of the mapped file."""
        dtype, shape, start = self._places[name]
        return np.ndarray(shape, dtype, buffer=self._view, offset=self._begin + start)


def _aligned(n_bytes: int) -> int:
    return -(-n_bytes // ALIGNMENT) * ALIGNMENT

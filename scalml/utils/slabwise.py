"""Numeric steps applied to slabs of rows that stay in cache, instead of to whole blocks in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from ..data import is_chunked
from ..statistics.base import slab_rows, slabs, tiled
from .refusals import naming_the_row

SLABS = 4  # of the usual size at once: little is computed of them, and threads wait for turns


class Step(Protocol):
    """A fitted step that works on values alone: those of one column, or rows one after another.

    Attributes
    ----------
    operands : tuple of ndarray of shape (n_columns,)
    """

    operands: tuple[np.ndarray, ...]

    def __call__(self, values: np.ndarray, *operands: Any, out: np.ndarray) -> None:
        """Write what becomes of values to `out`, which may be `values`.

        They are of one column, and each operand is a number; or rows, and each operand is a row,
        or as many equal rows.
        """


class Slabwise:
    """Fitted numeric steps as a function of a block: the bits are those of the namesakes.

    A frame is worked through column by column, where steps need no more than a number, and
    turned into rows once at the end.

    Parameters
    ----------
    steps : sequence of Step
    plain : estimator
        What the steps amount to: it says what is wrong with rows that hold infinity.
    """

    def __init__(self, steps: Sequence[Step], plain: Any) -> None:
        self.steps = tuple(steps)
        self.plain = plain

    def __call__(self, block: Any, out: np.ndarray | None = None) -> np.ndarray:
        """Transform a block of numbers, into `out` if it is given."""
        if out is None:
            out = np.empty(block.shape)
        columns = (
            [column.to_numpy() for _, column in block.items()]
            if isinstance(block, pd.DataFrame)
            else None
        )
        with np.errstate(over="ignore", invalid="ignore"):
            total = self._rows(block, out) if columns is None else self._columns(columns, out)
        if not np.isfinite(total) and _has_infinity([block] if columns is None else columns):
            out[...] = naming_the_row(self.plain.transform, block)
        return out

    def _rows(self, block: np.ndarray, out: np.ndarray) -> float:
        n_rows = _slab_rows(out)
        in_place = out.flags.c_contiguous
        buffer = out if in_place else np.empty((n_rows, out.shape[1]))
        steps = [(s, [tiled(row, n_rows) for row in s.operands]) for s in self.steps]
        as_it_is = bool(steps) and block.dtype == out.dtype
        total = 0.0
        for part in slabs(out.shape[0], n_rows):
            slab = buffer[part] if in_place else buffer[: part.stop - part.start]
            values = block[part]
            if not as_it_is:
                slab[...] = values
                values = slab
            for step, operands in steps:
                step(values, *(rows[: len(slab)] for rows in operands), out=slab)
                values = slab
            flat = slab.reshape(-1)
            total += float(np.dot(flat, flat))
            if not in_place:
                out[part] = slab
        return total

    def _columns(self, columns: list[np.ndarray], out: np.ndarray) -> float:
        n_rows = _slab_rows(out)
        buffer = np.empty((len(columns), n_rows))
        steps = [
            [(step, [o[j] for o in step.operands]) for step in self.steps]
            for j in range(len(columns))
        ]
        total = 0.0
        for part in slabs(out.shape[0], n_rows):
            slab = buffer[:, : part.stop - part.start]
            for column, values, own in zip(columns, slab, steps, strict=True):
                values[...] = column[part]
                for step, operands in own:
                    step(values, *operands, out=values)
                total += float(np.dot(values, values))
            out[part] = slab.T
        return total


def _slab_rows(out: np.ndarray) -> int:
    return max(1, min(SLABS * slab_rows(out.shape[1]), out.shape[0]))


def _has_infinity(arrays: Any) -> bool:
    return any(array.dtype.kind == "f" and np.isinf(array).any() for array in arrays)


def _dtypes(head: Any) -> list[Any]:
    return list(head.dtypes) if isinstance(head, pd.DataFrame) else [getattr(head, "dtype", None)]


def is_numeric(head: Any) -> bool:
    """Whether a block is a dense table of NumPy's numbers."""
    dtypes = _dtypes(head)
    numeric = all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes)
    return not sparse.issparse(head) and head.ndim == 2 and numeric


def columns_suffice(X: Any) -> bool:
    """Whether X is chunked frames of numbers that need not be made float64 arrays first."""
    if not is_chunked(X):
        return False
    head = X.source.empty()
    return isinstance(head, pd.DataFrame) and is_numeric(head) and becomes_float64(head)


def becomes_float64(head: Any) -> bool:
    """Whether scikit-learn makes float64 of such a table of numbers."""
    dtypes = _dtypes(head)
    numbers = bool(dtypes) and all(d.kind in "iuf" for d in dtypes)
    return numbers and np.result_type(*dtypes) == np.float64

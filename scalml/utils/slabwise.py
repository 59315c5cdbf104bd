"""Numeric steps applied to slabs of rows that stay in cache, instead of to whole blocks in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..statistics.base import slab_rows, slabs
from .refusals import naming_the_row

Step = Callable[[int], Callable[[np.ndarray, np.ndarray], Any]]


class Slabwise:
    """Fitted numeric steps as a function of a block: the bits are those of the namesakes.

    Parameters
    ----------
    steps : sequence of callables
        ``step(n_rows)`` returns a function ``(rows, out)`` that puts what becomes of up to so many
        float64 rows in `out`, which may be `rows` itself.
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
        frame = isinstance(block, pd.DataFrame)
        columns = [column.to_numpy() for _, column in block.items()] if frame else None
        n_rows = min(slab_rows(out.shape[1]), out.shape[0])
        steps, total = [step(n_rows) for step in self.steps], 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for part in slabs(out.shape[0], slab_rows(out.shape[1])):
                given = result = out[part]
                if columns is None:
                    given = block[part]
                else:
                    for j, column in enumerate(columns):
                        result[:, j] = column[part]
                for step in steps:
                    step(given, result)
                    given = result
                total += float(np.vdot(result, result))
        if not np.isfinite(total) and _has_infinity(columns if frame else [block]):
            out[...] = naming_the_row(self.plain.transform, block)
        return out


def _has_infinity(arrays: Any) -> bool:
    return any(array.dtype.kind == "f" and np.isinf(array).any() for array in arrays)


def _dtypes(head: Any) -> list[Any]:
    return list(head.dtypes) if isinstance(head, pd.DataFrame) else [getattr(head, "dtype", None)]


def is_numeric(head: Any) -> bool:
    """Whether a block is a dense table of NumPy's numbers."""
    dtypes = _dtypes(head)
    numeric = all(isinstance(dtype, np.dtype) and dtype.kind in "biuf" for dtype in dtypes)
    return not sparse.issparse(head) and head.ndim == 2 and numeric


def becomes_float64(head: Any) -> bool:
    """Whether scikit-learn makes float64 of such a table of numbers."""
    dtypes = _dtypes(head)
    return all(d.kind in "iuf" for d in dtypes) and np.result_type(*dtypes) == np.float64

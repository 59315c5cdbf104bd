"""ChunkedArray: a NumPy-like array, dense or CSR, whose rows are read chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from scipy import sparse

from ..sources.base import Block, Mapped
from ..sources.casts import Cast
from . import reductions
from .collection import OURS, Collection, align_with, is_chunked, wrap
from .writing import write_npy


class ChunkedArray(Collection, NDArrayOperatorsMixin):
    """A lazy one- or two-dimensional array in chunks of rows.

    Made by `scalml.read_npy`, `scalml.from_array` or an operation on another collection.
    Operators and NumPy ufuncs, column selection, filters and maps return new lazy arrays;
    reductions read the data, once, and return NumPy values.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> X = scalml.from_array(np.arange(12.0).reshape(6, 2), chunk_rows=4)
    >>> X
    ChunkedArray(shape=(6, 2), dtype=float64; 6 rows, 2 chunks of data in memory)
    >>> np.log1p(X[:, 0] * 2).sum()
    np.float64(12.249347629011496)
    >>> X[X[:, 0] > 4, 1].to_numpy()
    array([ 7.,  9., 11.])
    """

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._source.empty().dtype

    @property
    def issparse(self) -> bool:
        """Whether the chunks are CSR matrices."""
        return bool(sparse.issparse(self._source.empty()))

    def __repr__(self) -> str:
        kind = ", CSR" if self.issparse else ""
        shape = ", ".join("?" if n is None else str(n) for n in self.shape)
        comma = "," if self.ndim == 1 else ""
        return (
            f"ChunkedArray(shape=({shape}{comma}), dtype={self.dtype}{kind}; "
            f"{self._describe_rows()})"
        )

    # -- lazy ---------------------------------------------------------------------------------
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc is np.matmul and method == "__call__":
            if is_chunked(inputs[1]):
                raise TypeError(
                    "The right side of @ must be a matrix in memory; sums over rows, such as "
                    "A.T @ B, are reductions: scalml.reduce_chunks(lambda a, b: a.T @ b, A, B)."
                )
            return self @ inputs[1]
        if method != "__call__" or kwargs.get("out") is not None or ufunc.signature is not None:
            return NotImplemented
        return elementwise(ufunc, inputs, kwargs)

    def __matmul__(self, other: Any) -> Any:
        """Product with a small matrix or vector in memory, lazily."""
        if is_chunked(other):
            return np.matmul(self, other)  # which says what to do instead
        return wrap(Mapped(RightProduct(np.asarray(other)), [self._source]))

    def __getitem__(self, key: Any) -> ChunkedArray:
        if isinstance(key, tuple):
            if len(key) != 2 or self.ndim != 2:
                raise IndexError(
                    f"Expected X[rows] or X[rows, columns], got {len(key)} indices for "
                    f"{self.ndim} dimensions. {OURS}"
                )
            rows, columns = key
            everything = isinstance(rows, slice) and rows == slice(None)
            picked = self if everything else self[rows]
            if isinstance(columns, slice) and columns == slice(None):
                return picked
            return wrap(Mapped(TakeColumns(columns), [picked.source]))
        return self._rows(key)

    def astype(self, dtype: Any) -> ChunkedArray:
        """The values in another dtype, lazily; ValueError for a float that is too large for it."""
        return wrap(Mapped(Cast(np.dtype(dtype)), [self._source]))

    def reshape(self, *shape: Any) -> ChunkedArray:
        """``y.reshape(-1, 1)`` makes a column of a one-dimensional array, lazily."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        if self.ndim != 1 or wanted != (-1, 1):
            raise ValueError(
                "Only a one-dimensional array can be reshaped, and only to (-1, 1), got "
                f"{self.ndim} dimensions to {wanted}."
            )
        return wrap(Mapped(as_column, [self._source]))

    def ravel(self) -> ChunkedArray:
        """A single column as a one-dimensional array, lazily."""
        if self.ndim == 1:
            return self
        if self.shape[1] != 1:
            raise ValueError(f"Only a single column can be ravelled, got {self.shape[1]}.")
        return self[:, 0]

    # -- reductions ---------------------------------------------------------------------------
    def sum(self, axis: int | None = None) -> Any:
        """Sum over all values (axis=None), over rows (0; one pass) or lazily over columns (1)."""
        return reductions.sum_of(self, axis)

    def mean(self, axis: int | None = None) -> Any:
        """Mean as NumPy's; one pass, lazy for axis=1."""
        return reductions.mean_of(self, axis)

    def var(self, axis: int | None = None, ddof: int = 0) -> Any:
        """Variance as NumPy's, accumulated about a shift in float64; one pass."""
        return reductions.var_of(self, axis, ddof)

    def std(self, axis: int | None = None, ddof: int = 0) -> Any:
        """Standard deviation; the root of `var`."""
        return np.sqrt(self.var(axis=axis, ddof=ddof))

    def min(self, axis: int | None = None) -> Any:
        """Smallest value, NaN if there is one; one pass, lazy for axis=1."""
        return reductions.extremum_of(self, axis, "min")

    def max(self, axis: int | None = None) -> Any:
        """Largest value, NaN if there is one; one pass, lazy for axis=1."""
        return reductions.extremum_of(self, axis, "max")

    def count_nonzero(self) -> int:
        """Number of values that are not zero; one pass."""
        return reductions.truths(self)[0]

    def any(self) -> bool:
        """Whether any value is true; one pass."""
        return reductions.truths(self)[0] > 0

    def all(self) -> bool:
        """Whether every value is true; one pass."""
        true, total = reductions.truths(self)
        return true == total

    # -- out ----------------------------------------------------------------------------------
    def to_numpy(self) -> Any:
        """All rows in memory: an ndarray, or a CSR matrix if the chunks are. One pass."""
        return self._in_memory()

    def to_npy(self, path: str | os.PathLike[str]) -> None:
        """Stream the rows to a `.npy` file, which appears when it is complete. One pass."""
        write_npy(self._source, path)


def elementwise(ufunc: Callable[..., Block], inputs: tuple[Any, ...], kwargs: Any = None) -> Any:
    """Apply a function of arrays, lazily, to collections, full-length arrays and constants.

    Raises
    ------
    ValueError
        If the lengths differ, or a vector of a value a row meets a table: NumPy would match it
        with the columns.
    """
    lead = next(item for item in inputs if is_chunked(item))
    rowwise = [item for item in inputs if is_chunked(item) or _is_full_length(item, lead)]
    others = [item for item in rowwise if item is not lead]
    for other in others:
        if np.ndim(other) != lead.ndim:
            raise ValueError(
                f"Operands with a value a row must have as many dimensions, got {lead.ndim} and "
                f"{np.ndim(other)}; y.reshape(-1, 1) or series.to_frame() makes a column."
            )
    aligned = align_with(lead, *others)
    place = {id(item): at for at, item in enumerate([lead, *others])}
    arguments = [Slot(place[id(item)]) if id(item) in place else item for item in inputs]
    return wrap(Mapped(Elementwise(ufunc, arguments, kwargs or {}), aligned))


def _is_full_length(item: Any, lead: Collection) -> bool:
    """Whether an operand in memory has a value a row, rather than a value a column."""
    shape = np.shape(item)
    if lead.source.n_rows == 1 and len(shape) == lead.ndim and shape[0] == 1:
        return True
    if not shape or (lead.ndim == 2 and shape in ((lead.shape[1],), (1, lead.shape[1]))):
        return False
    return shape[0] != 1


class Slot:
    """Place of a block among the arguments."""

    def __init__(self, index: int) -> None:
        self.index = index


class Elementwise:
    """A function whose arguments are blocks and constants."""

    def __init__(self, func: Callable[..., Block], arguments: list[Any], kwargs: Any) -> None:
        self.func = func
        self.arguments = arguments
        self.kwargs = kwargs

    def __call__(self, *blocks: Block) -> Block:
        values = [blocks[a.index] if isinstance(a, Slot) else a for a in self.arguments]
        return self.func(*values, **self.kwargs)


class TakeColumns:
    """Columns of a two-dimensional block."""

    def __init__(self, columns: Any) -> None:
        self.columns = columns

    def __call__(self, block: Block) -> Block:
        taken = block[:, self.columns]
        one = not isinstance(self.columns, slice) and np.ndim(self.columns) == 0
        return taken.toarray().ravel() if one and sparse.issparse(block) else taken


class RightProduct:
    """Product of a block with a small matrix."""

    def __init__(self, right: np.ndarray) -> None:
        self.right = right

    def __call__(self, block: Block) -> Block:
        return block @ self.right


def as_column(block: np.ndarray) -> np.ndarray:
    return block.reshape(-1, 1)

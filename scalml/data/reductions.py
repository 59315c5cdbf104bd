"""Reductions of collections: each one pass, a small statistic a chunk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..runtime import count_rows, reduce_chunks
from ..runtime.tracebacks import ShortTracebacks
from ..sources.base import n_rows_of
from ..statistics.counts import Categories
from ..statistics.extrema import Extrema
from ..statistics.moments import Moments
from ..statistics.several import Several
from .collection import Collection

Axis = int | None


def reduced(func: Callable[..., Any], data: Collection, name: str) -> Any:
    """Sum of `func` over the chunks; of the empty block where there are no rows at all."""
    if data.source.n_rows == 0:
        return func(data.source.empty())
    try:
        with ShortTracebacks():
            return reduce_chunks(func, data, name=name)
    except ValueError:
        if count_rows(data.source):  # another error than that of no rows
            raise
        return func(data.source.empty())


def sum_of(array: Any, axis: Axis) -> Any:
    """NumPy's sum: integers stay integers; sums of chunks are added in a fixed tree."""
    if _columns_axis(array, axis):
        return array.map_chunks(partial(_row_sums, mean=False))
    total = reduced(_column_sums, array, "sum")
    return total if _by_column(array, axis) else total.sum()


def mean_of(array: Any, axis: Axis) -> Any:
    """NumPy's mean, from sums in float64."""
    if _columns_axis(array, axis):
        return array.map_chunks(partial(_row_sums, mean=True))
    found = reduced(_float_sums, array, "mean")
    total, n = found["sum"], found["rows"]
    if not _by_column(array, axis) and array.ndim == 2:
        total, n = total.sum(), n * array.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.divide(total, n)
    return mean.astype(array.dtype) if array.dtype.kind == "f" else mean


def var_of(array: Any, axis: Axis, ddof: int) -> Any:
    """NumPy's variance, NaN for a column that holds NaN or infinity."""
    if _columns_axis(array, axis):
        return array.map_chunks(partial(np.var, axis=1, ddof=ddof))
    found = reduced(_spread, array, "moments")
    moments, n = found["moments"], found["rows"]
    squares = moments.var * moments.n
    squares = np.where(np.broadcast_to(moments.n, squares.shape) == n, squares, np.nan)
    if axis is None and array.ndim == 2:  # one variance of all values, from those of the columns
        apart = (moments.mean - moments.mean[:1]) + moments.rest
        squares = np.atleast_1d(squares.sum() + n * ((apart - apart.mean()) ** 2).sum())
        n *= array.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        result = squares / max(n - ddof, 0)
    result = result.astype(array.dtype) if array.dtype.kind == "f" else result
    return result if array.ndim == 2 and axis is not None else result[0]


def extremum_of(array: Any, axis: Axis, which: str) -> Any:
    """NumPy's or pandas' minimum or maximum."""
    if _columns_axis(array, axis):
        return array.map_chunks(partial(_row_extrema, which=which))
    _refuse_categories(array.source.empty(), which)
    found = getattr(reduced(Extrema.of, array, which), which)
    if isinstance(found, pd.Series):
        found = found.infer_objects()
        return found.iloc[0] if array.ndim == 1 else found
    return found if _by_column(array, axis) else getattr(np, which)(found)


def truths(array: Any) -> tuple[int, int]:
    """How many values are not zero, and how many there are."""
    found = reduced(_truths, array, "count")
    return found["true"], found["all"]


def frame_moments(data: Collection, columns: list[Any]) -> Any:
    """Moments of the numeric columns of a frame, missing values left out."""
    return reduced(partial(_frame_moments, columns=columns), data, "moments")


def value_counts_of(series: Any, normalize: bool, sort: bool, dropna: bool) -> pd.Series:
    """pandas' value_counts; ties are in the order of the values, as chunks have no first row."""
    dtype = series.dtype
    # What encoders see of nullable integers is float64, which does not hold long identifiers.
    whole = isinstance(dtype, (pd.Int64Dtype, pd.UInt64Dtype))
    counted = reduced(_count_whole if whole else Categories.of, series, "value counts").ordered()
    index = pd.Index(counted.values)
    if whole or isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype)):
        index = index.astype(dtype)
    result = pd.Series(counted.counts, index=index.rename(series.name), name="count")
    if dropna:
        result = result[result.index.notna()]
    if normalize:
        result = (result / result.sum()).rename("proportion")
    return result.sort_values(ascending=False, kind="stable") if sort else result


def _count_whole(x: pd.Series) -> Categories:
    values = x.astype(object)
    return Categories.of(values.where(x.notna(), np.nan))


def _columns_axis(array: Any, axis: Axis) -> bool:
    if axis is not None and axis not in range(-array.ndim, array.ndim):
        raise np.exceptions.AxisError(axis, array.ndim)
    return array.ndim == 2 and axis in (1, -1)


def _by_column(array: Any, axis: Axis) -> bool:
    """Whether a sum over rows is the answer: one value a column, or the only column."""
    return axis is not None or array.ndim == 1


def _refuse_categories(empty: Any, which: str) -> None:
    dtypes = empty.dtypes if isinstance(empty, pd.DataFrame) else {"": empty.dtype}
    for name, dtype in dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype):
            raise TypeError(
                f"There is no {which} of categories{f' (column {name!r})' if name else ''}; "
                "value_counts() shows them, astype(str) compares their text."
            )


def _column_sums(block: Any, dtype: Any = None) -> Any:
    total = block.sum(axis=0, dtype=dtype)
    return np.asarray(total).ravel() if sparse.issparse(block) else total


def _float_sums(block: Any) -> Several:
    dtype = np.float64 if block.dtype.kind in "biuf" else None
    return Several(sum=_column_sums(block, dtype), rows=n_rows_of(block))


def _row_sums(block: Any, mean: bool) -> np.ndarray:
    total = block.mean(axis=1) if mean else block.sum(axis=1)
    return np.asarray(total).ravel()


def _row_extrema(block: Any, which: str) -> np.ndarray:
    if not sparse.issparse(block):
        return getattr(block, which)(axis=1)
    if not block.shape[0]:
        return np.empty(0, dtype=block.dtype)
    return getattr(block, which)(axis=1).toarray().ravel()


def _truths(block: Any) -> Several:
    if sparse.issparse(block):
        return Several(true=int(block.count_nonzero()), all=block.shape[0] * block.shape[1])
    return Several(true=int(np.count_nonzero(block)), all=int(block.size))


def _spread(block: Any) -> Several:
    rows = block if block.ndim == 2 else block.reshape(-1, 1)
    return Several(moments=Moments.of(rows, allow_inf=True), rows=n_rows_of(block))


def _frame_moments(block: Any, columns: list[Any]) -> Any:
    frame = block.to_frame() if isinstance(block, pd.Series) else block[columns]
    return Moments.of(frame.to_numpy(dtype=np.float64, na_value=np.nan), allow_inf=True)

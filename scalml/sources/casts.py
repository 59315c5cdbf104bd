"""Values in another dtype: one that is too large for it is an error, not an infinity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ..statistics.base import as_columns, csr_rows
from .blocks import Block


class Cast:
    """A block in another dtype, as its ``astype`` gives it.

    Parameters
    ----------
    dtype : dtype

    Raises
    ------
    ValueError
        For a finite number that would become infinite; see `require_fitting`. Infinity stays what
        it is, and integers wrap around, as in NumPy.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.sources.casts import Cast
    >>> Cast(np.float32)(np.array([[1.0, np.inf], [2.0, 1e39]]))
    Traceback (most recent call last):
    ...
    ValueError: 1 value does not fit float32: the first is 1e+39 in row 1, column 1. Keep float64, \
or replace it.
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def __call__(self, block: Block) -> Block:
        as_is = {} if isinstance(block, (pd.DataFrame, pd.Series)) else {"copy": False}
        return require_fitting(lambda: block.astype(self.dtype, **as_is), block, self.dtype)


def require_fitting(convert: Callable[[], Any], block: Block, dtype: Any) -> Any:
    """What `convert` makes of a block, unless a number of it is too large for the dtype.

    The processor tells of an overflow while it converts: only then the values are looked at.

    Parameters
    ----------
    convert : callable
        Without arguments.
    block : ndarray, CSR matrix, DataFrame or Series
    dtype : dtype

    Raises
    ------
    ValueError
        With attributes ``row`` (in the block) and ``column`` of the first such number, and
        ``count``, how many there are.
    """
    try:
        with np.errstate(over="raise"):
            found = convert()
    except FloatingPointError:
        _refuse(block, dtype)
    else:
        if _is_arrow_float(dtype):  # whose overflow nobody is told of
            _refuse(block, dtype)
        return found
    # It was behind a missing value, or a category that no row has.
    with np.errstate(over="ignore"):
        return convert()


def _is_arrow_float(dtype: Any) -> bool:
    kind = pd.api.types.pandas_dtype(dtype)
    return isinstance(kind, pd.ArrowDtype) and kind.kind == "f"


def _refuse(block: Block, dtype: Any) -> None:
    narrow: Any = pd.api.types.pandas_dtype(dtype)
    narrow = getattr(narrow, "numpy_dtype", narrow)  # of one of pandas' nullable dtypes
    rows, columns, values = _numbers(block)
    with np.errstate(over="ignore"):
        lost = np.flatnonzero(np.isinf(values.astype(narrow)) & ~np.isinf(values))
    if not len(lost):
        return
    first = lost[np.lexsort((columns[lost], rows[lost]))[0]]
    row, column, value = int(rows[first]), int(columns[first]), values[first].item()
    if isinstance(block, pd.DataFrame):
        named = repr(block.columns[column])
    else:
        named = repr(block.name) if isinstance(block, pd.Series) else f"{column}"
    alone = isinstance(block, np.ndarray) and block.ndim == 1
    where = f"row {row}" if alone else f"row {row}, column {named}"
    found = "1 value does" if len(lost) == 1 else f"{len(lost)} values do"
    error = ValueError(
        f"{found} not fit {narrow}: the first is {value} in {where}. Keep float64, or replace it."
    )
    error.row, error.column, error.count = row, column, len(lost)  # type: ignore[attr-defined]
    raise error


def _numbers(block: Block) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and values of all numbers of a block; whatever else may be NaN."""
    if sparse.issparse(block):
        return csr_rows(block), block.indices, block.data
    if isinstance(block, (pd.DataFrame, pd.Series)):
        frame: Any = block.to_frame() if isinstance(block, pd.Series) else block
        values = np.empty(frame.shape)
        for j in range(values.shape[1]):
            column: Any = pd.to_numeric(frame.iloc[:, j], errors="coerce")
            values[:, j] = column.to_numpy(np.float64, na_value=np.nan)
    else:
        values = as_columns(block)
        if values.dtype.kind in "OSU":
            values = values.astype(np.float64)
    rows, columns = np.indices(values.shape)
    return rows.ravel(), columns.ravel(), values.ravel()

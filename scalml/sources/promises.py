"""The dtypes that lazy columns promise, and blocks that are converted to keep them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .blocks import take_rows
from .reader import Reader


def promised(func: Callable[..., Any], parents: Sequence[Any], try_a_row: bool) -> Any:
    """What a function of the blocks of sources makes of no rows.

    Parameters
    ----------
    func : callable
    parents : sequence of Source
    try_a_row : bool
        Whether a function that takes no empty blocks is given the first row instead.

    Raises
    ------
    Exception
        That of the function, with a note where no row was tried.
    """
    try:
        return empty_result(func, [parent.empty() for parent in parents])
    except Exception as error:
        index = next((at for at, n in enumerate(parents[0].lengths) if n), None)
        if index is not None and try_a_row:
            reader = Reader(parents)
            rows = [take_rows(reader(parent, index), 0, 1) for parent in parents]
            try:
                return func(*rows)[:0]
            except Exception:
                raise error from None  # what it says of no rows is as good
        error.add_note(
            "The function was called with a block without rows, to find columns and dtypes. Give "
            "map_chunks the result for no rows as empty=."
        )
        raise


def empty_result(func: Callable[..., Any], empties: Sequence[Any]) -> Any:
    """What a function of blocks makes of no rows, with dtypes that hold missing values too.

    Parameters
    ----------
    func : callable
    empties : sequence of blocks without rows

    Notes
    -----
    pandas gives ``str.len()`` of text without a missing value as integers, with one as floats.
    Whether a chunk has one is not known yet, so the function is shown one: what comes of it is
    promised. A function that does not take it keeps what it makes of no rows.
    """
    found = func(*empties)
    if not isinstance(found, pd.Series) or not all(map(_may_miss, empties)):
        return found
    probes = [one.reindex([0]) for one in empties]
    try:
        with_missing = func(*probes)
    except Exception:  # it may take no missing values, and then the rows will tell
        return found
    if not isinstance(with_missing, pd.Series) or len(with_missing) != 1:
        return found
    kinds = found.dtype, with_missing.dtype
    if kinds[0] == kinds[1] or not all(isinstance(kind, np.dtype) for kind in kinds):
        return found
    if kinds[0].kind not in "iufb" or kinds[1].kind not in "iufbO":
        return found
    of_rows = pd.Series(np.zeros(1)).astype(kinds[0])
    both: Any = pd.concat([of_rows, with_missing]).dtype
    return found.astype(both)


def _may_miss(block: Any) -> bool:
    """Whether a column's dtype has missing values, other than those of plain floats."""
    if not isinstance(block, pd.Series):
        return False
    return isinstance(block.dtype, pd.StringDtype) or block.dtype == object


def kept(block: Any, promised: Any) -> Any:
    """A block in the dtypes that were promised, where that loses no value; else as it is."""
    if isinstance(block, pd.Series) and isinstance(promised, pd.Series):
        return _converted(block, promised.dtype)
    if isinstance(block, pd.DataFrame) and isinstance(promised, pd.DataFrame):
        if block.dtypes.tolist() == promised.dtypes.tolist():
            return block
        if list(block.columns) == list(promised.columns) and block.columns.is_unique:
            columns = {
                name: _converted(column, promised[name].dtype) for name, column in block.items()
            }
            return pd.DataFrame(columns, index=block.index)
    return block


def _converted(column: pd.Series, dtype: Any) -> pd.Series:
    plain = isinstance(column.dtype, np.dtype) and isinstance(dtype, np.dtype)
    if column.dtype == dtype or not plain:
        return column
    if dtype == object:
        return column.astype(object)
    if column.dtype.kind not in "iuf" or dtype.kind not in "iuf":
        return column
    values = column.to_numpy()
    with np.errstate(all="ignore"):
        there = values.astype(dtype)
        back = there.astype(values.dtype)
    if not np.array_equal(back, values, equal_nan=values.dtype.kind == "f"):
        return column
    return pd.Series(there, index=column.index, name=column.name)

"""The columns of a block one by one, as the arrays that scikit-learn's encoders see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

SHORT_RANGE = 64


def columns_of(X: Any) -> Iterator[Any]:
    """Each column of a table in turn; a vector is one column."""
    if getattr(X, "ndim", 2) == 1:
        yield X
    elif isinstance(X, pd.DataFrame):
        yield from (column for _, column in X.items())
    else:
        for j in range(X.shape[1]):
            yield X[:, j]


def column_of(x: Any) -> np.ndarray:
    """Turn a column, or an index, into the 1-D array that scikit-learn's encoders see.

    pandas' nullable numbers become float64, its strings Python objects, categories the values
    they stand for.

    Raises
    ------
    ValueError
        For nullable integers that float64 would round: two identifiers would become one.
    """
    if isinstance(x, np.ndarray):
        return x
    dtype = x.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        numbers = dtype.categories.dtype.kind in "iub"
        return x.to_numpy(dtype=np.float64) if numbers and x.hasnans else np.asarray(x)
    nullable = isinstance(dtype, pd.api.extensions.ExtensionDtype)
    if nullable and dtype.kind in "iufb" and not isinstance(dtype, pd.SparseDtype):
        if dtype.kind in "iu" and dtype.itemsize == 8 and len(x):
            ends = [int(end) for end in (x.min(), x.max()) if not pd.isna(end)]
            if any(abs(end) > 2**53 for end in ends):
                raise ValueError(
                    f"Column {x.name!r} is {dtype} with numbers beyond 2**53, which float64 would "
                    "round. Make them text (astype('str')), or 'int64' if none is missing."
                )
        return x.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(x)


def dictionary(x: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """A column as places in a few values, -1 for a missing one; None if it takes hashing.

    Parameters
    ----------
    x : ndarray or Series of shape (n_rows,)

    Returns
    -------
    places : ndarray of shape (n_rows,), integers
    values : ndarray
        Of a categorical column its categories, or those that occur if they are more than the rows;
        of integers of a short range the whole range.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.columns import dictionary
    >>> dictionary(np.array([7, 5, 7]))
    (array([2, 0, 2]), array([5, 6, 7]))
    """
    if isinstance(x.dtype, pd.CategoricalDtype):
        places, categories = x.array.codes, x.dtype.categories
        if len(categories) > len(places):  # a few rows need not pay for all of them
            seen, places = np.unique(places, return_inverse=True)
            if len(seen) and seen[0] < 0:
                seen, places = seen[1:], places - 1
            categories = categories[seen]
        return places, column_of(categories)
    if not isinstance(x.dtype, np.dtype) or x.dtype.kind not in "iu" or not len(x):
        return None
    x = column_of(x)
    low, high = int(x.min()), int(x.max())
    # A table of the range costs far less than hashing the rows, and fits in cache.
    if high - low >= max(SHORT_RANGE, len(x) // 8) or high >= 2**63:
        return None
    places = np.subtract(x, low, dtype=np.intp, casting="unsafe")
    return places, (np.arange(high - low + 1) + low).astype(x.dtype)


def as_objects(values: Any) -> np.ndarray:
    """A vector of Python objects, one for each value, whatever the values are.

    Examples
    --------
    >>> as_objects([(1, 2), (3, 4)]).shape
    (2,)
    """
    array = np.empty(len(values), dtype=object)
    array[:] = list(values)
    return array

"""The columns of a block one by one, as the arrays that scikit-learn's encoders see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd


def columns_of(X: Any) -> Iterator[Any]:
    """Each column of a table in turn; a vector is one column."""
    if getattr(X, "ndim", 2) == 1:
        yield X
    elif isinstance(X, pd.DataFrame):
        for j in range(X.shape[1]):
            yield X.iloc[:, j]
    else:
        for j in range(X.shape[1]):
            yield X[:, j]


def column_of(x: Any) -> np.ndarray:
    """Turn a column into the 1-D array that scikit-learn's encoders see.

    pandas' nullable numbers become float64, its strings Python objects, categories the values
    they stand for.
    """
    if isinstance(x, np.ndarray):
        return x
    dtype = x.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        numbers = dtype.categories.dtype.kind in "iub"
        return x.to_numpy(dtype=np.float64) if numbers and x.hasnans else np.asarray(x)
    nullable = isinstance(dtype, pd.api.extensions.ExtensionDtype)
    if nullable and dtype.kind in "iufb" and not isinstance(dtype, pd.SparseDtype):
        return x.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(x)


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

"""Which values stand for missing ones, and how many of them each column has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from scalml.statistics.base import Sums
from scalml.statistics.columns import column_of, columns_of


@dataclass(frozen=True, eq=False)
class Missing(Sums):
    """Number of missing and of known values in each column.

    Attributes
    ----------
    missing, known : ndarray of shape (n_columns,)
        Of a sparse matrix only what is stored is counted: its zeros are neither.

    Examples
    --------
    >>> import numpy as np
    >>> gaps = Missing.of(np.array([[1.0, np.nan], [2.0, 3.0]]))
    >>> gaps.missing, gaps.known
    (array([0, 1]), array([2, 1]))
    """

    missing: np.ndarray
    known: np.ndarray

    @classmethod
    def of(
        cls, X: Any, y: Any = None, sample_weight: Any = None, missing_values: Any = np.nan
    ) -> Missing:
        """Count the missing values of a block (weights play no part)."""
        if sp.issparse(X):
            gone = is_missing(X.data, missing_values)
            missing = np.bincount(X.indices[gone], minlength=X.shape[1])
            return cls(missing, np.bincount(X.indices, minlength=X.shape[1]) - missing)
        masks = (is_missing(column_of(x), missing_values) for x in columns_of(X))
        missing = np.array([np.count_nonzero(mask) for mask in masks], dtype=np.int64)
        return cls(missing, X.shape[0] - missing)


def is_missing(values: np.ndarray, missing_values: Any) -> np.ndarray:
    """Tell which values `missing_values` stands for, by scikit-learn's rules.

    Parameters
    ----------
    values : ndarray
    missing_values : NaN, None, pd.NA, a number or a string
        NaN stands for NaN only, pd.NA for everything pandas holds to be missing.

    Returns
    -------
    mask : ndarray of bool, of the shape of `values`
    """
    if missing_values is pd.NA:
        return np.asarray(pd.isna(values))
    if is_nan(missing_values):
        if values.dtype.kind == "f":
            return np.isnan(values)
        if values.dtype.kind != "O":
            return np.zeros(values.shape, dtype=bool)
        mask = np.asarray(pd.isna(values))
        mask[mask] = [is_nan(value) for value in values[mask]]
        return mask
    if values.dtype == object:
        mask = ~np.asarray(pd.isna(values)) if missing_values is not None else pd.isna(values)
        mask[mask] = [value is missing_values or value == missing_values for value in values[mask]]
        return mask
    return np.broadcast_to(np.asarray(values == missing_values), values.shape)


def is_nan(value: Any) -> bool:
    """Tell whether a scalar of any type is NaN (None and pd.NA are not)."""
    return isinstance(value, (float, np.floating)) and value != value

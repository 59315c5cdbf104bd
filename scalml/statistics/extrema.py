"""Smallest and largest value of each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse


@dataclass(frozen=True)
class Extrema:
    """Minimum and maximum of each column.

    NaN if an array holds one, as NumPy has it; pandas blocks have their missing values skipped.

    Parameters
    ----------
    min, max : ndarray or Series of shape (n_columns,), or scalar
        In the dtype of the data; a Series of one label a column for pandas blocks.

    Examples
    --------
    >>> import numpy as np
    >>> a = Extrema.of(np.array([[1, 5], [2, 4]])) + Extrema.of(np.array([[0, 9]]))
    >>> a.min.tolist(), a.max.tolist()
    ([0, 4], [2, 9])
    """

    min: Any
    max: Any

    @classmethod
    def of(cls, X: Any, y: Any = None, sample_weight: Any = None) -> Extrema:
        """Extrema of one block: ndarray, CSR, DataFrame or Series (pandas skips missing values)."""
        if sparse.issparse(X):
            return cls(X.min(axis=0).toarray().ravel(), X.max(axis=0).toarray().ravel())
        if isinstance(X, pd.Series):
            X = X.to_frame()
        if isinstance(X, pd.DataFrame):
            return cls(_of_columns(X, "min"), _of_columns(X, "max"))
        return cls(X.min(axis=0), X.max(axis=0))

    def __add__(self, other: Extrema) -> Extrema:
        if not isinstance(other, Extrema):
            return NotImplemented
        return Extrema(_combine(self.min, other.min, "min"), _combine(self.max, other.max, "max"))


def _of_columns(frame: pd.DataFrame, which: str) -> pd.Series:
    # Column by column: values of different kinds do not meet, and integers stay exact.
    found = [getattr(frame.iloc[:, place], which)() for place in range(frame.shape[1])]
    return pd.Series(found, index=frame.columns, dtype=object)


def _combine(a: Any, b: Any, which: str) -> Any:
    if isinstance(a, pd.Series):
        found = [_of_two(x, y, which) for x, y in zip(a, b, strict=True)]
        return pd.Series(found, index=a.index, dtype=object)
    with np.errstate(invalid="ignore"):
        return (np.minimum if which == "min" else np.maximum)(a, b)


def _of_two(x: Any, y: Any, which: str) -> Any:
    if pd.isna(x) or pd.isna(y):
        return y if pd.isna(x) else x
    return (min if which == "min" else max)(x, y)

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

    NaN if an array holds one, as NumPy has it, unless it is to be skipped; pandas blocks have their
    missing values skipped always.

    Parameters
    ----------
    min, max : ndarray or Series of shape (n_columns,), or scalar
        In the dtype of the data; a Series of one label a column for pandas blocks.
    n : int, default=0
        Rows seen.
    skip_nan : bool, default=False
        Whether NaN is missing in arrays too; extrema are NaN where there is nothing else.

    Examples
    --------
    >>> import numpy as np
    >>> a = Extrema.of(np.array([[1, 5], [2, 4]])) + Extrema.of(np.array([[0, 9]]))
    >>> a.min.tolist(), a.max.tolist()
    ([0, 4], [2, 9])
    """

    min: Any
    max: Any
    n: int = 0
    skip_nan: bool = False

    @classmethod
    def of(
        cls, X: Any, y: Any = None, sample_weight: Any = None, *, skip_nan: bool = False
    ) -> Extrema:
        """Extrema of one block.

        Parameters
        ----------
        X : ndarray, CSR matrix, DataFrame or Series
            What CSR does not store counts as zero.
        y, sample_weight : ignored
        skip_nan : bool, default=False
            Whether NaN is missing in arrays too.
        """
        if sparse.issparse(X):
            least, most = (X.nanmin, X.nanmax) if skip_nan else (X.min, X.max)
            ends = least(axis=0).toarray().ravel(), most(axis=0).toarray().ravel()
        elif isinstance(X, (pd.Series, pd.DataFrame)):
            X = X.to_frame() if isinstance(X, pd.Series) else X
            ends = _of_columns(X, "min"), _of_columns(X, "max")
        elif skip_nan:
            with np.errstate(invalid="ignore"):
                ends = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
        else:
            ends = X.min(axis=0), X.max(axis=0)
        return cls(*ends, X.shape[0], skip_nan)

    def __add__(self, other: Extrema) -> Extrema:
        if not isinstance(other, Extrema):
            return NotImplemented
        skip_nan = self.skip_nan and other.skip_nan
        return Extrema(
            _combine(self.min, other.min, "min", skip_nan),
            _combine(self.max, other.max, "max", skip_nan),
            self.n + other.n,
            skip_nan,
        )


def _of_columns(frame: pd.DataFrame, which: str) -> pd.Series:
    # Column by column: values of different kinds do not meet, and integers stay exact.
    found = [getattr(frame.iloc[:, place], which)() for place in range(frame.shape[1])]
    return pd.Series(found, index=frame.columns, dtype=object)


def _combine(a: Any, b: Any, which: str, skip_nan: bool) -> Any:
    if isinstance(a, pd.Series):
        found = [_of_two(x, y, which) for x, y in zip(a, b, strict=True)]
        return pd.Series(found, index=a.index, dtype=object)
    least, most = (np.fmin, np.fmax) if skip_nan else (np.minimum, np.maximum)
    with np.errstate(invalid="ignore"):
        return (least if which == "min" else most)(a, b)


def _of_two(x: Any, y: Any, which: str) -> Any:
    if pd.isna(x) or pd.isna(y):
        return y if pd.isna(x) else x
    return (min if which == "min" else max)(x, y)

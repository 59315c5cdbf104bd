"""ChunkedFrame: a lazy pandas-like table whose rows are read chunk by chunk."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..sources.base import Mapped, Source
from ..sources.casts import Cast, require_fitting
from ..sources.merge import Merged
from ..sources.select import Assigned, Columns, Renamed
from . import reductions
from .array import elementwise
from .collection import Collection, align_with, is_chunked, wrap
from .series import Method, require_categories
from .writing import write_parquet


class ChunkedFrame(Collection, NDArrayOperatorsMixin):
    """A lazy table in chunks of rows.

    Made by `scalml.read_csv`, `scalml.read_parquet` or `scalml.from_frame`. Selections, filters
    and new columns are lazy, and only the columns that somebody uses are read; reductions read
    the data, once, and return pandas. There is no index.

    Examples
    --------
    >>> import pandas as pd, scalml
    >>> df = scalml.from_frame(pd.DataFrame({"a": [1, 2, 3, 4], "b": list("xyxy")}), chunk_rows=3)
    >>> df
    ChunkedFrame(4 rows, 2 chunks of data in memory)
      a  int64
      b  str
    >>> df = df.assign(half=df["a"] / 2)
    >>> df[df["b"] == "x"].to_pandas()
       a  b  half
    0  1  x   0.5
    1  3  x   1.5
    """

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        if not self.columns.is_unique:
            twice = self.columns[self.columns.duplicated()][0]
            raise ValueError(f"Column names must be unique, got {twice!r} twice.")

    @property
    def columns(self) -> pd.Index:
        return self._source.empty().columns

    @property
    def dtypes(self) -> pd.Series:
        return self._source.empty().dtypes

    def __repr__(self) -> str:
        width = max((len(str(name)) for name in self.columns), default=0)
        lines = [f"  {name!s:<{width}}  {dtype}" for name, dtype in self.dtypes.items()]
        if len(lines) > 40:
            lines = [*lines[:20], f"  … {len(lines) - 40} more", *lines[-20:]]
        return "\n".join([f"ChunkedFrame({self._describe_rows()})", *lines])

    def _repr_html_(self) -> str:
        table = self.dtypes.astype(str).rename("dtype").to_frame().to_html(max_rows=40)
        return f"<p><b>ChunkedFrame</b>: {self._describe_rows()}</p>{table}"

    def __contains__(self, name: Any) -> bool:
        return name in self.columns

    # -- lazy ---------------------------------------------------------------------------------
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs.get("out") is not None:
            return NotImplemented
        return elementwise(ufunc, inputs, kwargs)

    def __getitem__(self, key: Any) -> Any:
        """A column (`df["a"]`), columns (`df[["a", "b"]]`) or rows (slice or boolean mask)."""
        if is_chunked(key) or isinstance(key, slice):
            return self._rows(key)
        if isinstance(key, tuple) and any(_is_rows(part) for part in key):
            raise IndexError(
                "A frame has no df[rows, columns]: df[columns] picks columns by name, df[rows] "
                f"rows by a slice or a mask. {_ELSEWHERE}"
            )
        if _is_rows(key) and not _names_columns(key, self.columns):
            raise IndexError(
                "df[numbers] does not pick rows, as columns may have such names; df[first:last] "
                f"and df[mask] do. {_ELSEWHERE}"
            )
        if isinstance(key, (np.ndarray, pd.Series, pd.Index, list)):
            if len(key) and all(isinstance(item, (bool, np.bool_)) for item in key):
                return self._rows(key)
            key = list(key)
        missing = [k for k in (key if isinstance(key, list) else [key]) if k not in self.columns]
        if missing:
            raise KeyError(f"There is no column {missing[0]!r}; columns are {list(self.columns)}.")
        return wrap(Columns(self._source, key))

    def assign(self, **columns: Any) -> ChunkedFrame:
        """Add or replace columns.

        Parameters
        ----------
        **columns : collection, in-memory rows, constant or callable
            A callable gets this frame, with the columns assigned so far.
        """
        return self._assign(columns)

    def _assign(self, columns: dict[Any, Any]) -> ChunkedFrame:
        frame = self
        for name, value in columns.items():
            value = value(frame) if callable(value) and not is_chunked(value) else value
            if not pd.api.types.is_scalar(value):
                value = align_with(frame, value)[1]
            frame = wrap(Assigned(frame.source, {name: value}))
        return frame

    def drop(self, columns: Any) -> ChunkedFrame:
        """All columns but these."""
        dropped = [columns] if not isinstance(columns, (list, tuple, set, pd.Index)) else columns
        missing = [name for name in dropped if name not in self.columns]
        if missing:
            raise KeyError(f"There is no column {missing[0]!r}; columns are {list(self.columns)}.")
        return self[[name for name in self.columns if name not in set(dropped)]]

    def rename(self, columns: dict[Any, Any] | Callable[[Any], Any]) -> ChunkedFrame:
        """Columns under other names."""
        return wrap(Renamed(self._source, columns))

    def astype(self, dtype: Any) -> ChunkedFrame:
        """Columns in other dtypes: one for all, or a dict; categories must be named.

        A float that is too large for its dtype is a ValueError when it is read.
        """
        if isinstance(dtype, dict):
            return self._assign({name: self[name].astype(kind) for name, kind in dtype.items()})
        require_categories(dtype)
        return wrap(Mapped(Cast(dtype), [self._source], columnwise=True))

    def fillna(self, value: Any) -> ChunkedFrame:
        """Missing values replaced: by one value, or a dict of one a column."""
        if isinstance(value, dict):
            return self._assign({name: self[name].fillna(fill) for name, fill in value.items()})
        return self._call("fillna", value, columnwise=True)

    def isna(self) -> ChunkedFrame:
        """Whether each value is missing."""
        return self._call("isna", columnwise=True)

    def notna(self) -> ChunkedFrame:
        """Whether each value is there."""
        return self._call("notna", columnwise=True)

    def isin(self, values: Any) -> ChunkedFrame:
        """Whether each value is one of `values`."""
        return self._call("isin", values, columnwise=True)

    def abs(self) -> ChunkedFrame:
        """Absolute values."""
        return self._call("abs", columnwise=True)

    def clip(self, lower: Any = None, upper: Any = None) -> ChunkedFrame:
        """Values held between two bounds."""
        return self._call("clip", lower, upper, columnwise=True)

    def dropna(self, subset: Any = None, how: str = "any") -> ChunkedFrame:
        """Rows without missing values (in the columns of `subset`)."""
        if how not in ("any", "all"):
            raise ValueError(f"how must be 'any' or 'all', got {how!r}.")
        looked_at = self if subset is None else self[list(np.atleast_1d(subset))]
        return self[looked_at.map_chunks(partial(_complete, how=how))]

    def query(self, expression: str) -> ChunkedFrame:
        """Rows at which a pandas expression of columns and constants is true.

        Variables (``@name``) are not known where the rows are read.
        """
        return self[self.map_chunks(partial(_evaluate, expression=expression))]

    def merge(
        self,
        right: pd.DataFrame,
        *,
        on: Any = None,
        left_on: Any = None,
        right_on: Any = None,
        how: str = "inner",
        suffixes: tuple[str, str] = ("_x", "_y"),
    ) -> ChunkedFrame:
        """Join each row with the matching rows of an in-memory frame.

        Parameters
        ----------
        right : DataFrame
            Held by every worker.
        on, left_on, right_on, suffixes
            As in `pandas.merge`.
        how : {"inner", "left"}, default="inner"

        Notes
        -----
        Rows keep the order of this frame. A left join on unique keys keeps the number of rows
        known; otherwise it is counted when somebody asks. In a left join the integers of `right`
        become float64 and its booleans "boolean", whether or not a row lacks a match: the dtypes
        do not depend on the rows of a chunk.
        """
        return wrap(
            Merged(
                self._source,
                right,
                left_on=on if on is not None else left_on,
                right_on=on if on is not None else right_on,
                how=how,
                suffixes=suffixes,
            )
        )

    def _call(self, name: str, *args: Any, columnwise: bool = False, **kwargs: Any) -> ChunkedFrame:
        call = Method(None, name, args, kwargs)
        return wrap(Mapped(call, [self._source], columnwise=columnwise))

    def to_array(self, dtype: Any = None) -> Any:
        """The values as a two-dimensional ChunkedArray, lazily."""
        return wrap(Mapped(partial(_values, dtype=dtype), [self._source]))

    # -- reductions ---------------------------------------------------------------------------
    def _numeric(self, numeric_only: bool) -> list[Any]:
        numeric = list(self._source.empty().select_dtypes(["number", "bool"]).columns)
        if not numeric_only and len(numeric) < len(self.columns):
            other = next(name for name in self.columns if name not in numeric)
            raise TypeError(
                f"Column {other!r} is {self.dtypes[other]}, not numeric; pass numeric_only=True "
                "to leave such columns out."
            )
        return numeric

    def _moments(self, numeric_only: bool) -> tuple[Any, pd.Index]:
        columns = self._numeric(numeric_only)
        return reductions.frame_moments(self[columns], columns), pd.Index(columns)

    def sum(self, numeric_only: bool = False) -> pd.Series:
        """Sum of each column; one pass."""
        columns = self._numeric(numeric_only)
        return reductions.reduced(_column_sums, self[columns], "sum")

    def count(self) -> pd.Series:
        """Values of each column that are not missing; one pass."""
        return self.notna().sum()

    def mean(self, numeric_only: bool = False) -> pd.Series:
        """Mean of each column; one pass."""
        moments, columns = self._moments(numeric_only)
        return pd.Series(moments.mean, columns)

    def var(self, ddof: int = 1, numeric_only: bool = False) -> pd.Series:
        """Variance of each column, with pandas' ddof; one pass."""
        moments, columns = self._moments(numeric_only)
        n = np.broadcast_to(moments.n, len(columns)).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return pd.Series(np.where(n > ddof, moments.var * n / (n - ddof), np.nan), columns)

    def std(self, ddof: int = 1, numeric_only: bool = False) -> pd.Series:
        """Standard deviation of each column; one pass."""
        return self.var(ddof, numeric_only) ** 0.5

    def min(self, numeric_only: bool = False) -> pd.Series:
        """Smallest value of each column; one pass."""
        return reductions.extremum_of(self._for_extrema(numeric_only), 0, "min")

    def max(self, numeric_only: bool = False) -> pd.Series:
        """Largest value of each column; one pass."""
        return reductions.extremum_of(self._for_extrema(numeric_only), 0, "max")

    def _for_extrema(self, numeric_only: bool) -> ChunkedFrame:
        return self[self._numeric(True)] if numeric_only else self

    def any(self) -> pd.Series:
        """Whether any value of each column is true; one pass."""
        return reductions.reduced(_column_any, self, "any")

    # -- out ----------------------------------------------------------------------------------
    def to_pandas(self) -> pd.DataFrame:
        """All rows in memory, with a RangeIndex. One pass."""
        return self._in_memory()

    def to_numpy(self, dtype: Any = None) -> np.ndarray:
        """All values in memory, as pandas' `DataFrame.to_numpy`. One pass."""
        return self.to_pandas().to_numpy(dtype=dtype)

    def to_parquet(self, path: str | os.PathLike[str], compression: str = "snappy") -> None:
        """Stream the rows to a Parquet file, a row group a chunk; needs pyarrow. One pass."""
        write_parquet(self._source, path, compression)


_ELSEWHERE = (
    "scikit-learn's splits, searches and ColumnTransformer index rows by number; those for chunks "
    "are in scalml.model_selection and scalml.compose."
)


def _is_rows(key: Any) -> bool:
    """Whether a key looks like row numbers, a mask or a slice, rather than names."""
    if isinstance(key, slice):
        return True
    return isinstance(key, np.ndarray) and (key.ndim != 1 or key.dtype.kind in "iu")


def _names_columns(key: Any, columns: pd.Index) -> bool:
    return np.ndim(key) == 1 and all(name in columns for name in key)


def _complete(frame: pd.DataFrame, how: str) -> np.ndarray:
    present: Any = frame.notna().to_numpy()
    return present.all(axis=1) if how == "any" else present.any(axis=1)


def _evaluate(frame: pd.DataFrame, expression: str) -> np.ndarray:
    found: Any = frame.eval(expression)
    if not pd.api.types.is_bool_dtype(found):
        raise ValueError(f"query() needs an expression that is true or false, got {expression!r}.")
    return found.to_numpy(dtype=bool, na_value=False)


def _values(frame: pd.DataFrame, dtype: Any) -> np.ndarray:
    found = require_fitting(lambda: frame.to_numpy(dtype=dtype), frame, dtype)
    return np.ascontiguousarray(found)


def _column_any(frame: pd.DataFrame) -> pd.Series:
    return frame.any()


def _column_sums(frame: pd.DataFrame) -> pd.Series:
    return frame.sum()

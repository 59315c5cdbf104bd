"""ChunkedSeries: one column of a frame, as a lazy pandas-like Series."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..sources.base import Mapped
from ..sources.casts import Cast
from . import reductions
from .array import elementwise
from .collection import Collection, wrap

Text = str  # the name of an accessor below


class ChunkedSeries(Collection, NDArrayOperatorsMixin):
    """A lazy column in chunks of rows.

    Operators, ufuncs, ``.str`` and ``.dt`` return new lazy columns; reductions read the data,
    once. Missing values are skipped as in pandas. There is no index.

    Examples
    --------
    >>> import pandas as pd, scalml
    >>> frame = scalml.from_frame(pd.DataFrame({"city": ["a", "b", "a"], "t": [1.0, None, 3.0]}))
    >>> frame["city"].value_counts().to_dict()
    {'a': 2, 'b': 1}
    >>> (frame["t"] * 2).mean()
    4.0
    """

    @property
    def name(self) -> Any:
        return self._source.empty().name

    @property
    def dtype(self) -> Any:
        return self._source.empty().dtype

    def __repr__(self) -> str:
        return f"ChunkedSeries({self.name!r}, dtype={self.dtype}; {self._describe_rows()})"

    # -- lazy ---------------------------------------------------------------------------------
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs.get("out") is not None:
            return NotImplemented
        return elementwise(ufunc, inputs, kwargs)

    def __getitem__(self, key: Any) -> ChunkedSeries:
        return self._rows(key)

    def _call(self, method: Text, *args: Any, **kwargs: Any) -> ChunkedSeries:
        return wrap(Mapped(Method(None, method, args, kwargs), [self._source]))

    def isna(self) -> ChunkedSeries:
        """Whether each value is missing."""
        return self._call("isna")

    def notna(self) -> ChunkedSeries:
        """Whether each value is there."""
        return self._call("notna")

    def isin(self, values: Any) -> ChunkedSeries:
        """Whether each value is one of `values`."""
        return self._call("isin", values if isinstance(values, Text) else list(values))

    def fillna(self, value: Any) -> ChunkedSeries:
        """Missing values replaced by `value`."""
        return self._call("fillna", value)

    def astype(self, dtype: Any) -> ChunkedSeries:
        """The values in another dtype; categories are named: ``pd.CategoricalDtype([...])``.

        A float that is too large for it is a ValueError when it is read.
        """
        require_categories(dtype)
        return wrap(Mapped(Cast(dtype), [self._source]))

    def abs(self) -> ChunkedSeries:
        """Absolute values."""
        return self._call("abs")

    def round(self, decimals: int = 0) -> ChunkedSeries:
        """Values rounded."""
        return self._call("round", decimals)

    def clip(self, lower: Any = None, upper: Any = None) -> ChunkedSeries:
        """Values held between two bounds."""
        return self._call("clip", lower, upper)

    def between(self, left: Any, right: Any, inclusive: Text = "both") -> ChunkedSeries:
        """Whether each value lies between two bounds."""
        return self._call("between", left, right, inclusive)

    def map(
        self, mapping: Callable[[Any], Any] | dict[Any, Any] | pd.Series, dtype: Any = None
    ) -> ChunkedSeries:
        """Each value through a function, a dict or a Series.

        Parameters
        ----------
        mapping : callable, dict or Series
        dtype : dtype
            Of the results; needed for a function, as none is called before the rows are read.
        """
        if dtype is None and callable(mapping):
            raise TypeError("map() with a function needs the dtype of its results, as dtype=float.")
        if dtype is None:
            # A value that the mapping does not have becomes a missing one.
            empty = pd.Series([*pd.Series(mapping), None])[:0].rename(self.name)
            if pd.Series(mapping).dtype.kind not in "iufb":
                empty = pd.Series(mapping)[:0].reset_index(drop=True).rename(self.name)
        else:
            require_categories(dtype)
            empty = pd.Series([], dtype=dtype, name=self.name)
        call = MapValues(mapping, dtype)
        return wrap(Mapped(call, [self._source], empty=empty))

    def rename(self, name: Any) -> ChunkedSeries:
        """The column under another name."""
        return self._call("rename", name)

    def to_frame(self) -> Any:
        """A frame of this one column."""
        return self._call("to_frame")

    def to_array(self, dtype: Any = None) -> Any:
        """The values as a one-dimensional ChunkedArray."""
        return wrap(Mapped(partial(_values, dtype=dtype), [self._source]))

    @property
    def str(self) -> Accessor:
        """pandas' string methods, lazily."""
        return Accessor(self, "str")

    @property
    def dt(self) -> Accessor:
        """pandas' datetime properties and methods, lazily."""
        return Accessor(self, "dt")

    @property
    def cat(self) -> Accessor:
        """pandas' methods of categories, lazily."""
        return Accessor(self, "cat")

    # -- reductions ---------------------------------------------------------------------------
    def any(self) -> bool:
        """Whether any value is true; one pass."""
        return bool(reductions.reduced(operator.methodcaller("any"), self, "any"))

    def all(self) -> bool:
        """Whether every value is true; one pass."""
        return not (~self.astype(bool)).any()

    def _moments(self) -> Any:
        if not pd.api.types.is_any_real_numeric_dtype(self.dtype) and self.dtype != bool:
            raise TypeError(f"Column {self.name!r} is {self.dtype}, not numeric.")
        return reductions.frame_moments(self, [])

    def count(self) -> int:
        """Values that are not missing; one pass."""
        return int(self.notna().sum())

    def sum(self) -> Any:
        """Sum of the values that are there; one pass."""
        return reductions.reduced(operator.methodcaller("sum"), self, "sum")

    def mean(self) -> float:
        """Mean of the values that are there; one pass."""
        return float(self._moments().mean[0])

    def var(self, ddof: int = 1) -> float:
        """Variance of the values that are there, with pandas' ddof; one pass."""
        moments = self._moments()
        n = float(np.broadcast_to(moments.n, (1,))[0])
        return float(moments.var[0]) * n / (n - ddof) if n > ddof else float("nan")

    def std(self, ddof: int = 1) -> float:
        """Standard deviation of the values that are there; one pass."""
        return float(np.sqrt(self.var(ddof)))

    def min(self) -> Any:
        """Smallest value; one pass."""
        return reductions.extremum_of(self, None, "min")

    def max(self) -> Any:
        """Largest value; one pass."""
        return reductions.extremum_of(self, None, "max")

    def value_counts(
        self, normalize: bool = False, sort: bool = True, dropna: bool = True
    ) -> pd.Series:
        """How often each value occurs; one pass, memory grows with the distinct values."""
        return reductions.value_counts_of(self, normalize, sort, dropna)

    def unique(self) -> np.ndarray:
        """The distinct values, sorted (missing last); one pass."""
        return self.value_counts(sort=False, dropna=False).index.to_numpy()

    def nunique(self, dropna: bool = True) -> int:
        """Number of distinct values; one pass."""
        return len(self.value_counts(sort=False, dropna=dropna))

    # -- out ----------------------------------------------------------------------------------
    def to_pandas(self) -> pd.Series:
        """All values in memory, as a Series. One pass."""
        return self._in_memory()

    def to_numpy(self) -> np.ndarray:
        """All values in memory, as an ndarray. One pass."""
        return self.to_pandas().to_numpy()


class Accessor:
    """The methods and properties under ``.str`` or ``.dt``, each lazily."""

    def __init__(self, series: ChunkedSeries, kind: str) -> None:
        self._series = series
        self._kind = kind
        getattr(series.source.empty(), kind)  # pandas' own error for the wrong dtype

    def __dir__(self) -> list[str]:
        return dir(getattr(self._series.source.empty(), self._kind))

    def __getitem__(self, key: Any) -> Any:
        return wrap(Mapped(Method(self._kind, "__getitem__", (key,), {}), [self._series.source]))

    def __getattr__(self, name: str) -> Any:
        found = getattr(getattr(self._series.source.empty(), self._kind), name)
        if not callable(found):
            if not isinstance(found, (pd.Series, pd.DataFrame)):
                return found  # of the dtype: categories, time zone
            return wrap(Mapped(Method(self._kind, name, None, {}), [self._series.source]))

        def method(*args: Any, **kwargs: Any) -> Any:
            return wrap(Mapped(Method(self._kind, name, args, kwargs), [self._series.source]))

        return method


class Method:
    """A method (or, with args None, a property) of a pandas block or of an accessor of it."""

    def __init__(
        self, accessor: str | None, name: str, args: tuple[Any, ...] | None, kwargs: dict[str, Any]
    ) -> None:
        self.accessor = accessor
        self.name = name
        self.args = args
        self.kwargs = kwargs

    def __call__(self, block: Any) -> Any:
        holder = block if self.accessor is None else getattr(block, self.accessor)
        found = getattr(holder, self.name)
        return found if self.args is None else found(*self.args, **self.kwargs)


class MapValues:
    """Each value of a Series through a function or dict."""

    def __init__(self, mapping: Any, dtype: Any) -> None:
        self.mapping = mapping
        self.dtype = dtype

    def __call__(self, block: pd.Series) -> pd.Series:
        mapped = block.map(self.mapping)
        return mapped if self.dtype is None else mapped.astype(self.dtype)


def require_categories(dtype: Any) -> None:
    """Refuse categories that each chunk would find for itself."""
    found = pd.api.types.pandas_dtype(dtype)
    if isinstance(found, pd.CategoricalDtype) and found.categories is None:
        raise ValueError(
            "Categories must be named, as chunks hold different values: "
            "astype(pd.CategoricalDtype(['a', 'b'])); unique() finds them."
        )


def _values(block: pd.Series, dtype: Any) -> np.ndarray:
    return block.to_numpy(dtype=dtype)

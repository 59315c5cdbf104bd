"""How often each value of each column occurs: dictionaries of counts that add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from scalml.statistics.base import as_weights
from scalml.statistics.columns import as_objects, column_of, columns_of, dictionary
from scalml.statistics.missing import is_missing, is_nan


@dataclass(frozen=True, eq=False)
class Categories:
    """The distinct values of one column and how often (or with what weight) each occurs.

    Memory grows with the number of distinct values, never with the number of rows.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Distinct values, missing ones included, in no particular order: `ordered` sorts them.
        Strings of pandas columns are Python objects, as in scikit-learn's encoders.
    counts : ndarray of shape (n_values,)
        int64 numbers of rows, or float64 sums of weights.

    Examples
    --------
    >>> import numpy as np
    >>> a = Categories.of(np.array(["b", "a", "b"], dtype=object))
    >>> b = Categories.of(np.array(["c", "a", None], dtype=object))
    >>> (a + b).ordered()
    Categories(values=array(['a', 'b', 'c', None], dtype=object), counts=array([2, 2, 1, 1]))
    """

    values: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, x: Any, y: Any = None, sample_weight: Any = None) -> Categories:
        """Count the values of one column.

        Parameters
        ----------
        x : ndarray or Series of shape (n_rows,)
        y : ignored
        sample_weight : ndarray of shape (n_rows,), optional
            Rows of weight 0 count as absent, so their values need not appear.

        Returns
        -------
        Categories
        """
        try:
            if sample_weight is None:
                return _unweighted(x)
            weight = np.asarray(sample_weight, dtype=np.float64)
            present = weight != 0
            if not present.all():
                x, weight = x[present], weight[present]
            return _weighted(x, weight)
        except TypeError as error:
            if "unhashable" not in str(error):
                raise
            raise TypeError(
                f"argument must be a column of strings or numbers, got an {error}."
            ) from None

    def __add__(self, other: Categories) -> Categories:
        values = np.concatenate([self.values, other.values])
        counts = np.concatenate([self.counts, other.counts])
        if values.dtype == object:
            values = _one_nan(values).tolist()
            mine, others = values[: len(self.values)], values[len(self.values) :]
            table = dict(zip(mine, self.counts.tolist(), strict=True))
            # Not value by value: workers that join thousands would hold each other up.
            known = np.fromiter(map(table.get, others, repeat(0)), counts.dtype, len(others))
            table.update(zip(others, (known + other.counts).tolist(), strict=True))
            return Categories(as_objects(table), np.fromiter(table.values(), counts.dtype))
        values, inverse = np.unique(values, return_inverse=True)
        total = np.zeros(len(values), dtype=counts.dtype)
        np.add.at(total, inverse, counts)
        return Categories(values, total)

    def __sub__(self, other: Categories) -> Categories:
        taken = dict(zip(map(_key, other.values.tolist()), other.counts.tolist(), strict=True))
        left = self.counts - np.array(
            [taken.pop(_key(value), 0) for value in self.values.tolist()], dtype=self.counts.dtype
        )
        if taken or (len(left) and left.min() < -1e-9 * max(1.0, float(self.counts.max()))):
            raise ValueError("Rows that were never counted cannot be taken out again.")
        # Sums of weights leave rounding where nothing is left.
        kept = left > 1e-9 * self.counts
        return Categories(self.values[kept], left[kept])

    @property
    def total(self) -> Any:
        """Number of rows counted, or their weight."""
        return self.counts.sum()

    def ordered(self) -> Categories:
        """Sort by value as scikit-learn's encoders do: None, then NaN, come last.

        Raises
        ------
        TypeError
            If the values cannot be compared, as strings and numbers cannot.
        """
        if self.values.dtype != object:
            order = np.argsort(self.values, kind="stable")
            return Categories(self.values[order], self.counts[order])
        known = [i for i, v in enumerate(self.values) if not (v is None or is_nan(v))]
        try:
            known.sort(key=self.values.__getitem__)
        except TypeError:
            types = sorted({type(v).__qualname__ for v in self.values})
            raise TypeError(
                "Encoders require their input argument must be uniformly "
                f"strings or numbers. Got {types}"
            ) from None
        none = [i for i, v in enumerate(self.values) if v is None]
        nan = [i for i, v in enumerate(self.values) if is_nan(v)]
        places = known + none + nan
        return Categories(_one_nan(self.values[places]), self.counts[places])

    def without(self, missing_values: Any) -> Categories:
        """Leave out the values that `missing_values` (NaN, None, pd.NA, a value) stands for."""
        keep = ~is_missing(self.values, missing_values)
        return Categories(self.values[keep], self.counts[keep])

    def most_frequent(self) -> Any:
        """Return the value that occurs most often; of several, the smallest.

        Returns
        -------
        value
            Values that cannot be compared are ranked by type and text. NaN without any value.
        """
        if not len(self.values):
            return np.nan
        top = self.values[self.counts == self.counts.max()]
        if top.dtype != object:
            return top.min()
        try:
            return min(top)
        except TypeError:
            return min(top, key=lambda value: (str(type(value)), str(value)))


@dataclass(frozen=True, eq=False)
class Counts:
    """`Categories` of every column of a table: a statistic of one pass.

    Parameters
    ----------
    columns : tuple of Categories
    total : int or float
        Number of rows, or their weight.

    Examples
    --------
    >>> import numpy as np
    >>> counts = Counts.of(np.array([[1, 5], [2, 5]])) + Counts.of(np.array([[2, 7]]))
    >>> [c.counts.tolist() for c in counts.ordered()]
    [[1, 2], [2, 1]]
    >>> counts.total
    3
    """

    columns: tuple[Categories, ...]
    total: float

    @classmethod
    def of(cls, X: Any, y: Any = None, sample_weight: Any = None) -> Counts:
        """Count the values of each column of a block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_columns), DataFrame, Series or 1-D array
            Numbers, booleans, strings, categories, objects, with missing values or without.
        y : ignored
        sample_weight : ndarray of shape (n_rows,), optional

        Returns
        -------
        Counts

        Notes
        -----
        One hash table per column (pandas' `value_counts`); none for a categorical column and for
        integers of a short range. The zeros of a sparse matrix are counted without being visited.
        """
        if sample_weight is None:
            total = X.shape[0]
        else:
            total = float(np.sum(sample_weight))
        if sp.issparse(X):
            columns = tuple(_sparse_columns(X, sample_weight))
        else:
            columns = tuple(Categories.of(x, None, sample_weight) for x in columns_of(X))
        return cls(columns, total)

    def __add__(self, other: Counts) -> Counts:
        if len(self.columns) != len(other.columns):
            raise ValueError(
                "counts of the same columns add up, got "
                f"{len(self.columns)} and {len(other.columns)} columns."
            )
        pairs = zip(self.columns, other.columns, strict=True)
        return Counts(tuple(a + b for a, b in pairs), self.total + other.total)

    def __sub__(self, other: Counts) -> Counts:
        pairs = zip(self.columns, other.columns, strict=True)
        return Counts(tuple(a - b for a, b in pairs), self.total - other.total)

    def ordered(self) -> list[Categories]:
        """`Categories.ordered` of every column."""
        return [column.ordered() for column in self.columns]


def _unweighted(x: Any) -> Categories:
    places = dictionary(x)
    if places is not None:
        return _of_places(*places)
    if isinstance(x, pd.Series):
        if x.dtype.kind == "O" or isinstance(x.dtype, pd.StringDtype):
            return _of_objects(x)
        x = column_of(x)
    if x.dtype.kind in "OUS":
        found = _of_objects(pd.Series(x, dtype=object))
        return found if x.dtype.kind == "O" else replace(found, values=found.values.astype(x.dtype))
    if _hashable(x.dtype):
        table = pd.Series(x).value_counts(sort=False, dropna=False)
        return Categories(table.index.to_numpy().astype(x.dtype), table.to_numpy(dtype=np.int64))
    values, counts = np.unique(x, return_counts=True)
    return Categories(values, counts.astype(np.int64))


def _of_objects(x: pd.Series) -> Categories:
    table = x.value_counts(sort=False, dropna=False)
    values, counts = _one_nan(as_objects(table.index)), table.to_numpy(dtype=np.int64, copy=True)
    nan = [place for place in np.flatnonzero(pd.isna(values)) if is_nan(values[place])]
    if len(nan) > 1:  # pandas tells apart those that are different objects
        counts[nan[0]] = counts[nan].sum()
        values, counts = np.delete(values, nan[1:]), np.delete(counts, nan[1:])
    return Categories(values, counts)


def _of_places(places: np.ndarray, values: np.ndarray) -> Categories:
    missing = np.count_nonzero(places < 0)
    counts = np.bincount(places[places >= 0] if missing else places, minlength=len(values))
    seen = np.flatnonzero(counts)
    values, counts = values[seen], counts[seen]
    if missing:
        nan = np.array([np.nan], dtype=object if values.dtype == object else None)
        values, counts = np.concatenate([values, nan]), np.append(counts, missing)
    return Categories(values, counts.astype(np.int64))


def _weighted(x: Any, weight: np.ndarray) -> Categories:
    if not _hashable(x.dtype):
        values, codes = np.unique(x, return_inverse=True)
        return Categories(values, np.bincount(codes, weight, minlength=len(values)))
    codes, values = pd.factorize(x.astype(object) if _kind(x) in "US" else x)
    values = column_of(values)
    gone = np.flatnonzero(codes < 0)
    if len(gone):  # factorize makes one of None and NaN: tell them apart again
        first: dict[Any, int] = {}
        missing = column_of(x.iloc[gone] if isinstance(x, pd.Series) else x[gone])
        for i, value in zip(gone, _one_nan(missing).tolist(), strict=True):
            key = np.nan if is_nan(value) else value
            codes[i] = first.setdefault(key, len(values) + len(first))
        if values.dtype == object:
            values = np.concatenate([values, as_objects(list(first))])
        else:
            nan = np.nan if values.dtype.kind != "f" else values.dtype.type(np.nan)
            values = np.append(values, nan)
    if _kind(x) in "US":
        values = values.astype(x.dtype)
    return Categories(values, np.bincount(codes, weight, minlength=len(values)))


def _kind(x: Any) -> str:
    return x.dtype.kind if isinstance(x, np.ndarray) else "O"


def _hashable(dtype: Any) -> bool:
    """Tell whether pandas has a hash table for this dtype."""
    if not isinstance(dtype, np.dtype):
        return True
    return dtype.kind in "OUSiuf" and dtype not in (np.dtype(np.float16), np.dtype(np.longdouble))


def _sparse_columns(X: Any, sample_weight: Any) -> Iterator[Categories]:
    n_rows, X = X.shape[0], X.tocsc()
    zero = np.zeros(1, dtype=X.dtype)
    weight = as_weights(sample_weight)
    for j in range(X.shape[1]):
        stored = slice(X.indptr[j], X.indptr[j + 1])
        if weight is None:
            w, rest = None, np.array([n_rows - (stored.stop - stored.start)])
        else:
            w = weight[X.indices[stored]]
            absent = np.ones(n_rows, dtype=bool)
            absent[X.indices[stored]] = False
            rest = np.array([weight[absent].sum()])
        column = Categories.of(X.data[stored], None, w)
        yield column + Categories(zero, rest) if rest[0] else column


def _key(value: Any) -> Any:
    """What equal values share: NaN is equal to NaN here."""
    return np.nan if is_nan(value) else value


def _one_nan(values: np.ndarray) -> np.ndarray:
    """Make every NaN of an object array the same object, so that dictionaries find it."""
    if values.dtype == object:
        gone = np.flatnonzero(pd.isna(values))
        if len(gone):
            values = values.copy()
            for i in gone:
                if is_nan(values[i]):
                    values[i] = np.nan
    return values

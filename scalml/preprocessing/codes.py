"""One-hot encoding as codes: the namesake encodes each category once, and rows are looked up."""

from __future__ import annotations

import copy
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scalml.statistics.columns import column_of, columns_of, dictionary
from scalml.statistics.missing import is_nan
from scalml.utils.refusals import naming_the_row

__all__ = ["Encoding"]

UNKNOWN = -1


class Encoding:
    """The column of the one of each row and encoded column, as a fitted encoder places them.

    The namesake encodes every category once, and rows are looked up. Values that are no category
    are the namesake's to judge: it is shown one row for each that a block holds, so that its work
    does not grow with the rows.

    Parameters
    ----------
    plain : sklearn.preprocessing.OneHotEncoder
        Fitted; is copied.

    Attributes
    ----------
    bounds : tuple of (int, int)
        Output columns of each input column.
    n_columns : int
        Output columns; also the code of a row without a one.
    """

    def __init__(self, plain: Any) -> None:
        self.plain = copy.deepcopy(plain).set_params(sparse_output=True)
        self.plain.set_output(transform="default")
        stops = np.cumsum(_widths(plain)).tolist()
        self.bounds = tuple(zip([0, *stops[:-1]], stops, strict=True))
        self.n_columns = stops[-1]
        codes = self._places(self.plain.transform(_rows_of_categories(plain)))
        self.known = tuple(
            Known(categories, codes[: len(categories), j])
            for j, categories in enumerate(plain.categories_)
        )

    def __call__(
        self, block: Any, out: np.ndarray | None = None, start: int = 0, none: int | None = None
    ) -> np.ndarray:
        """Codes of a block.

        Parameters
        ----------
        block : DataFrame or ndarray of shape (n_rows, n_inputs)
        out : ndarray of shape (n_rows, n_inputs), int32, optional
            To put them in.
        start : int, default=0
            Is added to the codes: output columns of others that come before.
        none : int, optional
            The code of a row without a one, if not `n_columns`.

        Returns
        -------
        ndarray of shape (n_rows, n_inputs), int32

        Raises
        ------
        ValueError
            As the namesake, for unknown values that are not to be ignored; with their ``row``.
        """
        columns = list(columns_of(block))
        if out is None:
            out = np.empty((len(block), len(columns)), dtype=np.int32)
        moved = np.arange(start, start + self.n_columns + 2, dtype=np.int32)
        moved[self.n_columns :] = self.n_columns if none is None else none, UNKNOWN
        found = [places for places in map(_dictionary, columns) if places is not None]
        if not len(block) or len(found) < len(columns):
            out[...] = moved[self._places(naming_the_row(self.plain.transform, block))]
            return out
        places = [where for where, _, _ in found]
        tables = [
            moved[known(n_values, values)]
            for known, (_, n_values, values) in zip(self.known, found, strict=True)
        ]
        odd = [np.empty(0, dtype=np.intp)] * len(columns)
        for j, (table, where) in enumerate(zip(tables, places, strict=True)):
            codes = out[:, j] = table.take(where, mode="wrap")  # -1 is the last cell
            if codes.min() == UNKNOWN:
                rows = np.flatnonzero(codes == UNKNOWN)
                odd[j] = rows[np.unique(where[rows], return_index=True)[1]]
        if not any(map(len, odd)):
            return out
        try:
            judged = moved[self._judged(block, columns, odd)]
        except ValueError:  # one that tells the row, and all the unknown values, takes the block
            out[...] = moved[self._places(naming_the_row(self.plain.transform, block))]
            return out
        for j, (table, where, rows) in enumerate(zip(tables, places, odd, strict=True)):
            if len(rows):
                table[where[rows]] = judged[: len(rows), j]
                out[:, j] = table.take(where, mode="wrap")
        return out

    def _judged(self, block: Any, columns: list[Any], rows: list[np.ndarray]) -> np.ndarray:
        """What the namesake makes of some rows of each column, shown side by side."""
        n_shown = max(map(len, rows))
        shown = [np.resize(some if len(some) else 0, n_shown) for some in rows]
        return self._places(self.plain.transform(_picked(block, columns, shown)))

    def _places(self, encoded: Any) -> np.ndarray:
        """Where the ones of encoded rows are, by input column."""
        encoded = sparse.csr_matrix(encoded)
        starts = np.array([start for start, _ in self.bounds])
        places = np.full((encoded.shape[0], len(starts)), self.n_columns, dtype=np.int32)
        rows = np.repeat(np.arange(encoded.shape[0]), np.diff(encoded.indptr))
        places[rows, np.searchsorted(starts, encoded.indices, side="right") - 1] = encoded.indices
        return places


def _widths(plain: Any) -> list[int]:
    """Output columns of each input column of a fitted encoder."""
    widths = []
    for j, categories in enumerate(plain.categories_):
        rare = plain.infrequent_categories_[j] if _groups(plain) else None
        width = len(categories) - (0 if rare is None else len(rare) - 1)
        if plain.drop_idx_ is not None and plain.drop_idx_[j] is not None:
            width -= 1
        widths.append(width)
    return widths


def _groups(plain: Any) -> bool:
    return plain.min_frequency is not None or plain.max_categories is not None


class Known:
    """The codes of a column's categories, found by value.

    Parameters
    ----------
    categories : ndarray of shape (n_categories,)
        As fitted: numbers are sorted, and NaN comes last.
    codes : ndarray of shape (n_categories,), int32
    """

    def __init__(self, categories: np.ndarray, codes: np.ndarray) -> None:
        self.dtype = categories.dtype
        by_value = dict(zip(categories.tolist(), codes.tolist(), strict=True))
        self.missing = next((by_value[value] for value in by_value if is_nan(value)), UNKNOWN)
        self.codes = codes
        self.numbers = categories if self.dtype.kind in "iuf" else None
        self.by_value = by_value if self.numbers is None else {}

    def __call__(self, n_values: int, values: np.ndarray | None) -> np.ndarray:
        """The code of each value and, in one more cell, of a missing one; `UNKNOWN` if it has none.

        Values that come as another type than the categories are all unknown.
        """
        found = np.full(n_values + 1, UNKNOWN, dtype=np.int32)
        if values is None or values.dtype.kind != self.dtype.kind.replace("U", "O"):
            return found
        found[-1] = self.missing
        if self.numbers is None:
            codes = map(self.by_value.get, values.tolist(), repeat(UNKNOWN))
            found[:-1] = np.fromiter(codes, np.int32, n_values)
        elif values.dtype == self.dtype:
            places = np.searchsorted(self.numbers, values)
            places[places == len(self.numbers)] = 0
            same = self.numbers[places] == values
            found[:-1][same] = self.codes[places[same]]
        return found


def _rows_of_categories(plain: Any) -> Any:
    """Rows that hold every category of every column."""
    n_rows = max(map(len, plain.categories_))
    rows: Any = np.empty((n_rows, len(plain.categories_)), dtype=object)
    for j, categories in enumerate(plain.categories_):
        rows[:, j] = categories[0]
        rows[: len(categories), j] = categories
    names = getattr(plain, "feature_names_in_", None)
    return rows if names is None else pd.DataFrame(rows, columns=names, dtype=object)


def _dictionary(column: Any) -> tuple[np.ndarray, int, np.ndarray | None] | None:
    """A place for each row, -1 if its value is missing, and the values: how many, and which.

    Which they are is not told where a missing one is not NaN. None for objects: `factorize` does
    not tell None from NaN, as encoders do.
    """
    dtype = column.dtype
    found = dictionary(column)
    if found is None:
        if isinstance(dtype, np.dtype) and (dtype.kind not in "biuf" or dtype == np.float16):
            return None
        if isinstance(column, np.ndarray):
            column = np.ascontiguousarray(column)
        found = pd.factorize(column)
    places, values = found
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = dtype.categories.dtype
    told = isinstance(dtype, np.dtype) or getattr(dtype, "na_value", None) is np.nan
    return places, len(values), column_of(values) if told else None


def _picked(block: Any, columns: list[Any], rows: list[np.ndarray]) -> Any:
    """Rows put together from other ones for each column."""
    if isinstance(block, pd.DataFrame):
        picked = [c.take(r).reset_index(drop=True) for c, r in zip(columns, rows, strict=True)]
        return pd.concat(picked, axis=1)
    return np.stack([c[r] for c, r in zip(columns, rows, strict=True)], axis=1)

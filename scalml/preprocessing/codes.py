"""One-hot encoding as codes: rows are looked up among the categories of the namesake."""

from __future__ import annotations

import copy
from functools import cached_property
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

    Rows are looked up among the categories. Values that are no category are the namesake's to
    judge: it is shown one row for each that a block holds, so that its work does not grow with the
    rows.

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
        self.known = tuple(
            Known(categories, _codes(plain, j, start, self.n_columns))
            for j, (categories, (start, _)) in enumerate(
                zip(plain.categories_, self.bounds, strict=True)
            )
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
            out[...] = moved[self._places(naming_the_row(self._transformed, block))]
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
            out[...] = moved[self._places(naming_the_row(self._transformed, block))]
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
        return self._places(self._transformed(_picked(block, columns, shown)))

    def _transformed(self, block: Any) -> Any:
        """What the namesake makes of a block; its error for another kind names the column."""
        try:
            return self.plain.transform(block)
        except TypeError as error:
            names = block.columns if isinstance(block, pd.DataFrame) else range(block.shape[1])
            each = zip(names, columns_of(block), self.plain.categories_, strict=True)
            for name, column, categories in each:
                is_text, was_text = (
                    np.asarray(values).dtype.kind in "OUS" for values in (column, categories)
                )
                if is_text != was_text:
                    kinds = {True: "text", False: "numbers"}
                    raise TypeError(
                        f"Column {name!r} holds {kinds[is_text]}, its categories are "
                        f"{kinds[was_text]}. Convert it by astype() as it was when fitted."
                    ) from error
            raise

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


def _codes(plain: Any, j: int, start: int, none: int) -> np.ndarray:
    """The output column of each category of an input column, `none` where it is dropped.

    Infrequent categories share the last one; what is dropped moves those behind it down.
    """
    categories = plain.categories_[j]
    codes = np.arange(len(categories), dtype=np.int32)
    infrequent = plain.infrequent_categories_[j] if _groups(plain) else None
    if infrequent is not None:
        named = {_key(value) for value in infrequent.tolist()}
        rare = np.array([_key(value) in named for value in categories.tolist()])
        codes = np.cumsum(~rare, dtype=np.int32) - 1
        codes[rare] = np.count_nonzero(~rare)
    dropped = None if plain.drop_idx_ is None else plain.drop_idx_[j]
    codes += np.int32(start)
    if dropped is not None:
        own = codes[dropped]
        codes = np.where(codes == own, np.int32(none), codes - (codes > own))
    return codes.astype(np.int32, copy=False)


def _key(value: Any) -> Any:
    return np.nan if is_nan(value) else value


class Known:
    """The codes of a column's categories, found by value.

    Parameters
    ----------
    categories : ndarray of shape (n_categories,)
        As fitted: numbers are sorted, as scikit-learn insists, and NaN comes last.
    codes : ndarray of shape (n_categories,), int32
    """

    def __init__(self, categories: np.ndarray, codes: np.ndarray) -> None:
        self.categories, self.codes = categories, codes
        self.dtype = categories.dtype
        self.is_number = self.dtype.kind in "iuf"

    def __reduce__(self) -> Any:
        return Known, (self.categories, self.codes)  # the dictionary is made where it is used

    @cached_property
    def by_value(self) -> dict[Any, int]:
        """Codes by the values of categories that are not numbers."""
        return dict(zip(self.categories.tolist(), self.codes.tolist(), strict=True))

    @cached_property
    def missing(self) -> int:
        """The code of NaN."""
        if self.is_number:
            return int(self.codes[-1]) if is_nan(self.categories[-1]) else UNKNOWN
        return next((self.by_value[value] for value in self.by_value if is_nan(value)), UNKNOWN)

    def __call__(self, n_values: int, values: np.ndarray | None) -> np.ndarray:
        """The code of each value and, in one more cell, of a missing one; `UNKNOWN` if it has none.

        Values that come as another type than the categories are all unknown.
        """
        found = np.full(n_values + 1, UNKNOWN, dtype=np.int32)
        if values is None or values.dtype.kind != self.dtype.kind.replace("U", "O"):
            return found
        found[-1] = self.missing
        if not self.is_number:
            codes = map(self.by_value.get, values.tolist(), repeat(UNKNOWN))
            found[:-1] = np.fromiter(codes, np.int32, n_values)
        elif values.dtype == self.dtype:
            places = np.searchsorted(self.categories, values)
            places[places == len(self.categories)] = 0
            same = self.categories[places] == values
            found[:-1][same] = self.codes[places[same]]
        return found


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

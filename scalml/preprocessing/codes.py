"""One-hot encoding as codes: the namesake encodes each distinct value of a block once."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scalml.statistics.columns import columns_of
from scalml.utils.refusals import naming_the_row

__all__ = ["Encoding"]


class Encoding:
    """The column of the one of each row and encoded column, as a fitted encoder places them.

    Unknown, missing, infrequent and dropped values are the namesake's to judge: it is shown a
    block's distinct values, so that its work does not grow with the rows.

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

    def __call__(self, block: Any) -> np.ndarray:
        """Codes of a block.

        Parameters
        ----------
        block : DataFrame or ndarray of shape (n_rows, n_inputs)

        Returns
        -------
        ndarray of shape (n_rows, n_inputs), int32

        Raises
        ------
        ValueError
            As the namesake, for unknown values that are not to be ignored; with their ``row``.
        """
        columns = list(columns_of(block))
        codes = [found for found in map(_codes, columns) if found is not None]
        if not len(block) or len(codes) < len(columns):
            return self._places(naming_the_row(self.plain.transform, block))
        where, present = [], []
        for found, n_values in codes:
            some = np.full(n_values + 1, -1, dtype=np.intp)
            some[found] = np.arange(len(found))  # any row that has the value
            where.append(some)
            present.append(np.flatnonzero(some >= 0))
        n_distinct = max(map(len, present))
        rows = [np.resize(w[p], n_distinct) for w, p in zip(where, present, strict=True)]
        try:
            places = self._places(self.plain.transform(_distinct(block, columns, rows)))
        except ValueError:
            return self._places(naming_the_row(self.plain.transform, block))
        ones = np.empty((len(block), len(columns)), dtype=np.int32)
        for j, (found, n_values) in enumerate(codes):
            table = np.full(n_values + 1, self.n_columns, dtype=np.int32)
            table[present[j]] = places[: len(present[j]), j]
            ones[:, j] = table[found]
        return ones

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


def _codes(column: Any) -> tuple[np.ndarray, int] | None:
    """A number for each value, the last (or -1) for a missing one, and how many values there are.

    None for objects: `factorize` does not tell None from NaN, as encoders do.
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), len(dtype.categories)
    if isinstance(dtype, np.dtype) and (dtype.kind not in "biuf" or dtype == np.float16):
        return None
    if isinstance(column, np.ndarray):
        column = np.ascontiguousarray(column)
    codes, values = pd.factorize(column)
    return codes, len(values)


def _distinct(block: Any, columns: list[Any], rows: list[np.ndarray]) -> Any:
    """A block of rows put together column by column."""
    if isinstance(block, pd.DataFrame):
        picked = [c.take(r).reset_index(drop=True) for c, r in zip(columns, rows, strict=True)]
        return pd.concat(picked, axis=1)
    return np.stack([c[r] for c, r in zip(columns, rows, strict=True)], axis=1)

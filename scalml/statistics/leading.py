"""The few rows that come first by a key, whatever the chunks they lie in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Leading:
    """Rows with the smallest keys, sorted by key; of equal keys the earlier row comes first.

    Parameters
    ----------
    most : int
        How many rows are kept at most.
    keys : ndarray of shape (n_kept,)
    columns : tuple of ndarrays of n_kept rows
        What is known of these rows.

    Notes
    -----
    With keys ``-log(u) / weight`` of uniform numbers u the rows are a weighted random sample
    without replacement [1]_.

    References
    ----------
    .. [1] Efraimidis, Spirakis (2006), "Weighted random sampling with a reservoir", Information
       Processing Letters 97, 181-185.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Leading
    >>> top = Leading.of(np.array([3.0, 1.0]), np.array([30, 10]), most=2)
    >>> (top + Leading.of(np.array([2.0, np.inf]), np.array([20, 40]), most=2)).columns[0]
    array([10, 20])
    """

    most: int
    keys: np.ndarray
    columns: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, keys: np.ndarray, *columns: Any, most: int) -> Leading:
        """Choose from one block.

        Parameters
        ----------
        keys : ndarray of shape (n_rows,)
            Rows of an infinite key are never taken.
        *columns : ndarrays or CSR matrices of n_rows rows
            CSR rows that are taken become dense.
        most : int
        """
        first = _smallest(keys, most)
        taken = (column[first] for column in columns)
        dense = tuple(part.toarray() if sparse.issparse(part) else part for part in taken)
        return cls(most, keys[first], dense)

    def __add__(self, other: Leading) -> Leading:
        if not isinstance(other, Leading):
            return NotImplemented
        keys = np.concatenate([self.keys, other.keys])
        pairs = zip(self.columns, other.columns, strict=True)
        return Leading.of(keys, *(np.concatenate(pair) for pair in pairs), most=self.most)


def _smallest(keys: np.ndarray, most: int) -> np.ndarray:
    if keys.size > most:
        places = np.flatnonzero(keys <= np.partition(keys, most - 1)[most - 1])
    else:
        places = np.arange(keys.size)
    places = places[np.isfinite(keys[places])]
    return places[np.argsort(keys[places], kind="stable")[:most]]

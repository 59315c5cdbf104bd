"""In-memory rows as chunks that a check controls: their cuts, their failures, their reads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..data import wrap
from ..sources.base import Reader
from ..sources.memory import MemorySource


def chunked(data: Any, lengths: list[int]) -> Any:
    """In-memory rows cut into chunks of given lengths.

    Parameters
    ----------
    data : ndarray, CSR matrix, DataFrame, Series or None
    lengths : list of int
        Rows of each chunk, 0 among them if need be; they sum to the rows of `data`.

    Returns
    -------
    ChunkedArray, ChunkedFrame, ChunkedSeries or None

    Examples
    --------
    >>> import numpy as np
    >>> chunked(np.arange(5), [2, 0, 3]).source.lengths
    (2, 0, 3)
    """
    return None if data is None else wrap(MemorySource(data, lengths=lengths))


def take(data: Any, rows: np.ndarray) -> Any:
    """Rows of in-memory data by their numbers, repeats allowed.

    Parameters
    ----------
    data : ndarray, CSR matrix, DataFrame, Series or None
    rows : ndarray of shape (n_rows,), int or bool

    Returns
    -------
    Of the type of `data`
    """
    if data is None:
        return None
    return data.iloc[rows] if isinstance(data, (pd.DataFrame, pd.Series)) else data[rows]


class Counting(MemorySource):
    """Rows in memory that count how often a chunk is read.

    Attributes
    ----------
    reads : int
        Chunks read so far in this process.
    """

    reads = 0

    def evaluate(self, index: int, reader: Reader) -> Any:
        self.reads += 1
        return super().evaluate(index, reader)


class Failing(MemorySource):
    """Rows in memory of which one chunk cannot be read: it raises OSError.

    Parameters
    ----------
    data : ndarray, CSR matrix, DataFrame or Series
    lengths : list of int
        Rows of each chunk.
    fails_at : int
        The chunk that fails.
    """

    def __init__(self, data: Any, lengths: list[int], fails_at: int) -> None:
        super().__init__(data, lengths=lengths)
        self.fails_at = fails_at

    def evaluate(self, index: int, reader: Reader) -> Any:
        if index == self.fails_at:
            raise OSError("this chunk is made to fail")
        return super().evaluate(index, reader)

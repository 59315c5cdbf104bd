"""Rows of several inputs on one chunk grid, and their positions, which nobody stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scalml.data import align_with, from_array, from_frame, is_chunked, wrap
from scalml.metrics.inputs import with_rows_of
from scalml.sources.base import Block, Reader, Source


def as_collection(data):
    """Rows in memory as a collection; collections as they are."""
    if is_chunked(data):
        return data
    if isinstance(data, (pd.DataFrame, pd.Series)):
        make: Any = from_frame
    else:
        make, data = from_array, data if sparse.issparse(data) else np.asarray(data)
    return make(data)


def same_rows(**named):
    """Collections of all on the chunks of the first one that is chunked; None stays None.

    Parameters
    ----------
    **named : array-likes, chunked collections or None
        By the name that an error calls them.

    Returns
    -------
    list
        Marked as having the same rows, so that one mask filters all alike.

    Raises
    ------
    ValueError
        If lengths differ.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection.rows import same_rows
    >>> same_rows(X=scalml.from_array(np.zeros((3, 2)), chunk_rows=2), y=[0, 1])
    Traceback (most recent call last):
        ...
    ValueError: X and y must have as many rows, got 3 and 2.
    """
    lead_name, lead = next(pair for pair in named.items() if is_chunked(pair[1]))
    return [
        data
        if data is None or data is lead
        else _with_rows_of(lead, data, f"{lead_name} and {name}")
        for name, data in named.items()
    ]


def _with_rows_of(lead, data, names):
    if is_chunked(data):
        if data.source.rows.rows_token == lead.source.rows.rows_token:
            return data
    elif not hasattr(data, "shape"):
        data = np.asarray(data)
    if not data.ndim:
        raise ValueError(
            f"{names.split()[-1]} must have a value for each row, got the single value {data}."
        )
    n_rows = len(data) if is_chunked(data) else data.shape[0]
    if n_rows != len(lead):
        raise ValueError(f"{names} must have as many rows, got {len(lead)} and {n_rows}.")
    return with_rows_of(lead, wrap(align_with(lead, data)[1]))


def positions(X):
    """Number of each row of `X` from the first, lazily; rows are counted if they are not.

    Unlike `scalml.data.row_numbers`, these have no gaps where a filter dropped rows.

    Returns
    -------
    ChunkedArray of int64, shape (n_rows,)
    """
    len(X)
    return wrap(Positions(X.source.lengths))


class Positions(Source):
    """0, 1, 2, … in chunks of given lengths."""

    def __init__(self, lengths: Sequence[int | None]) -> None:
        super().__init__()
        self._lengths = tuple(lengths)

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self._lengths or ()

    def empty(self) -> Block:
        return np.empty(0, dtype=np.int64)

    def evaluate(self, index: int, reader: Reader) -> Block:
        return self.row_numbers(index, reader)

    def regrid(self, lengths: Sequence[int]) -> Source:
        return Positions(lengths)

    def describe(self, index: int | None = None) -> str:
        if index is None:
            return "row positions"
        return f"row positions from {self.starts[index]}"


def rows_in_memory(data: Any) -> Any:
    """Rows of a collection, read; other data as they are."""
    return data.to_numpy() if is_chunked(data) else data

"""Memberships: what each row is to each split, as one lazy int8 array beside the data."""

from __future__ import annotations

import numpy as np

from scalml.data import align_with, is_chunked, wrap
from scalml.metrics.inputs import any_chunked
from scalml.model_selection.check import check_cv
from scalml.model_selection.folds import NEITHER, TEST, TRAIN
from scalml.model_selection.rows import as_collection, rows_in_memory, same_rows
from scalml.model_selection.splitter import ChunkedSplitter, by_rule, sides

__all__ = ["NEITHER", "TEST", "TRAIN", "memberships", "sides"]


def memberships(cv, X, y=None, groups=None):
    """What each row is to each split: 0 neither, 1 a training row, 2 a test row.

    `X` is not read or copied, so that one pass over it can serve all splits at once.

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test) or None
        As in `check_cv`; a number of folds is a `KFold`.
    X : array-like or chunked, of shape (n_rows, ...)
    y, groups : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    ChunkedArray of shape (n_rows, n_splits), int8
        On the chunks of `X`; for rows in memory on those that `from_array` gives.

    Raises
    ------
    ValueError
        If lengths differ, or a row is twice in a split.

    Notes
    -----
    Splitters of scalml, and scikit-learn's that have a namesake here, cost what their
    documentation says. Any other splitter is given as many rows of nothing, with `y` and `groups`
    in memory, and what it answers takes one byte a row and split. Rows of unknown number are
    counted first.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection.membership import memberships
    >>> X = scalml.from_array(np.arange(8.0).reshape(4, 2), chunk_rows=3)
    >>> memberships(2, X).to_numpy().tolist()
    [[2, 1], [2, 1], [1, 2], [1, 2]]
    """
    cv = check_cv(cv, y)
    if not any_chunked(X, y, groups):
        splits = list(cv.split(X, y, groups))
        X = as_collection(X)
    elif isinstance(cv, ChunkedSplitter):
        return cv.memberships(X, y, groups)
    else:
        X, y, groups = same_rows(X=X, y=y, groups=groups)
        blank = np.broadcast_to(0.0, (len(X), 1))
        splits = list(cv.split(blank, rows_in_memory(y), rows_in_memory(groups)))
    if not splits:
        raise ValueError("cv must give at least one split, got none.")
    if any(is_chunked(rows) for rows in splits[0]):
        masks = {f"mask {at}": mask for at, mask in enumerate(m for pair in splits for m in pair)}
        X, *columns = same_rows(X=X, **masks)
        return by_rule(_from_masks, len(splits), *columns)
    codes = np.zeros((len(X), len(splits)), dtype=np.int8, order="F")
    for split, (train, test) in enumerate(splits):
        _mark(codes[:, split], TRAIN, train, split)
        _mark(codes[:, split], TEST, test, split)
    return wrap(align_with(X, np.ascontiguousarray(codes))[1])


def _mark(column, code, rows, split):
    """Give rows of one split their code, each once."""
    rows = np.asarray(rows)
    if rows.dtype == bool:
        if rows.shape != column.shape:
            raise ValueError(
                f"A mask must have a value a row, got {len(rows)} in split {split} for "
                f"{len(column)} rows."
            )
        rows = np.flatnonzero(rows)
    marked = np.count_nonzero(column)
    column[rows] = code
    if np.count_nonzero(column) != marked + len(rows):
        raise ValueError(
            f"A row can be once in the training or the test rows of a split, but split {split} "
            "has some twice. Draw without replacement, or use sample_weight instead."
        )


def _from_masks(*masks):
    """Memberships of one chunk from masks: training and test rows of each split in turn."""
    stacked = np.stack([np.asarray(mask, dtype=bool) for mask in masks], axis=1)
    train, test = stacked[:, ::2], stacked[:, 1::2]
    if (train & test).any():
        raise ValueError("A row can be in the training or the test rows of a split, not in both.")
    return train * np.int8(TRAIN) + test * np.int8(TEST)

"""Splits by position: rows in the order of time, and folds that the user has numbered."""

from __future__ import annotations

import numpy as np
import sklearn.model_selection

from scalml.data import align_with, wrap
from scalml.model_selection.folds import OfFolds, Ranges
from scalml.model_selection.rows import positions
from scalml.model_selection.splitter import ChunkedSplitter, by_rule


class TimeSeriesSplit(ChunkedSplitter, sklearn.model_selection.TimeSeriesSplit):
    """Test rows that follow the training rows, as `sklearn.model_selection.TimeSeriesSplit`.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, at least 2.
    max_train_size : int or None, default=None
        Most training rows, the last ones.
    test_size : int or None, default=None
        Test rows of each split; ``n_rows // (n_splits + 1)`` by default.
    gap : int, default=0
        Rows left out between training and test rows.

    Notes
    -----
    No pass; rows of unknown number are counted first. Memory for chunked rows: none.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import TimeSeriesSplit
    >>> X = scalml.from_array(np.arange(7.0), chunk_rows=4)
    >>> for train, test in TimeSeriesSplit(2).split(X):
    ...     print(X[train].to_numpy(), X[test].to_numpy())
    [0. 1. 2.] [3. 4.]
    [0. 1. 2. 3. 4.] [5. 6.]
    """

    def _memberships(self, X, y, groups):
        n_rows, n_splits, gap = len(X), self.n_splits, self.gap
        if n_splits + 1 > n_rows:
            raise ValueError(
                f"Cannot have number of folds={n_splits + 1} greater than the number of "
                f"samples={n_rows}."
            )
        size = n_rows // (n_splits + 1) if self.test_size is None else self.test_size
        if n_rows - gap - size * n_splits <= 0:
            raise ValueError(
                f"Too many splits={n_splits} for number of samples={n_rows} with "
                f"test_size={size} and gap={gap}."
            )
        starts = np.arange(n_rows - n_splits * size, n_rows, size)
        ends = starts - gap
        most = self.max_train_size or n_rows
        train = np.stack([np.maximum(ends - most, 0), ends], axis=1)
        test = np.stack([starts, starts + size], axis=1)
        return by_rule(Ranges(train, test), n_splits, positions(X))


class PredefinedSplit(ChunkedSplitter, sklearn.model_selection.PredefinedSplit):
    """Folds given by number, as `sklearn.model_selection.PredefinedSplit`.

    Parameters
    ----------
    test_fold : array-like of shape (n_rows,)
        The fold that tests each row, -1 for rows that are always training rows. In memory.

    Notes
    -----
    No pass. Memory for chunked rows: `test_fold` itself.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import PredefinedSplit
    >>> X = scalml.from_array(np.arange(4.0), chunk_rows=3)
    >>> for train, test in PredefinedSplit([0, 1, -1, 1]).split(X):
    ...     print(X[train].to_numpy(), X[test].to_numpy())
    [1. 2. 3.] [0.]
    [0. 2.] [1. 3.]
    """

    def split(self, X=None, y=None, groups=None):  # scikit-learn's does not need X
        return super().split(X, y, groups)

    def _memberships(self, X, y, groups):
        n_rows, n_splits = len(X), self.get_n_splits()
        if len(self.test_fold) != n_rows:
            raise ValueError(
                f"X and test_fold must have as many rows, got {n_rows} and {len(self.test_fold)}."
            )
        never = self.test_fold == -1
        folds = np.where(never, -1, np.searchsorted(self.unique_folds, self.test_fold))
        table = wrap(align_with(X, folds.astype(np.min_scalar_type(-max(n_splits, 1))))[1])
        return by_rule(OfFolds(n_splits), n_splits, table)

"""Random splits, independent of each other. scikit-learn's own, on chunks too."""

from __future__ import annotations

import numpy as np
import sklearn.model_selection

from scalml.data import align_with, row_numbers, wrap
from scalml.model_selection.folds import (
    NEITHER,
    TEST,
    TRAIN,
    SideByHash,
    drawn_sides,
    drawn_strata,
)
from scalml.model_selection.split import check_strata, hash_limits, split_sizes
from scalml.model_selection.splitter import ChunkedSplitter, by_rule, fits_in_memory, hash_seed
from scalml.model_selection.strata import Strata, labels_in


class ShuffleSplit(ChunkedSplitter, sklearn.model_selection.ShuffleSplit):
    """Random training and test rows, drawn afresh for each split, as scikit-learn's `ShuffleSplit`.

    Parameters
    ----------
    n_splits : int, default=10
        Number of splits.
    test_size, train_size : float in (0, 1), int or None, default=None
        Share or number of rows; each is by default what the other leaves, and a tenth is for
        testing if neither is given.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Notes
    -----
    Passes: none; rows of unknown number are counted first. Memory for chunked rows: one byte a row
    and split, and 4 a row (8 beyond two billion rows) while rows are drawn; the splits are
    scikit-learn's. Where that is more than an eighth of the memory limit, hashes of row
    numbers decide, as in `scalml.model_selection.train_test_split`. The rows keep their order.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import ShuffleSplit
    >>> X = scalml.from_array(np.arange(6.0), chunk_rows=4)
    >>> for train, test in ShuffleSplit(2, test_size=2, random_state=0).split(X):
    ...     print(X[train].to_numpy(), X[test].to_numpy())
    [0. 1. 3. 4.] [2. 5.]
    [0. 2. 4. 5.] [1. 3.]
    """

    def _memberships(self, X, y, groups):
        n_rows = len(X)
        test_size = _test_size(self)
        n_train, n_test = split_sizes(n_rows, test_size, self.train_size)
        if fits_in_memory(n_rows * (self.n_splits + (4 if n_rows < 2**31 else 8))):
            codes = drawn_sides(n_rows, n_train, n_test, self.n_splits, self.random_state)
            return wrap(align_with(X, codes)[1])
        return _hashed(X, None, self.n_splits, self.random_state, test_size, self.train_size)


class StratifiedShuffleSplit(ChunkedSplitter, sklearn.model_selection.StratifiedShuffleSplit):
    """Random splits that keep the share of each class, as scikit-learn's `StratifiedShuffleSplit`.

    Parameters
    ----------
    n_splits : int, default=10
        Number of splits.
    test_size, train_size : float in (0, 1), int or None, default=None
        Share or number of rows; each is by default what the other leaves, and a tenth is for
        testing if neither is given.
    random_state : int, RandomState instance or None, default=None
        Seed.

    Notes
    -----
    Passes over `y`: one. Memory for chunked rows: one byte a row and split, and some 20 a row
    while rows are drawn; the splits are scikit-learn's. Where that is more than an eighth
    of the memory limit, hashes of row numbers decide, in two passes a split, as in
    `scalml.model_selection.train_test_split` with `stratify`. The rows keep their order.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import StratifiedShuffleSplit
    >>> y = scalml.from_array(np.array(list("aabbaa")), chunk_rows=4)
    >>> splitter = StratifiedShuffleSplit(1, test_size=3, random_state=0)
    >>> [y[test].to_numpy().tolist() for train, test in splitter.split(y, y)]
    [['a', 'a', 'b']]
    """

    def _memberships(self, X, y, groups):
        if y is None:
            raise ValueError("StratifiedShuffleSplit.split needs y, whose classes it keeps apart.")
        n_rows = len(X)
        test_size = _test_size(self)
        n_train, n_test = split_sizes(n_rows, test_size, self.train_size)
        labels = labels_in(y)
        if not fits_in_memory(n_rows * (self.n_splits + 20)):
            return _hashed(X, labels, self.n_splits, self.random_state, test_size, self.train_size)
        strata = Strata.of(labels, codes=True)
        sizes = dict(zip(strata.classes.tolist(), strata.sizes.tolist(), strict=True))
        check_strata(sizes, n_train, n_test)
        codes = drawn_strata(strata.codes, n_train, n_test, self.n_splits, self.random_state)
        return wrap(align_with(X, codes)[1])


def _test_size(splitter):
    """Test rows as asked for; a tenth if nobody says."""
    if splitter.test_size is None and splitter.train_size is None:
        return 0.1
    return splitter.test_size


def _hashed(X, labels, n_splits, random_state, test_size, train_size):
    """Memberships by hashes of row numbers, with a seed for each split."""
    numbers, first = row_numbers(X), hash_seed(X, random_state)
    strata = () if labels is None else (labels,)
    splits = []
    for seed in range(first, first + n_splits):
        limits = hash_limits(numbers, labels, seed, test_size, train_size)
        splits.append(
            numbers.map_chunks(SideByHash(seed, limits), *strata, empty=np.empty(0, dtype=np.uint8))
        )
    return by_rule(_codes, n_splits, *splits)


_CODES = np.array([TEST, TRAIN, NEITHER], dtype=np.int8)  # by side


def _codes(*sides):
    return _CODES[np.stack(sides, axis=1)]

"""Folds: every row is tested once. scikit-learn's own, on chunks too."""

from __future__ import annotations

import warnings

import numpy as np
import sklearn.model_selection
from sklearn.utils import check_random_state

from scalml.data import align_with, row_numbers, wrap
from scalml.model_selection.folds import (
    FoldByCuts,
    FoldByHash,
    FoldOfLabel,
    Ranges,
    fold_bounds,
    group_folds,
    shuffled_folds,
    shuffled_strata,
    stratified_sizes,
)
from scalml.model_selection.rows import positions
from scalml.model_selection.split import last_hashes
from scalml.model_selection.splitter import (
    ChunkedSplitter,
    by_fold,
    by_rule,
    fits_in_memory,
    hash_seed,
    require_rows,
)
from scalml.model_selection.strata import Strata, labels_in
from scalml.runtime import reduce_chunks
from scalml.statistics.counts import Categories
from scalml.statistics.finite import require_finite


class KFold(ChunkedSplitter, sklearn.model_selection.KFold):
    """Folds of nearly equal size, as `sklearn.model_selection.KFold`.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether rows are dealt out at random, rather than cut into ranges.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffle.

    Notes
    -----
    Passes: none; rows of unknown number are counted first. Memory for chunked rows: nothing
    unless `shuffle`, then 5 bytes a row (9 beyond two billion rows) while the folds are drawn and
    one after that, and they are scikit-learn's very folds. Where that is more than an eighth of
    the memory limit, a hash of `random_state` and the row number decides: folds are of
    nearly equal size by chance, nothing is held, and rows that are appended later move no other.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import KFold
    >>> X = scalml.from_array(np.arange(5.0).reshape(-1, 1), chunk_rows=2)
    >>> for train, test in KFold(2).split(X):
    ...     print(X[train].to_numpy().ravel(), X[test].to_numpy().ravel())
    [3. 4.] [0. 1. 2.]
    [0. 1. 2.] [3. 4.]
    """

    partitions = True

    def _memberships(self, X, y, groups):
        n_rows, n_splits = require_rows(X, self.n_splits), self.n_splits
        if not self.shuffle:
            bounds = fold_bounds(n_rows, n_splits)
            test = np.stack([bounds[:-1], bounds[1:]], axis=1)
            ranges = Ranges(np.broadcast_to([0, n_rows], test.shape), test)
            return by_rule(ranges, n_splits, positions(X))
        if fits_in_memory(n_rows * (5 if n_rows < 2**31 else 9)):
            folds = shuffled_folds(n_rows, n_splits, self.random_state)
            return _of_table(X, folds, n_splits)
        rule = FoldByHash(n_splits, hash_seed(X, self.random_state))
        return by_fold(rule, n_splits, row_numbers(X))


class StratifiedKFold(ChunkedSplitter, sklearn.model_selection.StratifiedKFold):
    """Folds with the same share of each class, as `sklearn.model_selection.StratifiedKFold`.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether the rows of each class are shuffled before they are cut.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffle.

    Notes
    -----
    Passes over `y`: one that counts classes, and a second look at the few chunks in which a fold
    of a class ends. Memory for chunked rows: a count for each class and chunk. With
    `shuffle`, one pass and 4 bytes a row and fewer while the folds are drawn, one after that.
    Where that is more than an eighth of the memory limit, a hash of `random_state` and the
    row number decides, in two passes: each fold has as many rows of each class as scikit-learn's,
    though not the same ones.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import StratifiedKFold
    >>> y = scalml.from_array(np.array(["a", "a", "b", "b", "a", "a"]), chunk_rows=4)
    >>> for train, test in StratifiedKFold(2).split(y, y):
    ...     print(y[test].to_numpy())
    ['a' 'a' 'b']
    ['b' 'a' 'a']
    """

    partitions = True

    def _memberships(self, X, y, groups):
        n_rows, n_splits = require_rows(X, self.n_splits), self.n_splits
        if y is None:
            raise ValueError("StratifiedKFold.split needs y, whose classes it keeps apart.")
        if y.ndim == 2 and y.shape[1] != 1:
            raise ValueError(
                "Supported target types are: ('binary', 'multiclass'). Got "
                "'multilabel-indicator' instead."
            )
        labels = labels_in(y)
        strata = Strata.of(labels, codes=self.shuffle and fits_in_memory(4 * n_rows))
        order = strata.by_appearance
        self._check(strata.sizes)
        sizes = np.empty((n_splits, len(order)), dtype=np.int64)
        sizes[:, order] = stratified_sizes(strata.sizes[order], n_splits)
        if strata.codes is not None:
            renamed = np.argsort(order).astype(strata.codes.dtype)
            codes = renamed[strata.codes]
            folds = shuffled_strata(codes, sizes[:, order], self.random_state)
            return _of_table(X, folds, n_splits)
        ends = np.cumsum(sizes, axis=0)[:-1]
        names = strata.classes.tolist()
        if not self.shuffle:
            cuts = dict(zip(names, strata.positions(labels, ends).T, strict=True))
            return by_fold(FoldByCuts(cuts), n_splits, positions(X), labels)
        seed, numbers = hash_seed(X, self.random_state), row_numbers(X)
        ranks = dict(zip(names, ends.T.tolist(), strict=True))
        limits = last_hashes(numbers, labels, seed, lambda _: ranks, "StratifiedKFold")
        return by_fold(FoldByHash(n_splits, seed, limits), n_splits, numbers, labels)

    def _check(self, sizes):
        if np.all(self.n_splits > sizes):
            raise ValueError(
                f"n_splits={self.n_splits} cannot be greater than the number of members in each "
                "class."
            )
        if self.n_splits > sizes.min():
            warnings.warn(
                f"The least populated class in y has only {sizes.min()} members, which is less "
                f"than n_splits={self.n_splits}.",
                UserWarning,
                stacklevel=2,
            )


class GroupKFold(ChunkedSplitter, sklearn.model_selection.GroupKFold):
    """Folds that keep the rows of a group together, as `sklearn.model_selection.GroupKFold`.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether groups are dealt out at random, rather than so that folds have as many rows.
    random_state : int, RandomState instance or None, default=None
        Seed of the shuffle.

    Notes
    -----
    Passes over `groups`: one, that counts. Memory for chunked rows: a count for each group,
    whatever the rows; always scikit-learn's very folds.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import GroupKFold
    >>> groups = scalml.from_array(np.array([7, 8, 8, 9, 7]), chunk_rows=2)
    >>> for train, test in GroupKFold(2).split(groups, groups=groups):
    ...     print(groups[test].to_numpy())
    [8 8 9]
    [7 7]
    """

    uses_groups = True
    partitions = True

    def _memberships(self, X, y, groups):
        n_splits = self.n_splits
        require_rows(X, n_splits)
        if groups is None:
            raise ValueError("The 'groups' parameter should not be None.")
        groups = _one_column(groups)
        found = reduce_chunks(Categories.of, groups, name="GroupKFold").ordered()
        n_groups = len(found.values)
        if n_splits > n_groups:
            raise ValueError(
                f"Cannot have number of splits n_splits={n_splits} greater than the number of "
                f"groups: {n_groups}."
            )
        if self.shuffle:
            order = check_random_state(self.random_state).permutation(n_groups)
            folds = np.empty(n_groups, dtype=np.int64)
            for fold, members in enumerate(np.array_split(order, n_splits)):
                folds[members] = fold
        else:
            folds = group_folds(found.counts, n_splits)
        return by_fold(FoldOfLabel(found.values, folds), n_splits, groups)


def _of_table(X, folds, n_splits):
    """Memberships from the fold of each row, of which a worker is sent those of its chunk."""
    return by_fold(_same, n_splits, wrap(align_with(X, folds)[1]))


def _same(folds):
    return folds


def _one_column(groups):
    if groups.ndim == 2 and groups.shape[1] == 1:
        groups = groups[:, 0] if hasattr(groups, "dtype") else groups[groups.columns[0]]
    if groups.ndim != 1:
        raise ValueError(f"groups must be one column of labels, got {groups.shape[1]} columns.")
    return groups.map_chunks(_values)


def _values(block):
    values = block.to_numpy() if hasattr(block, "to_numpy") else block
    if values.dtype.kind == "f":
        require_finite(values, label="groups")
    return values

"""Which fold a row is in: rules that a worker applies to row numbers or labels, and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from scalml.statistics.row_hashes import members_of, row_hashes, side_of

NEITHER, TRAIN, TEST = 0, 1, 2
"""What a row is to a split, in the int8 columns of memberships."""


@dataclass(frozen=True, eq=False)
class Ranges:
    """Splits whose sides are ranges of row positions; a row in both ranges is a test row.

    Parameters
    ----------
    train, test : ndarray of shape (n_splits, 2), int64
        First position, and the one behind the last.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.model_selection.folds import Ranges
    >>> Ranges(np.array([[0, 3], [0, 3]]), np.array([[0, 1], [1, 3]]))(np.arange(3)).tolist()
    [[2, 1], [1, 2], [1, 2]]
    """

    train: np.ndarray
    test: np.ndarray

    def __call__(self, positions: np.ndarray) -> np.ndarray:
        row = positions[:, None]
        codes = ((row >= self.train[:, 0]) & (row < self.train[:, 1])).astype(np.int8)
        codes[(row >= self.test[:, 0]) & (row < self.test[:, 1])] = TEST
        return codes


@dataclass(frozen=True)
class OfFolds:
    """Memberships from the number of the fold that tests each row; -1 is a row never tested.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.model_selection.folds import OfFolds
    >>> OfFolds(2)(np.array([0, 1, -1])).tolist()
    [[2, 1], [1, 2], [1, 1]]
    """

    n_splits: int

    def __call__(self, folds: np.ndarray) -> np.ndarray:
        tested = folds[:, None] == np.arange(self.n_splits)
        return tested.astype(np.int8) + np.int8(TRAIN)


@dataclass(frozen=True, eq=False)
class FoldOfLabel:
    """The fold of each row from its label: all rows of a label are in one fold.

    Parameters
    ----------
    labels : ndarray of shape (n_labels,)
        Sorted.
    folds : ndarray of shape (n_labels,)
    """

    labels: np.ndarray
    folds: np.ndarray

    def __call__(self, block: Any) -> np.ndarray:
        return self.folds[np.searchsorted(self.labels, block)]


@dataclass(frozen=True, eq=False)
class FoldByCuts:
    """The fold of each row from its position among the cuts of its class.

    Parameters
    ----------
    cuts : dict
        label -> ndarray of shape (n_splits - 1,): position of the first row of folds 1, 2, ….
    """

    cuts: Mapping[Any, np.ndarray]

    def __call__(self, positions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        folds = np.empty(len(positions), dtype=np.int64)
        for label, members in members_of(labels):
            folds[members] = np.searchsorted(self.cuts[label], positions[members], side="right")
        return folds


class ByHash:
    """A choice by hash of the row number; splits of what it chose need another stream of hashes."""


@dataclass(frozen=True, eq=False)
class FoldByHash(ByHash):
    """The fold of each row by chance, or from the hashes at which the folds of its class end.

    Parameters
    ----------
    n_splits, seed : int
    ends : dict, optional
        label -> list of n_splits - 1 last hashes; without it all folds are equally likely.
    """

    n_splits: int
    seed: int
    ends: Mapping[Any, tuple[int, ...]] | None = None

    def __call__(self, rows: np.ndarray, labels: Any = None) -> np.ndarray:
        hashes = row_hashes(rows, self.seed)
        if self.ends is None:
            shorter = hashes >> np.uint64(32)
            return ((shorter * np.uint64(self.n_splits)) >> np.uint64(32)).astype(np.int64)
        folds = np.zeros(len(hashes), dtype=np.int64)
        for label, members in members_of(labels):
            for end in self.ends[label]:
                folds[members] += hashes[members] > end
        return folds


@dataclass(frozen=True, eq=False)
class SideByHash(ByHash):
    """Test rows (0), training rows (1) and the rest (2), as `scalml.statistics.row_hashes`."""

    seed: int
    limits: Mapping[Any, tuple[int, int]]

    def __call__(self, rows: np.ndarray, labels: Any = None) -> np.ndarray:
        return side_of(rows, labels, seed=self.seed, limits=self.limits)


def fold_bounds(n_rows: int, n_splits: int) -> np.ndarray:
    """Where folds of nearly equal size begin and end, the longer ones first.

    Returns
    -------
    ndarray of shape (n_splits + 1,), int64

    Examples
    --------
    >>> from scalml.model_selection.folds import fold_bounds
    >>> fold_bounds(8, 3).tolist()
    [0, 3, 6, 8]
    """
    size, longer = divmod(n_rows, n_splits)
    steps = np.arange(n_splits + 1, dtype=np.int64)
    return steps * size + np.minimum(steps, longer)


def stratified_sizes(counts: np.ndarray, n_splits: int) -> np.ndarray:
    """Rows of each class in each test fold, so that folds and classes differ by one at most.

    Dealt out in turn as if the rows lay sorted by class, which is what scikit-learn does.

    Parameters
    ----------
    counts : ndarray of shape (n_classes,), int64
        In the order in which the classes first appear.

    Returns
    -------
    ndarray of shape (n_splits, n_classes), int64

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.model_selection.folds import stratified_sizes
    >>> stratified_sizes(np.array([3, 2]), 2).tolist()
    [[2, 1], [1, 1]]
    """
    bounds = np.append(0, np.cumsum(counts))
    dealt = (bounds + n_splits - 1 - np.arange(n_splits)[:, None]) // n_splits
    return np.diff(dealt, axis=1)


def group_folds(counts: np.ndarray, n_splits: int) -> np.ndarray:
    """Fold of each group: the largest group goes to the fold with the fewest rows so far.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.model_selection.folds import group_folds
    >>> group_folds(np.array([1, 4, 2]), 2).tolist()
    [1, 0, 1]
    """
    rows, folds = np.zeros(n_splits), np.zeros(len(counts), dtype=np.int64)
    for group in np.argsort(counts, kind="stable")[::-1]:
        folds[group] = np.argmin(rows)
        rows[folds[group]] += counts[group]
    return folds


def shuffled_rows(n_rows: int, rng: np.random.RandomState) -> np.ndarray:
    """The permutation that ``rng.permutation(n_rows)`` draws, in 4 bytes a row where they do."""
    rows = np.arange(n_rows, dtype=np.int32 if n_rows < 2**31 else np.int64)
    rng.shuffle(rows)
    return rows


def shuffled_folds(n_rows: int, n_splits: int, random_state: Any) -> np.ndarray:
    """Fold of each row after a shuffle, of shape (n_rows,)."""
    order = shuffled_rows(n_rows, check_random_state(random_state))
    folds = np.empty(n_rows, dtype=np.min_scalar_type(n_splits))
    bounds = fold_bounds(n_rows, n_splits)
    for fold in range(n_splits):
        folds[order[bounds[fold] : bounds[fold + 1]]] = fold
    return folds


def shuffled_strata(codes: np.ndarray, sizes: np.ndarray, random_state: Any) -> np.ndarray:
    """Fold of each row, shuffled within classes that have `sizes` rows in each fold."""
    rng = check_random_state(random_state)
    n_splits, n_classes = sizes.shape
    folds = np.empty(len(codes), dtype=np.min_scalar_type(n_splits))
    for code in range(n_classes):
        deck = np.arange(n_splits, dtype=folds.dtype).repeat(sizes[:, code])
        rng.shuffle(deck)
        folds[codes == code] = deck
    return folds


def drawn_sides(
    n_rows: int, n_train: int, n_test: int, n_splits: int, random_state: Any
) -> np.ndarray:
    """Memberships of independent random splits, of shape (n_rows, n_splits)."""
    rng = check_random_state(random_state)
    codes = np.zeros((n_rows, n_splits), dtype=np.int8, order="F")
    for split in range(n_splits):
        order = shuffled_rows(n_rows, rng)
        codes[order[:n_test], split] = TEST
        codes[order[n_test : n_test + n_train], split] = TRAIN
    return codes


def drawn_strata(
    classes: Any, n_train: int, n_test: int, n_splits: int, random_state: Any
) -> np.ndarray:
    """Memberships of random splits that keep the shares of classes, of shape (n_rows, n_splits).

    Parameters
    ----------
    classes : ndarray of shape (n_rows,), integer
        0, 1, … in the sorted order of the labels.
    """
    rng = check_random_state(random_state)
    counts = np.bincount(classes)
    rows = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    codes = np.zeros((len(classes), n_splits), dtype=np.int8, order="F")
    for split in range(n_splits):
        train = shares_of(counts, n_train, rng)
        test = shares_of(counts - train, n_test, rng)
        for mine, k_train, k_test in zip(rows, train, test, strict=True):
            order = mine[shuffled_rows(len(mine), rng)]
            codes[order[:k_train], split] = TRAIN
            codes[order[k_train : k_train + k_test], split] = TEST
        # scikit-learn shuffles the two sides now; their order is lost here, but the generator
        # must move on as there for the next split.
        shuffled_rows(n_train, rng)
        shuffled_rows(n_test, rng)
    return codes


def shares_of(counts: np.ndarray, n_drawn: int, rng: np.random.RandomState) -> np.ndarray:
    """Share `n_drawn` rows among classes by largest remainders, ties by chance.

    The draws from `rng` are those of scikit-learn's stratified splits.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.model_selection.folds import shares_of
    >>> shares_of(np.array([5, 2]), 4, np.random.RandomState(0)).tolist()
    [3, 1]
    """
    exact = counts / counts.sum() * n_drawn
    shares = np.floor(exact)
    rest, missing = exact - shares, int(n_drawn - shares.sum())
    for value in np.unique(rest)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(rest == value)
        taken = min(len(tied), missing)
        shares[rng.choice(tied, size=taken, replace=False)] += 1
        missing -= taken
    return shares.astype(np.int64)

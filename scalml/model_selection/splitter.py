"""What makes a splitter of scikit-learn work on chunks: memberships first, lazy masks from them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from scalml.metrics.inputs import any_chunked
from scalml.model_selection.folds import TEST, TRAIN, ByHash, OfFolds
from scalml.model_selection.rows import same_rows
from scalml.runtime import memory_limit
from scalml.sources.base import ancestry

_STREAM = 1 << 40  # apart from the hashes by which train_test_split chooses


class ChunkedSplitter:
    """Mixin before a splitter of scikit-learn: on chunked rows, both sides are lazy masks.

    A subclass has ``_memberships(X, y, groups)``, which is given collections on one chunk grid
    and returns a ChunkedArray of int8, shape (n_rows, n_splits).
    """

    uses_groups = False
    partitions = False
    """Whether each row is a test row once, by construction."""
    _memberships: Callable[..., Any]

    def split(self, X, y=None, groups=None):
        """Give training and test rows of each split.

        Parameters
        ----------
        X : array-like or chunked, of shape (n_rows, ...)
        y, groups : array-like or chunked, of shape (n_rows,), default=None

        Yields
        ------
        train, test : ndarray of int, or ChunkedArray of bool if an input is chunked
            Row numbers, exactly those of scikit-learn, or lazy masks: ``X[train]`` and
            ``y[train]`` copy nothing.
        """
        if not any_chunked(X, y, groups):
            return super().split(X, y, groups)  # type: ignore[misc]
        return self._masks(X, y, groups)

    def _masks(self, X, y, groups):
        codes = self.memberships(X, y, groups)
        for split in range(codes.shape[1]):
            yield sides(codes, split)

    def memberships(self, X, y=None, groups=None):
        """What each row of chunked data is to each split, as `scalml.model_selection.memberships`.

        Parameters
        ----------
        X, y, groups
            As in `split`; at least one is chunked.

        Returns
        -------
        ChunkedArray of shape (n_rows, n_splits), int8
        """
        if groups is not None and not self.uses_groups:
            warnings.warn(f"The groups parameter is ignored by {type(self).__name__}", stacklevel=3)
            groups = None
        X, y, groups = same_rows(X=X, y=y, groups=groups)
        return self._memberships(X, y, groups)


def sides(codes, split):
    """Training and test rows of one split of `memberships`, as lazy boolean masks."""
    column = codes[:, split]
    return column == TRAIN, column == TEST


def by_rule(rule, n_splits, *columns):
    """Memberships from a rule that gives those of a block."""
    lead, *others = columns
    return lead.map_chunks(rule, *others, empty=np.empty((0, n_splits), dtype=np.int8))


def by_fold(rule, n_splits, *columns):
    """Memberships from a rule that gives the fold that tests each row."""
    lead, *others = columns
    folds = lead.map_chunks(rule, *others, empty=np.empty(0, dtype=np.int64))
    return by_rule(OfFolds(n_splits), n_splits, folds)


def require_rows(X, n_splits):
    """Refuse to make more folds than there are rows; returns the number of rows."""
    n_rows = len(X)
    if n_splits > n_rows:
        raise ValueError(
            f"Cannot have number of splits n_splits={n_splits} greater than the number of "
            f"samples: n_samples={n_rows}."
        )
    return n_rows


def fits_in_memory(n_bytes):
    """Whether the rows may have a table of this size: an eighth of the memory limit is for it."""
    return n_bytes <= memory_limit() // 8


def hash_seed(lead, random_state):
    """A seed for hashes of row numbers, in a stream of its own for each split of a split."""
    stream = (2 * hashed_before(lead) + 1) * _STREAM
    return stream + int(check_random_state(random_state).randint(2**31 - 1))


def hashed_before(lead):
    """How many choices by hash made this collection what it is."""
    return sum(isinstance(getattr(node, "func", None), ByHash) for node in ancestry([lead.source]))

"""A uniform sample of rows that depends on the data alone: not on chunks or workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.linear_model.labels import TRAIN, Labels
from scalml.runtime import reduce_chunks, require_room, room_for
from scalml.sources.blocks import concatenate, row_nbytes
from scalml.sources.memory import MemorySource
from scalml.statistics import CodedRows, require_finite
from scalml.statistics.row_hashes import row_hashes

LEAST_BYTES = 8 * 2**20
SAMPLE_BYTES = 64 * 2**20
MOST_BYTES = 256 * 2**20
PARTS = 8  # that threads work on, of samples that are worth it
WORTH_PARTS = 32 * 2**20


@dataclass(frozen=True, eq=False)
class RowSample:
    """Rows whose number hashes below a limit; the sum is one sample after the other.

    Attributes
    ----------
    blocks : tuple of (X, y, weight)
    counts : ndarray of shape (2, n_weightings, n_features + 1), or None
        Of coded rows: how many ones each column has, and how many rows there are (last), among
        the rows of each weighting of the labels; of all rows first, then of the sampled ones.
    """

    blocks: tuple[tuple[Any, Any, Any], ...]
    counts: np.ndarray | None = None

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any,
        sample_weight: Any,
        memberships: Any,
        rows: Any,
        *,
        share: float,
        labels: Labels,
    ) -> RowSample:
        """The sampled rows of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        y : ndarray of shape (n_rows,)
        sample_weight : ndarray of shape (n_rows,) or None
        memberships : ndarray of shape (n_rows, n_splits) or None
        rows : ndarray of shape (n_rows,) or None
            Row numbers; not needed when every row is taken.
        share : float
            Share of the rows to take; 1 takes all.
        labels : Labels
        """
        coded = isinstance(X, CodedRows)
        counts = [_counts(X, memberships, labels)] if coded else []
        if share < 1:
            kept = np.flatnonzero(row_hashes(rows, seed=0) < np.uint64(share * 2.0**64))
            X, y = X[kept], np.asarray(y)[kept]
            sample_weight = None if sample_weight is None else np.asarray(sample_weight)[kept]
            memberships = None if memberships is None else np.asarray(memberships)[kept]
        elif isinstance(X, np.ndarray):
            X = np.array(X, order="C")
        values = X.data if sparse.issparse(X) else getattr(X, "numbers", X)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(values.sum(dtype=np.float64))
        if not finite:
            require_finite(X)
        if coded:
            counts.append(_counts(X, memberships, labels) if share < 1 else counts[0])
        encoded = labels.encode(y, sample_weight, memberships)
        return cls(((X, *encoded),), np.stack(counts) if coded else None)

    def __add__(self, other: RowSample) -> RowSample:
        counts = self.counts
        if counts is not None and other.counts is not None:
            counts = counts + other.counts
        return RowSample(self.blocks + other.blocks, counts)

    def gather(self) -> tuple[Any, np.ndarray, np.ndarray | None]:
        """X, y and weights of the whole sample."""
        Xs, ys, weights = zip(*self.blocks, strict=True)
        return (
            concatenate(Xs),
            np.concatenate(ys),
            None if weights[0] is None else np.concatenate(weights),
        )


def _counts(X: CodedRows, memberships: Any, labels: Labels) -> np.ndarray:
    """Ones by column, and rows, of the rows of each weighting: (n_weightings, n_features + 1)."""
    found: dict[int | None, np.ndarray] = {}
    for split, _ in labels.weightings:
        if split not in found:
            rows = X if split is None else X[np.asarray(memberships)[:, split] == TRAIN]
            found[split] = np.append(rows.counts, len(rows))
    return np.stack([found[split] for split, _ in labels.weightings])


def sum_over(func: Callable[..., Any], X: Any, *beside: Any) -> Any:
    """``func(X, *beside)`` of rows in memory, added up over parts by threads if they are many.

    Parameters
    ----------
    func : callable
        Returns a value with an associative ``+``.
    X : ndarray, CSR matrix or CodedRows
    *beside : ndarray with a row for each row of X, or None
    """
    n_rows = X.shape[0]
    if n_rows * row_nbytes(X) < WORTH_PARTS:
        return func(X, *beside)
    size = -(-n_rows // PARTS)
    sources = (None if rows is None else MemorySource(rows, size) for rows in (X, *beside))
    return reduce_chunks(func, *sources, local=True)


def sample_share(n_rows: int, n_features: int, bytes_per_row: float) -> float:
    """Share of the rows for a sample: an eighth, but 8 to 64 MiB, or ten rows a feature if more.

    Reading a sample of an eighth again and again costs little beside a pass. Ten rows a feature
    make the sample's Hessian a useful approximation; 256 MiB is the most that is taken for it.
    """
    size = min(max(n_rows * bytes_per_row / 8, LEAST_BYTES), SAMPLE_BYTES)
    wanted = max(size / bytes_per_row, 10.0 * n_features)
    wanted = min(wanted, MOST_BYTES / bytes_per_row)
    return 1.0 if wanted >= 0.7 * n_rows else wanted / n_rows


def share_that_fits(
    n_rows: int, n_features: int, bytes_per_row: float, beside: float = 0.0
) -> float:
    """`sample_share`, or less where the memory limit would refuse such a sample.

    Parameters
    ----------
    n_rows, n_features : int
    bytes_per_row : float
    beside : float, default=0.0
        Bytes that are going to be held with the sample, once it is one: until then its rows are
        held twice.

    Raises
    ------
    MemoryError
        If there is no room for 8 MiB of rows either.
    """
    share = sample_share(n_rows, n_features, bytes_per_row)
    size = share * n_rows * bytes_per_row
    room = room_for(size + max(size, beside))
    fits, least = min(room / 2, room - beside), min(size, LEAST_BYTES)
    if fits < least:
        require_room(least + max(least, beside), "A sample of the rows, and its Hessian,")
    return share if fits >= size else share * fits / size

"""Which rows a split takes, from a hash of their numbers that no chunking can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.statistics.scores import Labels

_BITS = 12  # of the hash, that the first pass of a selection counts: 32 KiB a class


def row_hashes(rows: np.ndarray, seed: int) -> np.ndarray:
    """Uniform 64-bit hashes of row numbers under a seed.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,), integer
    seed : int
        Non-negative, below 2**64.

    Returns
    -------
    ndarray of shape (n_rows,), uint64
        Distinct for distinct rows: the hash permutes 64-bit integers.

    References
    ----------
    G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014
    (splitmix64).

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.row_hashes import row_hashes
    >>> hex(row_hashes(np.array([0]), seed=0)[0])
    '0xe220a8397b1dcdaf'
    """
    step = 0x9E3779B97F4A7C15
    start = np.uint64(_mix(seed) if seed else 0)
    z = (np.asarray(rows).astype(np.uint64) + np.uint64(1)) * np.uint64(step)
    z += start
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def _mix(seed: int) -> int:
    """splitmix64 of the seed, so that neighbouring seeds do not give shifted sequences."""
    mask = 2**64 - 1
    z = (seed + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


@dataclass(frozen=True, eq=False)
class HashCounts:
    """How many rows of each class have a hash that begins with each 12-bit number.

    Parameters
    ----------
    heads : dict
        label -> ndarray of shape (4096,), int64: rows by the first 12 bits of their hash.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.row_hashes import HashCounts
    >>> found = HashCounts.of(np.arange(10), np.array([0, 1] * 5), seed=7)
    >>> found.sizes
    {0: 5, 1: 5}
    """

    heads: dict[Any, np.ndarray]

    @classmethod
    def of(cls, rows: np.ndarray, labels: np.ndarray | None = None, *, seed: int) -> HashCounts:
        """Count the rows of one block; without labels they are all of the class None."""
        short = _head(row_hashes(rows, seed))
        return cls(
            {
                label: np.bincount(short[members], minlength=2**_BITS)
                for label, members in members_of(labels)
            }
        )

    def __add__(self, other: HashCounts) -> HashCounts:
        heads = dict(self.heads)
        for label, counts in other.heads.items():
            heads[label] = heads[label] + counts if label in heads else counts
        return HashCounts(heads)

    @property
    def sizes(self) -> dict[Any, int]:
        """Rows of each class, a dict in the sorted order of the labels."""
        return {label: int(self.heads[label].sum()) for label in sorted(self.heads)}

    def place(self, label: Any, rank: int) -> tuple[int, int]:
        """Head of the `rank`-th smallest hash of a class, and its rank among those with that head.

        Ranks count from 1.
        """
        reached = np.cumsum(self.heads[label])
        head = int(np.searchsorted(reached, rank))
        return head, int(rank - (reached[head] - self.heads[label][head]))


@dataclass(frozen=True, eq=False)
class HashesAt:
    """The hashes of each class that begin with one of the wanted numbers.

    Parameters
    ----------
    hashes : dict
        label -> ndarray of uint64, in the order of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.row_hashes import HashesAt
    >>> HashesAt.of(np.arange(3), seed=0, wanted={None: [0xE22]}).hashes
    {None: array([16294208416658607535], dtype=uint64)}
    """

    hashes: dict[Any, np.ndarray]

    @classmethod
    def of(
        cls,
        rows: np.ndarray,
        labels: np.ndarray | None = None,
        *,
        seed: int,
        wanted: Mapping[Any, Sequence[int]],
    ) -> HashesAt:
        """From one block; `wanted` maps labels to lists of 12-bit numbers."""
        hashes = row_hashes(rows, seed)
        short = _head(hashes)
        return cls(
            {
                label: hashes[members][np.isin(short[members], wanted[label])]
                for label, members in members_of(labels)
                if label in wanted
            }
        )

    def __add__(self, other: HashesAt) -> HashesAt:
        hashes = dict(self.hashes)
        for label, more in other.hashes.items():
            hashes[label] = np.concatenate([hashes[label], more]) if label in hashes else more
        return HashesAt(hashes)

    def pick(self, label: Any, head: int, rank: int) -> int:
        """The `rank`-th smallest hash of a class with this head; ranks count from 1."""
        hashes = self.hashes[label]
        return int(np.sort(hashes[_head(hashes) == head])[rank - 1])


def side_of(
    rows: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    seed: int,
    limits: Mapping[Any, tuple[int, int]],
) -> np.ndarray:
    """Side of the split that each row is on.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,), integer
    labels : ndarray of shape (n_rows,), optional
    seed : int
    limits : dict
        label -> (last hash of side 0, last hash of side 1); -1 for an empty side 0. Side 2 is
        what lies beyond.

    Returns
    -------
    ndarray of shape (n_rows,), uint8

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.row_hashes import side_of
    >>> side_of(np.arange(6), seed=0, limits={None: (2**63, 2**64 - 1)}).tolist()
    [1, 0, 0, 1, 0, 0]
    """
    hashes = row_hashes(rows, seed)
    sides = np.empty(len(hashes), dtype=np.uint8)
    for label, members in members_of(labels):
        first, second = limits[label]
        mine = hashes[members]
        sides[members] = (mine > first).astype(np.uint8) + (mine > second)
    return sides


def members_of(labels: np.ndarray | None) -> list[tuple[Any, Any]]:
    """Pairs of a label and where its rows are; all rows for the label None without labels."""
    if labels is None:
        return [(None, slice(None))]
    classes = Labels.of(labels).classes.tolist()
    return [(label, np.flatnonzero(labels == label)) for label in classes]


def allocate(sizes: Mapping[Any, int], total: int) -> dict[Any, int]:
    """Share `total` rows among classes in proportion to their sizes, by largest remainders.

    Ties go to the class that sorts first. `total` must not exceed the sum of the sizes.

    Examples
    --------
    >>> from scalml.statistics.row_hashes import allocate
    >>> allocate({"a": 5, "b": 3, "c": 2}, 5)
    {'a': 3, 'b': 1, 'c': 1}
    """
    whole = sum(sizes.values())
    shares = {label: divmod(size * total, whole) for label, size in sizes.items()}
    missing = total - sum(share for share, _ in shares.values())
    by_rest = sorted(shares, key=lambda label: -shares[label][1])
    raised = set(by_rest[:missing])
    return {label: share + (label in raised) for label, (share, _) in shares.items()}


def _head(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(64 - _BITS)).astype(np.int64)

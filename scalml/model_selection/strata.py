"""Classes of chunked labels, found in one pass: where each first appears, how many, which rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scalml.metrics.inputs import labels_of
from scalml.runtime import read_chunks


@dataclass(frozen=True, eq=False)
class Strata:
    """The classes of a column, and how they lie in its chunks.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    first : ndarray of shape (n_classes,), int64
        Position of the first row of each.
    places : ndarray of shape (n_filled,), int64
        Indices of the chunks that have rows.
    counts : ndarray of shape (n_filled, n_classes), int64
        Rows of each class in these chunks.
    codes : ndarray of shape (n_rows,), or None
        Place of each row's class in `classes`, in the smallest integers that hold it.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection.strata import Strata
    >>> found = Strata.of(scalml.from_array(np.array(["b", "a", "b"]), chunk_rows=2))
    >>> found.classes.tolist(), found.first.tolist(), found.counts.tolist()
    (['a', 'b'], [1, 0], [[1, 1], [0, 1]])
    """

    classes: np.ndarray
    first: np.ndarray
    places: np.ndarray
    counts: np.ndarray
    codes: np.ndarray | None = None

    @classmethod
    def of(cls, labels: Any, *, codes: bool = False) -> Strata:
        """Read `labels_in` once; with `codes` the class of each row is kept."""
        parts = list(read_chunks(labels, func=ClassesOf(codes), name="count classes"))
        if not parts:
            raise ValueError("There are no rows to split; at least one is needed.")
        classes = np.unique(np.concatenate([part.classes for part in parts]))
        first = np.full(len(classes), -1, dtype=np.int64)
        counts = np.zeros((len(parts), len(classes)), dtype=np.int64)
        rows = []
        start = 0
        for chunk, part in enumerate(parts):
            at = np.searchsorted(classes, part.classes)
            new = first[at] < 0
            first[at[new]] = start + part.first[new]
            counts[chunk, at] = part.counts
            start += int(part.counts.sum())
            if part.codes is not None:
                rows.append(at.astype(np.min_scalar_type(len(classes)))[part.codes])
        places = np.array([part.place for part in parts])
        return cls(classes, first, places, counts, np.concatenate(rows) if codes else None)

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each class."""
        return self.counts.sum(axis=0)

    @property
    def by_appearance(self) -> np.ndarray:
        """Places in `classes` of the class that appears first, second, …"""
        return np.argsort(self.first)

    def positions(self, labels: Any, ranks: np.ndarray) -> np.ndarray:
        """Position of the row of each class that has `ranks` rows of its class before it.

        Reads again the chunks that hold one, and no other.

        Parameters
        ----------
        labels : the collection that was read
        ranks : ndarray of shape (n_ranks, n_classes), int64

        Returns
        -------
        ndarray of shape (n_ranks, n_classes), int64
            The number of all rows where a class has not so many.
        """
        reached = np.cumsum(self.counts, axis=0)
        starts = np.append(0, np.cumsum(self.counts.sum(axis=1)))
        found = np.full(ranks.shape, starts[-1], dtype=np.int64)
        chunks = np.empty_like(ranks)
        for code, column in enumerate(reached.T):
            chunks[:, code] = np.searchsorted(column, ranks[:, code], side="right")
        needed = np.unique(chunks[chunks < len(reached)])
        blocks = read_chunks(labels, order=self.places[needed].tolist(), name="find classes")
        for chunk, (block,) in zip(needed.tolist(), blocks, strict=True):
            for code in np.flatnonzero((chunks == chunk).any(axis=0)).tolist():
                rows = starts[chunk] + np.flatnonzero(block == self.classes[code])
                here = chunks[:, code] == chunk
                before = reached[chunk, code] - self.counts[chunk, code]
                found[here, code] = rows[ranks[here, code] - before]
        return found


@dataclass(frozen=True)
class Part:
    """What `ClassesOf` finds in one chunk."""

    place: int
    classes: np.ndarray
    first: np.ndarray
    counts: np.ndarray
    codes: np.ndarray | None


@dataclass(frozen=True)
class ClassesOf:
    """The classes of one chunk of labels."""

    codes: bool

    takes_index = True

    def __call__(self, place: int, labels: np.ndarray) -> Part:
        codes, classes = pd.factorize(
            labels.astype(object) if labels.dtype.kind in "US" else labels
        )
        seen = np.maximum.accumulate(codes)  # classes are numbered as they appear
        first = np.flatnonzero(np.diff(seen, prepend=-1))
        kept = codes.astype(np.min_scalar_type(len(classes))) if self.codes else None
        return Part(place, classes, first, np.bincount(codes), kept)


def labels_in(y: Any, name: str = "y") -> Any:
    """A collection of label arrays of shape (n_rows,); a row of several labels becomes one text.

    Raises
    ------
    ValueError
        When it is read, for missing labels and numbers that are not whole.
    """
    return y.map_chunks(partial(_labels, name=name), empty=_labels(y.source.empty(), name))


def _labels(block: Any, name: str) -> np.ndarray:
    labels = labels_of(block.toarray() if sparse.issparse(block) else block, name)
    if labels.ndim == 1:
        return labels
    # As scikit-learn's: each row a text.
    return np.array([" ".join(row.astype("str")) for row in labels], dtype=object)

"""Lloyd's iterations: each pass assigns all rows to their nearest centres and averages them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scalml.config import current_config
from scalml.data import from_array
from scalml.runtime import reduce_chunks
from scalml.statistics import Assignments
from scalml.statistics.assignments import label_type

LOST = 1e-3  # of its greatest weight: a cluster's sums then have lost up to three digits
MOST_LABELS = 64 * 2**20  # bytes


@dataclass(frozen=True, eq=False)
class Clustering:
    """Where Lloyd's iterations have ended.

    Parameters
    ----------
    centers : ndarray of shape (n_clusters, n_features)
        Less the shift.
    inertia : float
        Weighted sum of squared distances of all rows from these centres.
    weight : ndarray of shape (n_clusters,)
        Of the rows nearest to each.
    n_iter : int
    labels : ndarray of shape (n_rows,) or None
    """

    centers: np.ndarray
    inertia: float
    weight: np.ndarray
    n_iter: int
    labels: np.ndarray | None


def lloyd(
    X: Any,
    sample_weight: Any,
    centers: np.ndarray,
    *,
    shift: np.ndarray | None,
    tol: float,
    max_iter: int,
    keep_labels: bool = False,
    verbose: bool = False,
) -> Clustering:
    """Move centres to the means of their rows until they stand still.

    Parameters
    ----------
    X : ChunkedArray of shape (n_rows, n_features)
    sample_weight : ChunkedArray of shape (n_rows,) or None
    centers : ndarray of shape (n_clusters, n_features)
        The start, less the shift.
    shift : ndarray of shape (n_features,) or None
    tol : float
        Sum of squared moves of the centres that counts as standing still.
    max_iter : int
    keep_labels : bool
        Whether to return the nearest centre of every row.
    verbose : bool
        Whether to print the moves.

    Returns
    -------
    Clustering

    Notes
    -----
    One pass an iteration, another one where clusters have lost all or nearly all of their rows, and
    one for the inertia. Memory: the labels of `most_labels`, three times.

    scikit-learn stops when no label has changed, or by `tol`. Sums are added in a fixed order, so
    equal labels give centres that are equal to the last bit, which have moved by 0.
    """
    rows = _Rows(X, sample_weight, shift)
    for n_iter in range(1, max_iter + 1):
        before, centers = centers, rows.assign(centers).means()
        move = float(np.sum((centers - before) ** 2))
        if verbose:
            print(f"Iteration {n_iter}, centers moved by {move:.6g} (tol {tol:.6g}).")  # noqa: T201
        if move <= tol:
            break
    found = rows.measure(centers, keep_labels)
    assert found.inertia is not None
    labels = _together(found.labels)
    if labels is not None:
        labels = labels.astype(np.int32)
    return Clustering(centers, found.inertia, found.weight, n_iter, labels)


class _Rows:
    """Rows, and the cluster that each was in: a pass sums only those that move to another.

    Of rows without clusters half move at first, for which it does not pay, one in twenty after six
    iterations, one in fifty after fourteen.
    """

    def __init__(self, X: Any, sample_weight: Any, shift: np.ndarray | None) -> None:
        self.X, self.sample_weight, self.shift = X, sample_weight, shift
        self.found: Assignments | None = None  # by the last pass, if it kept labels
        self.heaviest: Any = 0.0  # that each cluster has been since it was summed anew
        self.n_iter = 0

    def assign(self, centers: np.ndarray) -> Assignments:
        """Weights and sums of the rows nearest to each centre; the farthest if some have none."""
        # CSR rows are not centred: sums of other clusters may be greater by far, and zeros are to
        # stay zeros.
        self.n_iter += 1
        keeps = self.n_iter > 1 and not sparse.issparse(self.X.source.empty())
        keeps = keeps and len(self.X) * label_type(len(centers)).itemsize <= most_labels()
        found = self._pass(centers, "assign", keep_labels=keeps)
        # Sums from which nearly everything has been taken away again have few digits left.
        n_lost = int(np.count_nonzero((found.weight == 0) | (found.weight < LOST * self.heaviest)))
        if n_lost:
            self.found, self.heaviest = None, 0.0
            found = self._pass(centers, "relocate", keep_labels=keeps, n_farthest=n_lost)
        if keeps:
            self.found, self.heaviest = found, np.maximum(self.heaviest, found.weight)
        return found

    def measure(self, centers: np.ndarray, keep_labels: bool) -> Assignments:
        """The same with the inertia."""
        return self._pass(centers, "inertia", keep_labels=keep_labels, exact=True)

    def _pass(self, centers: np.ndarray, name: str, **options: Any) -> Assignments:
        before, labels = self.found, None
        if before is not None:
            labels = from_array(_together(before.labels))
        assign = partial(Assignments.of, centers=centers, shift=self.shift, **options)
        found = reduce_chunks(assign, self.X, labels, self.sample_weight, name=name)
        if before is None:
            return found
        weight, sums = before.weight + found.weight, before.sums + found.sums
        return replace(found, weight=weight, sums=sums)


def _together(labels: tuple[np.ndarray, ...] | None) -> np.ndarray | None:
    return None if labels is None else np.concatenate(labels)


def most_labels() -> int:
    """Bytes of labels that may be kept from one pass to the next.

    They exist three times at most: those of the last pass, of this one, and of this one in pieces.
    """
    limit = current_config().memory_limit
    return MOST_LABELS if limit is None else min(MOST_LABELS, limit // 32)

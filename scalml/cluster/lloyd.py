"""Lloyd's iterations: each pass assigns all rows to their nearest centres and averages them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from scalml.runtime import reduce_chunks
from scalml.statistics import Assignments


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
    One pass an iteration, another one where clusters are empty, and one for the inertia.

    scikit-learn stops when no label has changed, or by `tol`. Here labels are not kept, and need
    not be: sums are added in a fixed order, so equal labels give centres that are equal to the
    last bit, which have moved by 0.
    """
    for n_iter in range(1, max_iter + 1):
        assign = partial(Assignments.of, centers=centers, shift=shift)
        found = reduce_chunks(assign, X, None, sample_weight, name="assign")
        n_empty = int(np.count_nonzero(found.weight == 0))
        if n_empty:
            assign = partial(assign, n_farthest=n_empty)
            found = reduce_chunks(assign, X, None, sample_weight, name="relocate")
        before, centers = centers, found.means()
        move = float(np.sum((centers - before) ** 2))
        if verbose:
            print(f"Iteration {n_iter}, centers moved by {move:.6g} (tol {tol:.6g}).")  # noqa: T201
        if move <= tol:
            break
    last = partial(
        Assignments.of, centers=centers, shift=shift, exact=True, keep_labels=keep_labels
    )
    found = reduce_chunks(last, X, None, sample_weight, name="inertia")
    labels = None if found.labels is None else np.concatenate(found.labels)
    return Clustering(centers, found.inertia, found.weight, n_iter, labels)

"""From starts to the best clustering: tried on a sample where there are many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scalml.cluster.lloyd import Clustering, lloyd
from scalml.cluster.parallel_start import parallel_start
from scalml.cluster.sample import Sample, sample_share
from scalml.cluster.starts import given_start, is_array, start_among
from scalml.data import from_array, row_numbers
from scalml.runtime import reduce_chunks
from scalml.statistics import Moments, Several

NEAR_ZERO = 3  # standard deviations; rows as near lose a digit of distances, and a pass is shorter
WHOLE_BYTES = 512 * 2**20  # of rows in memory among which starts are chosen as scikit-learn does


def best_clustering(
    X: Any,
    sample_weight: Any,
    *,
    in_memory: bool,
    init: Any,
    n_starts: int,
    n_clusters: int,
    tol: float,
    max_iter: int,
    random_state: Any,
    verbose: bool,
) -> tuple[Clustering, np.ndarray | None]:
    """Cluster all rows, from the best of some starts.

    Parameters
    ----------
    X : ChunkedArray of shape (n_rows, n_features)
    sample_weight : ChunkedArray of shape (n_rows,) or None
    in_memory : bool
        Whether X is one C-ordered array or CSR matrix in memory, whose labels are wanted.
    init, n_clusters, tol, max_iter
        Parameters of `KMeans`.
    n_starts : int
    random_state : RandomState
    verbose : bool

    Returns
    -------
    Clustering
    shift : ndarray of shape (n_features,) or None
        What its centres are less of, if they are.

    Raises
    ------
    ValueError
        If no row has a weight, X is not finite, or `init` has another shape.
    """
    among_rows = not is_array(init) and not (isinstance(init, str) and init == "k-means||")
    whole = among_rows and in_memory and X.nbytes <= WHOLE_BYTES
    share = sample_share(len(X), X.source.row_nbytes, n_clusters) if among_rows else 0.0
    sampled = among_rows and not whole
    seed = int(random_state.randint(2**31 - 1)) if sampled and share < 1 else 0
    moments, sample = survey(X, sample_weight, share if sampled else None, seed)
    if not moments.n[0] > 0:
        raise ValueError("Sample weights must contain at least one non-zero number, got zeros.")
    shift = None
    far = np.abs(moments.mean) > NEAR_ZERO * np.sqrt(moments.var)
    if not sparse.issparse(X.source.empty()) and far.any():
        # Rounded now, so that what is subtracted from float32 rows is what is added to centres.
        shift = moments.mean.astype(X.dtype).astype(np.float64)
    limits: dict[str, Any] = {
        "shift": shift,
        "tol": tol * float(moments.var.mean()),
        "max_iter": max_iter,
    }
    run: Callable[..., Clustering] = partial(lloyd, verbose=verbose, **limits)

    if is_array(init):
        start = given_start(init, X.dtype, (n_clusters, X.shape[1]))
        start = start if shift is None else start - shift
        return run(X, sample_weight, start, keep_labels=in_memory), shift
    if not among_rows:
        options = {"n_clusters": n_clusters, "random_state": random_state, **limits}
        starts = (parallel_start(X, sample_weight, **options) for _ in range(n_starts))
        runs = (run(X, sample_weight, start, keep_labels=in_memory) for start in starts)
        return best_of(runs, X.dtype), shift

    if whole:
        rows, weight = X.source.data, None if sample_weight is None else sample_weight.to_numpy()
    else:
        rows, weight = sample.gather()
        _require_rows(rows.shape[0], n_clusters)
    few = from_array(rows), None if weight is None else from_array(weight)
    Z = rows if shift is None else rows - shift.astype(rows.dtype)
    starts = (start_among(Z, weight, init, n_clusters, random_state) for _ in range(n_starts))
    best = best_of((run(*few, start, keep_labels=whole) for start in starts), X.dtype)
    if sampled and (share < 1 or in_memory):
        best = run(X, sample_weight, best.centers, keep_labels=in_memory)
    return best, shift


def _require_rows(n_rows: int, n_clusters: int) -> None:
    if n_rows < n_clusters:
        raise ValueError(
            f"The sample has {n_rows} rows with a weight, for {n_clusters} clusters: drop the rows "
            "of weight 0, as in X[weight > 0], or give init an array."
        )


def survey(X: Any, sample_weight: Any, share: float | None, seed: int) -> tuple[Moments, Any]:
    """Moments of all rows and a sample of them (None without a share), in one pass."""
    rows = row_numbers(X) if share is not None and share < 1 else None
    look = partial(_look, share=share, seed=seed)
    found = reduce_chunks(look, X, sample_weight, rows, name="moments and sample")
    return found["moments"], found.get("sample")


def _look(X: Any, sample_weight: Any, rows: Any, *, share: float | None, seed: int) -> Several:
    found = Several(moments=Moments.of(X, None, sample_weight, allow_nan=False))
    if share is not None:
        found["sample"] = Sample.of(X, sample_weight, rows, share=share, seed=seed)
    return found


def best_of(runs: Iterable[Clustering], dtype: Any) -> Clustering:
    """The first of the runs with the least inertia; what rounding makes of it does not count.

    Parameters
    ----------
    runs : iterable of Clustering
        At least one.
    dtype : dtype
        In which distances were computed.
    """
    best = None
    for found in runs:
        if best is None or found.inertia < best.inertia * (1 - 64 * np.finfo(dtype).eps):
            best = found
    assert best is not None
    return best

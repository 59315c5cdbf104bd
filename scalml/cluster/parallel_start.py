"""k-means||: a few passes draw many rows far from those drawn before, and k-means++ thins them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from scalml.cluster.lloyd import lloyd
from scalml.cluster.starts import start_among
from scalml.data import from_array, row_numbers
from scalml.runtime import reduce_chunks
from scalml.statistics import Assignments, Leading
from scalml.statistics.assignments import nearest
from scalml.statistics.row_hashes import row_hashes

ROUNDS = 5
DRAWN_A_CLUSTER = 2  # in a round


def parallel_start(
    X: Any,
    sample_weight: Any,
    *,
    shift: np.ndarray | None,
    n_clusters: int,
    random_state: Any,
    tol: float,
    max_iter: int,
) -> np.ndarray:
    """Choose centres by k-means|| [1]_.

    Parameters
    ----------
    X : ChunkedArray of shape (n_rows, n_features)
    sample_weight : ChunkedArray of shape (n_rows,) or None
    shift : ndarray of shape (n_features,) or None
    n_clusters : int
    random_state : RandomState
    tol : float
    max_iter : int
        For the clustering of the rows drawn.

    Returns
    -------
    ndarray of shape (n_clusters, n_features), float64
        Less the shift.

    Notes
    -----
    Seven passes: a first row, five rounds that draw ``2 * n_clusters`` rows each, and one that
    weighs the drawn rows by the rows near them. They are clustered in memory by weighted
    k-means++ and Lloyd's iterations. The random numbers belong to row numbers, so that neither
    chunks nor workers change what is drawn. Where [1]_ draws each row by itself, exactly as many
    rows are drawn here in a round, jointly, as that gives on average: one pass a round is then
    enough, because probabilities need no total.

    References
    ----------
    .. [1] Bahmani, Moseley, Vattani, Kumar, Vassilvitskii (2012), "Scalable k-means++",
       Proceedings of the VLDB Endowment 5, 622-633.
    """
    seeds = random_state.randint(2**31 - 1, size=ROUNDS + 1).tolist()
    rows, drawn = row_numbers(X), np.empty((0, X.shape[1]))
    for place, seed in enumerate(seeds):
        most = DRAWN_A_CLUSTER * n_clusters if place else 1
        draw = partial(drawn_rows, drawn=drawn, shift=shift, seed=seed, most=most)
        found = reduce_chunks(draw, X, sample_weight, rows, name="k-means||")
        drawn = np.concatenate([drawn, found.columns[0].astype(np.float64)])
    if len(drawn) <= n_clusters:  # few distinct rows; what is empty will be told
        return drawn[np.arange(n_clusters) % len(drawn)]
    weigh = partial(Assignments.of, centers=drawn, shift=shift)
    weight = reduce_chunks(weigh, X, None, sample_weight, name="k-means||").weight
    start = start_among(drawn, weight, "k-means++", n_clusters, random_state)
    few = from_array(drawn), from_array(weight)
    return lloyd(*few, start, shift=None, tol=tol, max_iter=max_iter).centers


def drawn_rows(
    X: Any,
    sample_weight: np.ndarray | None,
    rows: np.ndarray,
    *,
    drawn: np.ndarray,
    shift: np.ndarray | None,
    seed: int,
    most: int,
) -> Leading:
    """Draw rows of one block, by their weight times their squared distance from those drawn.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
    sample_weight : ndarray of shape (n_rows,) or None
    rows : ndarray of shape (n_rows,)
        Row numbers.
    drawn : ndarray of shape (n_drawn, n_features)
        Less the shift. While there are none, the weight alone counts.
    shift : ndarray of shape (n_features,) or None
    seed : int
    most : int

    Returns
    -------
    Leading
        Its only column holds the rows, less the shift.
    """
    weight = np.ones(len(rows)) if sample_weight is None else sample_weight.astype(np.float64)
    if len(drawn):
        _, squared = nearest(X, centers=drawn, shift=shift, distances=True)
        weight = weight * squared
    uniform = ((row_hashes(rows, seed) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    keys = np.full(len(rows), np.inf)
    np.divide(-np.log(uniform), weight, out=keys, where=weight > 0)
    found = Leading.of(keys, X, most=most)
    if shift is None:
        return found
    apart = np.subtract(found.columns[0], shift.astype(X.dtype), dtype=X.dtype)
    return Leading(most, found.keys, (apart,))

"""Where k-means starts: centres chosen among rows in memory, as scikit-learn chooses them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.cluster import kmeans_plusplus
from sklearn.utils import check_array


def is_array(init: Any) -> bool:
    """Whether `init` gives the centres themselves."""
    return not isinstance(init, str) and not callable(init)


def given_start(init: Any, dtype: Any, shape: tuple[int, int]) -> np.ndarray:
    """Check an array of centres.

    Parameters
    ----------
    init : array-like or sparse matrix
    dtype : dtype
        That of the rows; the centres are rounded to it.
    shape : tuple of int
        Clusters and features.

    Returns
    -------
    ndarray of shape `shape`, float64

    Raises
    ------
    ValueError
        If the shape is another, as scikit-learn.
    """
    centers = check_array(init, dtype=dtype, order="C", accept_sparse="csr")
    if centers.shape[0] != shape[0]:
        raise ValueError(
            f"The shape of the initial centers {centers.shape} does not match the number of "
            f"clusters {shape[0]}."
        )
    if centers.shape[1] != shape[1]:
        raise ValueError(
            f"The shape of the initial centers {centers.shape} does not match the number of "
            f"features of the data {shape[1]}."
        )
    return _dense(centers).astype(np.float64)


def start_among(
    Z: Any, sample_weight: np.ndarray | None, init: Any, n_clusters: int, random_state: Any
) -> np.ndarray:
    """Choose centres among rows in memory; a random state gives what it gives in scikit-learn.

    Parameters
    ----------
    Z : ndarray or CSR matrix of shape (n_rows, n_features)
        Less their mean if dense.
    sample_weight : ndarray of shape (n_rows,) or None
    init : {'k-means++', 'random'} or callable
        A callable gets Z, as in scikit-learn.
    n_clusters : int
    random_state : RandomState

    Returns
    -------
    ndarray of shape (n_clusters, n_features), float64
        Less the mean as well.
    """
    if callable(init):
        centers = init(Z, n_clusters, random_state=random_state)
        return given_start(centers, Z.dtype, (n_clusters, Z.shape[1]))
    weight = np.ones(Z.shape[0]) if sample_weight is None else sample_weight
    weight = weight.astype(Z.dtype)
    if init == "random":
        chosen = random_state.choice(
            Z.shape[0], size=n_clusters, replace=False, p=weight / weight.sum()
        )
    else:
        _, chosen = kmeans_plusplus(Z, n_clusters, sample_weight=weight, random_state=random_state)
    return _dense(Z[chosen]).astype(np.float64)


def _dense(centers: Any) -> np.ndarray:
    return centers.toarray() if sparse.issparse(centers) else centers

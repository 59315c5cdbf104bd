"""How many principal components data has, by Minka's evidence."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

TINY = 1e-15  # as in scikit-learn: a variance below, or a difference of two, counts as this


def evidence(variances: np.ndarray, n: int) -> np.ndarray:
    """Logarithm of the evidence for every number of components from 0 to n_features - 1.

    Parameters
    ----------
    variances : ndarray of shape (n_features,)
        Of the principal components, descending.
    n : int
        Rows.

    Returns
    -------
    ndarray of shape (n_features,)
        Minus infinity for 0, and where a component has no variance.

    Notes
    -----
    Laplace's approximation to the evidence of probabilistic PCA, equation 30 of [1]_. All ranks
    are computed together from sums over pairs of components, in ``n_features**2`` operations.

    References
    ----------
    .. [1] Minka (2000), "Automatic choice of dimensionality for PCA", NeurIPS 13.

    Examples
    --------
    >>> import numpy as np
    >>> int(np.argmax(evidence(np.array([9.0, 4.0, 1.01, 1.0, 0.99]), 1000)))
    2
    """
    d = variances.size
    rank = np.arange(1, d)
    value = np.maximum(variances, TINY)
    log = np.log(value)
    noise = np.maximum(np.cumsum(variances[::-1])[::-1][1:] / (d - rank), TINY)

    # The volume of the rotations, then the likelihoods of what is kept and of what is not.
    sphere = (d - rank + 1) / 2
    volume = np.cumsum(gammaln(sphere) - np.log(np.pi) * sphere) - rank * np.log(2.0)
    kept = -np.cumsum(log)[:-1] * n / 2
    dropped = -np.log(noise) * n * (d - rank) / 2
    free = d * rank - rank * (rank + 1) / 2

    # Curvatures, one for each pair of a kept component with a later one, kept (M) or not (L).
    later = np.triu(np.ones((d, d), dtype=bool), 1)
    L = np.where(later, np.log(np.maximum(value[:, None] - value, TINY)), 0.0)
    M = np.where(later, np.log(np.maximum(1 / value - 1 / value[:, None], TINY)), 0.0)
    inverse = np.maximum(1 / noise[None, :] - 1 / value[:, None], TINY)
    outside = np.where(np.arange(d)[:, None] < rank, np.log(inverse), 0.0).sum(axis=0)
    curvature = (
        np.cumsum(L.sum(axis=1))[:-1]
        + np.cumsum(M.sum(axis=0))[:-1]
        + (d - rank) * outside
        + free * np.log(n)
    )
    found = (
        volume
        + kept
        + dropped
        + np.log(2 * np.pi) * (free + rank) / 2
        - curvature / 2
        - rank * np.log(n) / 2
    )
    return np.concatenate([[-np.inf], np.where(variances[:-1] < TINY, -np.inf, found)])

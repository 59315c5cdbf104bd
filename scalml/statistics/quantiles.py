"""The value below which a share of the weight lies, from sorted distinct values."""

from __future__ import annotations

import numpy as np


def quantile_at(masses: np.ndarray, share: float) -> tuple[int, int]:
    """Where the quantile lies: its value is the mean of the values at these two places.

    Parameters
    ----------
    masses : ndarray of shape (n_values,)
        Rows or weight of each value, in the order of the values; some are positive.
    share : float in [0, 1]

    Returns
    -------
    (int, int)
        Equal, unless the share is reached exactly between two values, as for the median of an
        even number of rows.

    References
    ----------
    R. Hyndman, Y. Fan, Sample quantiles in statistical packages, The American Statistician 50
    (1996), definition 2.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.quantiles import quantile_at
    >>> quantile_at(np.array([1, 1, 2]), 0.5), quantile_at(np.array([1, 2]), 0.5)
    ((1, 2), (1, 1))
    """
    present = np.flatnonzero(masses)
    reached = np.cumsum(masses[present], dtype=np.float64)
    goal = share * reached[-1]
    if goal == 0:  # the smallest value that has weight
        goal = np.nextafter(0.0, 1.0)
    place = min(int(np.searchsorted(reached, goal)), len(present) - 1)
    beyond = reached[place] - goal > np.finfo(np.float64).eps
    after = place if beyond else min(place + 1, len(present) - 1)
    return int(present[place]), int(present[after])


def quantile(values: np.ndarray, masses: np.ndarray, share: float) -> float:
    """Quantile of sorted distinct values.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.quantiles import quantile
    >>> quantile(np.array([1.0, 5.0, 9.0]), np.array([1, 1, 2]), 0.5)
    7.0
    """
    low, high = quantile_at(masses, share)
    return float((values[low] + values[high]) / 2)

"""How the scores of several outputs become one."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array


def average_outputs(scores, multioutput):
    """The scores as they are, or their average.

    Parameters
    ----------
    scores : ndarray of shape (n_outputs,)
    multioutput : {"raw_values", "uniform_average"}, array-like of shape (n_outputs,) or None
        An array has the weights of the outputs.

    Returns
    -------
    ndarray of shape (n_outputs,) or float

    Raises
    ------
    ValueError
        If there are not as many weights as outputs, or weights for a single output.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.metrics.outputs import average_outputs
    >>> average_outputs(np.array([1.0, 3.0]), [0.25, 0.75])
    2.5
    """
    if isinstance(multioutput, str):
        if multioutput == "raw_values":
            return scores
        multioutput = None
    elif multioutput is not None:
        multioutput = check_array(multioutput, ensure_2d=False)
        if len(scores) == 1:
            raise ValueError("Custom weights are useful only in multi-output cases.")
        if len(multioutput) != len(scores):
            raise ValueError(
                f"There must be equally many custom weights ({len(multioutput)}) as outputs "
                f"({len(scores)})."
            )
    return float(np.average(scores, weights=multioutput))


def explained_shares(errors, spread, multioutput, force_finite=True):
    """One minus errors as a share of the spread, averaged over outputs.

    Parameters
    ----------
    errors, spread : ndarray of shape (n_outputs,)
    multioutput : as in `average_outputs`, or "variance_weighted"
        Weighted by `spread`.
    force_finite : bool, default=True
        1 instead of NaN where both are 0, 0 instead of -inf where only the spread is.

    Returns
    -------
    ndarray of shape (n_outputs,) or float
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = 1 - errors / spread
    if force_finite:
        scores = np.where(spread == 0, np.where(errors == 0, 1.0, 0.0), scores)
    if isinstance(multioutput, str) and multioutput == "variance_weighted":
        return float(np.average(scores, weights=spread if spread.any() else None))
    return average_outputs(scores, multioutput)

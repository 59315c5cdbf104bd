"""Labels of a block as their places among the sorted distinct ones."""

from __future__ import annotations

import numpy as np
import pandas as pd


def encoded(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct labels, and the place of each row's label in them.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Numbers, or text, without missing values.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    codes : ndarray of shape (n_rows,), int64

    Notes
    -----
    Integers of a short range are counted, others and text hashed; only what pandas cannot hash is
    sorted.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.encoding import encoded
    >>> encoded(np.array(["b", "a", "b"], dtype=object))
    (array(['a', 'b'], dtype=object), array([1, 0, 1]))
    """
    if y.dtype.kind in "iub" and len(y):
        low, high = int(y.min()), int(y.max())
        if high - low < max(64, len(y)) and high < 2**63:
            codes = y.astype(np.int64) - low
            seen = np.bincount(codes) > 0
            if not seen.all():
                codes = (np.cumsum(seen) - 1)[codes]
            return (np.flatnonzero(seen) + low).astype(y.dtype), codes
    if y.dtype.kind not in "OUiuf" or y.dtype == np.float16:
        classes, codes = np.unique(y, return_inverse=True)
        return classes, codes
    codes, values = pd.factorize(y)
    values = np.asarray(values).astype(y.dtype)
    order = np.argsort(values, kind="stable")
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return values[order], places[codes]

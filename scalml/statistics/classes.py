"""Sorted class labels of a block, and how rows of sums by class are laid out over more classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from scalml.statistics.encoding import encoded


def class_codes(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Distinct labels, sorted, and which of them each row has.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels of any type that sorts.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    codes : ndarray of shape (n_rows,), int32

    Raises
    ------
    ValueError
        If a label is missing.
    TypeError
        If labels cannot be compared, as text and numbers cannot, or are bytes.

    Notes
    -----
    A hash table finds the labels, so that only the classes are sorted, not the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.classes import class_codes
    >>> class_codes(np.array(["no", "yes", "no"]))
    (array(['no', 'yes'], dtype='<U3'), array([0, 1, 0], dtype=int32))
    """
    y = np.asarray(y)
    require_no_bytes(y)
    missing = pd.isna(y) if y.dtype.kind in "fO" else np.zeros(1, dtype=bool)
    if missing.any():
        row = int(np.argmax(missing))
        error = ValueError(
            f"Input y contains NaN or None: the first missing label is in row {row}. Drop such "
            "rows before fitting."
        )
        error.row = row  # type: ignore[attr-defined]
        raise error
    classes, codes = encoded(y)
    return classes, codes.astype(np.int32)


def require_no_bytes(y: np.ndarray) -> None:
    """Refuse labels that are bytes, as scikit-learn does.

    Raises
    ------
    TypeError
    """
    if y.dtype.kind == "S":
        raise TypeError(
            "Support for labels represented as bytes is not supported: decode them to text, as "
            f"np.char.decode does, got {y[:1].tolist()}."
        )


def union(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sorted labels that occur in either of two arrays; TypeError for text and numbers."""
    if np.array_equal(a, b):
        return a
    if (a.dtype.kind in "US") != (b.dtype.kind in "US") and "O" not in (a.dtype.kind, b.dtype.kind):
        raise TypeError(
            f"labels must be all text or all numbers, got dtypes {a.dtype} and {b.dtype}."
        )
    return np.union1d(a, b)


def laid_out(values: np.ndarray, classes: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Rows of `values`, one a class, over the labels `onto` that include `classes`: zeros between.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.classes import laid_out
    >>> laid_out(np.array([5, 7]), np.array(["a", "c"]), np.array(["a", "b", "c"]))
    array([5, 0, 7])
    """
    if classes.size == onto.size:
        return values
    whole = np.zeros((onto.size, *values.shape[1:]), dtype=values.dtype)
    whole[np.searchsorted(onto, classes)] = values
    return whole


def indicators(codes: np.ndarray, n_classes: int, weight: np.ndarray | None = None) -> Any:
    """Sparse matrix whose product with rows is their (weighted) sum by class.

    Parameters
    ----------
    codes : ndarray of shape (n_rows,), int32
    n_classes : int
    weight : ndarray of shape (n_rows,), optional

    Returns
    -------
    csc_array of shape (n_classes, n_rows)

    Notes
    -----
    With one entry a column, a product with 100 dense columns costs as much as adding them up
    once, whatever the number of classes: half of a dense one-hot product for 2 classes, and an
    eighth for 100.
    """
    entries = np.ones(codes.size) if weight is None else weight
    starts = np.arange(codes.size + 1, dtype=np.int32)
    return sparse.csc_array((entries, codes, starts), shape=(n_classes, codes.size))


def require_taken(rows: np.ndarray, classes: np.ndarray) -> None:
    """Refuse a difference of rows by class that is negative."""
    if (rows < 0).any():
        label = classes[np.argmin(rows)]
        raise ValueError(
            f"only rows that were added can be taken out, got more rows of class {label!r} to take "
            "than there are."
        )

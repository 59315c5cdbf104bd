"""Says where a block holds NaN or infinity, once a total has shown that it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import as_columns, csr_rows, slab_rows, slabs
from scalml.statistics.coded import CodedRows


def require_finite(
    X: Any,
    names: Sequence[str] | None = None,
    allow_nan: bool = False,
    label: str = "X",
) -> None:
    """Raise if a block holds infinity, or NaN unless `allow_nan`.

    Parameters
    ----------
    X : ndarray, CSR matrix or CodedRows of shape (n_rows, n_columns), or ndarray of (n_rows,)
    names : sequence of str, optional
        Column names for the message.
    allow_nan : bool, default=False
        Whether NaN stands for a missing value.
    label : str, default="X"
        What the block is called in the message.

    Raises
    ------
    ValueError
        With attributes ``row`` (in the block) and ``column`` of the first offender and ``count``,
        how many there are in the block. NaN and infinity are told apart; NaN is named first.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import require_finite
    >>> require_finite(np.array([[1.0, 2.0], [3.0, np.inf]]))
    Traceback (most recent call last):
    ...
    ValueError: Input X contains infinity or a value too large for dtype('float64'): \
at least 1 value, the first in row 1, column 1. Remove or replace it.
    """
    if X.dtype.kind not in "fc":
        return
    if not allow_nan:
        _refuse(X, np.isnan, "NaN", names, label)
    problem = f"infinity or a value too large for {X.dtype!r}"
    _refuse(X, np.isinf, problem, names, label)


def _refuse(X: Any, test: np.ufunc, problem: str, names: Sequence[str] | None, label: str) -> None:
    if isinstance(X, CodedRows):
        count, row, column = _dense_hits(X.numbers, test)
        column = int(X.places[column]) if count else -1
    else:
        count, row, column = _sparse_hits(X, test) if sparse.issparse(X) else _dense_hits(X, test)
    if not count:
        return
    named = f"{column}" if names is None else f"{names[column]!r}"
    where = f"row {row}" if X.ndim == 1 else f"row {row}, column {named}"
    # Other blocks may hold more, which nobody has looked at.
    found = "at least 1 value" if count == 1 else f"at least {count} values"
    cure = "Impute or drop it" if problem == "NaN" else "Remove or replace it"
    error = ValueError(f"Input {label} contains {problem}: {found}, the first in {where}. {cure}.")
    error.row, error.column, error.count = row, column, count  # type: ignore[attr-defined]
    raise error


def _dense_hits(X: np.ndarray, test: np.ufunc) -> tuple[int, int, int]:
    X = as_columns(X)
    count, first = 0, (-1, -1)
    for rows in slabs(X.shape[0], slab_rows(X.shape[1])):
        hit = test(X[rows])
        found = int(np.count_nonzero(hit))
        if found and not count:
            row, column = divmod(int(np.argmax(hit)), X.shape[1])
            first = (rows.start + row, column)
        count += found
    return count, *first


def _sparse_hits(X: Any, test: np.ufunc) -> tuple[int, int, int]:
    hit = np.flatnonzero(test(X.data))
    if not hit.size:
        return 0, -1, -1
    return hit.size, int(csr_rows(X)[hit[0]]), int(X.indices[hit[0]])

"""Which columns each transformer gets, and the taking of them from rows of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sklearn.compose
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer

from scalml.data import from_array, from_frame

__all__ = ["as_collection", "first_rows", "positions", "take"]


def positions(specs: Any, head: Any) -> dict[str, list[int]]:
    """Find each transformer's column numbers: the namesake passes a row of them through."""
    n_columns = head.shape[1]
    row: Any = np.arange(n_columns)[None]
    if isinstance(head, pd.DataFrame):
        row = pd.DataFrame(row, columns=head.columns)
    plain = sklearn.compose.ColumnTransformer(
        [(n, FunctionTransformer(), [c] if np.isscalar(c) else c) for n, _, c in specs],
        remainder=FunctionTransformer(),
    )
    found = np.asarray(plain.fit_transform(row), dtype=np.intp)
    return {
        name: found[0, part].tolist() if found.size else []
        for name, part in plain.output_indices_.items()
    }


def take(X: Any, head: Any, columns: Any, where: list[int]) -> Any:
    """Columns of a collection; one alone, named without a list, is one-dimensional."""
    if isinstance(head, pd.DataFrame):
        names = list(head.columns[where])
        return X[names[0]] if np.isscalar(columns) else X[names]
    return X[:, where[0]] if np.isscalar(columns) else X[:, where]


def first_rows(X: Any) -> Any:
    """Two rows of in-memory data of any kind, in its own container if that has slices."""
    if sparse.issparse(X):
        return X.tocsr()[:2]
    return X[:2] if hasattr(X, "__getitem__") else np.asarray(X)[:2]


def as_collection(X: Any) -> Any:
    """In-memory rows as a chunked collection."""
    return from_frame(X) if hasattr(X, "columns") else from_array(X)

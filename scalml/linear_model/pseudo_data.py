"""A few rows that stand for all: whatever sees data only through its Gram cannot tell them apart.

scikit-learn's coordinate descent, least angles and evidence maximisation take rows, not a Gram
matrix. They get the rows of a square root of it, one or two more than there are columns.
"""

from __future__ import annotations

import numpy as np

from scalml.linear_model.normal import rank_of, spectrum
from scalml.statistics import Gram, GramRows


def pseudo_rows(gram: Gram | GramRows, centred: bool, mean: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows X and Y with the Gram matrix of all the data.

    Parameters
    ----------
    gram : Gram or GramRows
    centred : bool
        About the means, for a model whose intercept follows from them. Otherwise about zero: the
        means make one row more.
    mean : bool
        For a loss that is divided by the number of rows: the same mean of products. Otherwise the
        same sum.

    Returns
    -------
    X : ndarray of shape (n_pseudo, n_features), Fortran order
    Y : ndarray of shape (n_pseudo, n_targets)

    Notes
    -----
    From the eigenvectors of the Gram matrix scaled to a unit diagonal, so that units of columns
    cost no digits; eigenvalues that are rounding are left out. Never more rows than the data has,
    nor fewer than two.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Gram
    >>> data = np.random.default_rng(0).normal(size=(1000, 3))
    >>> X, Y = pseudo_rows(Gram.of(data[:, :2], data[:, 2]), centred=True, mean=False)
    >>> X.shape, Y.shape
    ((3, 2), (3, 1))
    >>> np.allclose(X.T @ X, 1000 * np.cov(data[:, :2].T, bias=True))
    True
    """
    rows = gram.rows if isinstance(gram, GramRows) else _root(gram)
    if not centred:
        rows = np.vstack([rows, np.sqrt(gram.weight) * gram.mean])
    if len(rows) < 2:
        rows = np.vstack([rows, np.zeros((2 - len(rows), rows.shape[1]))])
    if mean:
        rows = rows * np.sqrt(len(rows) / gram.weight)
    return np.asfortranarray(rows[:, : gram.n_features]), rows[:, gram.n_features :]


def _root(gram: Gram) -> np.ndarray:
    """Rows whose products are the centred ones."""
    diagonal = gram.cross.diagonal()
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values, vectors = spectrum(gram.cross / scale / scale[:, None])
    rank = min(rank_of(values, 0.0), max(gram.n - 1, 0))
    kept = slice(values.size - rank, None)
    return np.sqrt(values[kept])[:, None] * vectors[:, kept].T * scale


def turned(X: np.ndarray, y: np.ndarray, variance: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows with the same Gram matrix, reflected until `y` has a given variance about its mean.

    Evidence maximisation starts at the variance of y, which the Gram alone does not fix: a
    reflection moves length between the mean of y and what is left about it.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
    variance : float
        Not above the mean square of y.

    Returns
    -------
    X, y : ndarray

    Examples
    --------
    >>> import numpy as np
    >>> X, y = turned(np.eye(2), np.array([3.0, 1.0]), variance=2.0)
    >>> np.allclose([y.var(), y @ y], [2.0, 10.0]), np.allclose(X.T @ X, np.eye(2))
    (True, True)
    """
    n, length = len(y), float(np.linalg.norm(y))
    if length == 0:
        return X, y
    along = np.sqrt(max(0.0, 1.0 - n * variance / length**2))
    wanted = np.full(n, along / np.sqrt(n))
    across = np.zeros(n)
    across[:2] = np.array([1.0, -1.0]) / np.sqrt(2.0)
    wanted += np.sqrt(max(0.0, 1.0 - along**2)) * across
    normal = y / length - wanted
    size = float(normal @ normal)
    if size == 0:
        return X, y
    return X - np.outer(normal, normal @ X) * (2 / size), y - normal * (normal @ y) * (2 / size)

"""What k-means needs to know of the rows nearest to each centre: weights, sums, distances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import Sums, as_weights, canonical, csr_rows, slab_rows, slabs
from scalml.statistics.finite import require_finite
from scalml.statistics.leading import Leading

MOST_PRODUCTS = 1_000_000  # of a small matrix product, which OpenBLAS makes without copying first


@dataclass(frozen=True, eq=False)
class Assignments(Sums):
    """Weight and sum of the rows nearest to each of some centres; on demand their distances.

    Everything is about a shift, a point near the rows: see `of`.

    Attributes
    ----------
    weight : ndarray of shape (n_centers,)
        Weight of the rows nearest to each centre.
    sums : ndarray of shape (n_centers, n_columns)
        Weighted sums of these rows less the shift.
    inertia : float or None
        Weighted sum of squared distances of rows from their centres.
    farthest : Leading or None
        The rows farthest from their centres, as columns: row less the shift, number of its
        centre, weight. The key is minus the squared distance.
    labels : tuple of ndarrays or None
        Numbers of the nearest centres, an int32 array a block. The one field that grows with
        the rows: only for rows that are in memory anyway.

    Notes
    -----
    Distances are compared as ``|c|**2 - 2 x @ c``, a matrix product on slabs that stay in cache,
    of rows less the shift, so that a mean far from zero costs no accuracy. `inertia` and
    `farthest` are made of differences ``x - c``, which cancel nothing. float32 blocks are
    multiplied in float32, a slab at a time; what the slabs give adds up in float64. Of equally
    near centres the first is taken, as in scikit-learn.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Assignments
    >>> options = {"centers": np.array([[0.0], [10.0]]), "exact": True}
    >>> top = Assignments.of(np.array([[1.0], [9.0]]), **options)
    >>> found = top + Assignments.of(np.array([[-3.0]]), **options)
    >>> found.weight, found.sums, found.inertia
    (array([2., 1.]), array([[-2.],
           [ 9.]]), 11.0)
    >>> found.means()
    array([[-1.],
           [ 9.]])
    """

    weight: np.ndarray
    sums: np.ndarray
    inertia: float | None = None
    farthest: Leading | None = None
    labels: tuple[np.ndarray, ...] | None = None

    @classmethod
    def of(
        cls,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        centers: np.ndarray,
        shift: np.ndarray | None = None,
        exact: bool = False,
        n_farthest: int = 0,
        keep_labels: bool = False,
    ) -> Assignments:
        """Assign the rows of one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_columns)
        y : ignored
        sample_weight : ndarray of shape (n_rows,), optional
        centers : ndarray of shape (n_centers, n_columns)
            Less the shift.
        shift : ndarray of shape (n_columns,), optional
            Subtracted from dense rows in their dtype, in which it must be exact. None for CSR, and
            for rows near zero.
        exact : bool, default=False
            Whether to compute `inertia`.
        n_farthest : int, default=0
            Rows to have in `farthest`; those of weight 0 are left out.
        keep_labels : bool, default=False
            Whether to have `labels`.

        Raises
        ------
        ValueError
            If X holds NaN or infinity.
        """
        n_centers = len(centers)
        rounded = centers.astype(_dtype_of(X))
        weights = as_weights(sample_weight)
        total, sums = np.zeros(n_centers), np.zeros(centers.shape)
        inertia = 0.0 if exact else None
        farthest: Leading | None = None
        labels = np.empty(X.shape[0] if keep_labels else 0, dtype=np.int32)
        members = _membership(n_centers, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            for part, Z, nearest, squared in _assigned(X, rounded, shift, exact or n_farthest > 0):
                if members.shape[1] != len(nearest):
                    members = _membership(n_centers, len(nearest))
                members.indices[:] = nearest
                if weights is not None:
                    members.data[:] = weights[part]
                found = members @ Z
                sums += found.toarray() if sparse.issparse(found) else found
                total += np.bincount(nearest, members.data, minlength=n_centers)
                if keep_labels:
                    labels[part] = nearest
                if inertia is not None:
                    inertia += float(members.data @ squared)
                if n_farthest:
                    keys = np.where(members.data > 0, -squared, np.inf)
                    far = Leading.of(keys, Z, nearest, members.data, most=n_farthest)
                    farthest = far if farthest is None else farthest + far
            finite = np.isfinite(sums.sum())
        if not finite:
            require_finite(X)
        return cls(total, sums, inertia, farthest, (labels,) if keep_labels else None)

    def means(self) -> np.ndarray:
        """Centres of the rows, less the shift, with empty clusters moved to the `farthest` rows.

        Returns
        -------
        ndarray of shape (n_centers, n_columns)
            A centre without rows, where no row is left to move it to, lies on that of the
            greatest weight.
        """
        weight, sums = self.weight.copy(), self.sums.copy()
        if self.farthest is not None and self.farthest.keys.size and self.farthest.keys[0] < 0:
            empty = np.flatnonzero(weight == 0)
            for cluster, row, label, w in zip(empty, *self.farthest.columns, strict=False):
                sums[label] -= w * row.astype(np.float64)
                sums[cluster] = w * row.astype(np.float64)
                weight[label] -= w
                weight[cluster] = w
            weight[weight < 1e-12 * self.weight] = 0.0  # what rounding leaves of no rows at all
        sums[weight == 0] = 0.0
        centers = np.divide(sums, weight[:, None], out=sums, where=weight[:, None] > 0)
        centers[weight == 0] = centers[np.argmax(weight)]
        return centers


def nearest(
    X: Any, *, centers: np.ndarray, shift: np.ndarray | None = None, distances: bool = False
) -> Any:
    """Number of the nearest centre of each row of a block.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_columns)
    centers, shift
        As in `Assignments.of`.
    distances : bool, default=False
        Whether to return the squared distances as well.

    Returns
    -------
    labels : ndarray of shape (n_rows,), int32
    squared : ndarray of shape (n_rows,)
        Only with `distances`; exactly 0 for a row that is a centre.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.assignments import nearest
    >>> nearest(np.array([[1.0], [9.0]]), centers=np.array([[0.0], [10.0]]))
    array([0, 1], dtype=int32)
    """
    rounded = centers.astype(_dtype_of(X))
    labels = np.empty(X.shape[0], dtype=np.int32)
    squared = np.empty(X.shape[0] if distances else 0, dtype=rounded.dtype)
    for part, _, found, apart in _assigned(X, rounded, shift, distances):
        labels[part] = found
        if distances:
            squared[part] = apart
    return (labels, squared) if distances else labels


def _dtype_of(X: Any) -> np.dtype:
    return np.dtype(np.float32 if X.dtype == np.float32 else np.float64)


def _assigned(
    X: Any, centers: np.ndarray, shift: np.ndarray | None, exact: bool
) -> Iterator[tuple[slice, Any, np.ndarray, Any]]:
    """Slabs of X: their place, rows less the shift, nearest centres, squared distances if exact."""
    dtype, (n_centers, n_columns) = centers.dtype, centers.shape
    factors = np.ascontiguousarray(-2 * centers.T)
    norms = np.einsum("ij,ij->i", centers, centers)
    is_sparse = sparse.issparse(X)
    if is_sparse:
        X = canonical(X)
        rows = slab_rows(n_centers)
    else:
        rows = slab_rows(n_columns + n_centers)
        unpacked = MOST_PRODUCTS // (n_columns * n_centers)
        if rows // 2 < unpacked < rows:
            rows = unpacked
        buffer, spare = np.empty((2, min(rows, X.shape[0]), n_columns), dtype)
        if shift is not None:  # subtracted in one loop instead of one a row
            start = np.tile(shift.astype(dtype), (len(buffer), 1))
    scores = np.empty((min(rows, X.shape[0]), n_centers), dtype)
    for part in slabs(X.shape[0], rows):
        n = part.stop - part.start
        if is_sparse:
            Z = X[part]
            apart = Z @ factors
        else:
            Z = buffer[:n]
            if shift is None:
                Z[...] = X[part]
            else:
                np.subtract(X[part], start[:n], out=Z)
            apart = np.matmul(Z, factors, out=scores[:n])
        apart += norms
        labels = apart.argmin(axis=1)
        squared = None
        if exact and is_sparse:
            values = Z.data.astype(dtype)
            squared = np.bincount(csr_rows(Z), values * values, minlength=n).astype(dtype)
            squared = np.maximum(squared + apart[np.arange(n), labels], 0.0)
        elif exact:
            # A given mode lets NumPy write into `out` without a copy.
            difference = np.take(centers, labels, axis=0, out=spare[:n], mode="clip")
            np.subtract(Z, difference, out=difference)
            squared = np.einsum("ij,ij->i", difference, difference)
        yield part, Z, labels, squared


def _membership(n_centers: int, n_rows: int) -> sparse.csc_matrix:
    """A matrix with one entry a row of a slab, at its label: times the slab it sums by label.

    Three times as fast as a dense one-hot matrix product even for ten centres.
    """
    labels, ends = np.zeros(n_rows, np.int32), np.arange(n_rows + 1, dtype=np.int32)
    return sparse.csc_matrix((np.ones(n_rows), labels, ends), shape=(n_centers, n_rows))

"""What k-means needs to know of the rows nearest to each centre: weights, sums, distances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.base import Sums, as_weights, canonical, csr_rows, slab_rows, slabs, tiled
from scalml.statistics.finite import require_finite
from scalml.statistics.leading import Leading

MOST_PRODUCTS = 1_000_000  # of a small matrix product, which OpenBLAS makes without copying first
WIDE, FEW_CENTERS = 64, 16
LOOKED_AT = 2**16  # labels that are compared at once with those before
CANCELLED = 1e-3


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
        Numbers of the nearest centres, an array a block, of the smallest unsigned type that holds
        them. The one field that grows with the rows.

    Notes
    -----
    Distances are compared as ``|c|**2 - 2 x @ c``, a matrix product on slabs of up to 8 MB, of
    rows less the shift, so that a mean far from zero costs no accuracy. `farthest` is made of
    differences ``x - c``, which cancel nothing, and so is `inertia` where more than three digits
    would. float32 blocks are multiplied in float32, a slab at a time; what the slabs give adds up
    in float64. Of equally near centres the first is taken, as in scikit-learn.

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
        before: np.ndarray | None = None,
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
        before : ndarray of shape (n_rows,), optional
            `labels` that these rows had with other centres. `weight` and `sums` are then what has
            changed since, and only the rows are summed whose label has.
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
        labels = np.empty(X.shape[0], dtype=label_type(n_centers))
        members = _membership(n_centers, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            for part, Z, nearest, scores in _assigned(X, rounded, shift):
                labels[part] = nearest
                weight = np.ones(len(nearest)) if weights is None else weights[part]
                if before is None:
                    if members.shape[1] != len(nearest):
                        members = _membership(n_centers, len(nearest))
                    members.indices[:], members.data[:] = nearest, weight
                    sums += _dense(members @ Z)
                    total += np.bincount(nearest, weight, minlength=n_centers)
                if inertia is not None:
                    own = None if weights is None else weight
                    inertia += _inertia(Z, rounded, nearest, scores, own)
                if n_farthest:
                    squared = _squared(Z, rounded, nearest, scores)
                    keys = np.where(weight > 0, -squared, np.inf)
                    far = Leading.of(keys, Z, nearest, weight, most=n_farthest)
                    farthest = far if farthest is None else farthest + far
            if before is not None:
                total = _add_moves(sums, X, weights, before, labels, shift)
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
    for part, Z, found, scores in _assigned(X, rounded, shift):
        labels[part] = found
        if distances:
            squared[part] = _squared(Z, rounded, found, scores)
    return (labels, squared) if distances else labels


def label_type(n_centers: int) -> np.dtype:
    """The smallest unsigned type that numbers so many centres."""
    return np.min_scalar_type(n_centers - 1)


def _dtype_of(X: Any) -> np.dtype:
    return np.dtype(np.float32 if X.dtype == np.float32 else np.float64)


def _assigned(
    X: Any, centers: np.ndarray, shift: np.ndarray | None
) -> Iterator[tuple[slice, Any, np.ndarray, np.ndarray]]:
    """Slabs of X: their place, rows less the shift, nearest centres, and scores.

    The scores, of shape (n_rows, n_centers), are squared distances less the squares of the rows.
    """
    dtype, (n_centers, n_columns) = centers.dtype, centers.shape
    factors = np.ascontiguousarray(-2 * centers)
    columns = np.ascontiguousarray(factors.T)
    norms = np.einsum("ij,ij->i", centers, centers)
    is_sparse = sparse.issparse(X)
    # Of wide rows and few centres a product is made the other way round: it then takes few, long
    # slabs, which threads share better, and no copy. For all others that would be slower.
    few = not is_sparse and n_columns >= WIDE and n_centers <= FEW_CENTERS
    if is_sparse:
        X, rows = canonical(X), slab_rows(n_centers)
    elif few:
        rows = slab_rows(max(n_centers, n_columns // 8))
    else:
        rows = 2 * slab_rows(n_columns + n_centers)
        unpacked = MOST_PRODUCTS // (n_columns * n_centers)
        if rows // 2 < unpacked < rows:
            rows = unpacked
    rows = max(1, min(rows, X.shape[0]))
    room = np.empty((n_centers, rows) if few else (rows, n_centers), dtype)
    if shift is not None:
        shifts = tiled(shift.astype(dtype), rows)
    if shift is not None or not few:
        buffer = np.empty((0 if is_sparse else rows, n_columns), dtype)
    for part in slabs(X.shape[0], rows):
        n = part.stop - part.start
        if is_sparse:
            Z: Any = X[part]
            scores = Z @ columns
        else:
            if shift is not None:
                Z = np.subtract(X[part], shifts[:n], out=buffer[:n])
            elif few:
                Z = np.ascontiguousarray(X[part], dtype)
            else:
                Z = buffer[:n]
                Z[...] = X[part]
            if few:
                scores = np.dot(factors, Z.T, out=room if n == rows else None).T
            else:
                scores = np.dot(Z, columns, out=room[:n])
        scores += norms
        yield part, Z, scores.argmin(axis=1), scores


def _squared(Z: Any, centers: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Squared distances of the rows of a slab from their centres."""
    if sparse.issparse(Z):
        values, dtype = Z.data.astype(centers.dtype), centers.dtype
        squared = np.bincount(csr_rows(Z), values * values, minlength=len(labels)).astype(dtype)
        return np.maximum(squared + scores.min(axis=1), 0.0)
    difference = np.take(centers, labels, axis=0)
    np.subtract(Z, difference, out=difference)
    return np.einsum("ij,ij->i", difference, difference)


def _inertia(
    Z: Any, centers: np.ndarray, labels: np.ndarray, scores: np.ndarray, weight: np.ndarray | None
) -> float:
    """Weighted sum of squared distances; of differences where squares and scores would cancel."""
    if not sparse.issparse(Z) and centers.dtype == np.float64:
        least = scores.min(axis=1)
        if weight is None:
            whole = float(np.vdot(Z, Z))
            rest = whole + float(least.sum())
        else:
            whole = float(weight @ np.einsum("ij,ij->i", Z, Z))
            rest = whole + float(weight @ least)
        if rest > CANCELLED * whole:
            return rest
    squared = _squared(Z, centers, labels, scores)
    return float(squared.sum(dtype=np.float64) if weight is None else weight @ squared)


def _membership(n_centers: int, n_rows: int, entries: int = 1) -> sparse.csc_matrix:
    """A matrix with entries at the labels of each row of a slab: times the slab it sums by label.

    Three times as fast as a dense one-hot matrix product even for ten centres. Labels are to be
    written into `indices`, weights into `data`.
    """
    labels, ends = np.zeros(entries * n_rows, np.int32), np.arange(n_rows + 1, dtype=np.int32)
    shape = n_centers, n_rows
    return sparse.csc_matrix((np.ones(len(labels)), labels, entries * ends), shape=shape)


def _add_moves(
    sums: np.ndarray,
    X: Any,
    weights: np.ndarray | None,
    before: np.ndarray,
    labels: np.ndarray,
    shift: np.ndarray | None,
) -> np.ndarray:
    """Take the rows whose label has changed from the sums of one cluster to those of another.

    Returns what that adds to the weight of each.
    """
    total = np.zeros(len(sums))
    start = None if shift is None else shift.astype(_dtype_of(X))
    for part in slabs(len(labels), LOOKED_AT):
        moved = np.flatnonzero(labels[part] != before[part]) + part.start
        for some in slabs(len(moved), slab_rows(X.shape[1])):
            rows = moved[some]
            Z = X[rows] if sparse.issparse(X) else np.take(X, rows, axis=0)
            if start is not None:
                Z = np.subtract(Z, start, out=Z if Z.dtype == start.dtype else None)
            members = _membership(len(sums), len(rows), 2)
            members.indices[::2], members.indices[1::2] = before[rows], labels[rows]
            weight = 1.0 if weights is None else weights[rows]
            members.data[::2], members.data[1::2] = np.negative(weight), weight
            sums += _dense(members @ Z)
            total += np.bincount(members.indices, members.data, minlength=len(sums))
    return total


def _dense(found: Any) -> np.ndarray:
    return found.toarray() if sparse.issparse(found) else found

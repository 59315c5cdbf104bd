"""What statistics share: fields that add, and slabs of rows small enough to stay in cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

# `np.dot` rather than `@` wherever a product has few entries, in this package and in the losses:
# for less than some 500 of them NumPy's `@` does not let other threads run (nor does bincount).
SLAB_BYTES = 2**20  # half of a usual L2 cache: a slab and what is computed from it stay there
SHIFT_ROWS = 1024
FAR = 2.0  # standard deviations
TILED_COLUMNS = 64


@dataclass(frozen=True)
class Sums:
    """Base of statistics whose fields simply add; a field that is None adds nothing.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> from scalml.statistics.base import Sums
    >>> @dataclass(frozen=True)
    ... class Rows(Sums):
    ...     n: int
    >>> Rows(3) + Rows(4)
    Rows(n=7)
    >>> Rows(7) - Rows(4)
    Rows(n=3)
    """

    def __add__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return replace(self, **{name: _add(a, b) for name, a, b in _paired(self, other)})

    def __sub__(self, other: Self) -> Self:
        if type(other) is not type(self):
            return NotImplemented
        return replace(
            self, **{name: a if b is None else a - b for name, a, b in _paired(self, other)}
        )


def _paired(left: Sums, right: Sums) -> list[tuple[str, Any, Any]]:
    names = [field.name for field in fields(left)]
    return [(name, getattr(left, name), getattr(right, name)) for name in names]


def _add(a: Any, b: Any) -> Any:
    if a is None or b is None:
        return b if a is None else a
    return a + b


def slab_rows(n_columns: int, at_least: int = 64) -> int:
    """Rows of a slab of float64 of about a megabyte: a power of two, 1024 for 100 columns.

    It depends on the width alone, so that the summation order does not depend on the machine.
    """
    rows = SLAB_BYTES // (8 * max(1, n_columns))
    return max(at_least, 1 << max(rows, 1).bit_length() - 1)


def slabs(n_rows: int, rows: int) -> Iterator[slice]:
    """Slices of at most `rows` rows that cover `n_rows`, in order."""
    for start in range(0, n_rows, rows):
        yield slice(start, min(start + rows, n_rows))


def tiled(row: np.ndarray, n_rows: int) -> np.ndarray:
    """A row to combine with slabs: repeated where it is short, for NumPy starts a loop each row.

    Parameters
    ----------
    row : ndarray of shape (n_columns,)
    n_rows : int
        Of the longest slab.

    Returns
    -------
    ndarray of shape (n_rows, n_columns) or (1, n_columns)
    """
    return np.tile(row, (n_rows if len(row) < TILED_COLUMNS else 1, 1))


def as_columns(X: Any) -> Any:
    """A vector as one column; matrices as they are."""
    return X.reshape(-1, 1) if X.ndim == 1 else X


def as_weights(sample_weight: Any) -> np.ndarray | None:
    """Weights as float64, None left alone."""
    return None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)


def shift_of(X: np.ndarray) -> np.ndarray:
    """A value near each column's mean: the mean of the first rows, or zero if that is near.

    It is near if no column's mean is further than two standard deviations: sums of squares about
    zero then are at most five times those about the mean, and rows need no copy.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)

    Returns
    -------
    shift : ndarray of shape (n_columns,), float64

    Notes
    -----
    Missing and infinite values are left out. Differences from the first row are averaged, not
    values: a constant column gets its constant exactly, and its variance becomes exactly zero. The
    rows are copied to C order first, because NumPy sums Fortran-ordered arrays in another order.
    """
    head = np.array(X[:SHIFT_ROWS], dtype=np.float64, order="C")
    if head.shape[0] == 0:
        return np.zeros(head.shape[1])
    first = np.where(np.isfinite(head[0]), head[0], 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        head -= first
        average = np.dot(np.ones(head.shape[0]), head) / head.shape[0]
        shift = first + average
        variance = np.einsum("ij,ij->j", head, head) / head.shape[0] - average * average
        if np.all(shift * shift <= FAR * FAR * variance):
            return np.zeros_like(shift)
    if not np.isfinite(average.sum()):
        known = np.isfinite(head)
        head[~known] = 0.0
        average = head.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    shift = first + average
    return np.where(np.isfinite(shift), shift, 0.0)


def about_means(
    shift: np.ndarray,
    sums_about: Callable[[np.ndarray], Any],
    moments_of: Callable[[Any], tuple[Any, np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, Any]:
    """Sums about a shift; if they say that a mean is far from it, once more about the means.

    The shift is from the first rows, which may be outliers, or have no weight.

    Parameters
    ----------
    shift : ndarray of shape (n_columns,)
    sums_about : callable
        ``sums_about(shift)`` reads the block.
    moments_of : callable
        What these say of weights, sums of what is left of each column, and of its squares.

    Returns
    -------
    shift, sums
        That were used at last.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        found = sums_about(shift)
        n, total, squares = moments_of(found)
        apart = np.where(n > 0, total / n, 0.0)
        far = apart * total * (1 + FAR * FAR) > FAR * FAR * squares
        mean = shift + apart
        if far.any() and np.isfinite(mean).all():
            return mean, sums_about(mean)
    return shift, found


def two_sum(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """A sum and what rounding left out of it, which is exact (Knuth); 0 where it is not finite.

    Chunks merge by differences of their means. Far from zero a mean of 64 bits lacks digits that
    these differences need; with its rest it has them.

    Examples
    --------
    >>> from scalml.statistics.base import two_sum
    >>> total, rest = two_sum(1e16, 1.5)
    >>> float(total), float(rest)
    (1.0000000000000002e+16, -0.5)
    """
    total = np.asarray(a + b)
    back = total - a
    rest = (a - (total - back)) + (b - back)
    return total, np.where(np.isfinite(rest), rest, 0.0)


def mean_apart(mean: Any, rest: Any, other_mean: Any, other_rest: Any) -> np.ndarray:
    """How far one mean is from another, each with its rest."""
    return (other_mean - mean) + (other_rest - rest)


def mean_moved(mean: Any, rest: Any, step: Any) -> tuple[np.ndarray, np.ndarray]:
    """A mean with its rest, after a step."""
    moved, lost = two_sum(mean, step)
    return two_sum(moved, rest + lost)


def is_plain(X: np.ndarray) -> bool:
    """Whether rows can be worked on as they lie, the bits being those of a copy."""
    return bool(X.dtype == np.float64 and X.flags.c_contiguous and X.flags.aligned)


def canonical(X: Any) -> sparse.csr_matrix:
    """A CSR block whose entries are unique: duplicates, which CSR allows, are summed in a copy."""
    if X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X


def csr_rows(X: Any) -> np.ndarray:
    """Row number of every stored entry of a CSR block."""
    return np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))

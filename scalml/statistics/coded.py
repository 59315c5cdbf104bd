"""Rows of numbers and categories that are kept as codes: a one-hot matrix nobody writes out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

CODED_ROWS = 2**16  # that are worked through together: what is computed of them is megabytes


@dataclass(frozen=True, eq=False)
class CodedRows:
    """A matrix of a few dense columns and, for each category, the column that holds its one.

    It multiplies like the matrix it stands for, with work and memory that do not grow with the
    number of categories.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
    ones : ndarray of shape (n_rows, n_groups), int32
        Column of the one of each group of categories; ``n_columns`` where a row has none.
    places : ndarray of shape (n_numbers,)
        Column that each of `numbers` is in.
    bounds : tuple of (int, int)
        First and last-plus-one column of each group. Groups and places do not overlap.
    n_columns : int

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import CodedRows
    >>> rows = CodedRows(
    ...     numbers=np.array([[0.5], [2.0]]),
    ...     ones=np.array([[2], [1]], dtype=np.int32),
    ...     places=np.array([0]),
    ...     bounds=((1, 3),),
    ...     n_columns=3,
    ... )
    >>> rows.toarray()
    array([[0.5, 0. , 1. ],
           [2. , 1. , 0. ]])
    >>> rows @ np.array([1.0, 10.0, 100.0])
    array([100.5,  12. ])
    """

    numbers: np.ndarray
    ones: np.ndarray
    places: np.ndarray
    bounds: tuple[tuple[int, int], ...]
    n_columns: int

    __array_ufunc__ = None  # ndarray @ rows is not ours to answer
    ndim = 2

    @property
    def shape(self) -> tuple[int, int]:
        """Of the matrix that is stood for."""
        return len(self.numbers), self.n_columns

    @property
    def dtype(self) -> np.dtype:
        """Of the numbers, and so of the ones."""
        return self.numbers.dtype

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.numbers.nbytes + self.ones.nbytes

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, rows: Any) -> CodedRows:
        """Some rows: by a slice, a mask or their numbers."""
        return replace(self, numbers=self.numbers[rows], ones=self.ones[rows])

    def astype(self, dtype: Any) -> CodedRows:
        """These rows with numbers of another dtype."""
        return replace(self, numbers=self.numbers.astype(dtype))

    @cached_property
    def has_gaps(self) -> bool:
        """Whether some row has no one in some group."""
        return bool(self.ones.size) and int(self.ones.max()) == self.n_columns

    @property
    def counts(self) -> np.ndarray:
        """How many ones each column has."""
        return np.bincount(self.ones.reshape(-1), minlength=self.n_columns + 1)[:-1]

    @property
    def onehot(self) -> Any:
        """The ones as a CSR matrix, with one more column that counts the gaps."""
        n_rows, n_groups = self.ones.shape
        data = np.ones(n_rows * n_groups)
        indptr = np.arange(0, n_rows * n_groups + 1, max(n_groups, 1), dtype=np.int32)
        if not n_groups:
            indptr = np.zeros(n_rows + 1, dtype=np.int32)
        shape = (n_rows, self.n_columns + 1)
        return sparse.csr_matrix((data, self.ones.reshape(-1), indptr), shape=shape)

    def __matmul__(self, other: np.ndarray) -> np.ndarray:
        other = np.asarray(other)
        result = self.numbers @ other[self.places]
        if self.ones.shape[1]:
            result += self.onehot @ np.concatenate([other, np.zeros_like(other[:1])])
        return result

    @property
    def T(self) -> _Transposed:
        """The transpose, to be multiplied."""
        return _Transposed(self)

    def beside(self, numbers: np.ndarray, shift: np.ndarray) -> CodedRows:
        """These rows in float64, less a shift, with more numbers as the last columns.

        Parameters
        ----------
        numbers : ndarray of shape (n_rows, n_more)
        shift : ndarray of shape (n_columns,)
            Zero where there are no numbers.
        """
        n_numbers, n_more = self.numbers.shape[1], numbers.shape[1]
        wider = np.empty((len(self), n_numbers + n_more))
        np.subtract(self.numbers, shift[self.places], out=wider[:, :n_numbers])
        wider[:, n_numbers:] = numbers
        places = np.append(self.places, self.n_columns + np.arange(n_more))
        n_columns = self.n_columns + n_more
        ones = self.ones
        if self.has_gaps:
            ones = np.where(ones == self.n_columns, np.int32(n_columns), ones)
        return CodedRows(wider, ones, places, self.bounds, n_columns)

    @property
    def squares(self) -> CodedRows:
        """The squares of all entries."""
        return replace(self, numbers=self.numbers * self.numbers)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values of the numbers' columns in a vector of all columns, zero elsewhere."""
        vector = np.zeros(self.n_columns)
        vector[self.places] = values
        return vector

    def toarray(self) -> np.ndarray:
        """The matrix written out, dense, in C order."""
        n_rows, n_columns = self.shape
        out = np.zeros((n_rows, n_columns + self.has_gaps), dtype=self.dtype)
        out[:, _as_slice(self.places)] = self.numbers
        first = np.arange(n_rows) * out.shape[1]
        out.reshape(-1)[first[:, None] + self.ones] = 1
        return np.ascontiguousarray(out[:, :n_columns])

    def tocsr(self) -> Any:
        """The matrix written out, sparse, with sorted indices and no stored zeros."""
        n_rows, n_numbers = self.numbers.shape
        firsts = np.concatenate([self.places, [start for start, _ in self.bounds]])
        order = np.argsort(firsts, kind="stable")
        width = len(order)
        indices = np.empty((n_rows, width), dtype=np.int32)
        data = np.ones((n_rows, width), dtype=self.dtype)
        for to, column in enumerate(order.tolist()):
            if column < n_numbers:
                indices[:, to] = self.places[column]
                data[:, to] = self.numbers[:, column]
            else:
                indices[:, to] = self.ones[:, column - n_numbers]
        kept = (indices < self.n_columns) & (data != 0)
        if kept.all():
            indptr = np.arange(0, n_rows * width + 1, max(width, 1), dtype=np.int32)
            if not width:
                indptr = np.zeros(n_rows + 1, dtype=np.int32)
            parts = (data.reshape(-1), indices.reshape(-1), indptr)
        else:
            indptr = np.zeros(n_rows + 1, dtype=np.int32)
            np.cumsum(np.count_nonzero(kept, axis=1), out=indptr[1:])
            parts = (data[kept], indices[kept], indptr)
        return sparse.csr_matrix(parts, shape=self.shape)


class Unfold:
    """Writes coded rows out as a dense or a CSR matrix; other blocks stay as they are."""

    def __init__(self, is_sparse: bool) -> None:
        self.is_sparse = is_sparse

    def __call__(self, block: Any) -> Any:
        if not isinstance(block, CodedRows):
            return block
        return block.tocsr() if self.is_sparse else block.toarray()


class _Transposed:
    def __init__(self, rows: CodedRows) -> None:
        self.rows = rows

    def __matmul__(self, other: np.ndarray) -> np.ndarray:
        rows, other = self.rows, np.asarray(other)
        result = np.zeros((rows.n_columns, *other.shape[1:]))
        if rows.ones.shape[1]:
            result += (rows.onehot.T @ other)[:-1]
        result[rows.places] = np.dot(rows.numbers.T, other)
        return result


def cross_products(
    rows: CodedRows, weight: np.ndarray | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """``X' diag(weight) X`` of the matrix X that coded rows stand for.

    Parameters
    ----------
    rows : CodedRows
    weight : ndarray of shape (n_rows,), optional
    out : ndarray of shape (n_columns, n_columns), optional
        To add them to: of thousands of categories this is larger than the rows.

    Returns
    -------
    ndarray of shape (n_columns, n_columns)

    Notes
    -----
    Numbers by numbers is a dense product; numbers by categories adds rows up by category; pairs
    of groups of categories are counted by their joint code.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.coded import CodedRows, cross_products
    >>> ones = np.array([[0], [1], [0]], dtype=np.int32)
    >>> rows = CodedRows(np.array([[1.0], [2.0], [4.0]]), ones, np.array([2]), ((0, 2),), 3)
    >>> cross_products(rows)
    array([[ 2.,  0.,  5.],
           [ 0.,  1.,  2.],
           [ 5.,  2., 21.]])
    """
    n_columns, places = rows.n_columns, rows.places
    total = np.zeros((n_columns, n_columns)) if out is None else out
    numbers = np.asarray(rows.numbers, dtype=np.float64)
    weighted = numbers if weight is None else numbers * weight[:, None]
    if rows.ones.shape[1]:
        beside = (rows.onehot.T @ weighted)[:-1]
        total[:, places] += beside
        total[places, :] += beside.T
    total[np.ix_(places, places)] += np.dot(numbers.T, weighted)
    for j, (start, stop) in enumerate(rows.bounds):
        counts = np.bincount(rows.ones[:, j], weight, minlength=n_columns + 1)[start:stop]
        total[range(start, stop), range(start, stop)] += counts
        for i, (low, high) in enumerate(rows.bounds[:j]):
            joint = _joint_counts(rows, j, i, weight)
            total[start:stop, low:high] += joint
            total[low:high, start:stop] += joint.T
    return total


def _joint_counts(rows: CodedRows, j: int, i: int, weight: np.ndarray | None) -> np.ndarray:
    """How often, or with what weight, categories of two groups meet."""
    (start, stop), (low, high) = rows.bounds[j], rows.bounds[i]
    height, width = stop - start + 1, high - low + 1
    joint = _local(rows, j) * np.int64(width) + _local(rows, i)
    counts = np.bincount(joint, weight, minlength=height * width)
    return counts.reshape(height, width)[:-1, :-1]


def _local(rows: CodedRows, j: int) -> np.ndarray:
    """Codes of a group from 0; what has no category comes last."""
    start, stop = rows.bounds[j]
    local = rows.ones[:, j] - np.int32(start)
    return np.minimum(local, stop - start, dtype=np.int32)


def _as_slice(places: np.ndarray) -> Any:
    """Consecutive columns as a slice, which is copied to far faster."""
    if len(places) and np.array_equal(places, np.arange(places[0], places[0] + len(places))):
        return slice(int(places[0]), int(places[0]) + len(places))
    return places


def stack(blocks: list[CodedRows]) -> CodedRows:
    """Rows of several blocks of the same columns, one after the other."""
    return replace(
        blocks[0],
        numbers=np.concatenate([block.numbers for block in blocks]),
        ones=np.concatenate([block.ones for block in blocks]),
    )

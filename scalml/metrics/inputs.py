"""What a metric accepts: columns of rows, chunked or not, made alike block by block."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.multiclass import type_of_target

from scalml.data import is_chunked, row_numbers
from scalml.data.collection import align_with, wrap
from scalml.runtime import reduce_chunks
from scalml.statistics.base import as_columns
from scalml.statistics.classes import require_no_bytes
from scalml.statistics.encoding import Encoded
from scalml.statistics.finite import require_finite


def any_chunked(*arrays):
    """Whether at least one of the arrays is a chunked collection."""
    return any(is_chunked(array) for array in arrays)


def chunked(*arrays):
    """Collections of all arrays, on the chunk grid of the first one that is chunked.

    Parameters
    ----------
    *arrays : array-likes, chunked collections or None
        At least one is chunked. None stays None.

    Returns
    -------
    list

    Raises
    ------
    ValueError
        If their lengths differ.
    """
    lead = next(array for array in arrays if is_chunked(array))
    present = [array for array in arrays if array is not None]
    lengths = [_length(array) for array in present]
    if len({length for length in lengths if length is not None}) > 1:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: {lengths}")
    found = iter([wrap(source) for source in align_with(lead, *present)[1:]])
    return [None if array is None else next(found) for array in arrays]


def scored(y_true, y_pred, sample_weight, name, roles=("y_true", "y_pred")):
    """`chunked` of what a metric compares, of which only the weights may be None.

    Raises
    ------
    ValueError
        If a target is None, or lengths differ.
    """
    for role, array in zip(roles, (y_true, y_pred), strict=True):
        if array is None:
            raise ValueError(f"{name} compares {roles[0]} with {roles[1]}, got {role}=None.")
    return chunked(y_true, y_pred, sample_weight)


def require_weight(total):
    """Refuse weights that are zero everywhere: means over them are not defined."""
    if total == 0:
        raise ValueError("sample_weight must not be zero everywhere: the mean is not defined.")


def with_rows_of(lead, other):
    """`other`, marked as having the rows of `lead`, so that one mask filters both alike.

    Two files, or a file and an array, are aligned by their lengths. Once filtered these would have
    to be counted again; as a function of the rows of `lead` they need not.

    Parameters
    ----------
    lead, other : collections on one chunk grid, or None
    """
    if other is None or other.source.rows.rows_token == lead.source.rows.rows_token:
        return other
    return row_numbers(lead).map_chunks(_second, other, empty=other.source.empty())


class Truth:
    """The targets of one block, for metrics that compare many answers with them.

    The functions of this module take it in place of the block; labels are looked at and encoded
    once.
    """

    def __init__(self, block):
        self.block = block

    @cached_property
    def labels(self):
        """`labels_of` the block."""
        return labels_of(self.block, "y_true")

    @cached_property
    def encoded(self):
        """The labels, of shape (n_rows,), with their classes."""
        return Encoded.of(self.labels)


def labels_of(block, name):
    """Labels of one block: ndarray of shape (n_rows,), or (n_rows, n_labels) for indicators.

    Raises
    ------
    ValueError
        For missing labels, and for numbers that are not whole: those are no classes.
    """
    if isinstance(block, Truth):
        return block.labels
    if sparse.issparse(block):
        return block
    y = block.to_numpy() if isinstance(block, (pd.DataFrame, pd.Series)) else np.asarray(block)
    require_no_bytes(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.dtype.kind == "f":
        if not np.isfinite(y.sum()):
            require_finite(y, label=name)
        if not (y == np.trunc(y)).all():
            kind = "continuous" if y.ndim == 1 else "continuous-multioutput"
            raise ValueError(f"{kind} format is not supported: {name} must hold class labels.")
    elif y.dtype == object and pd.isna(y).any():
        raise ValueError(f"Input {name} contains NaN: every row needs a label.")
    if y.ndim > 2 or y.ndim == 0:
        raise ValueError(f"{name} must have one or two dimensions, got shape {y.shape}.")
    return y


def label_pair(y_true, y_pred):
    """True and predicted labels of one block: two vectors, or two matrices of indicators.

    Raises
    ------
    ValueError
        As `labels_of` and `same_kind`; if a matrix holds more than indicators.
    """
    y_true, y_pred = labels_of(y_true, "y_true"), labels_of(y_pred, "y_pred")
    same_kind(y_true, y_pred)
    if y_true.dtype.kind in "iu" and y_pred.dtype.kind == "f" and y_pred.ndim == 1:
        y_pred = _as_whole(y_pred, y_true.dtype)
    for y in (y_true, y_pred):
        if y.ndim == 2:
            require_indicators(y)
    return y_true, y_pred


def require_indicators(y):
    """Refuse a matrix of labels that are not all 0 or 1."""
    values = y.data if sparse.issparse(y) else y
    if values.dtype.kind not in "biuf" or (values.size and (values.max() > 1 or values.min() < 0)):
        raise ValueError("multiclass-multioutput is not supported")


def same_kind(y_true, y_pred):
    """Refuse to compare text with numbers, or labels with sets of labels, as scikit-learn does.

    Raises
    ------
    ValueError
        If one block holds strings and the other numbers, or their shapes differ.
    """
    if y_true.ndim != y_pred.ndim:
        kinds = [type_of_target(y) for y in (y_true, y_pred)]
        raise ValueError(
            f"Classification metrics can't handle a mix of {kinds[0]} and {kinds[1]} targets"
        )
    if _is_text(y_true) != _is_text(y_pred):
        raise ValueError(
            "Labels in y_true and y_pred should be of the same type. "
            f"Got y_true of {y_true.dtype} and y_pred of {y_pred.dtype}."
        )
    if y_true.shape != y_pred.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape, got {y_true.shape} and {y_pred.shape}."
        )


def numbers_of(block, name, dtype="numeric"):
    """Finite numbers of one block, of shape (n_rows,) or (n_rows, n_columns).

    Raises
    ------
    ValueError
        For NaN and infinity.
    """
    values = as_numbers(block, dtype)
    if values.dtype.kind == "f" and not np.isfinite(values.sum(dtype=np.float64)):
        require_finite(values, label=name)
    return values


def as_numbers(block, dtype="numeric"):
    """Numbers of one block as `check_array` makes them; NaN and infinity are left to the caller."""
    values = block.block if isinstance(block, Truth) else block
    plain = type(values) is np.ndarray and values.dtype == np.float64
    if plain and values.ndim in (1, 2) and values.size:
        return values  # as `check_array` does, after looking longer than it takes to use them
    return check_array(values, ensure_2d=False, dtype=dtype, ensure_all_finite=False)


def number_pair(y_true, y_pred):
    """Targets and predictions of one block as float64 of shape (n_rows, n_outputs).

    Raises
    ------
    ValueError
        For NaN and infinity, and if they have different numbers of outputs.
    """
    y_true, y_pred = (
        as_columns(numbers_of(y, name)).astype(np.float64, copy=False)
        for y, name in ((y_true, "y_true"), (y_pred, "y_pred"))
    )
    if y_true.shape[1] != y_pred.shape[1]:
        raise ValueError(
            "y_true and y_pred have different number of output "
            f"({y_true.shape[1]}!={y_pred.shape[1]})"
        )
    return y_true, y_pred


def absolute_errors(y_true, y_pred):
    """Sizes of the errors of one block, as float64 of shape (n_rows, n_outputs).

    Whole numbers, which float64 may not hold (nanoseconds, say), are subtracted before they are
    rounded.
    """
    pair = number_pair(y_true, y_pred)
    whole = [np.asarray(as_numbers(y)) for y in (y_true, y_pred)]
    if all(y.dtype.kind in "iu" for y in whole):
        a, b = (as_columns(y) for y in whole)
        far = np.maximum(a, b) - np.minimum(a, b)  # wraps only where float64 is right to 1e-16
        return np.where(far >= 0, far, np.abs(pair[0] - pair[1])).astype(np.float64)
    return np.abs(pair[0] - pair[1])


def in_exact_order(rows):
    """Rows of a ranking whose scores, if float64 does not tell them apart, are put so that it does.

    Parameters
    ----------
    rows : list of collections or None
        Targets, scores and weights.

    Notes
    -----
    One more pass over scores of 64-bit integers. Where some are beyond 2**53, each becomes the
    float64 with its bits (those of its size, with its sign): of numbers so far from zero as these
    may be, the order is the same.
    """
    y_true, y_score, *others = rows
    if y_score.dtype is None or getattr(y_score.dtype, "kind", "f") not in "iu":
        return rows
    if y_score.dtype.itemsize < 8 or not reduce_chunks(_Beyond.of, y_score, name="scores").found:
        return rows
    return [y_true, y_score.map_chunks(_as_ordered_floats), *others]


@dataclass(frozen=True)
class _Beyond:
    """Whether a whole number is beyond those that float64 holds exactly."""

    found: bool

    @classmethod
    def of(cls, block):
        values = np.asarray(block)
        ends = (int(values.min()), int(values.max())) if values.size else (0, 0)
        return cls(max(map(abs, ends)) > 2**53)

    def __add__(self, other):
        return _Beyond(self.found or other.found)


def _as_ordered_floats(block):
    values = np.asarray(block)
    largest = int(np.float64(np.finfo(np.float64).max).view(np.int64))  # 9.2e18
    if values.dtype.kind == "u":
        return np.minimum(values, np.uint64(largest)).view(np.float64)
    values = np.clip(values, -largest, largest)
    sizes = np.abs(values).view(np.float64)
    return np.where(values < 0, -sizes, sizes)


def weights_of(block):
    """Weights of one block as float64 of shape (n_rows,); None stays None.

    Raises
    ------
    ValueError
        For NaN, infinity and negative weights.
    """
    if block is None:
        return None
    weight = numbers_of(column_of(block), "sample_weight", dtype=np.float64)
    if len(weight) and weight.min() < 0:
        raise ValueError(f"sample_weight must not be negative, got {weight.min()}.")
    return weight


def column_of(values):
    """One column of values, of shape (n_rows,), as scikit-learn's `column_or_1d` makes it."""
    return values if isinstance(values, np.ndarray) and values.ndim == 1 else column_or_1d(values)


def _length(array):
    """Rows of a collection, if they are counted, or of an array-like."""
    if hasattr(array, "shape"):
        return array.shape[0] if array.shape else None
    return len(array) if hasattr(array, "__len__") else None


def _second(_, block):
    return block


def _as_whole(y, dtype):
    """Whole numbers as integers of a dtype that holds them; else as they are."""
    with np.errstate(invalid="ignore"):
        whole = y.astype(dtype)
    return whole if (whole == y).all() else y


def _is_text(y):
    if y.dtype.kind in "US":
        return True
    return (
        not sparse.issparse(y) and y.dtype == object and len(y) > 0 and isinstance(y.flat[0], str)
    )

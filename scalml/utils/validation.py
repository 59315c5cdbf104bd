"""Input of estimators, checked as scikit-learn does: at once in memory, chunk by chunk beyond."""

from __future__ import annotations

from functools import partial
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils import check_array, column_or_1d, get_tags
from sklearn.utils.validation import validate_data

from ..data import ChunkedArray, align_with, from_array, from_frame, is_chunked, wrap
from ..sources.base import Mapped, same_rows
from ..sources.coded import coded_twin
from ..sources.memory import MemorySource
from ..statistics.columns import column_of
from ..statistics.finite import require_finite
from .first_refused import first_refused

__all__ = ["is_chunked", "require_finite_columns", "validate_chunks"]


def validate_chunks(
    estimator: Any,
    X: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    reset: bool = True,
    accept_sparse: Any = False,
    dtype: Any = np.float64,
    ensure_all_finite: Any = True,
    finite: str = "chunk",
    keep_frames: bool = False,
    y_numeric: bool = False,
    multi_output: bool = False,
    accept_codes: bool = False,
    ensure_min_samples: int = 1,
    ensure_min_features: int = 1,
) -> tuple[Any, Any, Any]:
    """Aligned chunked X, y and sample_weight, in memory or not at the start.

    In-memory input passes scikit-learn's `validate_data` whole. Chunked input has its columns
    checked now, and its values when they are read.

    Parameters
    ----------
    estimator : estimator
        Gets ``n_features_in_`` and ``feature_names_in_``, or is compared with them.
    X, y, sample_weight
        Collections or in-memory data; y and sample_weight may be None.
    reset : bool
        False to compare with the columns seen before.
    accept_sparse, dtype, ensure_all_finite, y_numeric, multi_output, ensure_min_samples, \
            ensure_min_features
        As in `sklearn.utils.validation.validate_data`.
    finite : {"chunk", "statistic"}
        Who looks for NaN and infinity in chunked X: a check of each chunk, or the statistic.
    accept_codes : bool
        Take encoded rows as `CodedRows` where they can be had so.
    keep_frames : bool
        Leave frames (and the dtype of arrays) as they are.

    Returns
    -------
    X, y, sample_weight : collections or None
        On the chunk grid of X.

    Raises
    ------
    ValueError, TypeError
        As scikit-learn, with the row and file for chunked input.
    """
    if y is None and get_tags(estimator).target_tags.required:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    check = {"accept_sparse": accept_sparse, "dtype": None if keep_frames else dtype}
    if is_chunked(X):
        _check_dimensions(estimator, X, accept_sparse)
        validate_data(estimator, X=X.source.empty(), reset=reset, skip_check_array=True)
        if X.shape[1] < ensure_min_features:
            raise ValueError(
                f"Found array with {X.shape[1]} feature(s) (shape=({X.source.n_rows or ''}, "
                f"{X.shape[1]})) while a minimum of {ensure_min_features} is required by "
                f"{type(estimator).__name__}."
            )
        twin = coded_twin(X.source) if accept_codes else None
        X = (
            _checked_lazily(X, check, ensure_all_finite, finite, keep_frames)
            if twin is None
            else _coded(twin, dtype)
        )
    elif keep_frames and isinstance(X, pd.DataFrame):
        validate_data(estimator, X=X, reset=reset, skip_check_array=True)
        few = np.empty((min(len(X), ensure_min_samples), X.shape[1]), dtype=bool)
        check_array(
            few,
            ensure_min_samples=ensure_min_samples,
            ensure_min_features=ensure_min_features,
            estimator=estimator,
        )
        X = from_frame(X)
    else:
        check |= {
            "ensure_all_finite": ensure_all_finite,
            "ensure_min_samples": ensure_min_samples,
            "ensure_min_features": ensure_min_features,
        }
        if y is None or is_chunked(y):
            X = validate_data(estimator, X, reset=reset, **check)
        else:
            X, y = validate_data(
                estimator,
                X,
                y,
                reset=reset,
                multi_output=multi_output,
                y_numeric=y_numeric,
                **check,
            )
        X = from_array(X)
    return (
        X,
        None if y is None else _target(X, y, y_numeric, multi_output),
        None if sample_weight is None else _weights(X, sample_weight),
    )


def _check_dimensions(estimator: Any, X: Any, accept_sparse: Any) -> None:
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D data, got a {type(X).__name__} of {X.ndim} dimension. "
            "A column becomes a table with df[['name']] or y.reshape(-1, 1)."
        )
    if not accept_sparse and isinstance(X, ChunkedArray) and X.issparse:
        raise TypeError(
            f"{type(estimator).__name__} needs dense data, got CSR chunks; "
            "X.map_chunks(lambda block: block.toarray()) makes them dense."
        )


def _checked_lazily(
    X: Any, check: dict[str, Any], ensure_all_finite: Any, finite: str, keep_frames: bool
) -> Any:
    head = X.source.empty()
    convert = None if keep_frames or _is_right(head, check["dtype"]) else check
    # A frame is looked at here, where the names of its columns are known.
    later = finite == "statistic" and not isinstance(head, pd.DataFrame)
    look = None if later or keep_frames else ensure_all_finite
    if convert is None and look in (None, False):
        return X
    if convert is not None and isinstance(head, pd.DataFrame):
        _refuse_text(head)
    names = list(head.columns) if isinstance(head, pd.DataFrame) else None
    checked = partial(_check_block, convert=convert, finite=look, names=names)
    return wrap(Mapped(checked, [X.source]))


def _coded(twin: Any, wanted: Any) -> Any:
    """Coded rows in a wanted dtype: the first, as scikit-learn does, unless they are in one."""
    if _is_right(twin.empty(), wanted):
        return wrap(twin)
    first = wanted[0] if isinstance(wanted, (list, tuple)) else wanted
    return wrap(Mapped(methodcaller("astype", first), [twin]))


def _is_right(head: Any, wanted: Any) -> bool:
    """Whether blocks are arrays of a wanted dtype already."""
    if isinstance(head, pd.DataFrame):
        return False
    if wanted is None:
        return True
    if isinstance(wanted, str) and wanted == "numeric":
        return head.dtype.kind in "biufc"
    several = isinstance(wanted, (list, tuple))
    return any(head.dtype == one for one in (wanted if several else [wanted]))


def _refuse_text(head: pd.DataFrame) -> None:
    """Say now, not when the rows are read, which column does not become numbers."""
    for name, dtype in head.dtypes.items():
        numeric = isinstance(dtype, np.dtype) and dtype.kind in "biufcO"
        text = isinstance(dtype, (pd.StringDtype, pd.CategoricalDtype)) or not (
            numeric or pd.api.types.is_any_real_numeric_dtype(dtype) or dtype == "boolean"
        )
        if text:
            raise ValueError(
                f"could not convert column {name!r} of {_dtype_text(dtype)} to float: encode it, "
                "with OneHotEncoder or OrdinalEncoder in a ColumnTransformer, or drop it."
            )


def _dtype_text(dtype: Any) -> str:
    return "category" if isinstance(dtype, pd.CategoricalDtype) else str(dtype)


def _check_block(block: Any, convert: Any, finite: Any, names: Any) -> Any:
    if convert is not None:
        call = partial(
            check_array,
            **convert,
            ensure_all_finite=False,
            ensure_min_samples=0,
            order="C" if not sparse.issparse(block) else None,
        )
        try:
            block = call(block)
        except ValueError as error:  # a text among objects
            row = first_refused(call, block)
            if row is None or "the first in" in str(error):
                raise
            error.args = (f"{str(error).rstrip('.')}, the first in row {row}.",)
            error.row = row  # type: ignore[attr-defined]
            raise
    if finite is not None and finite is not False:
        values = block.data if sparse.issparse(block) else block
        if _is_suspect(values):
            require_finite(block, names, allow_nan=finite == "allow-nan")
    return block


def require_finite_columns(block: Any, *, allow_nan: bool = True) -> None:
    """Refuse infinity, and NaN unless allowed, in the columns of floats of a block of any kind.

    Parameters
    ----------
    block : ndarray, CSR matrix or DataFrame of shape (n_rows, n_columns)
    allow_nan : bool, default=True
        Whether NaN stands for a missing value.

    Raises
    ------
    ValueError
        As `require_finite`.
    """
    if isinstance(block, pd.DataFrame):
        for name, column in block.items():
            kept: Any = column.dtype
            if isinstance(kept, pd.CategoricalDtype):
                kept = kept.categories.dtype
            if kept.kind == "f" and _is_suspect(values := column_of(column)):
                require_finite(values[:, None], [str(name)], allow_nan=allow_nan)
    elif _is_suspect(block.data if sparse.issparse(block) else block):
        require_finite(block, allow_nan=allow_nan)


def _is_suspect(values: Any) -> bool:
    """Whether floats do not add up to a finite number."""
    if values.dtype.kind != "f":
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite(values.sum(dtype=np.float64))


def _beside(X: Any, other: Any, name: str) -> Any:
    """Source of `other` on the chunks of X.

    Raises
    ------
    ValueError
        If they have not as many rows, by the names that the caller knows them by.
    """
    known = is_chunked(other) and same_rows(X.source, other.source)
    if not known and np.ndim(other):
        lengths = len(X), len(other) if is_chunked(other) else other.shape[0]
        if lengths[0] != lengths[1]:
            raise ValueError(
                f"X and {name} must have as many rows, got {lengths[0]} of {X.source.describe()} "
                f"and {lengths[1]}."
            )
    return align_with(X, other)[1]


def _target(X: Any, y: Any, numeric: bool, multi_output: bool) -> Any:
    if not is_chunked(y):
        if np.ndim(y) == 0:
            raise ValueError(f"y should be a 1d array, with a value a row, got {y!r} instead.")
        y = y if isinstance(y, (pd.Series, pd.DataFrame)) else np.asarray(y)
        if y.ndim == 2 and y.shape[1] == 1 and not multi_output:
            y = column_or_1d(y, warn=True)
        if (y.ndim == 1 or multi_output) and len(
            y
        ):  # bad values are found before anything is computed
            y = _check_target(y, numeric, flat=not multi_output)
    source = _beside(X, y, "y")
    head = source.empty()
    if head.ndim == 2 and not multi_output and head.shape[1] != 1:
        raise ValueError(
            f"y should be a 1d array, got an array of {head.shape[1]} columns instead."
        )
    if isinstance(source, MemorySource) and not is_chunked(y):
        return wrap(source)
    checked = partial(_check_target, numeric=numeric, flat=not multi_output)
    return wrap(Mapped(checked, [source]))


def _check_target(block: Any, numeric: bool, flat: bool) -> np.ndarray:
    if isinstance(block, (pd.Series, pd.DataFrame)):
        missing = block.isna().to_numpy()
        if missing.any():
            _refuse_target(missing, "NaN")
        values = block.to_numpy()
        if values.dtype == object and pd.api.types.is_numeric_dtype(
            getattr(block, "dtype", object)
        ):
            dtype: Any = block.dtype  # one of pandas' nullable numbers
            values = values.astype(dtype.numpy_dtype)
    else:
        values = np.asarray(block)
    if numeric and values.dtype.kind not in "fc":
        values = values.astype(np.float64)
    if flat and values.ndim == 2:
        values = values.ravel()
    if _is_suspect(values):
        _refuse_target(np.isnan(values), "NaN")
        _refuse_target(np.isinf(values), "infinity")
    return values


def _refuse_target(bad: np.ndarray, what: str) -> None:
    rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
    if len(rows):
        error = ValueError(
            f"Input y contains {what}: {len(rows)} rows, the first is row {rows[0]}. Drop these "
            "rows before fitting."
        )
        error.row = int(rows[0])  # type: ignore[attr-defined]
        raise error


def _weights(X: Any, sample_weight: Any) -> Any:
    if not is_chunked(sample_weight):
        weight = np.asarray(sample_weight, dtype=np.float64)
        if weight.ndim == 0:
            weight = np.full(len(X), float(weight))
        if weight.ndim != 1:
            raise ValueError(f"Sample weights must be 1D array or scalar, got {weight.ndim}D.")
        if len(weight) != len(X):
            raise ValueError(f"sample_weight.shape == {weight.shape}, expected {(len(X),)}!")
        return wrap(align_with(X, _check_weights(weight))[1])
    source = _beside(X, sample_weight, "sample_weight")
    if source.empty().ndim != 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, got {source.empty().ndim}D.")
    return wrap(Mapped(_check_weights, [source]))


def _check_weights(block: Any) -> np.ndarray:
    weight = np.asarray(block, dtype=np.float64)
    if _is_suspect(weight):
        require_finite(weight, label="sample_weight")
    if len(weight) and weight.min() < 0:
        row = int(np.argmax(weight < 0))
        error = ValueError(
            f"Negative values in data passed to sample_weight: {float(weight[row])!r}."
        )
        error.row = row  # type: ignore[attr-defined]
        raise error
    return weight

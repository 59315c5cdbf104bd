"""Fitted estimators applied to chunks: each worker uses scikit-learn's own method."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sklearn
from scipy import sparse
from sklearn.utils.validation import check_is_fitted, validate_data

from ..data import is_chunked, wrap
from ..sources.base import Mapped, n_rows_of, row_nbytes
from ..sources.blocks import writable
from .fitting import ChunkedEstimator
from .refusals import naming_the_row
from .slabwise import Slabwise


class Apply:
    """A method of a fitted scikit-learn estimator, as a function of one block."""

    def __init__(self, plain: Any, method: str) -> None:
        self.plain = plain
        self.method = method

    def __call__(self, block: Any) -> Any:
        result = naming_the_row(getattr(self.plain, self.method), writable(block))
        return result.tocsr() if sparse.issparse(result) else result


def apply(estimator: Any, method: str, X: Any, *, empty: Any = None) -> Any:
    """Result of a fitted estimator's method: at once for X in memory, lazily for chunks.

    Parameters
    ----------
    estimator : estimator with ``to_sklearn``
    method : str
        Such as ``"predict"``.
    X : collection or in-memory data
    empty : block, optional
        What the method returns for no rows, for chunked X; found from an example row otherwise.

    Returns
    -------
    What scikit-learn's method returns, or a collection of it
        The collection is a snapshot: fitting again does not change it.
    """
    check_is_fitted(estimator)
    plain = estimator.to_sklearn()
    if not is_chunked(X):
        return getattr(plain, method)(X)
    head = head_of(estimator, X)
    work = Apply(plain, method)
    return lazily(work, X, work(example_rows(head)) if empty is None else empty)


def lazily(func: Any, X: Any, example: Any, coded: Mapped | None = None) -> Any:
    """Collection of what `func` makes of each chunk of X; `example` is the result for any rows.

    Encoding a frame costs far more than reading numbers, so iterative fits cache its result.
    `coded` gives the same rows as `CodedRows`.
    """
    return wrap(_mapped(func, X, example, coded))


def _mapped(func: Any, X: Any, example: Any, coded: Mapped | None = None) -> Mapped:
    frames = isinstance(X.source.empty(), pd.DataFrame)
    size = row_nbytes(example) if n_rows_of(example) else None
    return Mapped(
        func, [X.source], empty=example[:0], expensive=frames, bytes_per_row=size, coded=coded
    )


def head_of(estimator: Any, X: Any) -> Any:
    """The empty block of chunked X, its columns compared with those that were fitted."""
    if X.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got 1D {type(X).__name__} instead: y.reshape(-1, 1) or "
            "series.to_frame() makes a column."
        )
    head = X.source.empty()
    validate_data(estimator, X=head, reset=False, skip_check_array=True)
    return head


def example_rows(head: Any) -> Any:
    """One row for a fitted estimator to try, in the container of the empty block `head`."""
    if isinstance(head, pd.DataFrame):
        row = {name: [_example_value(dtype)] for name, dtype in head.dtypes.items()}
        return pd.DataFrame(row).astype(head.dtypes.to_dict())
    if sparse.issparse(head):
        return type(head)((1, head.shape[1]), dtype=head.dtype)
    return np.zeros((1, head.shape[1]), dtype=head.dtype)


class ChunkedTransformer(ChunkedEstimator):
    """Mixin: ``transform`` and its kin through `to_sklearn`, lazily on chunked input.

    Give the class ``auto_wrap_output_keys=None``: scikit-learn's wrapper would turn collections
    into frames at once. ``set_output`` works all the same.
    """

    def to_sklearn(self) -> Any:
        raise TypeError(f"{type(self).__name__} has no scikit-learn counterpart.")

    def transform(self, X: Any) -> Any:
        """Transform rows: at once in memory, lazily (a snapshot) on a chunked collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_features)

        Returns
        -------
        array, DataFrame or collection of shape (n_rows, n_features_out)
        """
        return self._apply("transform", X)

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """``fit``, then ``transform`` of the same rows."""
        return self.fit(X, y, **fit_params).transform(X)  # type: ignore[attr-defined]

    def set_output(self, *, transform: str | None = None) -> Any:
        """Choose the container of transformed rows, as scikit-learn's ``set_output``.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None
            "pandas" makes a `ChunkedFrame` of chunked input. None leaves it as it is.
        """
        if transform not in (None, "default", "pandas", "polars"):
            raise ValueError(
                f"transform must be 'default', 'pandas', 'polars' or None, got {transform!r}."
            )
        if transform is not None:
            self._output = transform  # a name ending in "_" would make it look fitted
        return self

    def __sklearn_clone__(self) -> Any:
        copy = super().__sklearn_clone__()  # type: ignore[misc]
        return copy.set_output(transform=getattr(self, "_output", None))

    def example_rows(self, head: Any) -> Any:
        """A row that `transform` accepts, in the container of the empty block `head`."""
        return example_rows(head)

    def coding(self, head: Any) -> Any:
        """A function that makes `CodedRows` of blocks like the empty `head`; None if none does.

        It has an attribute `written`, the function that gives these rows as `transform` does.
        """
        return None

    def _apply(self, method: str, X: Any) -> Any:
        check_is_fitted(self)
        chosen = getattr(self, "_output", None)
        container = chosen or sklearn.get_config()["transform_output"]
        plain = self.to_sklearn()
        # Steps of others need not have set_output, as long as nobody chooses.
        if (
            method == "transform"
            and hasattr(plain, "set_output")
            and (chosen, container)
            != (
                None,
                "default",
            )
        ):
            plain.set_output(transform=container)
        if not is_chunked(X):
            return getattr(plain, method)(X)
        if container == "polars":
            raise ValueError('Chunked frames are pandas; choose set_output(transform="pandas").')
        X, head = self._admitted(X)
        example = (self.example_rows if method == "transform" else example_rows)(head)
        coding = self.coding(head) if method == "transform" and container == "default" else None
        if coding is not None:
            coded = _mapped(coding, X, coding(example))
            return lazily(coding.written, X, coding.written(example), coded)
        work: Any = Apply(plain, method)
        if method == "transform" and container == "default":
            work = self._slabwise(head, plain) or work
        return lazily(work, X, work(example))

    def _admitted(self, X: Any) -> tuple[Any, Any]:
        """Chunked X, its columns compared with those that were fitted, and its empty block."""
        return X, head_of(self, X)

    def _slabwise(self, head: Any, plain: Any) -> Slabwise | None:
        """The fitted transformer slab by slab, where it can and rows like `head` suit it."""
        make = getattr(self, "slabwise", None)
        if make is None or not isinstance(head, np.ndarray) or head.dtype != np.float64:
            return None
        step = make()
        return None if step is None else Slabwise([step], plain)


def _example_value(dtype: Any) -> Any:
    if isinstance(dtype, pd.CategoricalDtype):
        return dtype.categories[0] if len(dtype.categories) else None
    if getattr(dtype, "kind", "O") in "biufc":  # NumPy's numbers and pandas' nullable ones
        return 0
    # Text that is a number too, for columns of objects that are numbers.
    return pd.Timestamp(0) if isinstance(dtype, np.dtype) and dtype.kind == "M" else "0"

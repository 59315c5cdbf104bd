"""MinMaxScaler: columns scaled to a range, from extrema that add up."""

from __future__ import annotations

from typing import Any

import sklearn.preprocessing
from scipy import sparse

from scalml.preprocessing.extrema import ExtremaScaler
from scalml.utils.validation import is_chunked

__all__ = ["MinMaxScaler"]


class MinMaxScaler(  # type: ignore[call-arg]
    ExtremaScaler, sklearn.preprocessing.MinMaxScaler, auto_wrap_output_keys=None
):
    """Scale each column so that its extrema become the ends of a range.

    Parameters, attributes and results are those of `sklearn.preprocessing.MinMaxScaler`, to the
    last bit; the rows may be a `ChunkedArray`, a `ChunkedFrame` or in memory. Chunked rows are
    scaled lazily.

    Parameters
    ----------
    feature_range : tuple (min, max), default=(0, 1)
    copy : bool, default=True
        Whether in-memory input is left alone. Chunks always are.
    clip : bool, default=False
        Whether `transform` cuts off what rows not seen by `fit` have outside the range.

    Attributes
    ----------
    extrema_ : Extrema
        Smallest and largest value of each column, and the rows; what `partial_fit` adds to.
    data_min_, data_max_, data_range_, min_, scale_, n_samples_seen_, n_features_in_, \
            feature_names_in_
        As in scikit-learn, float32 for float32 rows.

    See Also
    --------
    MaxAbsScaler : Keeps zeros, and takes CSR.

    Notes
    -----
    One pass; memory is one chunk a worker. NaN is missing: left out by `fit`, kept by
    `transform`. Memory order (C or Fortran) has no influence. scikit-learn's scaler needs no
    more than the extrema: fitted on two rows, of the smallest and of the largest values, it is
    the one fitted on all.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.preprocessing import MinMaxScaler
    >>> X = scalml.from_array(np.array([[-1.0, 2], [0, np.nan], [3, 6]]), chunk_rows=2)
    >>> scaler = MinMaxScaler().fit(X)
    >>> scaler.data_min_, scaler.data_max_
    (array([-1.,  2.]), array([3., 6.]))
    >>> scaler.transform(X).to_numpy()
    array([[0.  , 0.  ],
           [0.25,  nan],
           [1.  , 1.  ]])
    """

    namesake = sklearn.preprocessing.MinMaxScaler
    fitted_names = ("data_min_", "data_max_", "data_range_", "min_", "scale_")

    def sums(self, X: Any, y: Any = None, *, reset: bool = True) -> Any:
        """Ask for the extrema of X and set the fitted attributes: see `scalml.utils.sums`."""
        if sparse.issparse(X.source.empty() if is_chunked(X) else X):
            raise TypeError(
                "MinMaxScaler does not support sparse input. Consider using MaxAbsScaler instead."
            )
        yield from super().sums(X, y, reset=reset)

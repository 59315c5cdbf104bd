"""MaxAbsScaler: columns divided by their largest absolute value, from extrema that add up."""

from __future__ import annotations

import sklearn.preprocessing

from scalml.preprocessing.extrema import ExtremaScaler

__all__ = ["MaxAbsScaler"]


class MaxAbsScaler(  # type: ignore[call-arg]
    ExtremaScaler, sklearn.preprocessing.MaxAbsScaler, auto_wrap_output_keys=None
):
    """Scale each column to absolute values of at most one; zeros stay zeros.

    Parameters, attributes and results are those of `sklearn.preprocessing.MaxAbsScaler`, to the
    last bit; the rows may be a `ChunkedArray` (dense or CSR), a `ChunkedFrame` or in memory.
    Chunked rows are scaled lazily.

    Parameters
    ----------
    copy : bool, default=True
        Whether in-memory input is left alone. Chunks always are.
    clip : bool, default=False
        Whether `transform` cuts off what rows not seen by `fit` have beyond -1 and 1.

    Attributes
    ----------
    extrema_ : Extrema
        Smallest and largest value of each column, and the rows; what `partial_fit` adds to.
    max_abs_, scale_, n_samples_seen_, n_features_in_, feature_names_in_
        As in scikit-learn, float32 for float32 rows.

    See Also
    --------
    MinMaxScaler : Scales to any range.

    Notes
    -----
    One pass; memory is one chunk a worker, and for CSR another for the entries by column. NaN is
    missing: left out by `fit`, kept by `transform`. Memory order (C or Fortran) has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.preprocessing import MaxAbsScaler
    >>> X = scalml.from_array(np.array([[-4.0, 0], [2, 5], [1, 0]]), chunk_rows=2)
    >>> scaler = MaxAbsScaler().fit(X)
    >>> scaler.max_abs_
    array([4., 5.])
    >>> scaler.transform(X).to_numpy()
    array([[-1.  ,  0.  ],
           [ 0.5 ,  1.  ],
           [ 0.25,  0.  ]])
    """

    namesake = sklearn.preprocessing.MaxAbsScaler
    fitted_names = ("max_abs_", "scale_")
    accept_sparse = "csr"

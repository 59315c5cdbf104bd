"""StandardScaler: means and variances from moments that add up, applied by the namesake."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import sklearn.preprocessing
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import inverse
from scalml.statistics import Moments, Several
from scalml.utils.application import ChunkedTransformer
from scalml.utils.fitting import fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.slabwise import columns_suffice
from scalml.utils.sums import Sum, run
from scalml.utils.validation import is_chunked, validate_chunks

__all__ = ["StandardScaler"]


class StandardScaler(  # type: ignore[call-arg]
    Mergeable, ChunkedTransformer, sklearn.preprocessing.StandardScaler, auto_wrap_output_keys=None
):
    """Centre columns to mean zero and scale them to variance one.

    Parameters, attributes and results are those of `sklearn.preprocessing.StandardScaler`; the
    rows may be a `ChunkedArray`, a `ChunkedFrame` or in memory. Chunked rows are scaled lazily.

    Parameters
    ----------
    copy : bool, default=True
        Whether in-memory input is left alone. Chunks always are.
    with_mean : bool, default=True
        Must be False for sparse rows.
    with_std : bool, default=True

    Attributes
    ----------
    moments_ : Moments
        Count, mean and centred squares of each column; what `partial_fit` adds to.
    mean_, var_, scale_, n_samples_seen_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    One pass; memory is one chunk and one megabyte a worker. NaN is missing: left out by `fit`,
    kept by `transform`. The moments are those of [1]_, shifted and in float64 whatever the input,
    so that a mean far from zero costs no accuracy; outputs keep float32. Memory order (C or
    Fortran) has no influence. `partial_fit` adds moments: the result is that of `fit` on all the
    rows.

    References
    ----------
    .. [1] Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance".

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.preprocessing import StandardScaler
    >>> X = scalml.from_array(np.array([[0.0, 1], [2, 1], [4, 1]]), chunk_rows=2)
    >>> scaler = StandardScaler().fit(X)
    >>> scaler.mean_, scaler.scale_
    (array([2., 1.]), array([1.63299316, 1.        ]))
    >>> scaler.transform(X).to_numpy().round(3)
    array([[-1.225,  0.   ],
           [ 0.   ,  0.   ],
           [ 1.225,  0.   ]])
    """

    moments_: Moments
    _weighted: bool

    takes_moments = True
    learnt_as = ("moments_",)

    @fitting
    def fit(self, X, y=None, sample_weight=None):
        """Learn means and variances.

        Parameters
        ----------
        X : ChunkedArray, ChunkedFrame, array-like or CSR matrix of shape (n_rows, n_columns)
        y : ignored
        sample_weight : array-like or ChunkedArray of shape (n_rows,), default=None

        Returns
        -------
        self : StandardScaler

        Raises
        ------
        ValueError
            If a value is infinite, a weight negative, there are no rows, or sparse rows are to
            be centred.
        """
        run(self.sums(X, y, sample_weight))
        return self

    @fitting
    def partial_fit(self, X, y=None, sample_weight=None):
        """Add the moments of more rows, in one pass over them.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
            With the columns of the first fit.
        y : ignored
        sample_weight : collection or array-like of shape (n_rows,), default=None

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the columns are not those of the first fit, without rows, and for negative weights.
        """
        run(self.sums(X, y, sample_weight, reset=not hasattr(self, "moments_")))
        return self

    def sums(self, X, y=None, sample_weight=None, *, reset=True, known=None):
        """Ask for the moments of X and set the fitted attributes: see `scalml.utils.sums`.

        `known` gives the moments instead, where they follow from what a step before has learnt.
        """
        self._plain(1)
        X, _, sample_weight = validate_chunks(
            self,
            X,
            None,
            sample_weight,
            reset=reset,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            finite="statistic",  # Moments refuses infinity
            keep_frames=columns_suffice(X),
        )
        is_sparse = sparse.issparse(X.source.empty())
        if is_sparse and self.with_mean:
            raise ValueError(
                "Cannot center sparse matrices: pass `with_mean=False` "
                "instead. See docstring for motivation and alternatives."
            )
        moments = known
        if known is None:
            seen = yield Sum(observe, (X, sample_weight))
            if seen["weight"] == 0:
                raise ValueError("Sample weights must contain at least one non-zero number.")
            moments = seen["moments"]
        weighted = sample_weight is not None
        self.moments_ = moments if reset else self.moments_ + moments
        self._weighted = weighted if reset else weighted or self._weighted
        self._solve()

    def _absorb(self, other) -> None:
        self._weighted = self._weighted or other._weighted

    def _solve(self) -> None:
        moments = self.moments_
        mean, var, n = moments.mean, moments.var, moments.n
        if not n.any():
            raise ValueError("A scaler needs at least one row; no weight would be left.")
        n = n if self._weighted else np.rint(n).astype(np.int64)
        # Weights of CSR columns are added up in different orders: equal but for rounding.
        self.n_samples_seen_ = n[0] if np.allclose(n, n[0], rtol=1e-13, atol=0) else n
        self.mean_ = mean if self.with_std or self.with_mean else None
        self.var_ = var if self.with_std else None
        self.scale_ = moments.scale if self.with_std else None

    def transform(self, X, copy=None):
        """Scale rows: at once in memory, lazily (a snapshot) on a chunked collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
        copy : bool, default=None
            Accepted; rows are never written to.

        Returns
        -------
        array, CSR matrix, DataFrame or collection of shape (n_rows, n_columns)
        """
        return super().transform(X)

    def inverse_transform(self, X, copy=None):
        """Scale rows back; lazily on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
        copy : bool, default=None
            Of rows in memory, as in scikit-learn.

        Returns
        -------
        ndarray, CSR matrix or collection of shape (n_rows, n_columns)
        """
        if not is_chunked(X):
            return self.to_sklearn().inverse_transform(X, copy=copy)
        head = X.source.empty()
        dtype = np.float32 if getattr(head, "dtype", None) == np.float32 else np.float64
        example = np.zeros((1, head.shape[1]), dtype=dtype)
        return inverse(self, X, sparse.csr_matrix(example) if sparse.issparse(head) else example)

    def slabwise(self) -> Scale:
        """The fitted scaler as a step of `scalml.utils.slabwise.Slabwise`."""
        return Scale(self.mean_ if self.with_mean else None, self.scale_)

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes."""
        return 1, 1

    def to_sklearn(self) -> sklearn.preprocessing.StandardScaler:
        """Return scikit-learn's own scaler, fitted, independent of this one."""
        check_is_fitted(self, "moments_")
        plain = self._plain(self.n_features_in_, getattr(self, "feature_names_in_", None))
        for name in ("mean_", "var_", "scale_", "n_samples_seen_"):
            value = getattr(self, name)
            setattr(plain, name, value.copy() if isinstance(value, np.ndarray) else value)
        return plain

    def _plain(self, n_columns: int, names=None) -> sklearn.preprocessing.StandardScaler:
        """Fit the namesake on a row of zeros, which also checks the parameters."""
        row: Any = np.zeros((1, n_columns))
        if names is not None:
            row = pd.DataFrame(row, columns=names)
        namesake = sklearn.preprocessing.StandardScaler
        return namesake(**params_of(self, namesake)).fit(row)


class Scale:
    """Subtracts means and divides by scales."""

    def __init__(self, mean, scale) -> None:
        steps = [(np.subtract, mean), (np.divide, scale)]
        self.ufuncs = tuple(ufunc for ufunc, row in steps if row is not None)
        self.operands = tuple(row for _, row in steps if row is not None)

    def __call__(self, values, *operands, out) -> None:
        for ufunc, operand in zip(self.ufuncs, operands, strict=True):
            values = ufunc(values, operand, out=out)
        if values is not out:
            out[...] = values


def observe(X, sample_weight) -> Several:
    """Moments of a block, and the weight of its rows."""
    weight = X.shape[0] if sample_weight is None else float(sample_weight.sum())
    return Several(moments=Moments.of(X, None, sample_weight), weight=weight)

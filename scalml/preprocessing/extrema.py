"""Scalers learnt from extrema: scikit-learn's, fitted on the two rows that hold them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import inverse
from scalml.statistics import Extrema, require_finite
from scalml.utils.application import ChunkedTransformer
from scalml.utils.fitting import fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.sums import Sum, run
from scalml.utils.validation import validate_chunks

__all__ = ["ExtremaScaler"]


class ExtremaScaler(Mergeable, ChunkedTransformer):
    """Mixin of `MinMaxScaler` and `MaxAbsScaler`, for which two rows stand for all.

    They give `namesake`, `fitted_names`, what it learns from the two rows, and `accept_sparse`.
    """

    namesake: Any
    fitted_names: tuple[str, ...]
    accept_sparse: Any = False

    learnt_as = ("extrema_",)
    subtracts = False

    extrema_: Extrema

    @fitting
    def fit(self, X: Any, y: Any = None) -> Any:
        """Learn the extrema of the columns.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
            CSR where the class says so.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a value is infinite (with row and file), a parameter is wrong or there are no rows.
        TypeError
            For sparse rows where only dense ones are scaled.
        """
        run(self.sums(X, y))
        return self

    @fitting
    def partial_fit(self, X: Any, y: Any = None) -> Any:
        """Add the extrema of more rows, in one pass over them.

        Parameters and errors are those of `fit`; the columns must be those of the first fit.
        """
        run(self.sums(X, y, reset=not hasattr(self, "extrema_")))
        return self

    def sums(self, X: Any, y: Any = None, *, reset: bool = True) -> Any:
        """Ask for the extrema of X and set the fitted attributes: see `scalml.utils.sums`."""
        self._plain(np.zeros((2, 1)))
        X, _, _ = validate_chunks(
            self,
            X,
            reset=reset,
            accept_sparse=self.accept_sparse,
            dtype=[np.float64, np.float32],
            ensure_all_finite="allow-nan",
            finite="statistic",
        )
        extrema = yield Sum(observe, (X,))
        self.extrema_ = extrema if reset else self.extrema_ + extrema
        self._solve()

    def _solve(self) -> None:
        plain = self._plain(self._two_rows())
        for name in self.fitted_names:
            setattr(self, name, getattr(plain, name))
        self.n_samples_seen_ = self.extrema_.n

    def inverse_transform(self, X: Any) -> Any:
        """Scale rows back; lazily on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)

        Returns
        -------
        ndarray, CSR matrix or collection of shape (n_rows, n_columns)
        """
        head = X.source.empty() if hasattr(X, "source") else X
        dtype = np.float32 if getattr(head, "dtype", None) == np.float32 else np.float64
        example = np.zeros((1, self.n_features_in_), dtype) if hasattr(self, "extrema_") else None
        return inverse(self, X, sparse.csr_matrix(example) if sparse.issparse(head) else example)

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes."""
        return 1, 1

    def to_sklearn(self) -> Any:
        """Return scikit-learn's own scaler, fitted, independent of this one."""
        check_is_fitted(self, "extrema_")
        rows: Any = self._two_rows()
        if hasattr(self, "feature_names_in_"):
            rows = pd.DataFrame(rows, columns=self.feature_names_in_)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a column of NaN alone was warned of by fit
            plain = self._plain(rows)
        plain.n_samples_seen_ = self.n_samples_seen_
        return plain

    def _two_rows(self) -> np.ndarray:
        return np.stack([self.extrema_.min, self.extrema_.max])

    def _plain(self, rows: Any) -> Any:
        """Fit the namesake on a few rows, which also checks the parameters."""
        return self.namesake(**params_of(self, self.namesake)).fit(rows)  # type: ignore[attr-defined]


def observe(X: Any) -> Extrema:
    """Extrema of a block without infinity, which would be one of them."""
    extrema = Extrema.of(X, skip_nan=True)
    if np.isinf(extrema.min).any() or np.isinf(extrema.max).any():
        require_finite(X, allow_nan=True)
    return extrema

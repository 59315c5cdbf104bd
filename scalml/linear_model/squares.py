"""What squared-error models share: one pass for the Gram matrix, refinement, application."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from scalml.losses import SquaredLoss
from scalml.metrics import r2_score
from scalml.runtime import memory_limit, reduce_chunks
from scalml.statistics import Gram
from scalml.utils.application import apply
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.utils.validation import validate_chunks


class SquaredErrorModel(ChunkedEstimator):
    """Mixin of `LinearRegression` and `Ridge`, which differ in how they solve a `Gram`.

    They give `namesake`, `fitted_names`, `_accept_sparse()`, `_solve(residual, plain)` and
    `_shaped(coef, y_ndim)`.
    """

    namesake: Any
    fitted_names: tuple[str, ...]

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit the model.

        Parameters
        ----------
        X : array-like, CSR matrix or collection of shape (n_rows, n_features)
        y : array-like or collection of shape (n_rows,) or (n_rows, n_targets)
        sample_weight : array-like or collection of shape (n_rows,), optional
            Weights, not negative. A float stands for all rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For NaN or infinity (with row and file), negative weights, wrong shapes or parameters.
        MemoryError
            When the Gram matrix of so many features does not fit the memory limit.
        """
        return self._learn(X, y, sample_weight, None)

    @fitting
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Add rows to those already learnt from; the model is the one of all of them.

        One pass over the new rows. Refinement, which needs all rows, is left out: of strongly
        correlated columns some digits are lost that `fit` keeps.

        Parameters and errors are those of `fit`.
        """
        return self._learn(X, y, sample_weight, getattr(self, "gram_", None))

    def _learn(self, X: Any, y: Any, sample_weight: Any, before: Gram | None) -> Any:
        X, y, sample_weight = validate_chunks(
            self,
            X,
            y,
            sample_weight,
            reset=before is None,
            accept_sparse=self._accept_sparse(),
            dtype=(np.float64, np.float32),
            finite="statistic",
            y_numeric=True,
            multi_output=True,
        )
        head, n_targets = X.source.empty(), _n_targets(y)
        plain = self._namesake(head, n_targets)
        _require_memory(X.shape[1] + n_targets)
        gram = reduce_chunks(Gram.of, X, y, sample_weight, name="Gram matrix")
        self.gram_ = gram if before is None else before + gram
        if self.gram_.weight <= 0:
            raise ValueError("Sample weights must contain at least one non-zero number, got zeros.")
        residual = None if before is not None else partial(self._residual, X, y, sample_weight)
        coef = self._solve(residual, plain).astype(head.dtype)
        self.coef_ = self._shaped(coef, y.ndim)
        if self.fit_intercept:
            intercept = self.gram_.Y_mean - self.gram_.X_mean @ coef.astype(np.float64)
            self.intercept_ = intercept.astype(head.dtype)[0 if y.ndim == 1 else slice(None)]
        else:
            self.intercept_ = 0.0
        return self

    def _residual(self, X: Any, y: Any, sample_weight: Any, coef: np.ndarray) -> np.ndarray:
        """Centred ``X'(y - X coef)`` from the rows: one pass."""
        options: dict[str, Any] = {"coef": coef}
        if self.fit_intercept:
            options |= {"X_mean": self.gram_.X_mean, "Y_mean": self.gram_.Y_mean}
        loss = reduce_chunks(
            partial(SquaredLoss.of, **options), X, y, sample_weight, name="refinement"
        )
        return -loss.gradient

    def _products(self) -> tuple[np.ndarray, np.ndarray]:
        """X'X and X'Y, about the means if there is an intercept."""
        if self.fit_intercept:
            return self.gram_.XtX, self.gram_.XtY
        raw, d = self.gram_.raw, self.gram_.n_features
        return raw[:d, :d], raw[:d, d:]

    def _namesake(self, head: Any, n_targets: int) -> Any:
        """scikit-learn's estimator, fitted on two rows: its parameters are then known valid."""
        plain = self.namesake(**self.get_params(deep=False))
        rows = np.array([[0.0], [1.0]], dtype=head.dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what two rows do to a solver is of no interest
            plain.fit(
                sparse.csr_matrix(rows) if sparse.issparse(head) else rows,
                np.zeros((2, n_targets), dtype=head.dtype),
            )
        return plain

    def to_sklearn(self) -> Any:
        """The plain scikit-learn estimator, fitted: the same coefficients without scalml."""
        check_is_fitted(self)
        plain = self.namesake(**self.get_params(deep=False))
        for name in self.fitted_names:
            if hasattr(self, name):
                setattr(plain, name, getattr(self, name))
        return plain

    def predict(self, X: Any) -> Any:
        """Predict with the linear model.

        Parameters
        ----------
        X : array-like, CSR matrix or collection of shape (n_rows, n_features)

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows,) or (n_rows, n_targets)
            Lazy for a collection, and a snapshot: fitting again does not change it.
        """
        check_is_fitted(self)
        shape = (
            (0, *np.shape(self.intercept_)) if self.fit_intercept else (0, *self.coef_.shape[:-1])
        )
        return apply(self, "predict", X, empty=np.empty(shape, dtype=output_dtype(X, self.coef_)))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Coefficient of determination of ``predict(X)``; one pass over a collection.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        """
        return r2_score(y, self.predict(X), sample_weight=sample_weight)

    def fit_passes(self) -> tuple[int, int]:
        """Fewest and most passes over the data that `fit` makes."""
        return (1, 3)


def output_dtype(X: Any, coef: np.ndarray) -> np.dtype:
    """dtype of ``X @ coef`` for an array, a frame or a collection."""
    found: Any = X.dtypes if hasattr(X, "dtypes") else [getattr(X, "dtype", np.float64)]
    numeric: list[Any] = [d for d in found if isinstance(d, np.dtype) and d.kind in "biuf"]
    return np.result_type(coef.dtype, *(numeric or [np.float64]))


def _n_targets(y: Any) -> int:
    return 1 if y.ndim == 1 else y.shape[1]


def _require_memory(width: int) -> None:
    need, limit = 4 * 8 * (width + 1) ** 2, memory_limit()
    if need > limit:
        raise MemoryError(
            f"{width} columns need a Gram matrix of {8 * width**2 / 2**30:.1f} GiB and as much "
            f"again to solve it, {need / 2**30:.1f} GiB in all; the limit is "
            f"{limit / 2**30:.1f} GiB. Reduce the columns, or use "
            "scalml.wrappers.Incremental(SGDRegressor())."
        )

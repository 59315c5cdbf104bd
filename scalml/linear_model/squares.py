"""What squared-error models share: one pass for the Gram matrix, refinement, application."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from scalml.linear_model.on_products import apply_linear
from scalml.losses import SquaredLoss
from scalml.metrics import r2_score
from scalml.runtime import memory_limit, one_blas_thread, reduce_chunks
from scalml.statistics import Gram, GramRows
from scalml.statistics.gram_rows import are_few, gram_or_rows
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.row_counts import rows_if_cheap
from scalml.utils.validation import validate_chunks

Residual = Callable[[np.ndarray], np.ndarray]


class SquaredErrorModel(Mergeable, ChunkedEstimator):
    """Mixin of the models that are solved from a `Gram`, and differ in how.

    They give `namesake`, `fitted_names`, `_accept_sparse()` and `_coefficients(residual)`, from
    `gram_`, which is of rows where they are few beside the columns. A search sums one `statistic`
    for each fold and has it solved with other parameters (`solve`), without reading the rows again.
    """

    namesake: Any
    fitted_names: tuple[str, ...]
    learnt_as = ("gram_",)
    gram_: Gram | GramRows

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
            When neither the Gram matrix of so many features nor the rows, where they are few, fit
            the memory limit.
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

    def _learn(self, X: Any, y: Any, sample_weight: Any, before: Any) -> Any:
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
            multi_output=self._takes_targets(),
            accept_codes=True,
        )
        head = X.source.empty()
        self._plain = self._namesake(head, y.source.empty())
        width = X.shape[1] + (1 if y.ndim == 1 else y.shape[1])
        few = self._takes_rows() and are_few(rows_if_cheap(X.source, width), width)
        _require_memory(width, X.source.n_rows if few else None)
        statistic = GramRows.of if few else self.statistic()
        gram = reduce_chunks(statistic, X, y, sample_weight, name="Gram matrix")
        self.gram_ = gram if before is None else before + gram
        self._solve(self.residual_of(X, y, sample_weight) if before is None else None)
        return self

    def statistic(self) -> Callable[..., Gram | GramRows]:
        """Function of a block of X, y and weights whose sum over the rows is all `solve` needs."""
        return gram_or_rows if self._takes_rows() else Gram.of

    def solve(self, statistic: Gram | GramRows, residual: Residual | None = None) -> Any:
        """Fit from the sum of `statistic` over some rows, which are not read.

        Parameters
        ----------
        statistic : Gram or GramRows
        residual : callable, optional
            Of coefficients of shape (n_features, n_targets): ``X'(Y - X coef)`` from the rows,
            about the means. It is asked where `fit` would read the rows again to refine the
            coefficients, which is left out otherwise.

        Returns
        -------
        self
            As after `fit` on these rows.

        Raises
        ------
        ValueError
            For wrong parameters, or when all weights are zero.
        """
        targets = () if statistic.flat else (statistic.n_targets,)
        self._plain = self._namesake(
            np.empty((0, statistic.n_features), statistic.dtype), np.empty((0, *targets))
        )
        self.n_features_in_ = statistic.n_features
        self.gram_ = statistic
        with one_blas_thread():
            self._solve(residual)
        return self

    def _solve(self, residual: Residual | None = None) -> None:
        """Set what follows from `gram_`, refined if need be."""
        if self.gram_.weight <= 0:
            raise ValueError("Sample weights must contain at least one non-zero number, got zeros.")
        coef = self._coefficients(residual)
        shape, dtype = self._plain.coef_.shape, self._plain.coef_.dtype
        coef = coef.astype(dtype)
        self.coef_ = np.ascontiguousarray(coef.T).reshape(*shape[:-1], len(coef))
        self.intercept_ = self._plain.intercept_
        if self._has_intercept():
            intercept = self.gram_.Y_mean - self.gram_.X_mean @ coef.astype(np.float64)
            self.intercept_ = intercept.astype(dtype).reshape(np.shape(self.intercept_))[()]

    def _coefficients(self, residual: Any) -> np.ndarray:
        """Coefficients of shape (n_features, n_targets) from `gram_`."""
        raise TypeError(f"{type(self).__name__} must say how it is solved, by _coefficients.")

    def _takes_targets(self) -> bool:
        return True

    def _takes_rows(self) -> bool:
        """Whether few rows need no products of their columns."""
        return True

    def _has_intercept(self) -> bool:
        return self.fit_intercept  # type: ignore[attr-defined]

    def residual_of(self, X: Any, y: Any, sample_weight: Any = None) -> Residual:
        """What `solve` may ask of the rows, in one pass each time; collections, aligned."""
        return partial(self._residual, X, y, sample_weight)

    def _residual(self, X: Any, y: Any, sample_weight: Any, coef: np.ndarray) -> np.ndarray:
        options: dict[str, Any] = {"coef": coef}
        if self._has_intercept():
            options |= {"X_mean": self.gram_.X_mean, "Y_mean": self.gram_.Y_mean}
        loss = reduce_chunks(
            partial(SquaredLoss.of, **options), X, y, sample_weight, name="refinement"
        )
        return -loss.gradient

    def _products(self) -> tuple[np.ndarray, np.ndarray]:
        """X'X and X'Y, about the means if there is an intercept."""
        if self._has_intercept():
            return self.gram_.XtX, self.gram_.XtY
        raw, d = self.gram_.raw, self.gram_.n_features
        return raw[:d, :d], raw[:d, d:]

    def _namesake(self, X: Any, y: Any) -> Any:
        """scikit-learn's estimator, fitted on two rows that are like those of the blocks X and y.

        Its parameters are then known to be valid, and the shapes of its attributes are ours.
        """
        plain = self._tiny()
        rows = np.array([[0.0], [1.0]], dtype=X.dtype)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what two rows do to a solver is of no interest
            plain.fit(
                sparse.csr_matrix(rows) if sparse.issparse(X) else rows,
                np.zeros((2, *y.shape[1:]), dtype=X.dtype),
            )
        return plain

    def _tiny(self) -> Any:
        """The namesake, for a fit of one feature."""
        return self.namesake(**params_of(self, self.namesake))  # type: ignore[attr-defined]

    def to_sklearn(self) -> Any:
        """The plain scikit-learn estimator, fitted: the same coefficients without scalml."""
        check_is_fitted(self)
        plain = self.namesake(**params_of(self, self.namesake))
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
        empty = np.empty((0, *self.coef_.shape[:-1]), dtype=output_dtype(X, self.coef_))
        return apply_linear(self, "predict", X, empty=empty)

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


def _require_memory(width: int, rows: int | None = None) -> None:
    need, limit = 4 * 8 * (width + 1) ** 2, memory_limit()
    if rows is not None:
        need = 6 * 8 * rows * width
        if need > limit:
            raise MemoryError(
                f"{rows} rows of {width} columns need {need / 2**30:.1f} GiB to solve for; the "
                f"limit is {limit / 2**30:.1f} GiB. Reduce the columns."
            )
    elif need > limit:
        raise MemoryError(
            f"{width} columns need a Gram matrix of {8 * width**2 / 2**30:.1f} GiB and as much "
            f"again to solve it, {need / 2**30:.1f} GiB in all; the limit is "
            f"{limit / 2**30:.1f} GiB. Reduce the columns, or use "
            "scalml.wrappers.Incremental(SGDRegressor())."
        )

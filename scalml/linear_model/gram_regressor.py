"""scikit-learn's other squared-error regressors, fitted to rows that stand for all the rows."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import sklearn.linear_model as plain_models
from sklearn.base import BaseEstimator, MetaEstimatorMixin, RegressorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from scalml.linear_model.pseudo_data import pseudo_rows, turned
from scalml.linear_model.squares import SquaredErrorModel

LOSSES: dict[type, str] = {
    plain_models.Lasso: "mean",
    plain_models.ElasticNet: "mean",
    plain_models.MultiTaskLasso: "mean",
    plain_models.MultiTaskElasticNet: "mean",
    plain_models.Lars: "mean",
    plain_models.LassoLars: "mean",
    plain_models.OrthogonalMatchingPursuit: "sum",
    plain_models.BayesianRidge: "weights",
    plain_models.ARDRegression: "rows",
}


class GramRegressor(  # type: ignore[misc]
    SquaredErrorModel, MetaEstimatorMixin, RegressorMixin, BaseEstimator
):
    """A regressor of scikit-learn's whose loss sees the data only through its Gram matrix.

    One pass sums the Gram matrix of [X, y]; the regressor is then fitted to at most n_features +
    n_targets + 1 rows with that Gram matrix, which it cannot tell from all the rows.

    Parameters
    ----------
    estimator : estimator
        Of these classes, for which the result is that of scikit-learn on all the rows, iterations
        included: `Lars`, `LassoLars`, `OrthogonalMatchingPursuit`, `MultiTaskLasso`,
        `MultiTaskElasticNet`, `BayesianRidge`, `ARDRegression`, `Lasso`, `ElasticNet`. Another
        class needs `loss`. It is cloned, not fitted.
    loss : {'mean', 'sum'} or None, default=None
        For a class that is not in the list, your word that it minimises squared error, divided by
        the number of rows or not, plus a penalty on the coefficients, and looks at the number of
        rows for nothing else: ``'mean'`` where doubling all rows leaves the coefficients alone
        (as with `Lasso`), ``'sum'`` where it is half the penalty (as with `Ridge`).

    Attributes
    ----------
    estimator_ : estimator
        scikit-learn's estimator, fitted; it has its own attributes, such as ``alphas_`` or
        ``sigma_``.
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, float32 for float32 X.
    intercept_ : float or ndarray of shape (n_targets,)
        0.0 without intercept.
    n_iter_ : int or list
        Iterations, where the estimator counts them.
    gram_ : Gram or GramRows
        The statistic learnt, to which `partial_fit` adds; rows where they are few.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    LinearRegression, Ridge, Lasso, ElasticNet : With estimators of their own.

    Notes
    -----
    Passes: one. Weights count as repetitions of rows, also where the class itself has none. X may
    be sparse. Memory: ``8 (n_features + n_targets)**2`` bytes a few times, whatever the rows; any
    memory order of blocks gives the same bits.

    Refused is what does not follow from a Gram matrix: classes with cross-validation inside
    (`scalml.model_selection.GridSearchCV` tunes this one), a `precompute`d matrix (it is the
    matrix summed here), and noise added to y (`jitter`).

    The evidence of `BayesianRidge` and `ARDRegression` also depends on the number of rows, which
    is told by weights or by `alpha_1`, and starts at the variance of y, to which the few rows are
    reflected.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from sklearn.linear_model import LassoLars
    >>> from scalml.linear_model import GramRegressor
    >>> X = scalml.from_array(np.array([[0.0, 1], [1, 0], [2, 1], [3, 0]]), chunk_rows=3)
    >>> model = GramRegressor(LassoLars(alpha=0.1)).fit(X, np.array([0.0, 2.0, 4.0, 6.0]))
    >>> model.coef_.round(3), model.n_iter_
    (array([1.92, 0.  ]), 1)
    """

    def __init__(self, estimator: Any, *, loss: Any = None) -> None:
        self.estimator = estimator
        self.loss = loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        inner = get_tags(self.estimator)
        tags.target_tags = inner.target_tags
        tags.regressor_tags = inner.regressor_tags
        return tags

    def _accept_sparse(self) -> Any:
        return "csr"

    def _takes_targets(self) -> bool:
        return get_tags(self.estimator).target_tags.multi_output

    def _has_intercept(self) -> bool:
        return self.estimator.get_params(deep=False).get("fit_intercept", False)

    def _loss(self) -> str:
        """How the loss depends on the number of rows, for an estimator that is not refused."""
        known = LOSSES.get(type(self.estimator))
        if self.loss not in (None, "mean", "sum"):
            raise ValueError(f"loss must be 'mean', 'sum' or None, got {self.loss!r}.")
        if known is None and self.loss is None:
            raise ValueError(
                f"{type(self.estimator).__name__} is not known to see data only through its Gram "
                f"matrix, as {', '.join(kind.__name__ for kind in LOSSES)} do. LinearRegression "
                "and Ridge are in scalml.linear_model; for a class that you know to be such a "
                "regressor, pass loss='mean' or loss='sum'."
            )
        params = self.estimator.get_params(deep=False)
        if isinstance(params.get("precompute"), (np.ndarray, list)):
            raise ValueError(
                "precompute must not be a matrix: GramRegressor computes it from the rows. "
                "Pass precompute=False."
            )
        if params.get("jitter") is not None:
            raise ValueError(
                f"jitter must be None, got {params['jitter']!r}: noise on each y does not follow "
                "from a Gram matrix."
            )
        return known or self.loss

    def _namesake(self, X: Any, y: Any) -> Any:
        self._loss()
        plain = clone(self.estimator)
        looked_for = getattr(plain, "n_nonzero_coefs", None) or 1
        rows = np.zeros((2, int(min(max(looked_for, 2), X.shape[1]))), dtype=X.dtype)
        rows[1] = 1.0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what two rows do to a solver is of no interest
            return plain.fit(rows, np.zeros((2, *y.shape[1:]), dtype=X.dtype))

    def _coefficients(self, residual: Any) -> np.ndarray:
        gram, loss, centred = self.gram_, self._loss(), self._has_intercept()
        X, Y = pseudo_rows(gram, centred=centred, mean=loss in ("mean", "weights"))
        rows = gram.weight / len(X)  # that each of these stands for
        inner = clone(self.estimator)
        if "fit_intercept" in inner.get_params(deep=False):
            inner.set_params(fit_intercept=False)
        if loss == "weights":
            X, y = turned(X, Y[:, 0], float(gram.YtY[0, 0]) / gram.weight)
            inner.fit(X, y, sample_weight=np.full(len(X), rows))
        elif loss == "rows":
            X, y = turned(X, Y[:, 0], float(gram.YtY[0, 0]) / gram.weight)
            inner.set_params(alpha_1=inner.alpha_1 + (gram.weight - len(X)) / 2).fit(X, y)
        else:
            inner.fit(X, Y[:, 0] if gram.flat else Y)
        coef = inner.coef_.reshape(-1, self.gram_.n_features).T
        self._finish(inner, rows)
        return coef

    def _finish(self, inner: Any, rows: float) -> None:
        """Give the fitted estimator the parameters it came with, and attributes about the rows."""
        given = self.estimator.get_params(deep=False)
        changed = [name for name in ("fit_intercept", "alpha_1") if name in given]
        inner.set_params(**{name: given[name] for name in changed})
        if self._has_intercept() and hasattr(inner, "X_offset_"):
            inner.X_offset_ = self.gram_.X_mean.copy()
        if isinstance(inner, plain_models.MultiTaskElasticNet):
            inner.eps_ *= rows
        inner.coef_ = inner.coef_.astype(self._plain.coef_.dtype)
        inner.intercept_ = self._plain.intercept_
        self._plain = self.estimator_ = inner
        if hasattr(inner, "n_iter_"):
            self.n_iter_ = inner.n_iter_

    def _solve(self, residual: Any = None) -> None:
        super()._solve(residual)
        self.estimator_.coef_, self.estimator_.intercept_ = self.coef_, self.intercept_
        if hasattr(self, "feature_names_in_"):
            self.estimator_.feature_names_in_ = self.feature_names_in_

    def to_sklearn(self) -> Any:
        """The fitted scikit-learn estimator, independent of this one."""
        check_is_fitted(self)
        plain = clone(self.estimator)
        for name, value in vars(self.estimator_).items():
            if name.endswith("_") and not name.startswith("_"):
                setattr(plain, name, value.copy() if isinstance(value, np.ndarray) else value)
        return plain

    def fit_passes(self) -> tuple[int, int]:
        """Fewest and most passes over the data that `fit` makes."""
        return (1, 1)

"""Lasso and elastic net: scikit-learn's coordinate descent on rows that stand for all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.linear_model

from scalml.linear_model.pseudo_data import pseudo_rows
from scalml.linear_model.squares import SquaredErrorModel
from scalml.utils.fitting import fitting
from scalml.utils.namesakes import params_of


class CoordinateDescent(SquaredErrorModel):
    """Mixin of `Lasso` and `ElasticNet`."""

    fitted_names = (
        "coef_",
        "intercept_",
        "n_iter_",
        "dual_gap_",
        "n_features_in_",
        "feature_names_in_",
    )

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None, check_input: bool = True) -> Any:
        """Fit the model.

        Parameters
        ----------
        X, y, sample_weight : as for `Ridge.fit`
        check_input : bool, default=True
            Accepted; rows are always looked at, in the pass that is made anyway.

        Returns
        -------
        self
        """
        return super().fit(X, y, sample_weight)

    def _accept_sparse(self) -> Any:
        return "csr"

    def _coefficients(self, residual: Any) -> np.ndarray:
        X, Y = pseudo_rows(self.gram_, centred=self._has_intercept(), mean=True)
        params = params_of(self, self.namesake)  # type: ignore[attr-defined]
        params |= {"fit_intercept": False, "precompute": False, "copy_X": False}
        descent = self.namesake(**params)
        if self.warm_start and hasattr(self, "coef_"):  # type: ignore[attr-defined]
            descent.coef_ = np.array(self.coef_, dtype=np.float64)
        descent.fit(X, Y)
        self.n_iter_, self.dual_gap_ = descent.n_iter_, descent.dual_gap_
        return descent.coef_.reshape(-1, self.gram_.n_features).T

    def _tiny(self) -> Any:
        plain = super()._tiny()
        if isinstance(plain.precompute, np.ndarray):
            plain.set_params(precompute=False)
        return plain

    def fit_passes(self) -> tuple[int, int]:
        """Fewest and most passes over the data that `fit` makes."""
        return (1, 1)


class ElasticNet(CoordinateDescent, sklearn.linear_model.ElasticNet):
    """Least squares with l1 and l2 penalties, as `sklearn.linear_model.ElasticNet`.

    Minimises ``sum_i w_i (y_i - x_i @ coef - intercept)**2 / (2 sum_i w_i)
    + alpha * l1_ratio * sum(abs(coef)) + alpha * (1 - l1_ratio) * sum(coef**2) / 2``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalties.
    l1_ratio : float, default=0.5
        Share of the l1 penalty: 1 is the lasso, 0 a ridge.
    fit_intercept : bool, default=True
        Whether there is an intercept, which is not penalised.
    precompute : bool or array-like of shape (n_features, n_features), default=False
        Accepted; a Gram matrix is all that is ever used, computed from the rows.
    max_iter : int, default=1000
        Most rounds of coordinate descent; they do not read the data.
    copy_X : bool, default=True
        Accepted; the data is never written to.
    tol : float, default=1e-4
        Descent ends when the duality gap is below `tol` times the mean square of the centred y.
    warm_start : bool, default=False
        Whether descent starts at the coefficients of the fit before.
    positive : bool, default=False
        Whether coefficients may not be negative.
    random_state : int, RandomState instance or None, default=None
        Of the order of coordinates, for ``selection="random"``.
    selection : {'cyclic', 'random'}, default='cyclic'
        Order in which coordinates are updated.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, float32 for float32 X.
    sparse_coef_ : sparse matrix of shape (1, n_features) or (n_targets, n_features)
    intercept_ : float or ndarray of shape (n_targets,)
        0.0 without intercept.
    n_iter_ : int or list of int
        Rounds of descent, for each target.
    dual_gap_ : float or ndarray of shape (n_targets,)
        Duality gap at the end, in units of the objective.
    gram_ : Gram or GramRows
        The statistic learnt, to which `partial_fit` adds; rows where they are few.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    Lasso : With the l1 penalty only.
    GramRegressor : Other regressors of scikit-learn's from one Gram matrix.

    Warns
    -----
    ConvergenceWarning
        When `max_iter` rounds did not reach `tol`. Gap and tolerance are those of the few rows
        that descent sees; their ratio is that of all the rows.

    Notes
    -----
    Passes: one. The objective depends on the data only through the Gram matrix of [X, y], so
    scikit-learn's own coordinate descent [1]_ is run on a square root of it: at most n_features +
    n_targets + 1 rows with the same products. Each of its steps is the step that it would
    make on all the rows, so coefficients, iterations and dual gap are those of scikit-learn also
    where it stops early. Memory: ``8 (n_features + n_targets)**2`` bytes a few times, whatever
    the rows, or that of the rows if there are at most half as many; any memory order of blocks
    gives the same bits.

    References
    ----------
    .. [1] Friedman, Hastie, Tibshirani (2010), "Regularization Paths for Generalized Linear
       Models via Coordinate Descent", Journal of Statistical Software 33.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.linear_model import ElasticNet
    >>> X = scalml.from_array(np.array([[0.0, 1], [1, 0], [2, 1], [3, 0]]), chunk_rows=3)
    >>> ElasticNet(alpha=0.1).fit(X, np.array([0.0, 2.0, 4.0, 6.0])).coef_.round(3)
    array([ 1.885, -0.   ])
    """

    namesake = sklearn.linear_model.ElasticNet


class Lasso(CoordinateDescent, sklearn.linear_model.Lasso):
    """Least squares with an l1 penalty, as `sklearn.linear_model.Lasso`.

    Minimises ``sum_i w_i (y_i - x_i @ coef - intercept)**2 / (2 sum_i w_i)
    + alpha * sum(abs(coef))``.

    Parameters
    ----------
    alpha : float, default=1.0
        Strength of the penalty.
    fit_intercept, precompute, copy_X, max_iter, tol, warm_start, positive, random_state, selection
        As in `ElasticNet`.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, float32 for float32 X.
    sparse_coef_, intercept_, n_iter_, dual_gap_, gram_, n_features_in_, feature_names_in_
        As in `ElasticNet`.

    See Also
    --------
    ElasticNet : With an l2 penalty besides; also says how the descent is made.

    Notes
    -----
    Passes: one, as `ElasticNet`, whose `ConvergenceWarning` and memory it shares too.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.linear_model import Lasso
    >>> X = scalml.from_array(np.array([[0.0, 1], [1, 0], [2, 1], [3, 0]]), chunk_rows=3)
    >>> lasso = Lasso(alpha=0.1).fit(X, np.array([0.0, 2.0, 4.0, 6.0]))
    >>> lasso.coef_.round(3), round(float(lasso.intercept_), 3)
    (array([ 1.92, -0.  ]), 0.12)
    """

    namesake = sklearn.linear_model.Lasso

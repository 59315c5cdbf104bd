"""Least squares with a penalty on the squares of the coefficients, from one Gram matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.linear_model

from scalml.linear_model.normal import (
    EPS,
    equations_of,
    factors_of_rows,
    nonnegative,
    nonnegative_step,
    refinements,
)
from scalml.linear_model.squares import SquaredErrorModel
from scalml.statistics import GramRows


class Ridge(SquaredErrorModel, sklearn.linear_model.Ridge):
    """Linear least squares with l2 penalty, as `sklearn.linear_model.Ridge`.

    Minimises ``sum_i w_i (y_i - x_i @ coef - intercept)**2 + alpha * sum(coef**2)``.

    Parameters
    ----------
    alpha : float or array-like of shape (n_targets,), default=1.0
        Strength of the penalty, one for all targets or one for each.
    fit_intercept : bool, default=True
        Whether there is an intercept, which is not penalised.
    copy_X : bool, default=True
        Accepted; the data is never written to.
    max_iter : int or None, default=None
        Accepted; no solver here iterates.
    tol : float, default=1e-4
        Accepted; the solution is exact to rounding.
    solver : {'auto', 'svd', 'cholesky', 'lsqr', 'sparse_cg', 'sag', 'saga', 'lbfgs'}, \
            default='auto'
        Accepted where scikit-learn accepts it: they are routes to one optimum, which is found
        by Cholesky factors here ('lbfgs', with `positive`, by active sets).
    positive : bool, default=False
        Whether coefficients may not be negative.
    random_state : int, RandomState instance or None, default=None
        Accepted; nothing is random.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, float32 for float32 X.
    intercept_ : float or ndarray of shape (n_targets,)
        0.0 without intercept.
    n_iter_ : None or ndarray of shape (n_targets,)
        None for the solvers that have no iterations in scikit-learn, otherwise 1 for each target.
    solver_ : str
        The solver that scikit-learn would use.
    gram_ : Gram or GramRows
        The statistic learnt, to which `partial_fit` adds; rows where they are few.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    LinearRegression : Without penalty.

    Notes
    -----
    Passes: one; one or two more when even with the penalty the columns are strongly correlated,
    as in `LinearRegression`. Memory: ``8 (n_features + n_targets)**2`` bytes a few times,
    whatever the rows, or that of
    the rows if there are at most half as many; any memory order of blocks gives the same bits.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.linear_model import Ridge
    >>> X = scalml.from_array(np.array([[0.0], [1.0], [2.0]]), chunk_rows=2)
    >>> Ridge(alpha=2.0).fit(X, np.array([0.0, 2.0, 4.0])).coef_
    array([1.])
    """

    namesake = sklearn.linear_model.Ridge
    fitted_names = (
        "coef_",
        "intercept_",
        "n_iter_",
        "solver_",
        "n_features_in_",
        "feature_names_in_",
    )

    def _accept_sparse(self) -> Any:
        return "csr"

    def _takes_rows(self) -> bool:
        return not self.positive

    def _coefficients(self, residual: Any) -> np.ndarray:
        self.solver_ = self._plain.solver_
        self.n_iter_ = None if self._plain.n_iter_ is None else np.ones_like(self._plain.n_iter_)
        alphas = np.ravel(np.asarray(self.alpha, dtype=np.float64))
        alphas = np.broadcast_to(alphas, self.gram_.n_targets)
        if isinstance(self.gram_, GramRows) and not self.positive:
            X, Y = self.gram_.about(centred=self._has_intercept())
            return factors_of_rows(X, EPS * max(self.gram_.n, X.shape[1])).solve(Y, alphas)
        A, B = self._products()
        groups = [np.flatnonzero(alphas == alpha) for alpha in np.unique(alphas)]
        systems = [A + alphas[at[0]] * np.eye(len(A)) for at in groups]
        equations = [equations_of(system) for system in systems]
        coef = np.empty(B.shape)
        for at, system, solved in zip(groups, systems, equations, strict=True):
            coef[:, at] = nonnegative(system, B[:, at]) if self.positive else solved.solve(B[:, at])
        if residual is None:
            return coef
        for _ in range(max(refinements(solved.rcond) for solved in equations)):
            rest = residual(coef) - alphas * coef
            for at, system, solved in zip(groups, systems, equations, strict=True):
                if self.positive:
                    coef[:, at] = nonnegative_step(system, coef[:, at], rest[:, at])
                else:
                    coef[:, at] += solved.solve(rest[:, at])
        return coef

"""Ordinary least squares from one Gram matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.linear_model

from scalml.linear_model.normal import (
    EPS,
    equations_of,
    factors_of_rows,
    least_norm,
    nonnegative,
    nonnegative_of_rows,
    nonnegative_step,
    rank_of,
    refinements,
    spectrum,
)
from scalml.linear_model.squares import SquaredErrorModel
from scalml.statistics import GramRows


class LinearRegression(SquaredErrorModel, sklearn.linear_model.LinearRegression):
    """Ordinary least squares, as `sklearn.linear_model.LinearRegression`.

    Parameters
    ----------
    fit_intercept : bool, default=True
        Whether there is an intercept; without one the model goes through the origin.
    copy_X : bool, default=True
        Accepted; the data is never written to.
    tol : float, default=1e-6
        Singular values of the centred X below `tol` times the largest count as zero: the
        coefficients are then the solution of least norm. About 1e-7 is the least that a Gram
        matrix can tell from zero. In scikit-learn it also bounds the error for sparse X; here
        sparse X is solved like dense X.
    n_jobs : int or None, default=None
        Accepted; `scalml.config_context` sets the workers.
    positive : bool, default=False
        Whether coefficients may not be negative. Needs dense X, as in scikit-learn.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Coefficients, float32 for float32 X.
    intercept_ : float or ndarray of shape (n_targets,)
        0.0 without intercept.
    rank_ : int
        Rank of the centred X, unless `positive`.
    singular_ : ndarray of shape (min(n_rows, n_features),)
        Singular values of the centred and weighted X, unless `positive`. Those below 1e-7 times
        the largest are rounding.
    gram_ : Gram or GramRows
        The statistic learnt, to which `partial_fit` adds; rows where they are few.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    Ridge : With a penalty on large coefficients.

    Notes
    -----
    Passes: one; one more when the columns are so correlated that the condition number of the
    scaled X exceeds some 300, two when it exceeds 30,000: residuals from the rows bring back the
    digits that the normal equations lose (iterative refinement, [1]_). Memory:
    ``8 (n_features + n_targets)**2`` bytes a few times, whatever the rows, or that of the rows if
    there are at most half as many as columns; any memory order of blocks gives the same bits.

    References
    ----------
    .. [1] Björck (1996), "Numerical Methods for Least Squares Problems", section 2.9.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.linear_model import LinearRegression
    >>> X = np.arange(20.0).reshape(10, 2) ** [1, 2]
    >>> y = X @ [1.0, 2.0] + 3.0
    >>> model = LinearRegression().fit(scalml.from_array(X, chunk_rows=4), y)
    >>> model.coef_.round(6), round(float(model.intercept_), 6)
    (array([1., 2.]), 3.0)
    """

    namesake = sklearn.linear_model.LinearRegression
    fitted_names = (
        "coef_",
        "intercept_",
        "rank_",
        "singular_",
        "n_features_in_",
        "feature_names_in_",
    )

    def _accept_sparse(self) -> Any:
        return False if self.positive else "csr"

    def _coefficients(self, residual: Any) -> np.ndarray:
        if isinstance(self.gram_, GramRows):
            return self._coefficients_of_rows(self.gram_)
        A, B = self._products()
        if self.positive:
            equations, coef = equations_of(A), nonnegative(A, B)
        else:
            values, vectors = spectrum(A)
            self.rank_ = rank_of(values, self.tol)
            singular = np.sqrt(values[::-1][: min(self.gram_.n, len(A))])
            self.singular_ = singular.astype(self._plain.coef_.dtype)
            full = self.rank_ == len(A)
            equations = equations_of(A) if full else least_norm(values, vectors, self.rank_)
            coef = equations.solve(B)
        if residual is None:
            return coef
        for _ in range(refinements(equations.rcond)):
            if self.positive:
                coef = nonnegative_step(A, coef, residual(coef))
            else:
                coef = coef + equations.solve(residual(coef))
        return coef

    def _coefficients_of_rows(self, gram: GramRows) -> np.ndarray:
        X, Y = gram.about(centred=self._has_intercept())
        if self.positive:
            return nonnegative_of_rows(X, Y)
        factors = factors_of_rows(X, max(self.tol, EPS * max(gram.n, X.shape[1])))
        self.rank_ = factors.rank
        singular = np.zeros(min(gram.n, X.shape[1]))  # one is lost to the mean
        kept = factors.singular[: singular.size]
        singular[: kept.size] = kept
        self.singular_ = singular.astype(self._plain.coef_.dtype)
        return factors.solve(Y, 0.0)

"""Predictions of linear models from products with their coefficients, for which rows are read once.

The products may be of category codes, where rows can be had as such.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scalml.data import is_chunked, wrap
from scalml.sources.base import Mapped
from scalml.sources.coded import coded_twin
from scalml.statistics.finite import require_finite
from scalml.utils.application import apply, head_of

__all__ = ["apply_linear"]


def apply_linear(estimator: Any, method: str, X: Any, *, empty: Any) -> Any:
    """As `apply`, for estimators with `coef_` and `intercept_`; encoded rows are not written out.

    Of other rows the namesake would look for NaN first, which is another reading.

    Parameters
    ----------
    estimator : estimator with ``to_sklearn``
        Whose method sees X only through ``X @ coef_.T + intercept_``.
    method : str
    X : collection or in-memory data
    empty : block
        What the method returns for no rows.
    """
    check_is_fitted(estimator)
    source = None
    if is_chunked(X):
        source = coded_twin(X.source) or (X.source if _is_float64(X.source.empty()) else None)
    if source is None:
        return apply(estimator, method, X, empty=empty)
    head_of(estimator, X)
    return wrap(Mapped(OnProducts(estimator.to_sklearn(), method), [source], empty=empty))


def _is_float64(head: Any) -> bool:
    return isinstance(head, np.ndarray) and head.ndim == 2 and head.dtype == np.float64


class OnProducts:
    """A method of a fitted linear model, as a function of rows that need only multiply.

    The namesake itself answers, as a model of the products: with the identity for coefficients.
    """

    def __init__(self, plain: Any, method: str) -> None:
        coef = np.asarray(plain.coef_.toarray() if hasattr(plain.coef_, "toarray") else plain.coef_)
        self.coef = np.ascontiguousarray(np.atleast_2d(coef).T, dtype=np.float64)
        self.intercept = np.asarray(plain.intercept_, dtype=np.float64)
        self.dtype = coef.dtype
        self.method = method
        self.of_rows = plain
        n_products = self.coef.shape[1]
        self.plain = copy.copy(plain)
        self.plain.coef_ = np.eye(n_products, dtype=coef.dtype).reshape(*coef.shape[:-1], -1)
        self.plain.intercept_ = np.zeros_like(plain.intercept_)
        self.plain.n_features_in_ = n_products
        if hasattr(self.plain, "feature_names_in_"):
            del self.plain.feature_names_in_

    def __call__(self, rows: Any) -> Any:
        with np.errstate(over="ignore", invalid="ignore"):
            products = rows @ self.coef + self.intercept
        products = products.astype(np.result_type(self.dtype, rows.dtype), copy=False)
        try:
            return getattr(self.plain, self.method)(products)
        except ValueError:
            require_finite(rows)  # which knows where
            if isinstance(rows, np.ndarray):  # finite rows whose products are not
                return getattr(self.of_rows, self.method)(rows)
            raise

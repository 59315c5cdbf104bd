"""Linear models that look at the same rows: all their margins from one product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor

LINEAR = (LogisticRegression, SGDClassifier, SGDRegressor)
MOST_NUMBERS = 2**20  # margins that are held at once: 8 megabytes


def through_margins(models: Sequence[Any], X: Any) -> Iterator[tuple[Any, Any]]:
    """Models and rows that give the answers which the models give to X.

    A linear model sees rows only through their margins, ``X @ coef_.T + intercept_``. Read for
    one model after the other, X costs more than all that is made of it; so one product serves
    many, and each is asked about its columns of it, as a model with these for features.

    Parameters
    ----------
    models : sequence of fitted scikit-learn estimators
    X : block of rows

    Yields
    ------
    model, rows
        For each model in turn: itself and X, unless there are several and all are linear.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from scalml.model_selection.margins import through_margins
    >>> X, y = np.array([[0.0], [1.0], [3.0]]), np.array([0, 1, 1])
    >>> models = [LogisticRegression(C=C).fit(X, y) for C in (1.0, 100.0)]
    >>> for own, (model, rows) in zip(models, through_margins(models, X)):
    ...     print(rows.shape, np.allclose(model.predict_proba(rows), own.predict_proba(X)))
    (3, 1) True
    (3, 1) True
    """
    if len(models) < 2 or not all(_is_linear(model, X) for model in models):
        yield from ((model, X) for model in models)
        return
    columns = max(model.coef_.size // X.shape[1] for model in models)
    at_once = max(1, MOST_NUMBERS // (columns * max(X.shape[0], 1)))
    for first in range(0, len(models), at_once):
        some = models[first : first + at_once]
        coef = np.concatenate([np.atleast_2d(model.coef_) for model in some])
        margins = (X @ coef.T).T if sparse.issparse(X) else coef @ X.T
        margins += np.concatenate([np.atleast_1d(model.intercept_) for model in some])[:, None]
        ends = np.cumsum([len(np.atleast_2d(model.coef_)) for model in some])
        for model, own in zip(some, np.split(margins, ends[:-1]), strict=True):
            yield _of_margins(model), own.T


def _is_linear(model: Any, X: Any) -> bool:
    plain = isinstance(X, np.ndarray) or sparse.issparse(X)
    return plain and type(model) in LINEAR and isinstance(model.coef_, np.ndarray)


def _of_margins(model: Any) -> Any:
    """The same model of rows whose features are its margins."""
    own = copy(model)
    size = np.size(model.intercept_)
    identity = np.eye(size, dtype=model.coef_.dtype)
    own.coef_ = identity if model.coef_.ndim == 2 else identity[0]
    own.intercept_ = np.zeros_like(model.intercept_)
    own.n_features_in_ = size
    if hasattr(own, "feature_names_in_"):
        del own.feature_names_in_
    return own

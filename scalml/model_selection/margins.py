"""Linear models that look at the same rows: one product, and one of them answers for all."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from copy import copy
from typing import Any

import numpy as np
import sklearn.linear_model
from scipy import sparse
from scipy.special import expit

from scalml.linear_model import LogisticRegression

LINEAR = (
    LogisticRegression,
    sklearn.linear_model.LogisticRegression,
    sklearn.linear_model.SGDClassifier,
    sklearn.linear_model.SGDRegressor,
)
MOST_NUMBERS = 2**18  # margins that are held at once: two megabytes, which stay in a cache


def kind_of(model: Any) -> Hashable:
    """Equal for linear models that answer alike where their margins are; None for other models.

    Parameters
    ----------
    model : fitted estimator
    """
    if type(model) not in LINEAR or not isinstance(model.coef_, np.ndarray):
        return None
    classes = getattr(model, "classes_", np.empty(0))
    sizes = model.coef_.shape, model.coef_.dtype.str, np.shape(model.intercept_)
    return type(model), getattr(model, "loss", None), *sizes, classes.dtype.str, *classes.tolist()


def with_coefficients(plain: Any, model: Any) -> Any:
    """What `plain` is, a scikit-learn estimator of the same kind, with the coefficients of `model`.

    Parameters
    ----------
    plain, model : fitted estimators
    """
    own = copy(plain)
    own.coef_, own.intercept_ = model.coef_, model.intercept_
    return own


def through_margins(models: Sequence[Any], X: Any) -> Iterator[tuple[list[int], Any, Any]]:
    """Which models can be asked together: one model, and rows to which it answers for them all.

    A linear model sees rows only through their margins, ``X @ coef_.T + intercept_``. Read for
    one model after the other, X costs more than all that is made of it; so one product serves
    many. As a model with margins for features, one of them answers for all of its kind: their
    margins are its rows, those of the second model after those of the first.

    Parameters
    ----------
    models : sequence of fitted scikit-learn estimators
    X : block of rows

    Yields
    ------
    places : list of int
        Of models, each once in all.
    model, rows
        Whose answers are those of ``models[places[0]]`` to X, then those of ``models[places[1]]``,
        …; itself and X for a model that is alone of its kind.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from scalml.model_selection.margins import through_margins
    >>> X, y = np.array([[0.0], [1.0], [3.0]]), np.array([0, 1, 1])
    >>> models = [LogisticRegression(C=C).fit(X, y) for C in (1.0, 100.0)]
    >>> [(places, model, rows)] = through_margins(models, X)
    >>> places, rows.shape
    ([0, 1], (6, 1))
    >>> own = np.concatenate([one.predict_proba(X) for one in models])
    >>> np.allclose(model.predict_proba(rows), own)
    True
    """
    plain = sparse.issparse(X) or (isinstance(X, np.ndarray) and X.dtype.kind in "biuf")
    kinds: dict[Hashable, list[int]] = {}
    for place, model in enumerate(models):
        kind = kind_of(model) if plain else None
        kinds.setdefault((place,) if kind is None else kind, []).append(place)
    for places in kinds.values():
        if len(places) == 1:
            yield places, models[places[0]], X
            continue
        first = models[places[0]]
        at_once = max(1, MOST_NUMBERS // max(1, np.size(first.intercept_) * X.shape[0]))
        for start in range(0, len(places), at_once):
            some = places[start : start + at_once]
            with np.errstate(over="ignore", invalid="ignore"):
                margins = _margins([models[place] for place in some], X)
                finite = np.isfinite(margins.sum())
            if finite:
                yield some, _of_margins(first), margins
            else:  # what is wrong with the rows, if anything is, the models tell better
                yield from (([place], models[place], X) for place in some)


def _margins(models: list[Any], X: Any) -> np.ndarray:
    """Of shape (n_models * n_rows, n_margins), model by model."""
    coef = np.concatenate([np.atleast_2d(model.coef_) for model in models])
    margins = (X @ coef.T).T if sparse.issparse(X) else coef @ X.T
    margins += np.concatenate([np.atleast_1d(model.intercept_) for model in models])[:, None]
    each = len(coef) // len(models)
    by_row = margins.reshape(len(models), each, X.shape[0]).swapaxes(1, 2)
    return by_row.reshape(-1, each)


class _Margins:
    """Mixin before a linear classifier whose features are its margins: it need not multiply."""

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        return X.flatten() if X.shape[1] == 1 else X.copy()  # it becomes probabilities in place


class _Logistic(_Margins, sklearn.linear_model.LogisticRegression):
    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        if X.shape[1] > 1:
            return super().predict_proba(X)
        both = np.empty((len(X), 2), dtype=X.dtype)
        expit(X[:, 0], out=both[:, 1])
        np.subtract(1, both[:, 1], out=both[:, 0])
        return both


class _Descended(_Margins, sklearn.linear_model.SGDClassifier):
    pass


QUICK = {
    sklearn.linear_model.LogisticRegression: _Logistic,
    sklearn.linear_model.SGDClassifier: _Descended,
}


def _of_margins(model: Any) -> Any:
    """The same model of rows whose features are its margins."""
    own = copy(model)
    own.__class__ = QUICK.get(type(model), type(model))
    size = np.size(model.intercept_)
    identity = np.eye(size, dtype=model.coef_.dtype)
    own.coef_ = identity if model.coef_.ndim == 2 else identity[0]
    own.intercept_ = np.zeros_like(model.intercept_)
    own.n_features_in_ = size
    if hasattr(own, "feature_names_in_"):
        del own.feature_names_in_
    return own

"""Models fitted apart become the model of all rows; rows that were learnt are forgotten."""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .fitting import all_or_nothing, fitting

__all__ = ["Mergeable"]


def _subtracts(self: Any) -> bool:
    return bool(self.subtracts)


class Mergeable:
    """Mixin of estimators whose whole state is statistics that add.

    They give `learnt_as`, the names of the attributes that hold these statistics, and `_solve()`,
    which sets all others from them. `subtracts` tells whether rows can be forgotten.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.preprocessing import StandardScaler
    >>> monday, tuesday = np.array([[1.0], [3.0]]), np.array([[5.0], [7.0]])
    >>> scaler = StandardScaler().fit(monday).merge(StandardScaler().fit(tuesday))
    >>> scaler.mean_
    array([4.])
    >>> scaler.forget(monday).mean_
    array([6.])
    """

    learnt_as: tuple[str, ...]
    subtracts = True

    def merge(self, other: Self) -> Self:
        """Add what another model has learnt from other rows; no data is read.

        Parameters
        ----------
        other : estimator
            Fitted, of the same class, with the same parameters and columns.

        Returns
        -------
        self
            As fitted to the rows of both.

        Raises
        ------
        TypeError
            For a model of another class.
        ValueError
            For one with other parameters, columns or numbers of targets.
        NotFittedError
            If one of them has not been fitted.
        """
        if type(other) is not type(self):
            raise TypeError(
                f"merge expects another {type(self).__name__}, got {type(other).__name__}."
            )
        self._require_statistics()
        other._require_statistics()
        self._require_like(other)
        with all_or_nothing(self):
            for name in self.learnt_as:
                setattr(self, name, getattr(self, name) + getattr(other, name))
            self._absorb(other)
            self._solve()
        return self

    @available_if(_subtracts)
    @fitting
    def forget(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Take out rows that were learnt, in one pass over them; the others are not read.

        Parameters
        ----------
        X, y, sample_weight
            As they were given to `fit` or `partial_fit`. That they were is not checked.

        Returns
        -------
        self
            As fitted to the other rows.

        Raises
        ------
        ValueError
            If the columns are not those of the model, or no rows would be left.
        """
        self._require_statistics()
        gone = self._learnt_from(X, y, sample_weight)
        self._require_like(gone)
        for name in self.learnt_as:
            setattr(self, name, getattr(self, name) - getattr(gone, name))
        self._solve()
        return self

    def _learnt_from(self, X: Any, y: Any, sample_weight: Any) -> Any:
        """A model like this one that has learnt from these rows alone."""
        takes = inspect.signature(type(self).partial_fit).parameters  # type: ignore[attr-defined]
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        if weights and "sample_weight" not in takes:
            raise TypeError(f"{type(self).__name__} takes no sample_weight, got one.")
        return clone(self).partial_fit(X, y, **weights)

    def _absorb(self, other: Any) -> None:
        """Take over what else another model knows beside its statistics: nothing, as a rule."""

    def _require_statistics(self) -> None:
        check_is_fitted(self)
        for name in self.learnt_as:
            if not hasattr(self, name):
                raise ValueError(
                    f"This {type(self).__name__} has no {name}, which merge and forget change: "
                    "it was fitted in another way. Fit it by partial_fit."
                )

    def _require_like(self, other: Any) -> None:
        ours, theirs = self.get_params(deep=False), other.get_params(deep=False)  # type: ignore[attr-defined]
        for name, value in ours.items():
            if not _same(value, theirs[name]):
                raise ValueError(
                    f"Models that merge have the same parameters, got {name}={value!r} and "
                    f"{name}={theirs[name]!r}."
                )
        for name in ("n_features_in_", "feature_names_in_"):
            one, two = getattr(self, name, None), getattr(other, name, None)
            if not np.array_equal(one, two):  # type: ignore[arg-type]
                raise ValueError(
                    f"Models that merge have the same columns, {name} is {one!r} and {two!r}."
                )

    def _solve(self) -> Any:
        raise TypeError(f"{type(self).__name__} must say how it is solved, by _solve.")


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if hasattr(one, "get_params") and type(one) is type(other):
        return repr(one) == repr(other)
    return one is other or bool(one == other) or (one != one and other != other)

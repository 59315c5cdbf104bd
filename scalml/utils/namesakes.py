"""The parameters that a class of scikit-learn's has in common with an estimator."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any


@cache
def _names(kind: type) -> frozenset[str]:
    return frozenset(inspect.signature(kind).parameters)


def params_of(estimator: Any, kind: type) -> dict[str, Any]:
    """The parameters of an estimator that a class has too; a subclass of ours may have more.

    Examples
    --------
    >>> from sklearn.preprocessing import Binarizer
    >>> from scalml.utils.namesakes import params_of
    >>> class Named(Binarizer):
    ...     def __init__(self, *, threshold=0.0, copy=True, name=""):
    ...         super().__init__(threshold=threshold, copy=copy)
    ...         self.name = name
    >>> sorted(params_of(Named(name="a"), Binarizer).items())
    [('copy', True), ('threshold', 0.0)]
    """
    known = _names(kind)
    return {
        name: value for name, value in estimator.get_params(deep=False).items() if name in known
    }

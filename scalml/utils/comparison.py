"""Whether two fitted models are equal: up to rounding, norm-wise, or to the last bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

UNCOMPARED = ("n_iter_", "solver_")  # may differ between two ways to the same result


def attributes(model: Any) -> dict[str, Any]:
    """Public fitted attributes of a model; those of a pipeline are its steps.

    Parameters
    ----------
    model : estimator

    Returns
    -------
    dict
        Value by name.
    """
    steps = getattr(model, "steps", None)
    if isinstance(steps, list):
        return {f"{name}_": step for name, step in steps if hasattr(step, "get_params")}
    return {
        name: value
        for name, value in vars(model).items()
        if name.endswith("_") and not name.startswith("_")
    }


def both_attributes(one: Any, other: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """`attributes` of two models, which must have the same names."""
    mine, yours = attributes(one), attributes(other)
    assert mine.keys() == yours.keys(), f"{set(mine) ^ set(yours)} is fitted in one model only"
    return mine, yours


def compare_shared(one: Any, other: Any, rtol: float, name: str) -> None:
    """The attributes that both of two models have are equal up to rounding.

    Parameters
    ----------
    one, other : estimator
        Of the same kind, though one may keep statistics that the other has not.
    rtol : float
        As in `assert_close`.
    name : str
        What the models are called in an error.

    Raises
    ------
    AssertionError
        With the attribute that differs, or if none is shared.
    """
    mine, yours = attributes(one), attributes(other)
    shared = mine.keys() & yours.keys() - set(UNCOMPARED)
    assert shared or not yours, f"{name} shares no fitted attribute with {other!r}"
    for key in shared:
        compare(mine[key], yours[key], rtol, f"{name}.{key}")


def assert_close(one: Any, other: Any, rtol: float, skip: tuple[str, ...] = ("n_iter_",)) -> None:
    """Fitted attributes of two models are equal up to rounding.

    Parameters
    ----------
    one, other : estimator
    rtol : float
        Largest difference of an attribute over ``max(1, largest value)``.
    skip : tuple of str
        Attributes left out.

    Raises
    ------
    AssertionError
        With the attribute that differs, and by how much.
    """
    mine, yours = both_attributes(one, other)
    for name in mine.keys() - set(skip):
        compare(mine[name], yours[name], rtol, name)


def assert_same_bits(one: Any, other: Any) -> None:
    """Fitted attributes of two models are the same to the last bit.

    Parameters
    ----------
    one, other : estimator

    Raises
    ------
    AssertionError
        With the attribute that differs.
    """
    mine, yours = both_attributes(one, other)
    for name, value in mine.items():
        assert bits(value) == bits(yours[name]), f"{name} differs: {value!r}, {yours[name]!r}"


def bits(value: Any) -> Any:
    """A value as something whose equality is equality of bits.

    Parameters
    ----------
    value : object
        Arrays, statistics, models, and lists, tuples and dicts of them; of others the `repr`.

    Returns
    -------
    object

    Examples
    --------
    >>> bits(0.0) == bits(-0.0), bits([float("nan")]) == bits([float("nan")])
    (False, True)
    """
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        return value.dtype.str, value.shape, value.tobytes()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [(f.name, bits(getattr(value, f.name))) for f in dataclasses.fields(value)]
    if isinstance(value, (list, tuple, np.ndarray)):
        return [bits(item) for item in value]
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    if hasattr(value, "get_params"):
        return type(value), {name: bits(item) for name, item in attributes(value).items()}
    if isinstance(value, float):
        return float(value).hex()
    return value if isinstance(value, (str, int, bool, type(None))) else repr(value)


def compare(one: Any, other: Any, rtol: float, name: str) -> None:
    """Two values are equal up to rounding; what is no floating-point number, exactly.

    Parameters
    ----------
    one, other : object
        Arrays, models, and lists, tuples and dicts of them. Statistics are passed over: what is
        made of them is compared.
    rtol : float
        Largest difference over ``max(1, largest value)``.
    name : str
        What the values are called in an error.

    Raises
    ------
    AssertionError

    Examples
    --------
    >>> compare([1.0, 2.0], [1.0, 2.1], 1e-9, "coef_")
    Traceback (most recent call last):
    ...
    AssertionError: coef_[1] is off by 4.76e-02 (allowed 1e-09)
    """
    if dataclasses.is_dataclass(one):
        return
    if hasattr(one, "get_params"):
        compare_shared(one, other, rtol, name)
        return
    if isinstance(one, (list, tuple, dict)) and not isinstance(other, np.ndarray):
        assert len(one) == len(other), f"{name}: {one!r}, {other!r}"
        keys: Any = one if isinstance(one, dict) else range(len(one))
        for key in keys:
            compare(one[key], other[key], rtol, f"{name}[{key}]")
        return
    a, b = np.asarray(one), np.asarray(other)
    assert a.shape == b.shape, f"{name} has shape {a.shape}, expected {b.shape}"
    if a.dtype.kind in "fc" and b.dtype.kind in "fciu":
        assert np.array_equal(np.isnan(a), np.isnan(b)), f"{name}: {a}, expected {b}"
        scale = max(1.0, float(np.nanmax(np.abs(b), initial=0)))
        difference = float(np.nanmax(np.abs(a - b), initial=0)) / scale
        assert difference <= rtol, f"{name} is off by {difference:.2e} (allowed {rtol:.0e})"
    elif a.dtype.kind in "biuSU" or a.dtype.kind == b.dtype.kind != "O":
        assert np.array_equal(a, b), f"{name}: {a}, expected {b}"
    elif not callable(one):
        assert repr(a.tolist()) == repr(b.tolist()), f"{name}: {a}, expected {b}"


def dense(data: Any) -> Any:
    """A sparse matrix, frame or series as an array; anything else as it is."""
    if sparse.issparse(data):
        return data.toarray()
    return data.to_numpy() if isinstance(data, (pd.DataFrame, pd.Series)) else data


def assert_raises(error: type[BaseException], func: Callable[..., Any], *args: Any) -> None:
    """Calling ``func(*args)`` fails with that kind of error.

    Raises
    ------
    AssertionError
        If it does not fail; an error of another kind is let through.
    """
    try:
        func(*args)
    except error:
        return
    raise AssertionError(f"{error.__name__} was expected from {func!r}")

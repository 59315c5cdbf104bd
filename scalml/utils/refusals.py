"""Which row of a block a method of scikit-learn refuses, which says only that there is one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from .first_refused import first_refused
from .validation import require_finite_columns


def naming_the_row(call: Callable[[Any], Any], block: Any) -> Any:
    """What a function makes of a block, row by row; its error says which row it refuses.

    Parameters
    ----------
    call : callable
        Such as a method of a fitted estimator.
    block : ndarray, CSR matrix, DataFrame or Series

    Raises
    ------
    ValueError
        With attribute ``row`` (in the block) of the first row that is refused, and for NaN and
        infinity the ``column``; as `call` raised it if it refuses every row.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> from scalml.utils.refusals import naming_the_row
    >>> plain = OneHotEncoder().fit(np.array([["a"], ["b"]]))
    >>> naming_the_row(plain.transform, np.array([["a"], ["c"]]))
    Traceback (most recent call last):
    ...
    ValueError: Found unknown categories [np.str_('c')] in column 0 during transform, the first \
in row 1.
    """
    try:
        return call(block)
    except ValueError as error:
        said = str(error)
        if "NaN" in said or "infinity" in said:
            _refuse_numbers(block, "NaN" not in said, error)
        row = None
        with suppress(Exception):  # what else may fail must not hide the error
            row = first_refused(call, block)
        if row is not None:
            first, *others = said.split("\n", 1)
            error.args = ("\n".join([f"{first.rstrip('.')}, the first in row {row}.", *others]),)
            error.row = row  # type: ignore[attr-defined]
        raise


def _refuse_numbers(block: Any, allow_nan: bool, cause: ValueError) -> None:
    try:
        require_finite_columns(block, allow_nan=allow_nan)
    except ValueError as found:
        raise found from cause
    except Exception:  # a block of another kind
        return

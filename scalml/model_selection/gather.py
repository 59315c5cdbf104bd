"""Estimators that take rows in memory only, and the rows that are gathered for them."""

from __future__ import annotations

from typing import Any

import sklearn.pipeline
from sklearn.utils import get_tags

from scalml.compose.steps import is_none
from scalml.data import is_chunked
from scalml.runtime import require_room
from scalml.wrappers import ParallelPostFit

COPIES = 3  # of the training rows: as read, put together, and what the estimator makes of them


def takes_chunks(model: Any) -> bool:
    """Whether the ``fit`` of an estimator may be given chunked rows.

    scikit-learn's own may not, nor may a pipeline with one that is fitted; those of other packages
    are taken at their word.

    Examples
    --------
    >>> import sklearn.svm
    >>> from scalml.linear_model import Ridge
    >>> from scalml.model_selection.gather import takes_chunks
    >>> takes_chunks(Ridge()), takes_chunks(sklearn.svm.SVC())
    (True, False)
    """
    if isinstance(model, sklearn.pipeline.Pipeline):
        *before, last = [step for _, step in model.steps if not is_none(step)] or [None]
        needs = [step for step in before if get_tags(step).requires_fit]
        return all(takes_chunks(step) for step in needs) and (last is None or takes_chunks(last))
    if isinstance(model, ParallelPostFit):
        return False
    if hasattr(model, "fit_passes") or hasattr(model, "fit_many") or hasattr(model, "statistic"):
        return True
    return not type(model).fit.__module__.startswith("sklearn.")


def require_rows_fit(model: Any, X: Any, y: Any) -> None:
    """Refuse a search whose rows must be gathered, where memory does not hold them.

    Raises
    ------
    MemoryError
        With what works instead.
    """
    row_nbytes = X.source.row_nbytes + (y.source.row_nbytes if is_chunked(y) else 0)
    kind = type(model.steps[-1][1] if hasattr(model, "steps") else model).__name__
    try:
        require_room(COPIES * row_nbytes * len(X), f"{kind}, which is fitted in memory,")
    except MemoryError as error:
        raise MemoryError(
            f"{error} Search on a sample, such as X[:100_000].to_numpy(); use an estimator of "
            "scalml, or one that has partial_fit, which learns chunk by chunk."
        ) from None


def in_memory(rows: Any) -> Any:
    """Chunked rows as one array or frame; anything else as it is."""
    if not is_chunked(rows):
        return rows
    return rows.to_pandas() if hasattr(rows, "to_pandas") else rows.to_numpy()

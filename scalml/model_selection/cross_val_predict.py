"""Predictions for rows by models that have not seen them, lazily where the rows are chunked."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn.model_selection
from sklearn.base import clone, is_classifier

from scalml.config import config_context
from scalml.data import align_with, wrap
from scalml.metrics.inputs import any_chunked
from scalml.model_selection.check import check_cv
from scalml.model_selection.cross_validation import kept
from scalml.model_selection.evaluate import chunked_side, with_rows
from scalml.model_selection.folds import TEST
from scalml.model_selection.membership import memberships, sides
from scalml.model_selection.routing import routed
from scalml.model_selection.rows import same_rows
from scalml.model_selection.strata import Strata, labels_in
from scalml.runtime import read_chunks
from scalml.sources.base import Block, Reader, Source

_BY_CLASS = ("decision_function", "predict_proba", "predict_log_proba")


def cross_val_predict(
    estimator,
    X,
    y=None,
    *,
    groups=None,
    cv=None,
    n_jobs=None,
    verbose=0,
    params=None,
    pre_dispatch="2*n_jobs",
    method="predict",
):
    """Predict each row by the model of the split that tests it, as scikit-learn's function.

    Parameters
    ----------
    estimator, X, y, groups, cv, n_jobs, verbose, params, pre_dispatch
        As in `scalml.model_selection.cross_validate`. Each row must be a test row of one split.
    method : {'predict', 'predict_proba', 'predict_log_proba', 'decision_function'}, \
            default='predict'

    Returns
    -------
    ndarray, or ChunkedArray for chunked rows, of shape (n_rows,) or (n_rows, n_columns)
        In the order of the rows. A collection is lazy: the models are fitted now, the rows are
        predicted when they are read. Columns are the sorted classes; one that a model has not
        seen has probability 0, or the least finite decision value.

    Raises
    ------
    ValueError
        If the test rows are no partition, for an unknown method, or if lengths differ.

    Notes
    -----
    Passes: those of each fit, and of the splitter; one over `y` for the classes of the other
    methods than ``predict``; one over the splits, where the splitter is none of scalml's; and one
    when the predictions are read, which computes each row once.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import LinearRegression
    >>> from scalml.model_selection import cross_val_predict
    >>> X = scalml.from_array(np.arange(6.0).reshape(-1, 1), chunk_rows=4)
    >>> cross_val_predict(LinearRegression(), X, X[:, 0] * 2, cv=3).to_numpy().round(6)
    array([ 0.,  2.,  4.,  6.,  8., 10.])
    """
    params = {} if params is None else params
    if not any_chunked(X, y, groups, *params.values()):
        return sklearn.model_selection.cross_val_predict(
            estimator,
            X,
            y,
            groups=groups,
            cv=cv,
            n_jobs=n_jobs,
            verbose=verbose,
            params=params,
            pre_dispatch=pre_dispatch,
            method=method,
        )
    if method not in ("predict", *_BY_CLASS):
        raise ValueError(
            f"method must be 'predict', {', '.join(map(repr, _BY_CLASS))}, got {method!r}."
        )
    cv = check_cv(cv, y, classifier=is_classifier(estimator))
    fit_params, _, groups = routed("cross_val_predict", estimator, cv, None, groups, params)
    with config_context(n_jobs=n_jobs) if n_jobs is not None else nullcontext():
        X, y, groups = same_rows(X=X, y=y, groups=groups)
        codes = memberships(cv, X, y, groups)
        if not getattr(cv, "partitions", False):
            _require_partition(codes)
        classes = None
        if method in _BY_CLASS and y is not None and y.ndim == 1:
            classes = Strata.of(labels_in(y)).classes
        found = []
        with kept(X, y, codes, with_rows(X, fit_params)) as (rows, labels, held, held_params):
            for split in range(codes.shape[1]):
                side = chunked_side(rows, labels, (held_params, {}), sides(held, split)[0])
                model = clone(estimator)
                model.fit(side.X, *side.target, **side.fit_params)
                tested = X[sides(codes, split)[1]]
                predicted = wrap(align_with(tested, getattr(model, method)(tested))[1])
                if classes is not None and hasattr(model, "classes_"):
                    predicted = _in_columns(predicted, model.classes_, classes, method)
                found.append(predicted)
    return wrap(Gathered(X.source, codes.source, [part.source for part in found]))


class Gathered(Source):
    """Rows of a source, each from the one of several filtered sources that tests it."""

    def __init__(self, lead: Source, codes: Source, tested: Sequence[Source]) -> None:
        super().__init__()
        self.parents = (lead, codes, *tested)
        self.expensive = any(parent.expensive for parent in self.parents)
        heads = [source.empty() for source in tested]
        shapes = {head.shape for head in heads}
        if len(shapes) > 1:
            raise ValueError(f"The models of the splits predict different columns: {shapes}.")
        self._empty = np.empty(heads[0].shape, dtype=np.result_type(*(h.dtype for h in heads)))

    @property
    def rows(self) -> Source:
        return self.parents[0].rows

    def _own_lengths(self) -> tuple[int | None, ...]:
        return self.parents[0].lengths

    def empty(self) -> Block:
        return self._empty

    def evaluate(self, index: int, reader: Reader) -> Block:
        _, codes, *tested = self.parents
        members = reader(codes, index) == TEST
        result = np.empty((len(members), *self._empty.shape[1:]), dtype=self._empty.dtype)
        for rows, source in zip(members.T, tested, strict=True):
            if rows.any():
                result[rows] = reader(source, index)
        return result

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        return [frozenset(), *(None for _ in self.parents[1:])]

    def row_numbers(self, index: int, reader: Reader) -> np.ndarray:
        return self.parents[0].row_numbers(index, reader)


@dataclass(frozen=True, eq=False)
class Placed:
    """Columns of a block at their places among those of all classes, the others filled."""

    places: np.ndarray
    n_columns: int
    fill: float

    def __call__(self, block: np.ndarray) -> np.ndarray:
        result = np.full((len(block), self.n_columns), self.fill, dtype=block.dtype)
        result[:, self.places] = block
        return result


def _in_columns(predicted, seen, classes, method):
    """Predictions of a model with a column for each class, also for those it has not seen."""
    if len(seen) == len(classes):
        return predicted
    warnings.warn(
        f"Number of classes in training fold ({len(seen)}) does not match total number of classes "
        f"({len(classes)}). Results may not be appropriate for your use case. To fix this, use a "
        "cross-validation technique resulting in properly stratified folds",
        RuntimeWarning,
        stacklevel=3,
    )
    head = predicted.source.empty()
    if head.ndim == 1 or (len(seen) <= 2 and method == "decision_function"):
        raise ValueError(
            f"Only {len(seen)} class/es in training fold, but {len(classes)} in overall dataset. "
            "This is not supported for decision_function with imbalanced folds. Use stratified "
            "folds."
        )
    if head.shape[1] != len(seen):
        raise ValueError(
            f"Output shape {head.shape} of {method} does not match number of classes ({len(seen)}) "
            "in fold. Irregular decision_function outputs are not currently supported by "
            "cross_val_predict"
        )
    fill = 0 if method == "predict_proba" else np.finfo(head.dtype).min
    placed = Placed(np.searchsorted(classes, seen), len(classes), fill)
    return predicted.map_chunks(placed, empty=placed(head))


def _require_partition(codes):
    if not all(read_chunks(codes, func=_is_partition, name="check splits")):
        raise ValueError("cross_val_predict only works for partitions")


def _is_partition(codes):
    return bool(((codes == TEST).sum(axis=1) == 1).all())

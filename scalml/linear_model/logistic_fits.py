"""Logistic regressions of the same rows, one or many, fitted in shared passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scalml.data import row_numbers
from scalml.linear_model.labels import ClassTotals, Labels
from scalml.linear_model.lane import Lane
from scalml.linear_model.logistic_parameters import penalties
from scalml.linear_model.logistic_problem import Problem, largest_hessian
from scalml.linear_model.newton import Minimum, Vector, minimise_together
from scalml.linear_model.sample import WORTH_PARTS, RowSample, share_that_fits
from scalml.runtime import imap, reduce_chunks, room_for
from scalml.sources.blocks import row_nbytes
from scalml.utils.sharing import CannotShare

MOST_BYTES = 2**30  # of the Hessians of models that are fitted at the same time
WORTH_THREADS = 2**19  # bytes of a sample
START_TOL = 0.2  # of a minimum of the sample, in its standard errors or so


@dataclass(frozen=True, eq=False)
class Fit:
    """What to fit: parameters, and on which rows.

    Attributes
    ----------
    model : LogisticRegression
        Only its parameters are looked at, and its coefficients if it starts from them.
    split : int or None
        Whose training rows; all rows if None.
    near : sequence of LogisticRegression
        Fitted to much the same problem: it starts from the mean of their coefficients.
    """

    model: Any
    split: int | None = None
    near: Sequence[Any] = ()


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was found.

    Attributes
    ----------
    coef : ndarray of shape (1 or n_classes, n_features)
    intercept : ndarray of shape (1 or n_classes,)
    n_iter : int
    converged : bool
    """

    coef: np.ndarray
    intercept: np.ndarray
    n_iter: int
    converged: bool


def fit_together(
    fits: Sequence[Fit], X: Any, y: Any, sample_weight: Any, memberships: Any = None
) -> tuple[np.ndarray, list[Fitted]]:
    """Classes, and coefficients of each fit, from aligned collections.

    Parameters
    ----------
    fits : sequence of Fit
    X, y, sample_weight, memberships : collections or None

    Notes
    -----
    A pass over y, one for a sample, and one for each evaluation of the losses that are not yet
    least. Fits that are done leave the passes.
    """
    totals = reduce_chunks(ClassTotals.of, y, sample_weight, memberships, name="classes")
    _require_classes(totals, fits)
    weightings: dict[Any, int] = {}
    pairs: list[tuple[int | None, Any]] = []

    def weighting(split: int | None, multipliers: Any) -> int:
        key = split, None if multipliers is None else multipliers.tobytes()
        if key not in weightings:
            weightings[key] = len(pairs)
            pairs.append((split, multipliers))
        return weightings[key]

    n_rows, d = int(totals.of_split(None).rows.sum()), X.shape[1]
    columns = 1 if totals.classes.size == 2 else totals.classes.size
    lanes, starts, started = {}, {}, set()  # those that start from coefficients that are there
    for place, fit in enumerate(fits):
        own = totals.of_split(fit.split)
        multipliers = own.multipliers(fit.model.class_weight)
        weight = own.weight if multipliers is None else own.weight * multipliers
        if not weight.sum() > 0:
            raise _refused(
                fits, "Sample weights must contain at least one non-zero number, got zeros."
            )
        ridge, lasso = penalties(fit.model, float(weight.sum()), d)
        lanes[place] = Lane(
            np.tile(ridge, columns),
            np.tile(lasso, columns),
            weighting(fit.split, multipliers),
            bool(fit.model.fit_intercept),
        )
        starts[place] = _start(fit, d, columns, weight)
        if _starts_from(fit, d, columns) or not fit.model.max_iter:
            started.add(place)

    labels = Labels(totals.classes, tuple(pairs))
    problem = _problem(X, y, sample_weight, memberships, labels, n_rows, len(fits))
    rows = None if problem.whole else (X, y, sample_weight, memberships, labels)
    found: dict[int, Minimum] = {}
    for together in _groups(lanes, problem):
        found |= _minima(problem, fits, lanes, starts, started, together, rows)
    return totals.classes, [
        _fitted(problem, lanes[place], found[place]) for place in range(len(fits))
    ]


def _minima(
    problem: Problem,
    fits: Sequence[Fit],
    lanes: Mapping[int, Lane],
    starts: Mapping[int, Vector],
    started: set[int],
    together: Sequence[int],
    rows: Any,
) -> dict[int, Minimum]:
    """The minima of some lanes: those of the sample first, from there those of all rows.

    Fits to the training rows of one split are a family. Families share the reading of rows and
    nothing else: no start, no curvature and no matrix product. What is a training row to one is a
    test row to another, which a model must not have seen, not even by where its search begins.
    """
    families: dict[int | None, list[int]] = {}
    for place in together:
        families.setdefault(fits[place].split, []).append(place)
    own = {split: problem.apart(len(families)) for split in families}

    def nearby(split: int | None) -> dict[int, Minimum]:
        return _path(own[split], fits, lanes, starts, started, families[split], rows is None)

    found: dict[int, Minimum] = {}
    for minima in _side_by_side(nearby, list(families), problem):
        found |= minima
    if rows is None:
        return found
    here = {place: lanes[place] for place in together}
    searches = {
        place: own[fits[place].split].search(
            lane,
            found[place].seen if place in found else starts[place],
            tol=fits[place].model.tol,
            max_iter=fits[place].model.max_iter,
            firm=False,  # each update costs a pass
        )
        for place, lane in here.items()
    }
    return minimise_together(partial(problem.losses, here, rows=rows), searches)


def _path(
    problem: Problem,
    fits: Sequence[Fit],
    lanes: Mapping[int, Lane],
    starts: Mapping[int, Vector],
    started: set[int],
    places: Sequence[int],
    whole: bool,
) -> dict[int, Minimum]:
    """Minima of the sample, of fits to the same rows, one after the other.

    The most penalised comes first, and each starts where the gradient of the one before it was
    known last. If the sample is
    not the whole of the rows, its minima are starts: they need not be exact, and those that have a
    start, or whose sample lacks a class, have none.
    """
    found: dict[int, Minimum] = {}
    before: dict[bool, Vector] = {}
    for place in sorted(places, key=lambda place: -lanes[place].strength):
        lane, model = lanes[place], fits[place].model
        start = starts[place]
        if place not in started:
            start = before.get(lane.fit_intercept, start)
        elif not whole:
            continue
        if not whole and not problem.knows(lane):
            continue
        search = problem.search(
            lane,
            start,
            tol=model.tol if whole else max(model.tol, START_TOL / problem.n_rows**0.5),
            max_iter=model.max_iter if whole else 30,
            rough=True,
            renew=len(places) == 1,
            firm=whole,
        )
        objective = partial(problem.losses, {place: lane})
        found |= minimise_together(objective, {place: search})
        before[lane.fit_intercept] = found[place].seen
    return found


def _side_by_side(
    func: Callable[[Any], Any], items: Sequence[Any], problem: Problem
) -> Iterator[Any]:
    """Map a function of a sample by threads, if it is not so large that it uses threads itself."""
    nbytes = problem.n_rows * row_nbytes(problem.X)
    if len(items) > 1 and WORTH_THREADS <= nbytes < WORTH_PARTS:
        return imap(func, items, local=True)
    return map(func, items)


def _problem(
    X: Any,
    y: Any,
    sample_weight: Any,
    memberships: Any,
    labels: Labels,
    n_rows: int,
    width: int,
) -> Problem:
    """The problem of a sample of the rows."""

    def taken(share: float) -> RowSample:
        numbers = row_numbers(X) if share < 1 else None
        of = partial(RowSample.of, share=share, labels=labels)
        return reduce_chunks(of, X, y, sample_weight, memberships, numbers, name="sample")

    n_classes, d = labels.classes.size, X.shape[1]
    hessian = largest_hessian(d, n_classes)
    share = share_that_fits(n_rows, d, X.source.row_nbytes, hessian)
    found = taken(share)
    sample = found.gather()
    if share < 1 and sparse.issparse(sample[0]):
        # How many entries a CSR row stores is known only now.
        stored = sample[0].nnz / max(sample[0].shape[0], 1)
        larger = share_that_fits(n_rows, d, 4.0 + stored * (X.dtype.itemsize + 4), hessian)
        if larger > 2 * share:
            share, sample = larger, taken(larger).gather()
    return Problem(sample, n_classes, n_rows, found.counts, width)


def _start(fit: Fit, d: int, columns: int, weight: np.ndarray) -> Vector:
    """The coefficients that are there, or zeros and intercepts that predict the shares."""
    model = fit.model
    start = np.zeros((columns, d + bool(model.fit_intercept)))
    models = _starts_from(fit, d, columns)
    for one in models:
        coef = one.coef_.toarray() if sparse.issparse(one.coef_) else one.coef_
        start[:, :d] += coef / len(models)
        if model.fit_intercept:
            start[:, d] += one.intercept_ / len(models)
    if models:
        return start.ravel()
    if model.fit_intercept and model.solver != "liblinear" and model.max_iter and weight.all():
        logs = np.log(weight)
        start[:, d] = logs[1] - logs[0] if columns == 1 else logs - logs.mean()
    return start.ravel()


def _starts_from(fit: Fit, d: int, columns: int) -> Sequence[Any]:
    """Models to start from, if any: those near, or the model itself if it goes on."""
    itself = [fit.model] if fit.model.warm_start else []
    models = fit.near or itself
    fits = all(getattr(one, "coef_", np.empty(0)).shape == (columns, d) for one in models)
    return models if fits else ()


def _groups(lanes: Mapping[int, Lane], problem: Problem) -> list[list[int]]:
    """Lanes whose Hessians fit in memory together."""
    p = problem.d + 1
    size = {"full": (problem.n_classes * p) ** 2, "blocks": problem.n_classes * p**2}
    each = 8 * size.get(problem.form, problem.n_classes * p)
    room = room_for(min(MOST_BYTES, len(lanes) * each)) if len(lanes) > 1 else 0
    at_once = max(1, min(MOST_BYTES, room) // each)
    places = list(lanes)
    return [places[first : first + at_once] for first in range(0, len(places), at_once)]


def _fitted(problem: Problem, lane: Lane, found: Minimum) -> Fitted:
    x, d = problem.centered(lane, found), problem.d
    intercept = x[:, d] if lane.fit_intercept else np.zeros(len(x))
    return Fitted(x[:, :d], intercept, found.n_iter, found.converged)


def _require_classes(totals: ClassTotals, fits: Sequence[Fit]) -> None:
    classes = totals.classes
    if classes.size < 2:
        raise _refused(
            fits,
            "This solver needs samples of at least 2 classes in the data, but the data contains "
            f"only one class: {classes[0]!r}",
        )
    for split in dict.fromkeys(fit.split for fit in fits):
        absent = classes[totals.of_split(split).rows == 0]
        if absent.size:
            raise CannotShare(
                f"The training rows of split {split} have none of class {absent[0]!r}; models of "
                "fewer classes are not fitted together with others. Fit that split on its own."
            )
    if classes.size > 2 and any(fit.model.solver == "liblinear" for fit in fits):
        raise _refused(
            fits,
            "Only binary classification is supported. The 'liblinear' solver does not support "
            "multiclass classification (n_classes >= 3): use another solver, or "
            "OneVsRestClassifier for a one-versus-rest scheme.",
        )


def _refused(fits: Sequence[Fit], why: str) -> ValueError:
    """An error of the labels or weights of one fit, which among several is not that of all."""
    return ValueError(why) if len(fits) == 1 else CannotShare(why)

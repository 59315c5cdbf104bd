"""Penalised log losses as functions to minimise: on a sample in memory, and on all chunks."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from scalml.linear_model.curvature import Curvature, add_missing, fix_gauge
from scalml.linear_model.labels import Labels
from scalml.linear_model.lane import KnownHessians, Lane
from scalml.linear_model.newton import Found, Minimum, Step, Vector, search, subgradient
from scalml.linear_model.sample import sum_over
from scalml.losses import LogisticHessian, LogisticLoss, MultinomialHessian, MultinomialLoss
from scalml.losses.blocks import is_compact
from scalml.runtime import reduce_chunks, require_room
from scalml.statistics import CodedRows, require_finite
from scalml.statistics.base import shift_of

MOST_FEATURES = 5000  # of a Hessian: 200 MB, and seconds to factor
CHEAP_FEATURES = 1000  # of a Hessian that may be computed anew for every update
LASSO_FEATURES = 2000  # that coordinate descent looks at together; of more, half as many at a time
ROWS_A_FEATURE = 20  # of a rough Hessian: off by a fifth, which BFGS mends
ROUGH_ROWS = 10_000  # at least; fewer of several classes, whose Hessian has blocks for each pair
LARGE_BYTES = 2**26  # of Hessians that are kept for other lanes
LASSO_COPIES = 6  # of a Hessian, corrected, scaled and factored
SMALL_BYTES = 2**22  # of a Hessian of which each thread may have one


class Problem:
    """Mean log losses of several models of one set of rows, with Hessians from a sample.

    Parameters
    ----------
    sample : tuple of (X, codes, weight)
        Rows in memory, as `Labels.encode` makes them.
    n_classes : int
    n_total : int, optional
        Rows of all the data; those of the sample by default.
    counts : ndarray of shape (2, n_weightings, n_features + 1), optional
        Ones by column, and rows, of all the data and of the sample, if X is coded: a category may
        be rare in the sample. See `RowSample`.
    width : int, optional
        How many lanes slabs of rows are cut for; those of each call by default.
    """

    def __init__(
        self,
        sample: Any,
        n_classes: int = 2,
        n_total: int | None = None,
        counts: np.ndarray | None = None,
        width: int | None = None,
    ) -> None:
        self.X, self.y, self.weight = sample
        self.n_rows, self.d = self.X.shape
        self.n_labels = n_classes
        self.n_classes = 1 if n_classes == 2 else n_classes  # with coefficients of their own
        n_total = self.n_rows if n_total is None else n_total
        self.whole = n_total == self.n_rows
        few = not self.whole and self.n_rows < 4 * self.d
        self.form = "full"
        if self.n_classes > 1 and self.n_classes * self.d > CHEAP_FEATURES:
            self.form = "blocks"
        if few or self.d * self.n_classes**0.5 > MOST_FEATURES:
            self.form = "diagonal"
        # A gradient on the sample costs d times less than a Hessian: many, with a rough Hessian,
        # are cheaper than few with an exact one. That of the passes may cost two of them.
        rough = max(ROWS_A_FEATURE * self.d, ROUGH_ROWS // self.n_classes)
        fine = max(4 * rough, 8 * n_total // (self.n_classes * max(self.d, 1)))
        self.stride, self.fine = (max(1, self.n_rows // rows) for rows in (rough, fine))
        if isinstance(self.X, CodedRows):
            # Its cost is that of the factor; and a category may be in few of the rows.
            self.stride = self.fine = 1
        # A Hessian about the mean is well-conditioned; without an intercept there is no choice.
        self.center = _center(self.X)
        self.counts = None if self.whole else counts
        self.width = width
        self._seen: dict[tuple[int, bytes], tuple[float, Vector]] = {}
        self._hessians = KnownHessians(LARGE_BYTES)

    def apart(self, n: int) -> Problem:
        """This problem for one of n families of lanes, of which none knows another's Hessians.

        The Hessians that lead several families to the minima of the sample serve their passes too:
        they are as fine as these want them.
        """
        found = copy(self)
        found._hessians, found._seen = KnownHessians(LARGE_BYTES // n), {}
        if n > 1 and not self.whole:
            found.stride = self.fine
        return found

    def losses(
        self, lanes: Mapping[Any, Lane], points: Mapping[Any, np.ndarray], rows: Any = None
    ) -> dict[Any, Found]:
        """Values and gradients of lanes at points of theirs.

        Parameters
        ----------
        lanes, points : mappings of names to Lane, and to ndarray of shape (q, k)
        rows : tuple of (X, y, sample_weight, memberships, labels), optional
            All rows, read in one pass; those of the sample by default.
        """
        # Lanes of the same weights that are at the same place have one loss; of the sample, that
        # of the last call is still known.
        asked = {(lanes[name].weighting, x.tobytes()): x for name in points for x in points[name].T}
        known = self._seen if rows is None else {}
        new = {key: x for key, x in asked.items() if key not in known}
        found = self._losses_at(new, rows) if new else {}
        found |= {key: known[key] for key in asked.keys() - new.keys()}
        if rows is None:
            self._seen = found
        answers = {}
        for name, columns in points.items():
            own = [found[lanes[name].weighting, x.tobytes()] for x in columns.T]
            values, gradients = zip(*own, strict=True)
            answers[name] = lanes[name].penalised(
                columns, np.array(values), np.column_stack(gradients)
            )
        return answers

    def _losses_at(
        self, points: Mapping[tuple[int, bytes], Vector], rows: Any
    ) -> dict[tuple[int, bytes], tuple[float, Vector]]:
        """Values and gradients of the loss by (weighting, bytes of the point)."""
        # Side by side those that have the same weights, as the losses ask.
        keys = sorted(points, key=lambda key: key[0])
        shaped = [points[key].reshape(self.n_classes, -1).T for key in keys]
        coef = np.zeros((max(map(len, shaped)), self.n_classes, len(keys)))
        for place, x in enumerate(shaped):
            coef[: len(x), :, place] = x
        loss = self._loss(coef, np.array([weighting for weighting, _ in keys]), rows)
        value = loss.value / loss.weight
        gradient = (loss.gradient / loss.weight).reshape(coef.shape)
        return {
            key: (float(value[place]), gradient[: len(x), :, place].T.ravel())
            for place, (key, x) in enumerate(zip(keys, shaped, strict=True))
        }

    def _loss(self, coef: np.ndarray, weighting: np.ndarray, rows: Any) -> Any:
        if self.n_classes == 1:
            coef = coef[:, 0]
        of = partial(loss_of_finite, coef=coef, width=self.width)
        if rows is None:
            several = self.weight is not None and self.weight.ndim == 2
            func = partial(of, weighting=weighting if several else None)
            return sum_over(func, self.X, self.y, self.weight)
        X, y, sample_weight, memberships, labels = rows
        several = len(labels.weightings) > 1
        func = partial(of, labels=labels, weighting=weighting if several else None)
        return reduce_chunks(func, X, y, sample_weight, memberships, name="gradient")

    def weight_of(self, lane: Lane) -> np.ndarray | None:
        """Weights that the rows of the sample have in the Hessian of a lane."""
        if self.weight is None or self.weight.ndim == 1:
            return self.weight
        return self.weight[:, lane.weighting]

    def knows(self, lane: Lane) -> bool:
        """Whether every class has weight in the sample."""
        weight = self.weight_of(lane)
        totals = np.bincount(self.y.astype(np.intp), weights=weight, minlength=self.n_labels)
        return bool((totals > 0).all())

    def curvature(
        self,
        lane: Lane,
        x: Vector,
        stride: int = 1,
        features: np.ndarray | None = None,
        rough: bool = True,
    ) -> Curvature:
        """The Hessian of a lane at x from every `stride`-th row of the sample.

        Parameters
        ----------
        lane : Lane
        x : ndarray of shape (q,)
        stride : int, default=1
        features : ndarray of int, optional
            Only by the coefficients of these features, and the intercepts.
        rough : bool, default=True
            Whether it is the sample's own; else categories are as frequent as in the lane's rows.
        """
        own = rough or self.counts is None
        # Lanes that differ in the penalty come by the same places, one after the other.
        kind = lane.weighting, lane.fit_intercept, lane.sparse, stride, own
        known = None if features is not None else self._hessians.find(kind, x, self.d)
        if known is None:
            self._hessians.make_room()
            require_room(self.hessian_nbytes(lane), "A Hessian of the sample")
            found = self._loss_curvature(lane, x, stride, features)
            if self.counts is not None and not own:
                every, taken = self.counts[:, lane.weighting]
                some = np.arange(self.d) if features is None else features
                expected = every[some] * (taken[-1] / max(every[-1], 1))
                add_missing(found.hessian, expected, taken[some], self.n_classes)
            if features is None and self._hessians.keep(kind, x, found):
                known = found
        else:
            found = known
        hessian = found.hessian if known is None else found.hessian.copy()
        ridge = lane.ridge if features is None else lane.ridge[self.places(lane, features)]
        if hessian.ndim == 1:
            hessian += ridge
        elif hessian.ndim == 2:
            hessian[np.diag_indices_from(hessian)] += ridge
        else:
            each = np.arange(hessian.shape[1])
            hessian[:, each, each] += ridge.reshape(hessian.shape[:2])
        return Curvature(hessian, found.shift, self.n_classes)

    def hessian_nbytes(self, lane: Lane) -> int:
        """Bytes, about, that the Hessian of a lane and what is computed of it take."""
        p = self.d + lane.fit_intercept
        size = self.n_classes * p
        if lane.sparse:
            return LASSO_COPIES * 8 * min(size, LASSO_FEATURES) ** 2
        size *= {"full": size, "blocks": p, "diagonal": 1}[self.form]
        # Half of one for what is computed of rows. Products of dense rows are added when they are
        # whole, and another lane may need what is small.
        alone = is_compact(self.X) and 8 * size > LARGE_BYTES
        return 4 * size * (3 if alone else 5)

    def _loss_curvature(
        self, lane: Lane, x: Vector, stride: int, features: np.ndarray | None
    ) -> Curvature:
        weight = self.weight_of(lane)
        if weight is not None and not weight[::stride].sum() > 0:
            weight = None
        coef = x.reshape(self.n_classes, -1).T
        centered = lane.fit_intercept and not lane.ridge[self.d] + lane.lasso[self.d]
        shift = self.center if centered else np.zeros(self.d)
        form = self.form
        if features is not None:
            kept = np.append(features, self.d) if lane.fit_intercept else features
            coef, shift, form = coef[kept], shift[features], "full"
        elif lane.sparse and form == "blocks":
            form = "full"
        kind: Any = MultinomialHessian
        options: dict[str, Any] = {"coef": coef, "shift": shift, "form": form}
        if self.n_classes == 1:
            kind = LogisticHessian
            options = {"coef": coef[:, 0], "shift": shift, "diagonal": form == "diagonal"}
        X = self.X
        if stride > 1:
            X, weight = X[::stride], None if weight is None else weight[::stride]
        of: Any = partial(_hessian_of, kind=kind, features=features, **options)
        found = sum_over(of, X, weight) if 8 * coef.size**2 <= SMALL_BYTES else of(X, weight)
        hessian = found.hessian
        hessian /= found.weight
        if self.n_classes > 1 and hessian.ndim == 2:
            fix_gauge(hessian, self.n_classes, intercepts_only=lane.sparse, d=shift.size)
        return Curvature(hessian, shift, self.n_classes)

    def places(self, lane: Lane, features: np.ndarray) -> np.ndarray:
        """Where the coefficients of some features, and the intercepts, are in a flat point."""
        kept = np.append(features, self.d) if lane.fit_intercept else features
        starts = np.arange(self.n_classes) * (self.d + lane.fit_intercept)
        return (starts[:, None] + kept).ravel()

    def chord(self, lane: Lane, x: Vector, gradient: Vector, rough: bool = False) -> Step:
        """Steps by the Hessian at x, from some twenty rows a feature if `rough`."""
        stride = self.stride if rough else self.fine
        if not lane.sparse:
            return self.curvature(lane, x, stride, rough=rough).newton_step()
        if self.in_one(lane):
            found = self.curvature(lane, x, stride, rough=rough)
            if found.hessian.ndim == 1:
                found = Curvature(np.diag(found.hessian), found.shift, self.n_classes)
            return found.lasso_step(lane.lasso)
        # The features that pull most, and those that are in the model.
        pulls = np.abs(subgradient(x, gradient, lane.lasso)) + 1e-300 * (x != 0)
        most = pulls.reshape(self.n_classes, -1)[:, : self.d].max(axis=0)
        count = max(LASSO_FEATURES // (2 * self.n_classes), 1)
        features = np.sort(np.argsort(-most, kind="stable")[:count])
        where = self.places(lane, features)
        found = self.curvature(lane, x, self.stride, features, rough)
        return found.lasso_step(lane.lasso[where], where)

    def in_one(self, lane: Lane) -> bool:
        """Whether all coefficients of a lane are looked at together."""
        return not lane.sparse or self.d * self.n_classes <= LASSO_FEATURES

    def search(
        self,
        lane: Lane,
        start: Vector,
        *,
        tol: float,
        max_iter: int,
        rough: bool = False,
        renew: bool = False,
        firm: bool = True,
    ) -> Any:
        """The search of a lane's minimum, `renew` its Hessian for every update if it is cheap.

        With a ridge penalty it is `firm`, if wanted.
        """
        exact = self.form == "full" and self.n_classes * self.d <= CHEAP_FEATURES
        return search(
            partial(self.chord, lane, rough=rough),
            start,
            tol=tol,
            max_iter=max_iter,
            lasso=lane.lasso if lane.sparse else None,
            exact=not self.in_one(lane) or (renew and exact and self.stride == 1),
            patient=self.form == "full" and self.n_classes * self.d > LASSO_FEATURES,
            firm=firm and lane.firm,
        )

    def centered(self, lane: Lane, found: Minimum) -> Vector:
        """Where a search ended, free of what no class's probability depends on."""
        x = found.x.reshape(self.n_classes, -1)
        if self.n_classes > 1:
            first = self.d if lane.sparse else 0
            x = x.copy()
            x[:, first:] -= x[:, first:].mean(axis=0)
        return x


def largest_hessian(d: int, n_classes: int) -> int:
    """Bytes that the Hessian of so many features takes at least; none if it is its diagonal."""
    blocks = 1 if n_classes == 2 else n_classes
    return 12 * blocks * (d + 1) ** 2 if d * blocks**0.5 <= MOST_FEATURES else 0


def _center(X: Any) -> Vector:
    """A value near the mean of each column; zero where zeros are left out."""
    if isinstance(X, CodedRows):
        return X.spread(shift_of(X.numbers))
    return np.zeros(X.shape[1]) if sparse.issparse(X) else shift_of(X)


def _hessian_of(
    X: Any,
    weight: np.ndarray | None,
    *,
    kind: Any,
    features: np.ndarray | None,
    **options: Any,
) -> Any:
    """The Hessian of a block of rows, by some features only if they are given."""
    if features is not None:
        X = (X.tocsr() if isinstance(X, CodedRows) else X)[:, features]
    return kind.of(X, None, weight, **options)


def loss_of_finite(
    X: Any,
    y: Any,
    sample_weight: Any,
    memberships: Any = None,
    *,
    coef: np.ndarray,
    weighting: np.ndarray | None = None,
    labels: Labels | None = None,
    width: int | None = None,
) -> Any:
    """`LogisticLoss` or `MultinomialLoss` of one block; ValueError if X is not finite.

    NaN or infinity in X make the loss so too, so X is looked at only then.
    """
    if labels is not None:
        y, sample_weight = labels.encode(y, sample_weight, memberships)
    kind: Any = LogisticLoss if coef.ndim == 2 else MultinomialLoss
    loss = kind.of(X, y, sample_weight, coef=coef, weighting=weighting, width=width)
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(loss.gradient.sum() + loss.value.sum())
    if not finite:
        require_finite(X)
    return loss

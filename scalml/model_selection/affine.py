"""Steps of a pipeline as algebra: what they learn from a Gram matrix, and what they make of one.

A step that moves rows by ``(x - origin) @ matrix`` moves their Gram matrix too, and what it learns
(means, variances, principal components) is in the Gram matrix of the rows it is fitted to. So it
can be fitted inside every fold, and applied to both sides of it, without a row being read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sklearn.decomposition
import sklearn.impute
import sklearn.preprocessing
from sklearn.base import clone

from scalml.decomposition import PCA
from scalml.impute import SimpleImputer
from scalml.preprocessing import StandardScaler
from scalml.statistics import Gram, Missing, Moments, Several
from scalml.statistics.gaps import GapGram
from scalml.statistics.missing import is_nan


def moved(gram: Gram, origin: np.ndarray, matrix: np.ndarray) -> Gram:
    """Gram of ``[(X - origin) @ matrix, Y]`` from that of [X, Y].

    Parameters
    ----------
    gram : Gram
    origin : ndarray of shape (n_features,)
    matrix : ndarray of shape (n_features, n_out), or (n_features,) for a diagonal one

    Examples
    --------
    >>> import numpy as np
    >>> gram = Gram.of(np.array([[1.0], [3.0]]), np.array([0.0, 1.0]))
    >>> moved(gram, np.array([2.0]), np.array([10.0])).XtX
    array([[200.]])
    """
    d = gram.n_features
    centred = (gram.X_mean - origin) + gram.rest[:d]
    if matrix.ndim == 1:
        scale = np.concatenate([matrix, np.ones(gram.n_targets)])
        mean = np.concatenate([centred * matrix, gram.Y_mean])
        cross = gram.cross * scale * scale[:, None]
        return replace(gram, mean=mean, rest=np.append(np.zeros(d), gram.rest[d:]), cross=cross)
    XtX, XtY = matrix.T @ gram.cross[:d, :d] @ matrix, matrix.T @ gram.cross[:d, d:]
    cross = np.block([[XtX, XtY], [XtY.T, gram.YtY]])
    mean = np.concatenate([centred @ matrix, gram.Y_mean])
    rest = np.append(np.zeros(matrix.shape[1]), gram.rest[d:])
    return replace(gram, mean=mean, rest=rest, cross=cross)


class Filling:
    """`SimpleImputer` with strategy "mean" or "constant", learnt from a `GapGram`."""

    kinds = (sklearn.impute.SimpleImputer, SimpleImputer)

    @staticmethod
    def refusal(step: Any) -> str | None:
        """Why this step is not of this kind; None if it is."""
        if step.strategy not in ("mean", "constant"):
            return f"what strategy={step.strategy!r} fills in does not follow from a Gram matrix"
        if not is_nan(step.missing_values):
            return f"missing values are {step.missing_values!r}, not NaN"
        if step.fill_value is not None and not isinstance(step.fill_value, (int, float)):
            return f"fill_value={step.fill_value!r} is not a number"
        return None

    def __init__(self, step: Any, rows: GapGram) -> None:
        self.rows = rows
        self.known = known = rows.known
        self.missing = rows.missing
        empty = known.n == 0
        if step.strategy == "mean":
            self.values = np.where(empty, 0.0, known.centre)
        else:
            value = 0.0 if step.fill_value is None else float(step.fill_value)
            self.values = np.full(rows.n_features, value)
        self.kept = np.flatnonzero(~empty | step.keep_empty_features)
        self.indicators = np.flatnonzero(self.missing > 0) if step.add_indicator else ()

    def __call__(self, rows: GapGram) -> Gram:
        return rows.filled(self.values, self.kept, self.indicators)

    def fitted(self, step: Any) -> Any:
        """The step as its fit to the rows would leave it: fitted to two that stand for them.

        A column holds its mean, a gap if it has gaps, and nothing but gaps if it is empty.
        """
        step = clone(step)
        n, empty = round(self.rows.gram.weight), self.known.n == 0
        two = np.tile(np.where(empty, np.nan, self.known.centre), (2, 1))
        two[1, self.missing > 0] = np.nan
        step.fit(two.astype(self.rows.gram.dtype))
        if isinstance(step, SimpleImputer):
            if step.strategy == "mean":
                seen = Several(rows=n, moments=self.known)
            else:
                missing, known = (np.rint(x).astype(np.int64) for x in (self.missing, self.known.n))
                seen = Several(rows=n, missing=Missing(missing, known))
            step.seen_ = seen
        return step


class Scaling:
    """`StandardScaler`, learnt from a Gram matrix."""

    kinds = (sklearn.preprocessing.StandardScaler, StandardScaler)

    @staticmethod
    def refusal(step: Any) -> str | None:
        """Why this step is not of this kind; None if it is."""
        return None

    def __init__(self, step: Any, rows: Gram) -> None:
        n, mean = np.full(rows.n_features, rows.weight), rows.X_mean
        self.moments = Moments(n, mean, rows.XtX.diagonal().copy(), rows.rest[: mean.size])
        self.origin = mean if step.with_mean else np.zeros_like(mean)
        self.factor = 1 / self.moments.scale if step.with_std else np.ones_like(mean)

    def __call__(self, rows: Gram) -> Gram:
        return moved(rows, self.origin, self.factor)

    def fitted(self, step: Any) -> Any:
        """The step as its fit to the rows would leave it."""
        moments = self.moments
        step = clone(step).fit(moments.mean + moments.std * [[1.0], [-1.0]])
        learnt = {"mean_": moments.mean, "var_": moments.var, "scale_": moments.scale}
        for name, value in learnt.items():
            if getattr(step, name) is not None:
                setattr(step, name, value)
        step.n_samples_seen_ = np.int64(round(moments.n[0]))
        if isinstance(step, StandardScaler):
            step.moments_ = moments
        return step


class Rotation:
    """`PCA`, learnt from a Gram matrix."""

    kinds = (sklearn.decomposition.PCA, PCA)

    @staticmethod
    def refusal(step: Any) -> str | None:
        """Why this step is not of this kind; None if it is."""
        if type(step) is sklearn.decomposition.PCA and step.svd_solver == "randomized":
            return "svd_solver='randomized' of scikit-learn's PCA is not exact"
        return None

    def __init__(self, step: Any, rows: Gram) -> None:
        params = step.get_params(deep=False)
        self.pca = PCA(**params).solve(rows)
        matrix = self.pca.components_.T.astype(np.float64)
        if step.whiten:
            scale = np.sqrt(self.pca.explained_variance_)
            matrix = matrix / np.maximum(scale, np.finfo(scale.dtype).eps)
        self.matrix = matrix

    def __call__(self, rows: Gram) -> Gram:
        return moved(rows, self.pca.mean_, self.matrix)

    def fitted(self, step: Any) -> Any:
        """The step as its fit to the rows would leave it."""
        fitted = clone(self.pca).solve(self.pca.gram_)
        return fitted if isinstance(step, PCA) else fitted.to_sklearn()


KINDS: tuple[Any, ...] = (Filling, Scaling, Rotation)


def kind_of(step: Any) -> Any:
    """Which of `KINDS` answers for a step; None for a step of another class."""
    return next((kind for kind in KINDS if type(step) in kind.kinds), None)

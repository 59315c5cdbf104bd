"""ColumnTransformer: groups of columns whose fits share the passes over the data."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pandas as pd
import sklearn.compose
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data

from scalml.compose.coding import Coding, Names, coding_of, with_width
from scalml.compose.columns import as_collection, first_rows, positions, take
from scalml.compose.steps import (
    answer,
    count_rows_of,
    count_stored,
    is_fitted,
    is_none,
    nonzeros_of,
    outputs,
    passes_of,
    plain_of,
    sums_of,
    transformed,
)
from scalml.utils.application import ChunkedTransformer
from scalml.utils.fitting import fitting
from scalml.utils.namesakes import params_of
from scalml.utils.sums import run, together
from scalml.utils.validation import is_chunked

__all__ = ["ColumnTransformer", "make_column_transformer"]


def _all_add(self) -> bool:
    steps = [step for _, step, _ in self.transformers] + [self.remainder]
    return all(
        isinstance(step, str) or hasattr(step, "partial_fit") or not get_tags(step).requires_fit
        for step in steps
    )


class ColumnTransformer(  # type: ignore[call-arg]
    ChunkedTransformer, sklearn.compose.ColumnTransformer, auto_wrap_output_keys=None
):
    """Give groups of columns to transformers of their own and put the results side by side.

    Parameters, attributes and results are those of `sklearn.compose.ColumnTransformer`; the rows
    may be a `ChunkedFrame`, a `ChunkedArray` or in memory. Chunked rows are transformed lazily.

    Parameters
    ----------
    transformers : list of (name, transformer, columns)
        On chunked rows a transformer is one of scalml's, a pipeline of such, a stateless one of
        scikit-learn's, "drop" or "passthrough". Columns are names, numbers, a slice, a boolean
        mask, or a callable, which gets a frame of no rows.
    remainder, sparse_threshold, n_jobs, transformer_weights, verbose, verbose_feature_names_out, \
            force_int_remainder_cols
        As in scikit-learn. Chunks run in parallel by the configuration, not by `n_jobs`.

    Attributes
    ----------
    transformers_, named_transformers_, output_indices_, sparse_output_, n_features_in_, \
            feature_names_in_
        As in scikit-learn.

    Notes
    -----
    As many passes as the transformer that needs most: in each pass the sums of all of them are
    taken from one reading of the rows (`scalml.utils.sums`). Imputing by the mean and
    scaling beside one-hot encoding is one pass. The density that decides about sparse output is
    that of all the rows, taken from the encoders' counts; only sparse results of other
    transformers are counted in one more pass. Two rows are read to learn how the results look.
    `partial_fit`, where all transformers have it, hands it on. A frame is transformed by the names
    of its columns: their order does not matter, and those that no transformer takes are not read.

    Examples
    --------
    >>> import pandas as pd, scalml
    >>> from scalml.compose import ColumnTransformer
    >>> from scalml.preprocessing import OneHotEncoder, StandardScaler
    >>> frame = pd.DataFrame({"town": ["Ulm", "Bonn", "Ulm"], "km": [1.0, 2.0, 3.0]})
    >>> rows = scalml.from_frame(frame, chunk_rows=2)
    >>> columns = ColumnTransformer(
    ...     [("scale", StandardScaler(), ["km"]), ("code", OneHotEncoder(), ["town"])]
    ... ).fit(rows)
    >>> columns.transform(rows).to_numpy().round(2)
    array([[-1.22,  0.  ,  1.  ],
           [ 0.  ,  1.  ,  0.  ],
           [ 1.22,  0.  ,  1.  ]])
    """

    transformers_: list[Any]
    _n_rows: int  # that all fits since the last `fit` have seen

    @fitting
    def fit(self, X, y=None, **params):
        """Fit all transformers.

        Parameters
        ----------
        X : ChunkedFrame, ChunkedArray, DataFrame or array-like of shape (n_rows, n_columns)
        y : collection or array-like of shape (n_rows,), default=None
        **params
            Routed metadata, for rows in memory only.

        Returns
        -------
        self : ColumnTransformer

        Raises
        ------
        ValueError
            If a column does not exist, or there are no rows.
        TypeError
            If a transformer of scikit-learn's that learns is given chunked rows.
        """
        if not is_chunked(X):
            sklearn.compose.ColumnTransformer.fit_transform(self, X, y, **params)
            self._plain = self._plain_like(self.transformers_, first_rows(X))
            self._plain.sparse_output_ = getattr(self, "sparse_output_", False)
            self._n_rows = X.shape[0] if hasattr(X, "shape") else len(np.asarray(X))
            return self
        if params:
            raise ValueError(f"Chunked rows take no fit parameters, got {sorted(params)}.")
        run(self.sums(X, y))
        return self

    @available_if(_all_add)
    @fitting
    def partial_fit(self, X, y=None):
        """Add more rows to what every transformer has learnt; see `fit` for the passes.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
            With the columns of the first fit.
        y : collection or array-like of shape (n_rows,), default=None

        Returns
        -------
        self : ColumnTransformer

        Raises
        ------
        ValueError
            If the columns are not those of the first fit, or there are no rows.
        """
        if not is_chunked(X):
            X = as_collection(X)
        run(self.sums(X, y, reset=not hasattr(self, "transformers_")))
        return self

    def sums(self, X, y=None, *, reset=True):
        """Ask for the sums of all transformers at once: see `scalml.utils.sums`."""
        head = X.source.empty()
        validate_data(self, X=head, reset=reset, skip_check_array=True)
        specs = [(n, t, c(head) if callable(c) else c) for n, t, c in self.transformers]
        where = positions(specs, head)
        specs.append(("remainder", self.remainder, where["remainder"]))
        old = {} if reset else self.named_transformers_
        steps, parts, fits, found = {}, {}, {}, {}
        for name, step, columns in specs:
            if _is_drop(step) or not len(where[name]):
                continue
            parts[name] = take(X, head, columns, where[name])
            if is_none(step):
                continue
            steps[name] = clone(step) if reset else old[name]
            fits[f"fit {name}"] = sums_of(steps[name], parts[name], y, reset=reset)
        if parts:
            some = next(iter(parts.values()))
            fits["rows"] = answer(found, "rows", count_rows_of, some)
        yield from together(fits)
        self._n_rows = found.get("rows", 0) + (0 if reset else self._n_rows)

        rows = X.head(2)
        fitted = [(n, steps.get(n, t), c) for n, t, c in specs]
        self._plain = plain = self._plain_like(fitted, rows)
        few = {n: take(rows, head, c, where[n]) for n, _, c in specs if n in parts}
        looks = {
            name: outputs(plain.named_transformers_[name], part) if name in steps else part
            for name, part in few.items()
        }
        plain.sparse_output_ = yield from self._density(looks, steps, parts, found)
        self.sparse_output_ = plain.sparse_output_
        self.output_indices_ = plain.output_indices_
        self.transformers_ = [
            (name, steps.get(name, step), columns) for name, step, columns in plain.transformers_
        ]

    def _density(self, looks, steps, parts, found):
        """Decide whether the output is sparse, from the density of all the rows ever seen.

        What a step cannot tell is counted in the rows at hand, and taken to be as dense before.
        """
        some_sparse = [name for name, look in looks.items() if sparse.issparse(look)]
        if not some_sparse or self.sparse_threshold == 0:
            return False
        stored, counted, fits = {}, {}, {}
        for name, look in looks.items():
            told = nonzeros_of(steps[name]) if name in steps else None
            if name not in some_sparse:
                stored[name] = self._n_rows * look.shape[1]
            elif told is not None:
                stored[name] = told
            else:
                part = transformed(steps[name], parts[name]) if name in steps else parts[name]
                fits[name] = answer(counted, name, count_stored, part)
        yield from together(fits)
        for name, count in counted.items():
            stored[name] = count * self._n_rows / found["rows"]
        cells = self._n_rows * sum(look.shape[1] for look in looks.values())
        return sum(stored.values()) / cells < self.sparse_threshold

    def coding(self, head):
        """A function that makes `CodedRows` of blocks; None if a transformer prevents that.

        Each must give dense numbers or end in a `OneHotEncoder`.
        """
        frame = isinstance(head, pd.DataFrame)
        if self.transformer_weights or sparse.issparse(head):
            return None
        if frame and not head.columns.is_unique:
            return None
        where, names = self._inputs(head)
        rows, parts, dtypes = self.example_rows(head), [], []
        for name, step, columns in self.transformers_:
            if _is_drop(step) or not len(where[name]):
                continue
            if np.isscalar(columns):
                return None
            pick = Names(list(names[where[name]]) if frame else [], where[name])
            part = coding_of(step, pick(head), pick)
            if part is None:
                return None
            few = pick(rows)
            look = few if is_none(step) else outputs(plain_of(step), few)
            part = with_width(part, look)
            if part is None:
                return None
            parts.append(part)
            dtypes.append(look.dtype if hasattr(look, "dtype") else np.result_type(*look.dtypes))
        return Coding(parts, np.result_type(*dtypes), self.sparse_output_) if parts else None

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes."""
        passes = [passes_of(step) for _, step, _ in self.transformers]
        passes.append(passes_of(self.remainder))
        return max([1, *(few for few, _ in passes)]), max(1, *(many for _, many in passes)) + 1

    def to_sklearn(self) -> sklearn.compose.ColumnTransformer:
        """Return scikit-learn's own ColumnTransformer of plain fitted steps."""
        check_is_fitted(self, "transformers_")
        return copy.deepcopy(self._plain)

    def get_feature_names_out(self, input_features=None):
        """Names of the output columns, as scikit-learn's."""
        return self.to_sklearn().get_feature_names_out(input_features)

    def set_output(self, *, transform=None):
        """Choose the container of transformed rows; see `ChunkedTransformer.set_output`."""
        ChunkedTransformer.set_output(self, transform=transform)
        fitted = getattr(self, "transformers_", [])
        for _, step, _ in [*self.transformers, *fitted, ("remainder", self.remainder, None)]:
            if isinstance(step, str) or transform is None:
                continue
            if not hasattr(step, "set_output"):
                raise ValueError(
                    f"Unable to configure output for {step} because `set_output` is not available."
                )
            step.set_output(transform=transform)
        return self

    def example_rows(self, head):
        """Two rows put together from the transformers' own examples."""
        rows = ChunkedTransformer.example_rows(self, head)
        if not isinstance(rows, (pd.DataFrame, np.ndarray)):
            return rows
        where, names = self._inputs(head)
        for name, step, _ in self.transformers_:
            example = getattr(_first(step), "example_rows", None)
            # A column may be given to several: the choosy ones have their way.
            if example is None or _takes_any(_first(step)) or not len(where[name]):
                continue
            if isinstance(rows, np.ndarray):
                rows[:, where[name]] = example(head[:, where[name]])
                continue
            part = example(head[names[where[name]]])
            for column in part.columns:
                rows[column] = part[column].astype(head[column].dtype)
        return rows

    def _inputs(self, head):
        """Number of each transformer's columns where it was fitted, and the names of all columns.

        The columns of a frame are known by name: another one may have more, in another order.
        """
        if isinstance(head, pd.DataFrame) and hasattr(self, "feature_names_in_"):
            head = pd.DataFrame(columns=self.feature_names_in_)
        where = positions([t for t in self.transformers_ if t[0] != "remainder"], head)
        return where, getattr(head, "columns", None)

    def _admitted(self, X):
        head = X.source.empty()
        if not (isinstance(head, pd.DataFrame) and hasattr(self, "feature_names_in_")):
            return super()._admitted(X)
        where, names = self._inputs(head)
        steps = {name: step for name, step, _ in self.transformers_}
        used = [w for name, w in where.items() if not _is_drop(steps.get(name, "drop"))]
        needed = list(names[sorted({number for numbers in used for number in numbers})])
        missing = [name for name in needed if name not in head.columns]
        if missing:
            raise ValueError(
                f"columns are missing: {missing}. The transformers were fitted with them; the rows "
                f"have {list(head.columns)}."
            )
        if needed and needed != list(head.columns):
            X = X[needed]
        return X, X.source.empty()

    def _plain_like(self, fitted, rows):
        """Fit the namesake on a few rows with steps that are frozen, then thaw them."""
        frozen, thawed = {}, {}
        for name, step, _ in fitted:
            thawed[name] = plain_of(step) if is_fitted(step) else step
            known = hasattr(thawed[name], "transform")
            frozen[name] = FrozenEstimator(thawed[name]) if known else thawed[name]
        given = {name: step for name, step, _ in self.transformers} | {"remainder": self.remainder}
        for name, step in given.items():
            if isinstance(step, str) or not is_fitted(thawed.get(name)):
                frozen[name] = thawed[name] = step
        columns = {name: c for name, _, c in fitted}
        params = params_of(self, sklearn.compose.ColumnTransformer)
        params["transformers"] = [(n, frozen[n], columns[n]) for n, _, _ in self.transformers]
        params["remainder"] = frozen["remainder"]
        plain = sklearn.compose.ColumnTransformer(**params | {"verbose": False})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain.fit(rows)
        plain.verbose = self.verbose
        plain.transformers = [(n, thawed[n], columns[n]) for n, _, _ in self.transformers]
        plain.remainder = thawed["remainder"]
        plain.transformers_ = [
            (n, t.estimator if isinstance(t, FrozenEstimator) else t, c)
            for n, t, c in plain.transformers_
        ]
        return plain


def make_column_transformer(*transformers, **params) -> ColumnTransformer:
    """Build a `ColumnTransformer` of (transformer, columns) pairs, named after their classes.

    Parameters
    ----------
    *transformers : tuples (transformer, columns)
    **params
        Keyword parameters of `ColumnTransformer`.

    Returns
    -------
    ColumnTransformer

    Examples
    --------
    >>> from scalml.compose import make_column_transformer
    >>> from scalml.preprocessing import StandardScaler
    >>> make_column_transformer((StandardScaler(), ["km"])).transformers
    [('standardscaler', StandardScaler(), ['km'])]
    """
    named = sklearn.compose.make_column_transformer(*transformers)
    return ColumnTransformer(named.transformers, **params)


def _is_drop(step):
    return isinstance(step, str) and step == "drop"


def _takes_any(step):
    """Whether a step accepts every row of the right dtypes."""
    own = getattr(type(step), "example_rows", ChunkedTransformer.example_rows)
    return own is ChunkedTransformer.example_rows


def _first(step):
    """The step of a pipeline, or the transformer itself, that sees the rows first."""
    while hasattr(step, "steps"):
        step = next((s for _, s in step.steps if not is_none(s)), None)
    return step

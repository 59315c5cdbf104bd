"""SimpleImputer: each column's filling value from sums or counts over chunks."""

from __future__ import annotations

import copy
import math
from functools import partial

import numpy as np
import pandas as pd
import sklearn.impute
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import inverse
from scalml.statistics import Counts, Missing, Moments, Several
from scalml.statistics.missing import is_missing, is_nan
from scalml.utils.application import ChunkedTransformer
from scalml.utils.fitting import fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.slabwise import columns_suffice
from scalml.utils.sums import Sum, run
from scalml.utils.validation import require_finite_columns, validate_chunks

__all__ = ["SimpleImputer"]

STREAMING = ("mean", "most_frequent", "constant")


class SimpleImputer(  # type: ignore[call-arg]
    Mergeable, ChunkedTransformer, sklearn.impute.SimpleImputer, auto_wrap_output_keys=None
):
    """Fill missing values with the mean, the most frequent value or a constant.

    Parameters, attributes and results are those of `sklearn.impute.SimpleImputer`; the rows may
    be a `ChunkedFrame`, a `ChunkedArray` or in memory. Chunked rows are filled lazily.

    Parameters
    ----------
    missing_values, fill_value, copy, add_indicator, keep_empty_features
        As in scikit-learn.
    strategy : {"mean", "most_frequent", "constant"}, default="mean"
        "median" and callables need all values of a column at once and are refused.

    Attributes
    ----------
    seen_ : Several
        What the rows so far amount to: their number (``rows``) and, by strategy, ``moments``,
        ``counts`` or numbers of ``missing`` values; what `partial_fit` adds to.
    statistics_, indicator_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    One pass. Memory is one chunk a worker; with "most_frequent" it also grows with the number of
    distinct values. Means are accumulated in float64, shifted; ties of "most_frequent" go to the
    smallest value. `partial_fit` adds: the result is that of `fit` on all the rows. Memory order
    has no influence.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.impute import SimpleImputer
    >>> X = scalml.from_array(np.array([[1.0, 5], [np.nan, 6], [3, np.nan]]), chunk_rows=2)
    >>> imputer = SimpleImputer().fit(X)
    >>> imputer.statistics_
    array([2. , 5.5])
    >>> imputer.transform(X).to_numpy()
    array([[1. , 5. ],
           [2. , 6. ],
           [3. , 5.5]])
    """

    seen_: Several

    learnt_as = ("seen_",)

    @fitting
    def fit(self, X, y=None):
        """Learn the value that fills each column.

        Parameters
        ----------
        X : ChunkedFrame, ChunkedArray, DataFrame, array-like or CSR matrix, \
                of shape (n_rows, n_columns)
        y : ignored

        Returns
        -------
        self : SimpleImputer

        Raises
        ------
        ValueError
            If the strategy does not stream or does not suit the data, a value is infinite, or
            there are no rows.
        """
        run(self.sums(X))
        return self

    @fitting
    def partial_fit(self, X, y=None):
        """Add the statistics of more rows, in one pass over them.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns)
            With the columns of the first fit.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the columns or the strategy are not those of the first fit, or there are no rows.
        """
        run(self.sums(X, reset=not hasattr(self, "seen_")))
        return self

    def sums(self, X, y=None, sample_weight=None, *, reset=True):
        """Ask for one statistic of X and set the fitted attributes: `scalml.utils.sums`."""
        if self.strategy == "median" or callable(self.strategy):
            raise ValueError(
                f"strategy must be one that adds up over chunks, {', '.join(map(repr, STREAMING))}"
                f", got {self.strategy!r}. Use sklearn.impute.SimpleImputer on a sample for it."
            )
        X = self._validated(X, reset)
        head = X.source.empty()
        if isinstance(head, pd.DataFrame):
            head = check_array(
                head, dtype=None, ensure_min_samples=0, ensure_all_finite="allow-nan"
            )
        self._plain_on(self._probe(head))
        func = partial(
            observe,
            strategy=self.strategy,
            missing_values=self.missing_values,
            numeric=head.dtype.kind == "f",
        )
        seen = yield Sum(func, (X,))
        if not reset and set(seen) != set(self.seen_):
            raise ValueError(
                f"strategy must stay the same between calls of partial_fit, got {self.strategy!r} "
                f"after one that keeps {sorted(map(str, self.seen_))}; call fit."
            )
        self.seen_ = seen if reset else self.seen_ + seen
        self._head = head[:0]
        self._solve()

    def _solve(self) -> None:
        if not self.seen_["rows"] > 0:
            raise ValueError("An imputer needs at least one row; none would be left.")
        try:
            self._plain = self._plain_on(self._representatives(self._head))
            if "moments" in self.seen_:
                known = self.seen_["moments"].n > 0
                means = self.seen_["moments"].centre[known].astype(self._head.dtype)
                self._plain.statistics_[known] = means
        except TypeError as error:
            if "unhashable" not in str(error):
                raise
            raise TypeError(
                f"argument must be a table of strings or numbers, got an {error}."
            ) from None
        if hasattr(self, "feature_names_in_"):
            self._plain.feature_names_in_ = self.feature_names_in_
        self.statistics_ = self._plain.statistics_
        self.indicator_ = self._plain.indicator_

    def inverse_transform(self, X):
        """Put gaps back where the indicators say so; lazily on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_columns_out)
            As `transform` gives them with ``add_indicator=True``.

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows, n_columns)
        """
        check_is_fitted(self, "seen_")
        columns = len(self.get_feature_names_out())
        return inverse(self, X, np.zeros((1, columns)))

    def slabwise(self) -> Fill | None:
        """The fitted imputer as a step of `scalml.utils.slabwise.Slabwise`, if it only fills."""
        values = self.statistics_
        plain = is_nan(self.missing_values) and not self.add_indicator
        if not plain or values.dtype.kind != "f" or not np.isfinite(values).all():
            return None
        return Fill(values)

    def example_rows(self, head):
        """A row of the values that gaps are filled with, in the container of the block `head`."""
        rows = ChunkedTransformer.example_rows(self, head)
        if isinstance(rows, pd.DataFrame) and self.strategy == "most_frequent":
            for name, value in zip(rows.columns, self.statistics_, strict=True):
                if not pd.isna(value):
                    rows[name] = pd.Series([value]).astype(head[name].dtype)
        return rows

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes."""
        return 1, 1

    def to_sklearn(self) -> sklearn.impute.SimpleImputer:
        """Return scikit-learn's own imputer, fitted, independent of this one."""
        check_is_fitted(self, "seen_")
        plain = copy.deepcopy(self._plain)
        return plain.set_params(**params_of(self, sklearn.impute.SimpleImputer))

    def get_feature_names_out(self, input_features=None):
        """Names of the columns that are kept and of the indicators, as scikit-learn's."""
        return self.to_sklearn().get_feature_names_out(input_features)

    @property
    def gives_moments(self) -> bool:
        """Whether `output_moments` follow from what `fit` learns."""
        return self.strategy == "mean"

    def output_moments(self) -> Moments | None:
        """Moments of the rows seen by `fit`, once filled; None where they do not follow.

        A column filled with m is the known values and so many times m; an indicator is 1 so many
        times. A scaler behind the imputer needs no pass of its own then.
        """
        check_is_fitted(self, "seen_")
        if not self.gives_moments:
            return None
        known, rows = self.seen_["moments"], self.seen_["rows"]
        fill = self.statistics_.astype(np.float64)
        kept = np.isfinite(fill)
        gaps = rows - known.n
        fill, zero = np.where(kept, fill, 0.0), np.zeros(len(gaps))
        filled = known + Moments(gaps, fill, zero)
        share = gaps[[] if self.indicator_ is None else self.indicator_.features_] / rows
        return Moments(
            np.concatenate([filled.n[kept], np.full(len(share), float(rows))]),
            np.concatenate([filled.centre[kept], share]),
            np.concatenate([filled.squares[kept], rows * share * (1 - share)]),
        )

    def _validated(self, X, reset):
        numeric = self.strategy == "mean"
        loose = is_nan(self.missing_values) or self.missing_values is pd.NA
        if isinstance(X, list) and not numeric:
            X = _array_of_list(X)
        try:
            return validate_chunks(
                self,
                X,
                reset=reset,
                accept_sparse="csr",
                dtype=[np.float64, np.float32, np.float16] if numeric else None,
                keep_frames=not numeric or (loose and columns_suffice(X)),
                ensure_all_finite="allow-nan" if loose else True,
            )[0]
        except ValueError as error:
            if "could not convert" not in str(error):
                raise
            raise ValueError(
                f"Cannot use {self.strategy} strategy with non-numeric data:\n{error}"
            ) from None

    def _plain_on(self, rows) -> sklearn.impute.SimpleImputer:
        namesake = sklearn.impute.SimpleImputer
        return namesake(**params_of(self, namesake)).fit(rows)

    def _filler(self, dtype):
        """A value that is not missing."""
        if dtype.kind == "O":
            return "b" if _equal(self.missing_values, "a") else "a"
        return 2 if _equal(self.missing_values, 1) else 1

    def _probe(self, head):
        """A row of the data's dtype, on which the namesake refuses what does not suit it."""
        row = np.full((1, head.shape[1]), self._filler(head.dtype), dtype=head.dtype)
        return sparse.csr_matrix(row) if sparse.issparse(head) else row

    def _representatives(self, head):
        """Two rows on which the namesake learns what all the rows would teach it.

        A column holds its statistic, a gap if it has gaps, and nothing but gaps if it is empty. A
        mean may be the very number that stands for gaps, so that it is another value then.
        """
        seen, rows = self.seen_, self.seen_["rows"]
        if "moments" in seen:
            known = np.rint(seen["moments"].n).astype(np.int64)
            gaps, values = rows - known, [self._filler(head.dtype)] * len(known)
        elif "counts" in seen:
            columns = [c.without(self.missing_values) for c in seen["counts"].columns]
            known = np.array([c.total for c in columns])
            gaps, values = rows - known, [_scalar(c.most_frequent()) for c in columns]
        else:
            known, gaps = seen["missing"].known, seen["missing"].missing
            values = [self._filler(head.dtype)] * len(known)
        gap = self.missing_values
        if gap is pd.NA and head.dtype.kind != "O":
            gap = np.nan
        two = np.zeros((2, head.shape[1]), dtype=head.dtype)
        for j, value in enumerate(values):
            if known[j]:
                two[:, j] = value
            elif gaps[j] == rows:
                two[0, j] = gap
            if gaps[j]:
                two[1, j] = gap
        return sparse.csr_matrix(two) if sparse.issparse(head) else two


class Fill:
    """Puts a value in the place of each NaN of a column."""

    def __init__(self, values) -> None:
        self.operands = (values,)

    def __call__(self, values, fill, *, out) -> None:
        if values is not out:
            out[...] = values
        flat = out.reshape(-1)
        if math.isfinite(np.dot(flat, flat)):
            return
        # By their numbers: where gaps lie at random a mask costs a branch that is guessed wrong.
        gaps = np.flatnonzero(np.isnan(flat))
        flat[gaps] = fill[0, gaps % out.shape[1]] if out.ndim == 2 else fill


def observe(X, strategy: str, missing_values, numeric: bool = False) -> Several:
    """What a strategy needs to know of a block; one of numbers only must be finite."""
    gap_is_nan = is_nan(missing_values) or missing_values is pd.NA
    if numeric and strategy != "mean":  # for the mean it is looked at before
        require_finite_columns(X, allow_nan=gap_is_nan)
    if strategy == "most_frequent":
        return Several(rows=X.shape[0], counts=Counts.of(X))
    if strategy == "constant":
        return Several(rows=X.shape[0], missing=Missing.of(X, missing_values=missing_values))
    if not gap_is_nan:
        values = X.data if sparse.issparse(X) else X
        values = np.where(is_missing(values, missing_values), np.nan, values)
        if sparse.issparse(X):
            X = sparse.csr_matrix((values, X.indices, X.indptr), X.shape)
        else:
            X = values
    return Several(rows=X.shape[0], moments=Moments.of(X))


def _array_of_list(X):
    """Make an array of lists as imputers do: objects if there is a string."""
    strings = any(isinstance(value, str) for row in X if np.ndim(row) for value in row)
    return np.array(X, dtype=object) if strings else X


def _equal(a, b) -> bool:
    return a is not pd.NA and a == b


def _scalar(value):
    return value.item() if isinstance(value, np.generic) else value

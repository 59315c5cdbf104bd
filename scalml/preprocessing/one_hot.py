"""OneHotEncoder: categories are counted chunk by chunk, the namesake encodes."""

from __future__ import annotations

import copy
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
import sklearn.preprocessing
from scipy import sparse
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from scalml.compose.coding import Coding, Part, Whole
from scalml.compose.steps import inverse
from scalml.preprocessing.codes import Encoding
from scalml.statistics import Counts
from scalml.statistics.columns import as_objects
from scalml.statistics.missing import is_nan
from scalml.utils.application import ChunkedTransformer
from scalml.utils.fitting import fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.sums import Sum, run
from scalml.utils.validation import is_chunked, require_finite_columns, validate_chunks

__all__ = ["OneHotEncoder"]


class OneHotEncoder(  # type: ignore[call-arg]
    Mergeable, ChunkedTransformer, sklearn.preprocessing.OneHotEncoder, auto_wrap_output_keys=None
):
    """Encode categorical columns as one-hot columns, learnt from counts that add up.

    Parameters, attributes and results are those of `sklearn.preprocessing.OneHotEncoder`; the
    rows may be a `ChunkedFrame`, a `ChunkedArray` or in memory. Chunked rows are encoded lazily:
    to a `ChunkedArray` of CSR chunks, of dense ones with ``sparse_output=False``, or to a
    `ChunkedFrame` after ``set_output(transform="pandas")``.

    Parameters
    ----------
    categories, drop, sparse_output, dtype, handle_unknown, min_frequency, max_categories, \
            feature_name_combiner
        As in scikit-learn. What counts as infrequent is decided by the counts of all rows.

    Attributes
    ----------
    counts_ : Counts
        How often each value of each column occurs; what `partial_fit` adds to.
    categories_, drop_idx_, infrequent_categories_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    One pass over the data; memory grows with the number of distinct values, not of rows. The
    order of rows and the size of chunks have no influence. `partial_fit` adds the counts of more
    rows: the result is that of `fit` on all of them.

    Examples
    --------
    >>> import pandas as pd, scalml
    >>> from scalml.preprocessing import OneHotEncoder
    >>> towns = scalml.from_frame(pd.DataFrame({"town": ["Ulm", "Bonn", "Ulm"]}), chunk_rows=2)
    >>> encoder = OneHotEncoder().fit(towns)
    >>> encoder.categories_
    [array(['Bonn', 'Ulm'], dtype=object)]
    >>> encoder.transform(towns).to_numpy().toarray()
    array([[0., 1.],
           [1., 0.],
           [0., 1.]])
    """

    learnt_as = ("counts_",)

    counts_: Counts

    @fitting
    def fit(self, X, y=None):
        """Count the values of every column and derive the encoding.

        Parameters
        ----------
        X : ChunkedFrame, ChunkedArray, DataFrame or array-like of shape (n_rows, n_columns)
        y : ignored

        Returns
        -------
        self : OneHotEncoder

        Raises
        ------
        ValueError
            If a parameter is out of its range, a number infinite (with row and file), if there
            are no rows, or if `categories` are given and a value is not among them (unless
            `handle_unknown` allows it).
        TypeError
            If a column mixes strings and numbers.
        """
        run(self.sums(X))
        return self

    @fitting
    def partial_fit(self, X, y=None):
        """Add the counts of more rows, in one pass over them; categories may be new.

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
            If the columns are not those of the first fit, or there are no rows.
        """
        run(self.sums(X, reset=not hasattr(self, "counts_")))
        return self

    def sums(self, X, y=None, sample_weight=None, *, reset=True):
        """Ask for the counts of X and set the fitted attributes: see `scalml.utils.sums`."""
        self._check_parameters()
        X = validate_chunks(
            self,
            _table(X),
            reset=reset,
            dtype=None,
            keep_frames=True,
            ensure_all_finite="allow-nan",
        )[0]
        counts = yield Sum(count, (X,))
        self.counts_ = counts if reset else self.counts_ + counts
        self._solve()

    def inverse_transform(self, X):
        """Turn encoded rows back into categories; lazily on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_encoded)

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows, n_columns)
        """
        check_is_fitted(self, "counts_")
        rows = self.example_rows(None)
        if hasattr(self, "feature_names_in_"):
            rows = pd.DataFrame(rows, columns=self.feature_names_in_)
        return inverse(self, X, np.asarray(_dense(self.to_sklearn().transform(rows))))

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes."""
        return 1, 1

    def to_sklearn(self) -> sklearn.preprocessing.OneHotEncoder:
        """Return scikit-learn's own encoder, fitted, independent of this one."""
        check_is_fitted(self, "counts_")
        plain = copy.deepcopy(self._plain)
        return plain.set_params(**params_of(self, sklearn.preprocessing.OneHotEncoder))

    def get_feature_names_out(self, input_features=None):
        """Names of the encoded columns, as scikit-learn's."""
        return self.to_sklearn().get_feature_names_out(input_features)

    @property
    def infrequent_categories_(self):
        """Infrequent categories of each column, None where there are none."""
        return self.to_sklearn().infrequent_categories_

    def encoding(self) -> Encoding:
        """The fitted encoder as a function of a block that gives codes."""
        return Encoding(self.to_sklearn())

    def coding(self, head):
        """A function that makes `CodedRows` of blocks."""
        encoding = self.encoding()
        part = Part(Whole(), None, encoding, encoding.n_columns)
        return Coding([part], self.dtype, self.sparse_output)

    def example_rows(self, head):
        """A row of known categories, in the container of the empty block `head`."""
        first = [categories[:1] for categories in self.categories_]
        if isinstance(head, pd.DataFrame):
            columns = zip(head.columns, first, strict=True)
            return pd.DataFrame({name: pd.Series(v, dtype=v.dtype) for name, v in columns})
        return np.array([[v[0] for v in first]], dtype=np.result_type(*first))

    @property
    def nonzeros_(self):
        """Number of non-zero values that the rows seen by `fit` encode to."""
        check_is_fitted(self, "counts_")
        rare = self.infrequent_categories_ if self._groups else [None] * len(self.categories_)
        dropped = self.drop_idx_ if self.drop_idx_ is not None else [None] * len(self.categories_)
        total = 0
        for j, (categories, counts) in enumerate(zip(self.categories_, self._known(), strict=True)):
            unknown = self.counts_.columns[j].total - counts.sum()
            if rare[j] is not None and self.handle_unknown in ("infrequent_if_exist", "warn"):
                counts = np.append(counts, unknown)
            out = 0
            if dropped[j] is not None:
                gone = _find(categories[dropped[j]], categories)
                group = _positions(rare[j], categories) if rare[j] is not None else []
                out = counts[group].sum() if gone in group else counts[gone]
                if gone in group and len(counts) > len(categories):
                    out += unknown
            total += counts.sum() - out
        return int(total)

    @property
    def _groups(self) -> bool:
        return self.min_frequency is not None or self.max_categories is not None

    def _check_parameters(self) -> None:
        """Let the namesake refuse bad parameters before any data is read."""
        params = params_of(self, sklearn.preprocessing.OneHotEncoder)
        if isinstance(self.categories, list):
            params["categories"] = "auto"
        if self.drop is not None and not isinstance(self.drop, str):
            params["drop"] = None
        sklearn.preprocessing.OneHotEncoder(**params).fit(np.zeros((1, 1)))

    def _solve(self) -> None:
        if not self.counts_.total > 0:
            raise ValueError("An encoder needs at least one row; none would be left.")
        self._plain = self._fitted_plain()
        self.categories_ = self._plain.categories_
        self.drop_idx_ = self._plain.drop_idx_

    def _fitted_plain(self) -> sklearn.preprocessing.OneHotEncoder:
        """Fit the namesake on a few rows made from the counts.

        With ``min_frequency=1`` a category that is given but absent is infrequent, so one row for
        each *frequent* category makes the namesake see what it would see in all the rows.
        """
        ordered = self.counts_.ordered()
        if isinstance(self.categories, str):
            self.categories_ = [column.values for column in ordered]
        else:
            given = sklearn.preprocessing.OneHotEncoder(
                categories=self.categories, handle_unknown=self.handle_unknown
            )
            self.categories_ = given.fit(_distinct_rows(ordered)).categories_
        known = [[_python_free(v) for v in categories] for categories in self.categories_]
        seen = [[] for _ in known]
        if self._groups:
            seen = [
                [value for value, rare in zip(values, self._rare(counts), strict=True) if not rare]
                for values, counts in zip(known, self._known(), strict=True)
            ]
        rows: Any = np.full((max([1, *map(len, seen)]), len(known)), _Unknown(), dtype=object)
        for j, values in enumerate(seen):
            rows[: len(values), j] = values
        if hasattr(self, "feature_names_in_"):
            rows = pd.DataFrame(rows, columns=self.feature_names_in_, dtype=object)
        params = params_of(self, sklearn.preprocessing.OneHotEncoder) | {
            "categories": [as_objects(values) for values in known],
            "handle_unknown": "ignore",
            "min_frequency": 1 if self._groups else None,
            "max_categories": None,
        }
        plain = sklearn.preprocessing.OneHotEncoder(**params).fit(rows)
        plain.categories_ = self.categories_
        return plain.set_params(**params_of(self, sklearn.preprocessing.OneHotEncoder))

    def _known(self) -> list[np.ndarray]:
        """Counts of each column in the order of `categories_`; 0 for values that do not occur."""
        found = []
        for categories, column in zip(self.categories_, self.counts_.columns, strict=True):
            table = dict(zip(map(_key, column.values), column.counts, strict=True))
            found.append(np.array([table.get(_key(v), 0) for v in categories]))
        return found

    def _rare(self, counts: np.ndarray) -> np.ndarray:
        """Tell which categories are infrequent, by scikit-learn's rule."""
        rare = np.zeros(len(counts), dtype=bool)
        if self.min_frequency is not None:
            absolute = isinstance(self.min_frequency, Integral)
            least = self.min_frequency if absolute else self.min_frequency * self.counts_.total
            rare = counts < least
        if self.max_categories is not None and self.max_categories < (~rare).sum() + 1:
            n_kept = self.max_categories - 1
            # Stable: of categories that occur equally often, the first are infrequent.
            rare[np.argsort(counts, kind="stable")[: len(counts) - n_kept]] = True
        return rare


def count(X) -> Counts:
    """How often each value of each column of a block occurs; infinity is no category."""
    require_finite_columns(X)
    return Counts.of(X)


count.takes_codes = True  # type: ignore[attr-defined]


class _Unknown:
    """A value that is no category: fills the columns of representative rows."""


def _table(X):
    """Make an array of plain lists as encoders do: strings become objects, not fixed-width."""
    if is_chunked(X) or hasattr(X, "dtype") or hasattr(X, "columns"):
        return X
    array = check_array(X, dtype=None, ensure_all_finite="allow-nan")
    if array.dtype.kind != "U":
        return array
    return check_array(X, dtype=object, ensure_all_finite="allow-nan")


def _distinct_rows(columns):
    """Rows that hold every distinct value of every column, each column with its own dtype."""
    n_rows = max(len(column.values) for column in columns)
    values = [np.resize(column.values, n_rows) for column in columns]
    if len({v.dtype for v in values}) == 1:
        return np.column_stack(values)
    return pd.DataFrame({f"x{j}": pd.Series(v, dtype=v.dtype) for j, v in enumerate(values)})


def _dense(rows):
    return rows.toarray() if sparse.issparse(rows) else rows


def _python_free(value):
    return np.nan if is_nan(value) else value


def _key(value):
    return "nan" if is_nan(value) else (value,)


def _find(value, values) -> int:
    return next(i for i, v in enumerate(values) if _key(v) == _key(value))


def _positions(some, values) -> list[int]:
    where = {_key(v): i for i, v in enumerate(values)}
    return [where[_key(v)] for v in some]

"""What PCA and TruncatedSVD share: one pass for a Gram matrix, or a few for products with it."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from scalml.compose.steps import inverse
from scalml.data import cached
from scalml.decomposition.krylov import MAX_PRODUCTS, answer, leading
from scalml.decomposition.spectrum import Spectrum, gram_along, is_blurred, spectrum, upright
from scalml.runtime import memory_limit, reduce_chunks
from scalml.statistics import Gram, GramProduct
from scalml.utils.application import ChunkedTransformer
from scalml.utils.fitting import fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.row_counts import rows_if_cheap
from scalml.utils.sums import Fit, Sum, run
from scalml.utils.validation import is_chunked, validate_chunks

GRAM_COLUMNS = 8192  # the Gram matrix of more is larger than 512 MiB
DENSE_COLUMNS = 1024  # all eigenvectors of fewer take less than a second


class Learnt(NamedTuple):
    """What the rows said beside eigenvectors: their number, means and centred squares."""

    n: int
    mean: np.ndarray
    squares: float
    cross: np.ndarray | None  # centred X'X, where it was formed
    dtype: np.dtype  # of X, and of what is fitted

    @classmethod
    def from_gram(cls, gram: Gram) -> Learnt:
        """From a Gram matrix of X alone; its rows are counted by their weight."""
        n, squares = round(gram.weight), float(gram.cross.trace())
        return cls(n, gram.mean, squares, gram.cross, gram.dtype)


class LinearDecomposition(Mergeable, ChunkedTransformer):
    """Mixin of estimators that are solved by eigenvectors of X'X.

    They give `namesake`, `fitted_names`, `centred`, `min_features`, `_n_wanted(n, d)`, how many
    components there are to be, refusing what cannot be, and `_adopt(found, learnt)`, which sets
    the fitted attributes.
    """

    namesake: Any
    fitted_names: tuple[str, ...]
    centred: bool  # whether X'X is taken about the means
    min_features = 1
    learnt_as = ("gram_",)
    gram_: Gram
    _sparse = False

    @fitting
    def fit(self, X, y=None):
        """Fit the model.

        Parameters
        ----------
        X : collection, array-like or CSR matrix of shape (n_rows, n_features)
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For NaN or infinity (with row and file), and more components than there can be.
        MemoryError
            When what must be kept of so many columns does not fit the memory limit.

        Warns
        -----
        ConvergenceWarning
            If X is too wide for a Gram matrix and its components converge too slowly.
        """
        run(self.sums(X), name=type(self).__name__)
        return self

    @fitting
    def partial_fit(self, X, y=None):
        """Add rows to those already learnt from; the model is the one of all of them.

        One pass over the new rows, none over the old ones.

        Parameters
        ----------
        X : collection, array-like or CSR matrix of shape (n_rows, n_features)
            The first time at least as many rows as components.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`; and where `fit` took a wide X without a Gram matrix, so that there is
            nothing to add to.
        """
        run(self.sums(X, reset="components_" not in vars(self), adds=True))
        return self

    def sums(self, X, y=None, *, reset=True, adds=False) -> Fit:
        """Ask for the Gram matrix, or for products with it: see `scalml.utils.sums`.

        With `adds` it is the Gram matrix, whatever the width, so that more rows can be added.
        """
        before = None if reset else getattr(self, "gram_", None)
        if before is None and not reset:
            raise ValueError(
                f"This {type(self).__name__} was fitted to {self.n_features_in_} columns without "
                "a Gram matrix, to which rows could be added. Begin with partial_fit instead of "
                "fit."
            )
        sparse_rows = sparse.issparse(X.source.empty() if is_chunked(X) else X)
        self._check_parameters(sparse_rows)
        X, _, _ = validate_chunks(
            self,
            X,
            reset=reset,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            finite="statistic",
            ensure_min_features=self.min_features if reset else 1,
        )
        self._sparse = sparse_rows
        d = X.shape[1]
        if reset and not adds and not self._takes_gram(rows_if_cheap(X.source, d), d):
            yield from self._search(X)
            return
        _require_memory(_gram_bytes(X.shape[1], self._is_few), X.shape[1])
        gram = yield Sum(Gram.of, (X,))
        self.gram_ = gram if before is None else before + gram
        blurred = self._solve()
        if blurred is not None and reset and not adds:
            yield from self._sharpen(X, blurred)

    def _takes_gram(self, n: int | None, d: int) -> bool:
        """Whether the Gram matrix is the way, not products with it."""
        if d <= DENSE_COLUMNS:
            return True
        if n is not None and n < d:
            return False
        return not self._is_few or (d <= GRAM_COLUMNS and _gram_bytes(d, True) <= memory_limit())

    @property
    def _is_few(self) -> bool:
        """Whether a number of components is asked for, which is mostly less than the columns."""
        return isinstance(self.n_components, (int, np.integer))

    def _search(self, X: Any) -> Fit:
        """Components without a Gram matrix: a pass for every product with it."""
        n, d = X.shape
        wanted = self._n_wanted(d if n is None else n, d)
        k = wanted if isinstance(wanted, int) else min(n, d)
        _require_memory(8 * 8 * d * min(k + self.n_oversamples, d), d)
        search = self._leading(d, k)
        Q = next(search)
        with cached(X) as (X,):
            while True:
                product = yield Sum(partial(GramProduct.of, directions=Q), (X,))
                try:
                    Q = search.send(product.cross if self.centred else product.raw)
                except StopIteration as stop:
                    found = stop.value
                    break
        if "gram_" in vars(self):
            del self.gram_
        dtype = X.source.empty().dtype
        self._adopt(found, Learnt(product.n, product.mean, product.squares, None, dtype))

    def _solve(self) -> Spectrum | None:
        """Set what follows from `gram_`; return all eigenvectors if rounding blurs those kept."""
        gram = self.gram_
        if not gram.weight > 0:
            raise ValueError("Components need at least one row; none would be left.")
        learnt = Learnt.from_gram(gram)
        d = gram.n_features
        k = self._n_wanted(learnt.n, d)
        A = gram.cross if self.centred else gram.raw
        if d > DENSE_COLUMNS and isinstance(k, int) and 8 * (k + self.n_oversamples) <= d:
            with warnings.catch_warnings():
                warnings.simplefilter("error", ConvergenceWarning)
                try:
                    self._adopt(answer(self._leading(d, k), A.__matmul__), learnt)
                    return None
                except ConvergenceWarning:
                    pass  # so slow that all eigenvectors cost no more
        found = spectrum(A)
        self._adopt(found, learnt)
        k = len(self.components_)
        kept = Spectrum(found.values[:k], found.axes[:k])
        return found if is_blurred(kept, A.diagonal()) else None

    def _sharpen(self, X: Any, found: Spectrum) -> Fit:
        """Solve again from the rows' coordinates along the eigenvectors found: one pass."""
        gram = self.gram_
        origin = gram.mean if self.centred else np.zeros_like(gram.mean)
        along = yield Sum(partial(gram_along, origin=origin, axes=found.axes), (X,))
        again = spectrum(along.cross if self.centred else along.raw)
        sharp = Spectrum(again.values, upright(again.axes @ found.axes))
        self._adopt(sharp, Learnt.from_gram(gram))

    def _leading(self, d: int, k: int) -> Generator[np.ndarray, np.ndarray, Spectrum]:
        seed = 0 if self.random_state is None else self.random_state
        rng = check_random_state(seed)
        return leading(d, max(1, k), extra=self.n_oversamples, tol=self.tol, rng=rng)

    def _learnt_from(self, X, y, sample_weight):
        # Not by partial_fit: fewer rows than components may be forgotten.
        gone = clone(self)
        X, _, _ = validate_chunks(
            gone, X, accept_sparse="csr", dtype=[np.float64, np.float32], finite="statistic"
        )
        gone.gram_ = reduce_chunks(Gram.of, X, name="Gram matrix")
        return gone

    def statistic(self):
        """Return the function of a block whose sum over blocks `solve` needs."""
        return gram_of_features

    def solve(self, statistic: Gram):
        """Set the fitted attributes from the Gram matrix of rows, without reading any.

        Parameters
        ----------
        statistic : Gram
            Sum of ``statistic()(X, y, sample_weight)`` over blocks; targets in it are left out.

        Returns
        -------
        self
        """
        self._check_parameters()
        d = statistic.n_features
        if statistic.n_targets:
            mean, cross = statistic.X_mean, statistic.XtX
            rest = statistic.rest[:d]
            statistic = replace(
                statistic, mean=mean, rest=rest, cross=cross, n_targets=0, flat=True
            )
        self.gram_, self.n_features_in_ = statistic, d
        self._solve()
        return self

    def _check_parameters(self, sparse_rows: bool = False) -> None:
        """Let the namesake look at the parameters, in a fit to three rows."""
        rows = np.diag([1.0, 2.0], -1)
        plain = self.namesake(**params_of(self, self.namesake))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                plain.fit(sparse.csr_matrix(rows) if sparse_rows else rows)
            except ValueError as error:
                # A parameter that cannot be is both; a mere ValueError says that three rows are
                # too few.
                if isinstance(error, TypeError):
                    raise

    def _set(self, dtype: Any, **attributes: Any) -> None:
        """Set fitted attributes, arrays and NumPy's numbers in the dtype of X."""
        for name, value in attributes.items():
            if isinstance(value, (np.ndarray, np.floating)):
                value = value.astype(dtype)
            setattr(self, name, value)

    def to_sklearn(self) -> Any:
        """Return scikit-learn's own estimator, fitted, independent of this one."""
        check_is_fitted(self)
        plain = self.namesake(**params_of(self, self.namesake))
        for name in (*self.fitted_names, "n_features_in_", "feature_names_in_"):
            if name in vars(self):
                value = vars(self)[name]
                setattr(plain, name, value.copy() if isinstance(value, np.ndarray) else value)
        return plain

    def inverse_transform(self, X):
        """Rows from their components; lazily on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_components)

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows, n_features)
        """
        check_is_fitted(self)
        return inverse(self, X, _row_like(X, len(self.components_)))

    def fit_passes(self, n_features: int | None = None) -> tuple[int, int]:
        """Least and most passes over the data that `fit` makes.

        Parameters
        ----------
        n_features : int, optional
            Columns of X, on which the most depends; those of the last fit, if any, by default.
        """
        d = getattr(self, "n_features_in_", None) if n_features is None else n_features
        return (1, 2) if d is not None and d <= DENSE_COLUMNS else (1, MAX_PRODUCTS)


def gram_of_features(X: Any, y: Any = None, sample_weight: Any = None) -> Gram:
    """Gram matrix of a block of X, the target left aside."""
    return Gram.of(X, None, sample_weight)


def _row_like(X: Any, n_columns: int) -> np.ndarray:
    dtype = getattr(X, "dtype", None)
    return np.zeros((1, n_columns), dtype=np.float32 if dtype == np.float32 else np.float64)


def _gram_bytes(d: int, few: bool) -> int:
    """Bytes to form a Gram matrix of d columns, and to solve it for few or for all vectors."""
    return 8 * d**2 * (4 if few else 10)


def _require_memory(need: int, d: int) -> None:
    limit = memory_limit()
    if need > limit:
        raise MemoryError(
            f"Components of {d} columns need {need / 2**30:.1f} GiB to solve for; the limit is "
            f"{limit / 2**30:.1f} GiB. Ask for a smaller number of components, or reduce the "
            "columns."
        )

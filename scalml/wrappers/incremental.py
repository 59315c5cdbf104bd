"""Any estimator with `partial_fit`, trained by showing it the chunks in order."""

from __future__ import annotations

import copy
from contextlib import nullcontext
from functools import partial
from numbers import Integral, Real

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import check_array, check_consistent_length, check_random_state, get_tags

from scalml.data import cached, from_array, from_frame, is_chunked, row_numbers, wrap
from scalml.metrics import get_scorer
from scalml.metrics.classification import find_classes
from scalml.metrics.inputs import any_chunked, chunked, with_rows_of
from scalml.metrics.scorer import require_streaming
from scalml.runtime import add_place, read_chunks, reduce_chunks, source_of
from scalml.sources.blocks import writable
from scalml.sources.coded import coded_twin
from scalml.statistics.coded import Unfold
from scalml.statistics.finite import require_finite
from scalml.statistics.row_hashes import row_hashes
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.wrappers.parallel import ParallelPostFit

_STREAM = 2**63  # beyond every seed of train_test_split


class Incremental(ChunkedEstimator, ParallelPostFit):
    """Train an estimator by `partial_fit` on one chunk after the other.

    The result is that of the loop one would write by hand, bit for bit::

        for X_chunk, y_chunk in zip(X_chunks, y_chunks):
            estimator.partial_fit(X_chunk, y_chunk, classes=classes)

    while the next chunks are read in parallel. In-memory data are cut into chunks of 4 to 32 MB
    and trained the same way.

    Parameters
    ----------
    estimator : estimator with partial_fit
        Is cloned, not changed.
    scoring : str, callable or None, default=None
        What `score` and early stopping compute: a name of `scalml.metrics.get_scorer`, or
        `scorer(estimator, X, y)`. None is accuracy for classifiers, R² for regressors.
    shuffle_blocks : bool, default=False
        Show the chunks in random order, a new one in each epoch. Rows inside a chunk keep theirs.
    random_state : int, RandomState or None, default=None
        For `shuffle_blocks` and the choice of validation rows; the estimator has its own.
    epochs : int, default=1
        How often `fit` shows all chunks.
    early_stopping : bool, default=False
        Hold out validation rows, score them after each epoch, and stop when the score has not
        become better by `tol` for `n_iter_no_change` epochs.
    validation_fraction : float, default=0.1
        Expected share of validation rows, chosen by a hash of the row number.
    n_iter_no_change : int, default=5
    tol : float, default=1e-3

    Attributes
    ----------
    estimator_ : estimator
        The trained clone. Its fitted attributes (`classes_`, `coef_`, ...) can be read from the
        wrapper, except `labels_`, which would be those of the last chunk only.
    n_iter_ : int
        Epochs that `fit` ran, or calls of `partial_fit`.
    validation_scores_ : list of float
        Score after each epoch, with early stopping.

    See Also
    --------
    ParallelPostFit : Applies estimators that are fitted in memory.

    Notes
    -----
    Passes: one an epoch; another over `y` for a classifier to find the classes, unless `classes` is
    given; with early stopping one over the validation rows an epoch. Text is cached when there is
    more than one epoch. Memory: the chunks that are read ahead, one for each worker and two more.

    A chunk whose weights are all zero teaches nothing and is not shown, as if its rows were not
    there: many a `partial_fit` refuses it.

    A model without shuffling is as good as the order of the rows: shuffle sorted data.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from scalml.wrappers import Incremental
    >>> X = scalml.from_array(np.array([[0.0], [0.1], [2.0], [2.1]]), chunk_rows=2)
    >>> model = Incremental(GaussianNB()).fit(X, np.array(["no", "no", "yes", "yes"]))
    >>> model.predict(np.array([[1.9]]))
    array(['yes'], dtype='<U3')
    """

    def __init__(
        self,
        estimator,
        scoring=None,
        *,
        shuffle_blocks=False,
        random_state=None,
        epochs=1,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=5,
        tol=1e-3,
    ):
        super().__init__(estimator, scoring)
        self.shuffle_blocks = shuffle_blocks
        self.random_state = random_state
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol

    @fitting
    def fit(self, X, y=None, sample_weight=None, *, classes=None, **fit_params):
        """Train a fresh clone of the estimator.

        Parameters
        ----------
        X : array-like, sparse or chunked, of shape (n_rows, n_columns)
        y : array-like or chunked, of shape (n_rows,) or (n_rows, n_outputs), default=None
        sample_weight : array-like or chunked, of shape (n_rows,), default=None
        classes : array-like of shape (n_classes,), default=None
            All labels of a classifier; saves the pass that finds them.
        **fit_params
            Passed on to each `partial_fit`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If the estimator has no `partial_fit`.
        ValueError
            If parameters are out of range, lengths differ, there are no rows, or
            `validation_fraction` leaves none for training or for validation; and what the
            estimator raises.
        """
        self._check_parameters()
        estimator = self._fresh()
        X, y, sample_weight = _as_chunks(self, X, y, sample_weight)
        if classes is None and is_classifier(estimator):
            classes = find_classes(y, "y")
        if classes is not None:
            fit_params["classes"] = np.asarray(classes)
        random_state = check_random_state(self.random_state)
        held = self._held(X, random_state)
        X, unfold = _folded(X)
        rows = X, with_rows_of(X, y), with_rows_of(X, sample_weight), held
        with cached(*rows) if self.epochs > 1 else nullcontext(rows) as (*kept, held):
            training = kept if held is None else _filtered(kept, ~held)
            scores = []
            for _ in range(self.epochs):
                order = self._order(X, random_state)
                if not _show(estimator, training, unfold, order, fit_params):
                    raise ValueError(self._no_rows("for training", X, held))
                if held is not None:
                    judge = ParallelPostFit(estimator, self.scoring)
                    X_held, *others = _filtered(kept, held)
                    try:
                        scores.append(judge.score(X_held.map_chunks(unfold), *others))
                    except ValueError:
                        if scores or reduce_chunks(np.count_nonzero, held, name="held out"):
                            raise
                        raise ValueError(self._no_rows("to validate with", X, held)) from None
                if _stalled(scores, self.tol, self.n_iter_no_change):
                    break
        self.estimator_ = estimator
        self.n_iter_ = len(scores) or self.epochs
        if self.early_stopping:
            self.validation_scores_ = scores
        return self

    @fitting
    def partial_fit(self, X, y=None, sample_weight=None, *, classes=None, **fit_params):
        """Go on training with more rows, in one pass over them.

        Parameters
        ----------
        X, y, sample_weight, **fit_params
            As in `fit`.
        classes : array-like of shape (n_classes,), default=None
            All labels of a classifier; needed in the first call, as in scikit-learn.

        Returns
        -------
        self
        """
        # A copy, so that a failure half-way leaves the model of before.
        estimator = copy.deepcopy(self.estimator_) if "estimator_" in vars(self) else self._fresh()
        X, *others = _as_chunks(self, X, y, sample_weight)
        if classes is None and "estimator_" not in vars(self):
            classes = vars(self).get("_classes")  # of a first call that taught nothing
        if classes is not None:
            fit_params["classes"] = np.asarray(classes)
        order = self._order(X, check_random_state(self.random_state))
        X, unfold = _folded(X)
        if _show(estimator, (X, *others), unfold, order, fit_params):
            self.estimator_ = estimator
        self.n_iter_ = vars(self).get("n_iter_", 0) + 1
        self._classes = classes
        return self

    def fit_passes(self):
        """Least and most passes over the data that `fit` makes, as (min, max)."""
        labels = int(is_classifier(self.estimator))
        if not self.early_stopping:
            return self.epochs, self.epochs + labels
        return min(self.n_iter_no_change, self.epochs) * 2, self.epochs * 2 + labels

    def _check_parameters(self):
        for name in ("epochs", "n_iter_no_change"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1, got {value!r}.")
        for name in ("shuffle_blocks", "early_stopping"):
            value = getattr(self, name)
            if not isinstance(value, (bool, np.bool_)):
                raise ValueError(f"{name} must be True or False, got {value!r}.")
        if not isinstance(self.tol, Real):
            raise ValueError(f"tol must be a number, got {self.tol!r}.")
        fraction = self.validation_fraction
        if self.early_stopping and not (isinstance(fraction, Real) and 0.0 < float(fraction) < 1.0):
            raise ValueError(f"validation_fraction must be between 0 and 1, got {fraction!r}.")
        scorer = get_scorer(self.scoring)  # raises for a name that nobody knows
        if self.early_stopping:
            require_streaming(scorer)
        known = is_classifier(self.estimator) or is_regressor(self.estimator)
        if self.early_stopping and self.scoring is None and not known:
            raise TypeError(
                f"{type(self.estimator).__name__} is neither a classifier nor a regressor: "
                "early_stopping needs scoring= to know what to compare."
            )

    def _no_rows(self, purpose, X, held):
        if held is None:
            return (
                f"{X.source.describe()} has no rows, or their weights are all zero; at least one "
                f"is needed {purpose}."
            )
        return (
            f"validation_fraction={self.validation_fraction!r} of {X.source.describe()} leaves no "
            f"rows {purpose}: each row is held out by chance. Choose another fraction, or "
            "early_stopping=False for so few rows."
        )

    def _fresh(self):
        if not hasattr(self.estimator, "partial_fit"):
            raise TypeError(
                f"{type(self.estimator).__name__} has no partial_fit, so Incremental cannot train "
                "it chunk by chunk. Fit it in memory and wrap it in ParallelPostFit."
            )
        return clone(self.estimator)

    def _order(self, X, random_state):
        return random_state.permutation(X.n_chunks).tolist() if self.shuffle_blocks else None

    def _held(self, X, random_state):
        """Which rows are for validation; None without early stopping."""
        if not self.early_stopping:
            return None
        seed = int(random_state.randint(2**31 - 1))
        held = partial(_is_held, seed=seed, fraction=self.validation_fraction)
        return row_numbers(X).map_chunks(held, empty=np.empty(0, dtype=bool))

    def __getattr__(self, name):
        if name == "labels_":
            raise AttributeError(
                "Incremental has no labels_: the estimator saw one chunk at a time. Use predict."
            )
        return super().__getattr__(name)


def _folded(X):
    """X as category codes, where it can be had so, and what writes its blocks out again.

    A worker then sends a fraction of the bytes; they are written out where they are learnt from.
    """
    twin = coded_twin(X.source)
    unfold = Unfold(sparse.issparse(X.source.empty()))
    return (X, unfold) if twin is None else (wrap(twin), unfold)


def _show(estimator, rows, unfold, order, fit_params):
    """One epoch: every chunk once, read ahead by the runtime; the number of those that teach."""
    n_shown = 0
    chunks = read_chunks(*rows, func=Numbered(), order=order, name="partial_fit")
    for index, block, y, sample_weight in chunks:
        if not teaches(sample_weight):
            continue
        X = writable(unfold(block))
        target = () if y is None else (_values(y),)
        weight = {} if sample_weight is None else {"sample_weight": _values(sample_weight)}
        try:
            estimator.partial_fit(X, *target, **weight, **fit_params)
        except Exception as error:
            raise _with_place(error, X, source_of(rows[0]), index) from None
        n_shown += 1
    return n_shown


def teaches(sample_weight):
    """Whether rows of these weights are worth showing; None are weights of one."""
    return sample_weight is None or bool(np.any(sample_weight))


class Numbered:
    """The blocks of a chunk behind its index."""

    takes_index = True

    def __call__(self, index, *blocks):
        return index, *blocks


def _with_place(error, X, source, index):
    """The error of an estimator that saw one block, saying which rows and which bad value."""
    if isinstance(error, ValueError) and hasattr(X, "dtype"):
        try:
            require_finite(X)
        except ValueError as found:
            error = found
    add_place(error, source, index)
    return error


def _as_chunks(wrapper, X, y, sample_weight):
    """Collections of all three; in-memory data are checked as scikit-learn does and cut."""
    tags = get_tags(wrapper)
    if y is None and tags.target_tags.required:
        raise ValueError(
            f"This {type(wrapper).__name__} estimator requires y to be passed, but the target y is "
            "None."
        )
    if not any_chunked(X, y, sample_weight):
        check_consistent_length(X, y, sample_weight)
    if not is_chunked(X):
        if isinstance(X, pd.DataFrame):
            X = from_frame(X)
        else:
            X = from_array(
                check_array(
                    X,
                    accept_sparse="csr",
                    dtype=None,
                    ensure_all_finite=False,
                    ensure_2d=tags.input_tags.two_d_array,
                    estimator=wrapper,
                    input_name="X",
                )
            )
    return chunked(X, y, sample_weight)


def _values(block):
    """A column of a frame as the array that one would pass by hand."""
    return block.to_numpy() if isinstance(block, (pd.Series, pd.DataFrame)) else block


def _filtered(rows, mask):
    return [None if item is None else item[mask] for item in rows]


def _is_held(rows, *, seed, fraction):
    # A stream of its own: train_test_split with the same seed has chosen by the other.
    return row_hashes(rows, seed + _STREAM) < fraction * 2.0**64


def _stalled(scores, tol, patience):
    """Whether none of the last `patience` scores beat the best before it by `tol`."""
    best, waited = -np.inf, 0
    for score in scores:
        waited = waited + 1 if score < best + tol else 0
        best = max(best, score)
    return waited >= patience

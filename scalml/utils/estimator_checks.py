"""The laws that an estimator on chunks owes, as checks that third-party estimators can run too.

scikit-learn's `parametrize_with_checks` tells whether an estimator is one; these tell whether it
may be given chunks: its result must not depend on how the rows were cut or on who summed them,
must be the namesake's, and must not outlive a failed fit.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from ..config import config_context
from ..data import is_chunked, wrap
from .comparison import (
    assert_close,
    assert_raises,
    assert_same_bits,
    compare,
    compare_shared,
    dense,
)
from .trial_data import Counting, Failing, chunked, take

N_ROWS, N_FEATURES = 157, 4


@dataclass(frozen=True)
class Laws:
    """What is owed by one estimator; the defaults suit an additive one.

    Parameters
    ----------
    estimator : estimator
        Unfitted.
    reference : scikit-learn estimator, optional
        What it must equal in memory; by default its ``to_sklearn()`` with the same parameters.
    rtol : float, default=1e-9
        Norm-wise: the largest difference over ``max(1, largest value)``.
    chunk_rtol : float, default=1e-10
        The same between chunkings.
    streamed : bool, default=False
        True for a model trained on one chunk after the other, whose result depends on their
        order and size by its nature: the laws of sums do not apply.
    additive : bool, default=True
        False where partial_fit is not a sum, as for a scaler behind an imputer: what the imputer
        learns later changes what the scaler should have seen before.
    data : callable, optional
        ``data(rng) -> (X, y)`` in memory, for estimators with needs of their own.
    """

    estimator: Any
    reference: Any = None
    rtol: float = 1e-9
    chunk_rtol: float = 1e-10
    streamed: bool = False
    additive: bool = True
    data: Callable[[np.random.Generator], tuple[Any, Any]] | None = None

    def __str__(self) -> str:
        return " ".join(repr(self.estimator).split())

    def make_data(self) -> tuple[Any, Any]:
        """Rows for the checks: `N_ROWS` of them, the same every time."""
        rng = np.random.default_rng(0)
        if self.data is not None:
            return self.data(rng)
        X = rng.normal(size=(N_ROWS, N_FEATURES)) * [1, 2, 0.5, 1] + [0, 10, -1, 100]
        signal = X @ [1.0, -0.5, 2.0, 0.1] + 3 + rng.normal(size=N_ROWS)
        if get_tags(self.estimator).classifier_tags is not None:
            return X, np.where(signal > np.median(signal), "yes", "no")
        return X, signal

    def fitted(self, X: Any, y: Any, weight: Any = None, estimator: Any = None) -> Any:
        """A fitted clone of the estimator, or of another one."""
        model = clone(self.estimator if estimator is None else estimator)
        return model.fit(X, y) if weight is None else model.fit(X, y, sample_weight=weight)

    @property
    def takes_weights(self) -> bool:
        """Whether ``fit`` has a parameter `sample_weight`."""
        return "sample_weight" in inspect.signature(self.estimator.fit).parameters

    @property
    def adds(self) -> bool:
        """Whether partial_fit is a sum, so that the rows of one chunking fit like another's."""
        return hasattr(self.estimator, "partial_fit") and self.additive and not self.streamed


def laws_of(laws: Laws | Any) -> Iterator[tuple[str, Callable[[], None]]]:
    """Name and check of every law that applies to an estimator.

    Parameters
    ----------
    laws : Laws or estimator

    Yields
    ------
    name : str
    check : callable
        Raises AssertionError where the law is broken.

    Examples
    --------
    >>> from scalml.preprocessing import StandardScaler
    >>> for name, check in laws_of(StandardScaler()):
    ...     check()
    """
    laws = laws if isinstance(laws, Laws) else Laws(laws)
    for check in CHECKS:
        name = check.__name__.removeprefix("check_")
        if "weight" in name and (laws.streamed or not laws.takes_weights):
            continue
        if "partial_fit" in name and not laws.adds:
            continue
        if check in NEEDS and not hasattr(laws.estimator, NEEDS[check]):
            continue
        if laws.streamed and check in OF_SUMS:
            continue
        yield name, partial(check, laws)


def check_chunkings_agree(laws: Laws) -> None:
    """Every way to cut the rows gives the same model, up to rounding."""
    X, y = laws.make_data()
    whole = laws.fitted(chunked(X, [X.shape[0]]), chunked(y, [X.shape[0]]))
    for lengths in ([1] * X.shape[0], [50, 0, 1, 60, 46], [0, 100, 57, 0]):
        cut = laws.fitted(chunked(X, lengths), chunked(y, lengths))
        assert_close(whole, cut, laws.chunk_rtol)


def check_workers_agree_bit_for_bit(laws: Laws) -> None:
    """Number and kind of workers have no influence at all."""
    X, y = laws.make_data()
    cut = chunked(X, [20, 37, 1, 50, 49]), chunked(y, [20, 37, 1, 50, 49])
    with config_context(backend="serial"):
        alone = laws.fitted(*cut)
    for n_jobs in (2, 3):
        with config_context(backend="threads", n_jobs=n_jobs):
            assert_same_bits(alone, laws.fitted(*cut))


def check_equals_the_namesake(laws: Laws) -> None:
    """scikit-learn's estimator, fitted in memory, has the same attributes."""
    X, y = laws.make_data()
    ours = laws.fitted(chunked(X, [40, 60, 57]), chunked(y, [40, 60, 57]))
    reference = laws.reference
    if reference is None:
        kind = type(ours.to_sklearn())
        names = inspect.signature(kind).parameters
        params = {k: v for k, v in laws.estimator.get_params(deep=False).items() if k in names}
        reference = kind(**params)
    compare_shared(ours, clone(reference).fit(X, y), laws.rtol, str(laws))


def check_in_memory_input_fits_alike(laws: Laws) -> None:
    """Rows in memory give the model that the same rows in chunks give."""
    X, y = laws.make_data()
    in_memory, in_chunks = laws.fitted(X, y), laws.fitted(chunked(X, [157]), chunked(y, [157]))
    assert_close(in_memory, in_chunks, laws.chunk_rtol)


def check_weight_two_is_the_row_twice(laws: Laws) -> None:
    """Integer weights equal repetition; weight 0 equals absence; across chunk borders."""
    X, y = laws.make_data()
    weight = np.random.default_rng(1).integers(0, 4, size=X.shape[0]).astype(float)
    weight[:30] = 0
    repeated = np.repeat(np.arange(X.shape[0]), weight.astype(int))
    lengths = [25, 50, 0, 82]
    weighted = laws.fitted(chunked(X, lengths), chunked(y, lengths), chunked(weight, lengths))
    plain = laws.fitted(take(X, repeated), take(y, repeated))
    assert_close(weighted, plain, max(laws.rtol, 1e-9), skip=("n_samples_seen_", "n_iter_"))


def check_negative_weights_are_refused(laws: Laws) -> None:
    """A weight below zero is a ValueError."""
    X, y = laws.make_data()
    weight = np.ones(X.shape[0])
    weight[7] = -1
    assert_raises(ValueError, laws.fitted, X, y, weight)


def check_partial_fit_adds_up(laws: Laws) -> None:
    """partial_fit of two halves is fit of the whole."""
    X, y = laws.make_data()
    model = clone(laws.estimator)
    for rows in (np.arange(60), np.arange(60, X.shape[0])):
        model.partial_fit(take(X, rows), take(y, rows))
    assert_close(model, laws.fitted(X, y), max(laws.rtol, 1e-9))


def check_merged_models_are_one(laws: Laws) -> None:
    """Two models of disjoint rows merge to the model of all, whichever is asked."""
    X, y = laws.make_data()
    some, others = np.arange(X.shape[0]) % 3 == 0, np.arange(X.shape[0]) % 3 != 0
    whole = laws.fitted(X, y)
    for first, second in ((some, others), (others, some)):
        one = laws.fitted(take(X, first), take(y, first))
        two = laws.fitted(take(X, second), take(y, second))
        before = pickle.dumps(two)
        assert one.merge(two) is one, "merge returns the model itself"
        assert pickle.dumps(two) == before, "merge changed the other model"
        assert_close(one, whole, max(laws.rtol, 1e-9))


def check_forgotten_rows_never_were(laws: Laws) -> None:
    """Rows that are forgotten leave the model of the others; they are read once, those never."""
    X, y = laws.make_data()
    gone = np.arange(X.shape[0]) % 3 == 0
    model = laws.fitted(X, y)
    source = Counting(take(X, gone), lengths=[20, gone.sum() - 20])
    with config_context(backend="serial"):
        model.forget(wrap(source), chunked(take(y, gone), [20, gone.sum() - 20]))
    assert source.reads <= 4, f"the forgotten rows were read {source.reads / 2} times"
    assert_close(model, laws.fitted(take(X, ~gone), take(y, ~gone)), max(laws.rtol, 1e-9))
    kept = pickle.dumps(model)
    assert_raises(ValueError, model.forget, X, y)
    assert pickle.dumps(model) == kept, "forgetting more than was learnt changed the model"


def check_application_is_lazy_and_equal(laws: Laws) -> None:
    """What a model makes of chunks is what it makes of the rows, and a snapshot of the model."""
    X, y = laws.make_data()
    half = np.arange(0, X.shape[0], 2)
    model = laws.fitted(X, y)
    plain = model.to_sklearn()
    for method in ("transform", "predict", "predict_proba", "decision_function"):
        if not hasattr(model, method):
            continue
        expected = getattr(plain, method)(X)
        lazy = getattr(model, method)(chunked(X, [50, 0, 107]))
        assert is_chunked(lazy), f"{method} of chunks must be a chunked collection"
        model.fit(take(X, half), take(y, half))
        found = lazy.to_pandas() if hasattr(lazy, "to_pandas") else lazy.to_numpy()
        compare(dense(found), dense(expected), 1e-12, method)
        assert lazy.shape[1:] == np.shape(found)[1:], f"{method}: {lazy.shape} is not the shape"
        model = laws.fitted(X, y)
        compare(dense(getattr(model, method)(X)), dense(expected), 1e-12, method)


def check_caller_data_is_untouched(laws: Laws) -> None:
    """Neither fit nor application writes to the rows it is given."""
    X, y = laws.make_data()
    before = pickle.dumps((X, y))
    model = laws.fitted(chunked(X, [80, 77]), chunked(y, [80, 77]))
    for method in ("transform", "predict"):
        if hasattr(model, method):
            getattr(model, method)(chunked(X, [80, 77])).head(3)
    assert pickle.dumps((X, y)) == before, "fit or its application changed the caller's data"


def check_model_holds_no_rows(laws: Laws) -> None:
    """A fitted model pickles to the size of its statistic, whatever the number of rows."""
    X, y = laws.make_data()
    many = np.tile(np.arange(X.shape[0]), 40)
    small = len(pickle.dumps(laws.fitted(X, y)))
    large = len(pickle.dumps(laws.fitted(take(X, many), take(y, many))))
    assert large < small + 4096, f"{small} bytes for {X.shape[0]} rows, {large} for {len(many)}"


def check_failed_fit_leaves_nothing(laws: Laws) -> None:
    """An error in a late chunk leaves the model unfitted, or as it was fitted before."""
    X, y = laws.make_data()
    broken = Failing(X, [50, 50, 57], fails_at=2)
    model = clone(laws.estimator)
    assert_raises(OSError, model.fit, wrap(broken), chunked(y, [50, 50, 57]))
    assert_raises(NotFittedError, check_is_fitted, model)
    fitted = laws.fitted(X, y)
    before = pickle.dumps(fitted)
    assert_raises(OSError, fitted.fit, wrap(broken), chunked(y, [50, 50, 57]))
    assert pickle.dumps(fitted) == before, "a failed fit changed the fitted model"


def check_passes_are_those_planned(laws: Laws) -> None:
    """`fit` reads the rows as often as ``fit_passes`` says."""
    X, y = laws.make_data()
    low, high = laws.estimator.fit_passes()
    low = low if low == high else 1  # a pass over y alone, or one that a small sample saves
    source = Counting(X, lengths=[80, 77])
    with config_context(backend="serial"):
        clone(laws.estimator).fit(wrap(source), chunked(y, [80, 77]))
    assert low <= source.reads / 2 <= high, f"{source.reads / 2} passes, planned {low} to {high}"


def check_subclasses_may_have_more_parameters(laws: Laws) -> None:
    """A subclass whose constructor has one more parameter fits and applies as the class does."""
    X, y = laws.make_data()
    kind = type(laws.estimator)
    own = laws.estimator.get_params(deep=False)
    model = _with_a_label(kind)(**own, label="ours")
    assert clone(model).get_params(deep=False).keys() == {*own, "label"}
    rows = chunked(X, [80, 77]), chunked(y, [80, 77])
    fitted, plain = laws.fitted(*rows, estimator=model), laws.fitted(*rows)
    assert_close(fitted, plain, laws.chunk_rtol, skip=("steps",))
    assert fitted.label == "ours"
    for method in ("transform", "predict"):
        if hasattr(fitted, method):
            for rows_in in (X, rows[0]):
                found, expected = (getattr(one, method)(rows_in) for one in (fitted, plain))
                if is_chunked(found):
                    found, expected = (
                        one.to_pandas() if hasattr(one, "to_pandas") else one.to_numpy()
                        for one in (found, expected)
                    )
                compare(dense(found), dense(expected), laws.chunk_rtol, method)


def _with_a_label(kind: type) -> type:
    """A subclass with a parameter `label` beside those of its class."""
    known = inspect.signature(kind)

    def __init__(self: Any, *args: Any, label: str = "", **params: Any) -> None:
        kind.__init__(self, *args, **params)  # type: ignore[misc]
        self.label = label

    parameters = [
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        *known.parameters.values(),
        inspect.Parameter("label", inspect.Parameter.KEYWORD_ONLY, default=""),
    ]
    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return type(f"Labelled{kind.__name__}", (kind,), {"__init__": __init__})


CHECKS = (
    check_chunkings_agree,
    check_workers_agree_bit_for_bit,
    check_equals_the_namesake,
    check_in_memory_input_fits_alike,
    check_weight_two_is_the_row_twice,
    check_negative_weights_are_refused,
    check_partial_fit_adds_up,
    check_merged_models_are_one,
    check_forgotten_rows_never_were,
    check_application_is_lazy_and_equal,
    check_caller_data_is_untouched,
    check_model_holds_no_rows,
    check_failed_fit_leaves_nothing,
    check_passes_are_those_planned,
    check_subclasses_may_have_more_parameters,
)
OF_SUMS = (check_chunkings_agree, check_equals_the_namesake)
NEEDS = {check_merged_models_are_one: "merge", check_forgotten_rows_never_were: "forget"}

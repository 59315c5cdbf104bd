"""What every fit has around it: callbacks, one BLAS thread, and no half-fitted state."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.callback import CallbackSupportMixin, with_callbacks

from ..runtime import one_blas_thread
from ..runtime.progress import listener
from ..runtime.tracebacks import ShortTracebacks


class ChunkedEstimator(CallbackSupportMixin):
    """Mixin of every estimator: ``set_callbacks`` makes scikit-learn's callbacks see each pass.

    A fit is a task whose subtasks are passes, whose subtasks are chunks.
    """


def fitting(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate ``fit`` and ``partial_fit``.

    While it runs, BLAS has one thread and callbacks hear of passes and chunks. If it fails, or is
    interrupted, the estimator and those in it have the attributes they had before.
    """

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(listener.get(), "estimator", None) is self:  # fit that calls partial_fit
            return method(self, *args, **kwargs)
        with ShortTracebacks(), all_or_nothing(self), one_blas_thread():
            # Inside another fit of ours, its callbacks hear of our passes as of its own.
            if isinstance(self, CallbackSupportMixin) and not isinstance(listener.get(), _Fit):
                return _heard(self, method, *args, **kwargs)
            return method(self, *args, **kwargs)

    return guarded


@contextmanager
def all_or_nothing(estimator: Any) -> Iterator[None]:
    """Give an estimator, and the steps in it, their attributes of before if the block fails."""
    before = [(one, dict(vars(one))) for one in _estimators_in(estimator, {})]
    try:
        yield
    except BaseException:
        for one, attributes in before:
            vars(one).clear()
            vars(one).update(attributes)
        raise


def _estimators_in(value: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """Walk an estimator and those it holds: as attributes, in lists, in tuples as steps are."""
    if isinstance(value, (list, tuple)):
        for item in value:
            if isinstance(item, tuple) or hasattr(item, "get_params"):
                yield from _estimators_in(item, seen)
    elif hasattr(value, "get_params") and not isinstance(value, type) and id(value) not in seen:
        seen[id(value)] = value
        yield value
        for attribute in list(vars(value).values()):
            yield from _estimators_in(attribute, seen)


@with_callbacks
def _heard(self: Any, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    # The documented way for third-party estimators to take part; it has no other name.
    context = self._init_callback_context(
        task_name=method.__name__.strip("_").removesuffix("_chunks"), max_subtasks=None
    )
    context.call_on_fit_task_begin(estimator=self)
    token = listener.set(_Fit(self, context))
    try:
        result = method(self, *args, **kwargs)
    finally:
        listener.reset(token)
    context.call_on_fit_task_end(estimator=self)
    return result


class _Fit:
    """Tells scikit-learn's callbacks of the passes of one fit."""

    def __init__(self, estimator: Any, context: Any) -> None:
        self.estimator = estimator
        self.context = context

    def begin_pass(self, name: str, n_tasks: int | None) -> _Pass:
        return _Pass(self.estimator, self.context.subcontext(task_name=name, max_subtasks=n_tasks))


class _Pass:
    """Tells scikit-learn's callbacks of the chunks of one pass."""

    def __init__(self, estimator: Any, context: Any) -> None:
        self.estimator = estimator
        self.context = context
        context.call_on_fit_task_begin(estimator=estimator)

    def chunk_done(self) -> None:
        chunk = self.context.subcontext(task_name="chunk")
        chunk.call_on_fit_task_begin(estimator=self.estimator)
        chunk.call_on_fit_task_end(estimator=self.estimator)

    def end(self) -> None:
        self.context.call_on_fit_task_end(estimator=self.estimator)

"""What every fit has around it: callbacks, one BLAS thread, and no half-fitted state."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from sklearn.callback import CallbackSupportMixin, with_callbacks

from ..runtime import one_blas_thread
from ..runtime.progress import listener


class ChunkedEstimator(CallbackSupportMixin):
    """Mixin of every estimator: ``set_callbacks`` makes scikit-learn's callbacks see each pass.

    A fit is a task whose subtasks are passes, whose subtasks are chunks.
    """


def fitting(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate ``fit`` and ``partial_fit``.

    While it runs, BLAS has one thread and callbacks hear of passes and chunks. If it fails, or is
    interrupted, the estimator has the attributes it had before.
    """

    @functools.wraps(method)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(listener.get(), "estimator", None) is self:  # fit that calls partial_fit
            return method(self, *args, **kwargs)
        before = dict(vars(self))
        try:
            with one_blas_thread():
                if isinstance(self, CallbackSupportMixin):
                    return _heard(self, method, *args, **kwargs)
                return method(self, *args, **kwargs)
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise

    return guarded


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

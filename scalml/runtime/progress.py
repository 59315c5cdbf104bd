"""What wants to hear of passes and chunks: set by estimators that have callbacks."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class PassListener(Protocol):
    """Hears of one pass, in the parent only."""

    def chunk_done(self) -> None: ...

    def end(self) -> None: ...


class FitListener(Protocol):
    """Hears of the passes of one fit."""

    def begin_pass(self, name: str, n_tasks: int | None) -> PassListener: ...


class Silent:
    """Listens to nothing."""

    def begin_pass(self, name: str, n_tasks: int | None) -> PassListener:
        return self

    def chunk_done(self) -> None:
        pass

    def end(self) -> None:
        pass


listener: ContextVar[FitListener] = ContextVar("scalml_listener", default=Silent())  # noqa: B039

"""Ways to answer a search, the cheapest first: each says why it cannot, or answers."""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Any

from scalml.model_selection.question import Answer, Question
from scalml.model_selection.strategies import batched, from_grams, general, solvable, stream
from scalml.utils.sharing import CannotShare

__all__ = ["answered", "chosen"]

log = logging.getLogger("scalml")

STRATEGIES: tuple[Any, ...] = (from_grams, solvable, batched, stream, general)


def chosen(question: Question) -> ModuleType:
    """The first strategy that does not refuse."""
    for strategy in STRATEGIES:
        reason = strategy.refusal(question)
        if reason is None:
            return strategy
        log.debug("Not answered by strategy %r: %s.", strategy.name, reason)
    return general


def answered(question: Question) -> tuple[str, Answer]:
    """Name of the strategy that answered, and what it found.

    What fits candidates together may refuse (`CannotShare`), as where one of them cannot be
    fitted; then each is fitted alone, so that the others succeed and the error is the
    candidate's own. Any other error is raised as it is.
    """
    strategy = chosen(question)
    if strategy is not general:
        try:
            return strategy.name, strategy.answer(question)
        except CannotShare as refusal:
            log.info("Candidates are fitted alone: %s", refusal)
    return general.name, general.answer(question)

"""The declared refusal to fit several candidates of a search together."""

from __future__ import annotations

__all__ = ["CannotShare"]


class CannotShare(ValueError):
    """Raised by ``fit_many`` where candidates must be fitted one by one.

    A search then fits each candidate on each split on its own, so that the error of one that
    cannot be fitted is its own, and the others succeed. No other error of a shared fit leads
    there: it is raised.

    Examples
    --------
    >>> from scalml.utils.sharing import CannotShare
    >>> raise CannotShare("split 2 has rows of one class only")
    Traceback (most recent call last):
    ...
    scalml.utils.sharing.CannotShare: split 2 has rows of one class only
    """

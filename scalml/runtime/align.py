"""Collections that are read together are cut alike: the first one's chunks rule."""

from __future__ import annotations

from typing import Any

from ..sources.base import Source, same_rows


def source_of(item: Any) -> Source | None:
    """The source of a collection; a source itself, or None, is passed through."""
    if item is None or isinstance(item, Source):
        return item
    source = getattr(item, "source", None)
    if not isinstance(source, Source):
        raise TypeError(
            f"Expected a chunked collection, got {type(item).__name__}; scalml.from_array and "
            "scalml.from_frame make one of data in memory."
        )
    return source


def align(*items: Any) -> list[Source | None]:
    """Sources of `items` on the chunk grid of the first; the others are cut again if they can be.

    Raises
    ------
    ValueError
        If the lengths differ.
    TypeError
        If a source that is read chunk by chunk has other chunks than the first.
    """
    from .passes import count_rows  # counting is a pass, and passes align

    sources = [source_of(item) for item in items]
    lead = next((source for source in sources if source is not None), None)
    aligned: list[Source | None] = []
    for source in sources:
        if lead is None or source is None or source is lead or same_rows(source, lead):
            aligned.append(source)
            continue
        lengths = [count_rows(lead), count_rows(source)]
        if lengths[0] != lengths[1]:
            raise ValueError(
                f"Collections that are used together must have the same length, got "
                f"{lengths[0]} rows of {lead.describe()} and {lengths[1]} of {source.describe()}."
            )
        if source.lengths == lead.lengths:
            aligned.append(source)
        else:
            aligned.append(source.regrid([int(n) for n in lead.lengths if n is not None]))
    return aligned

"""The same rows as numbers and category codes, where a source can give them so."""

from __future__ import annotations

from .base import Mapped, Source
from .recut import Recut
from .select import Filtered, RowRange


def coded_twin(source: Source) -> Source | None:
    """A source of the same rows as `CodedRows`, None if there is none.

    Encoded rows have one; and so have those of them that a mask, a range or other chunk borders
    pick.
    """
    if isinstance(source, Mapped):
        return source.coded
    if not isinstance(source, (Filtered, RowRange, Recut)):
        return None
    twin = coded_twin(source.parents[0])
    if twin is None:
        return None
    if isinstance(source, Filtered):
        return Filtered(twin, source.parents[1])
    if isinstance(source, Recut):
        return Recut(twin, source.lengths)  # type: ignore[arg-type]
    return RowRange(twin, source.start, source.stop)

"""Evaluation of sources at a chunk: each node once, each root with the columns in demand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .blocks import Block

if TYPE_CHECKING:
    from .base import Source


class Reader:
    """Evaluates aligned sources at a chunk, each node once, reading only the columns in demand.

    Parameters
    ----------
    sources : sequence of Source
        All that will be asked for.
    payloads : mapping (token, index) -> block, optional
        Blocks of in-memory roots that were sent along because memory is not shared.
    coded : sequence of bool
        For each of `sources`, whether its text may come as categories; by default it may not.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        payloads: dict[tuple[str, int], Block] | None = None,
        coded: Sequence[bool] = (),
    ) -> None:
        self._columns = demanded_columns(sources)
        self._plain = plain_columns(sources, coded or [False] * len(sources), self._columns)
        self.payloads = payloads or {}
        self._memo: dict[tuple[str, int], Block] = {}

    def __call__(self, source: Source, index: int) -> Block:
        key = (source.token, index)
        if key not in self._memo:
            self._memo[key] = source.evaluate(index, self)
        return self._memo[key]

    def columns(self, source: Source) -> frozenset[Any] | None:
        """Columns of `source` that somebody needs; None for all."""
        return self._columns.get(source.token)

    def plain(self, source: Source) -> frozenset[Any] | None:
        """Columns of `source` whose text must not come as categories; None for all."""
        return self._plain.get(source.token)

    def forget(self) -> None:
        """Drop the blocks of the chunks evaluated so far."""
        self._memo.clear()


def ancestry(sources: Iterable[Source]) -> list[Source]:
    """Every node that `sources` depend on, parents before children, each once."""
    found: dict[str, Source] = {}

    def visit(node: Source) -> None:
        if node.token not in found:
            for parent in node.parents:
                visit(parent)
            found[node.token] = node

    for source in sources:
        visit(source)
    return list(found.values())


def demanded_columns(sources: Sequence[Source]) -> dict[str, frozenset[Any] | None]:
    """For each node the columns that `sources` need of it; None stands for all."""
    needs: dict[str, frozenset[Any] | None] = {source.token: None for source in sources}
    for node in reversed(ancestry(sources)):
        for parent, columns in zip(node.parents, node.demand(needs.get(node.token)), strict=True):
            if parent.token not in needs:
                needs[parent.token] = columns
            else:
                known = needs[parent.token]
                needs[parent.token] = None if None in (known, columns) else known | columns  # type: ignore[operator]
    return needs


def plain_columns(
    sources: Sequence[Source], coded: Sequence[bool], columns: dict[str, frozenset[Any] | None]
) -> dict[str, frozenset[Any] | None]:
    """For each node the columns whose text must not come as categories; None stands for all.

    Where text is stored as codes, whoever counts or encodes it need not have it spelled out.
    """
    plain: dict[str, frozenset[Any] | None] = {}

    def require(node: Source, needed: frozenset[Any] | None) -> None:
        known = plain.get(node.token, frozenset())
        plain[node.token] = None if known is None or needed is None else known | needed

    for source, may in zip(sources, coded, strict=True):
        require(source, frozenset() if may else None)
    for node in reversed(ancestry(sources)):
        asked = node.demand_plain(plain.get(node.token), columns.get(node.token))
        for parent, needed in zip(node.parents, asked, strict=True):
            require(parent, needed)
    return plain


def takes_codes(func: Callable[..., Any] | None, n_blocks: int) -> tuple[bool, ...]:
    """For each block that `func` is given, whether its text may come as categories.

    A function says so by an attribute `takes_codes`: True, or one value for each block.
    """
    while isinstance(func, partial):
        func = func.func
    takes = getattr(func, "takes_codes", False)
    return takes if isinstance(takes, tuple) else (takes,) * n_blocks


def payloads_for(sources: Iterable[Source], index: int) -> dict[tuple[str, int], Block]:
    """In-memory blocks that a process without our memory needs to evaluate chunk `index`."""
    found: dict[tuple[str, int], Block] = {}
    seen: set[tuple[str, int]] = set()
    stack = [(source, index) for source in sources]
    while stack:
        source, at = stack.pop()
        if (source.token, at) in seen:
            continue
        seen.add((source.token, at))
        payload = None if source.parents else source.payload(at)
        if payload is not None:
            found[source.token, at] = payload
        stack.extend(source.inputs(at))
    return found

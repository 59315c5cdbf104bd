"""`scalml.plan`: what a fit would read, write and hold, told before anything runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..sources.base import Source, ancestry
from ..sources.memory import MemorySource
from .align import source_of
from .memory import PassPlan
from .passes import choose


@dataclass(frozen=True)
class Plan:
    """What fitting an estimator on chunked data takes; print it.

    Attributes
    ----------
    steps : tuple of (str, (int, int))
        Each estimator with the least and most passes that it makes by itself.
    passes : tuple of (int, int)
        Least and most passes of all together; steps of scalml's own pipelines share some.
    n_rows : int or None
        None where the rows are not counted yet.
    n_chunks, chunk_bytes : int
        The grid, and what a worker holds for one chunk.
    input_bytes : int
        Bytes of the input, as files or in memory; what a pass reads while nothing is cached.
    cache_bytes : int
        Bytes that an iterative step writes to disk once, an estimate; later passes read those.
    backend : str
    n_workers : int
    peak_bytes, memory_limit : int
        Projected peak of the process tree in a pass, and what it may be. What an estimator holds
        beside passes, as a sample and its Hessian, is known when it fits: idle workers end for it.
    """

    steps: tuple[tuple[str, tuple[int, int]], ...]
    passes: tuple[int, int]
    n_rows: int | None
    n_chunks: int
    chunk_bytes: int
    input_bytes: int
    cache_bytes: int
    backend: str
    n_workers: int
    peak_bytes: int
    memory_limit: int
    origin: str

    def __str__(self) -> str:
        rows = "rows not counted" if self.n_rows is None else f"{self.n_rows:,} rows"
        width = max(len(name) for name, _ in self.steps)
        lines = [
            f"Plan for {self.origin}: {rows}, {self.n_chunks} chunks, {_size(self.input_bytes)}",
            *(f"  {name:<{width}}  {_passes(*span)}" for name, span in self.steps),
            *([f"  {'together':<{width}}  {_passes(*self.passes)}"] * (len(self.steps) > 1)),
            f"Workers:      {self.n_workers} ({self.backend})",
            f"Peak memory:  {_size(self.peak_bytes)} of {_size(self.memory_limit)} allowed, "
            f"{_size(self.chunk_bytes)} a chunk",
        ]
        if self.cache_bytes:
            lines.append(f"Cache:        about {_size(self.cache_bytes)} on disk while fitting")
        return "\n".join(lines)

    __repr__ = __str__


def plan(estimator: Any, X: Any, y: Any = None, *, groups: Any = None) -> Plan:
    """Passes, bytes and memory that ``estimator.fit(X, y)`` would take; reads no rows.

    Parameters
    ----------
    estimator : scalml estimator, or a pipeline of them
    X, y : collections or in-memory data
    groups : collection or array-like of shape (n_rows,), default=None
        For a search whose splitter asks for them; a splitter that makes a split for each group
        has them read.

    Returns
    -------
    Plan

    Raises
    ------
    TypeError
        If a step does not tell its passes: it is not a scalml estimator. For `groups` of another
        estimator than a search.
    MemoryError
        If the memory limit does not hold one chunk at a time.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.preprocessing import StandardScaler
    >>> X = scalml.from_array(np.zeros((1000, 4)), chunk_rows=100)
    >>> scalml.plan(StandardScaler(), X).passes
    (1, 1)
    """
    sources = [_source(item) for item in (X, y) if item is not None]
    lead = sources[0]
    told = getattr(estimator, "fit_steps", None)  # where the data decide, as for searches
    if groups is not None and told is None:
        raise TypeError(
            f"groups are for the splitter of a search, got them for {type(estimator).__name__}. "
            "Leave them out."
        )
    steps = tuple(_steps(estimator)) if told is None else told(X, y, groups)
    chosen: PassPlan = choose(sources)
    expensive = any(source.expensive for source in sources)
    iterative = any(high > 2 for _, (_, high) in steps)
    decoded = sum(s.row_nbytes * s.max_rows * s.n_chunks for s in sources)
    apart = (sum(low for _, (low, _) in steps), sum(high for _, (_, high) in steps))
    shared = getattr(estimator, "fit_passes", None)
    return Plan(
        steps=steps,
        passes=apart if shared is None else tuple(shared()),
        n_rows=lead.n_rows,
        n_chunks=lead.n_chunks,
        chunk_bytes=chosen.chunk,
        input_bytes=sum(_input_bytes(node) for node in ancestry(sources) if not node.parents),
        cache_bytes=decoded if expensive and iterative else 0,
        backend=chosen.backend,
        n_workers=chosen.n_workers,
        peak_bytes=chosen.peak,
        memory_limit=chosen.limit,
        origin=lead.describe(),
    )


def _steps(estimator: Any) -> list[tuple[str, tuple[int, int]]]:
    name = type(estimator).__name__
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list):
        return [
            found
            for _, step in steps
            if step is not None and step != "passthrough"
            for found in _steps(step)
        ]
    if hasattr(estimator, "fit_passes"):
        return [(name, tuple(estimator.fit_passes()))]
    raise TypeError(
        f"{name} does not say how many passes it makes: only scalml's estimators (method "
        "fit_passes) and pipelines of them can be planned."
    )


def _source(item: Any) -> Source:
    source = item if isinstance(item, Source) else getattr(item, "source", None)
    if not isinstance(source, Source):
        data = item if hasattr(item, "dtype") or hasattr(item, "columns") else np.asarray(item)
        return MemorySource(data)
    found = source_of(source)
    assert found is not None
    return found


def _input_bytes(root: Source) -> int:
    prints = getattr(root, "fingerprints", None)
    if prints:
        return sum(fingerprint.size for fingerprint in prints)
    folder = getattr(root, "folder", None)
    if folder and os.path.isdir(folder):
        return sum(entry.stat().st_size for entry in os.scandir(folder))
    return root.row_nbytes * (root.n_rows or 0)


def _passes(low: int, high: int) -> str:
    if low == high:
        return f"{low} pass" if low == 1 else f"{low} passes"
    return f"{low} to {high} passes"


def _size(n_bytes: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if n_bytes < 1024 or unit == "GiB":
            return f"{n_bytes:.0f} {unit}" if unit == "B" else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1024
    return ""

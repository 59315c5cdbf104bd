"""The parallel verbs: sum a function of aligned chunks, or map one over items in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, nullcontext
from typing import Any

from ..config import current_config
from ..sources.base import Reader, Source, ancestry, n_rows_of, payloads_for, takes_codes
from . import executors
from .align import align
from .memory import PassPlan, plan_pass
from .progress import Silent, listener
from .retry import run_in_order
from .signals import orderly_termination
from .surroundings import Surrounded
from .tree import TreeSum, add_up
from .worker import in_worker

log = logging.getLogger("scalml")

GROUP_BYTES = 16 * 2**20  # tiny chunks share a task until it moves about this much
WORTH_THREADS = 8 * 2**20
WORTH_PROCESSES = 512 * 2**20  # of decoded text: starting them costs some 2 s


def reduce_chunks(
    func: Callable[..., Any], *aligned: Any, name: str = "pass", local: bool = False
) -> Any:
    """Sum `func(*blocks)` over the chunks of aligned collections.

    Parameters
    ----------
    func : callable
        Gets one block of each collection and returns a value with an associative ``+``; it must
        pickle with cloudpickle. It may run in another process, once a chunk.
    *aligned : collections, sources or None
        What to read; sources that share a root read it once a chunk. None is passed through.
    name : str, default="pass"
        What progress reports call this pass.
    local : bool, default=False
        For rows that this process has gathered, as a sample: they are not sent away, whatever the
        backend, and progress is not reported.

    Returns
    -------
    value
        The sum, added up in a fixed binary tree over the chunks that have rows: the same bits for
        every backend and number of workers, and as if chunks without rows were not there.

    Raises
    ------
    ValueError
        If there are no rows at all, or the collections have different lengths.
    MemoryError
        If the memory limit does not hold one chunk at a time.

    Notes
    -----
    One pass over the data. Memory: a chunk a worker, and about log2(chunks) values.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> X = scalml.from_array(np.arange(10.0), chunk_rows=3)
    >>> float(scalml.reduce_chunks(np.sum, X))
    45.0
    """
    sources = align(*aligned)
    lead = _lead(sources)
    # A chunk without rows leaves no gap in the tree. Where a filter may turn out to have emptied
    # some, it is not known beforehand which chunks are neighbours: each is a task.
    counted = None not in lead.lengths
    level = _group_level(sources, lead) if counted else 0
    size = 2**level
    filled = [index for index, length in enumerate(lead.lengths) if length != 0]
    groups = [tuple(filled[first : first + size]) for first in range(0, len(filled), size)]
    total = TreeSum()
    work = ChunkSum(func, tuple(sources))
    for value in _run(work, sources, groups, name, result_bytes=0, silent=local, local=local):
        total.add(value, level)
        del value
    result = total.result()
    if result is None:
        raise ValueError(f"{lead.describe()} has no rows; at least one is needed.")
    return result


def read_chunks(
    *aligned: Any,
    func: Callable[..., Any] | None = None,
    order: Iterable[int] | None = None,
    name: str = "pass",
) -> Iterator[Any]:
    """Blocks of aligned collections, chunk by chunk in order, read ahead by workers.

    Parameters
    ----------
    *aligned : collections, sources or None
        What to read; None is passed through.
    func : callable, optional
        Applied to the blocks where they are read; its result is yielded instead.
    order : iterable of int, optional
        Chunk indices, instead of all in order. Chunks without rows are skipped.

    Yields
    ------
    tuple of blocks, or what `func` returns
    """
    sources = align(*aligned)
    lead = _lead(sources)
    groups = ((index,) for index in (range(lead.n_chunks) if order is None else order))
    work = ChunkMap(func, tuple(sources))
    for found, value in _run(work, sources, groups, name, result_bytes=_block_bytes(sources)):
        if found:
            yield value
        del value


def imap(
    func: Callable[[Any], Any],
    items: Iterable[Any],
    *,
    name: str = "map",
    keep_failures: bool = False,
    silent: bool = False,
    local: bool = False,
) -> Iterator[Any]:
    """Map `func` over any items; results come in order, through a bounded window.

    Threads unless the configuration names a backend; no item is taken before there is room for
    its result. An item that ends its worker every time raises a `ChunkFailedError`, or with
    `keep_failures` has it for its result. Of one that is `silent` progress is not reported. One
    that is `local` stays in this process, whatever the backend, and is silent.
    """
    options = {"keep_failures": keep_failures, "silent": silent or local, "local": local}
    yield from _run(ItemMap(func), [], items, name, result_bytes=0, **options)


def count_rows(source: Source) -> int:
    """Rows of a source, read once if nobody has counted them yet, and remembered."""
    if source.n_rows is None:
        rows = source.rows
        lengths = list(read_chunks(rows, func=_Length(), name="count rows"))
        source.remember_lengths(lengths)
    return int(source.n_rows or 0)


class _Length:
    """Rows of a block; also of one that has none."""

    takes_empty = True

    def __call__(self, block: Any) -> int:
        return n_rows_of(block)


class ChunkWork:
    """Evaluates the sources of a pass at a chunk; errors say where it was."""

    def __init__(self, func: Callable[..., Any] | None, sources: tuple[Source | None, ...]) -> None:
        self.func = func
        self.sources = sources

    def at(self, index: int, payloads: dict[Any, Any] | None) -> tuple[bool, Any]:
        """Whether chunk `index` has rows, and what becomes of them."""
        present = [source for source in self.sources if source is not None]
        takes = takes_codes(self.func, len(self.sources))
        given = zip(self.sources, takes, strict=True)
        reader = Reader(present, payloads, [may for source, may in given if source is not None])
        try:
            blocks = tuple(None if s is None else reader(s, index) for s in self.sources)
            takes_empty = getattr(self.func, "takes_empty", False)
            if not takes_empty and n_rows_of(next(b for b in blocks if b is not None)) == 0:
                return False, None
            if self.func is None:
                return True, blocks
            place = (index,) if getattr(self.func, "takes_index", False) else ()
            return True, self.func(*place, *blocks)
        except Exception as error:
            add_place(error, present[0], index)
            raise


class ChunkSum(ChunkWork):
    """The sum of a group of chunks, added up as the whole tree would."""

    def __call__(self, indices: Sequence[int], payloads: dict[Any, Any] | None) -> Any:
        return add_up(self.at(index, payloads)[1] for index in indices)


class ChunkMap(ChunkWork):
    """One chunk, kept apart."""

    def __call__(self, indices: Sequence[int], payloads: dict[Any, Any] | None) -> Any:
        return self.at(indices[0], payloads)


class ItemMap:
    """A function of one item."""

    def __init__(self, func: Callable[[Any], Any]) -> None:
        self.func = func

    def __call__(self, item: Any, payloads: None) -> Any:
        return self.func(item)


def add_place(error: Exception, source: Source, index: int) -> None:
    """Say which rows were being read, and which row was bad if the error knows."""
    try:
        row = getattr(error, "row", None)
        if row is not None:
            place, said = source.locate(index, int(row)), str(error)
            if f"row {row}" in said:  # of the block, which means nothing to the user
                error.args = (said.replace(f"row {row}", place, 1),)
            else:
                error.add_note(f"first at {place}")
        error.add_note(f"while reading {source.describe(index)}")
    except Exception as second:  # a place that cannot be told must not hide the error
        error.add_note(f"(where it happened is unknown: {second})")


def _run(
    work: Any,
    sources: Sequence[Source | None],
    groups: Iterable[Any],
    name: str,
    *,
    result_bytes: int,
    keep_failures: bool = False,
    silent: bool = False,
    local: bool = False,
) -> Iterator[Any]:
    present = [source for source in sources if source is not None]
    for root in roots_of(present):
        root.check()
    plan = choose(present, result_bytes, make_room=True, local=local)
    items = isinstance(work, ItemMap)
    nested = in_worker()  # a pass inside a chunk's function is nobody's progress
    heard_by = Silent() if nested or silent else listener.get()

    def describe(group: Any, _: Any) -> str:
        return f"Item {group!r:.80}" if items else _describe(present, group)

    def split(group: Any, payloads: Any) -> list[tuple[Any, ...]]:
        return [(group, payloads)] if items else [((index,), payloads) for index in group]

    pool = _open_pool(plan, Surrounded(work))
    tasks = (
        (group, None if items or pool.shares_memory else _payloads(present, group))
        for group in groups
    )
    n_tasks = len(groups) if isinstance(groups, list) else None
    started = time.perf_counter()
    with closing(pool), nullcontext() if nested else orderly_termination():
        heard = heard_by.begin_pass(name, n_tasks)
        try:
            results = run_in_order(
                pool, tasks, describe, split=split, join=add_up, keep_failures=keep_failures
            )
            with closing(results):
                for result in results:
                    heard.chunk_done()
                    yield result
                    del result  # not held while the next one is computed
        finally:
            heard.end()
    log.debug(
        "%s: %s, %d workers, %.3f s",
        name,
        plan.backend,
        plan.n_workers,
        time.perf_counter() - started,
    )


def choose(
    sources: Sequence[Source],
    result_bytes: int = 0,
    make_room: bool = False,
    local: bool = False,
) -> PassPlan:
    """Backend and workers for a pass over `sources`, within the memory limit.

    With `make_room`, idle worker processes end if the pass does not get its workers otherwise. One
    that is `local` stays in this process.
    """
    config = current_config()
    workers = executors.n_workers()
    backend: Any = config.backend
    if local and backend != "serial":
        backend = "threads" if _automatic(sources, workers) != "serial" else "serial"
    if in_worker():
        return PassPlan("serial", 1, 1, 0, 0, 0, 0)
    if isinstance(backend, Executor):
        backend = "foreign"
    elif backend is None:
        backend = _automatic(sources, workers)
    if backend != "foreign" and workers == 1:
        backend = "serial"
    return plan_pass(
        sources,
        backend,
        1 if backend == "serial" else workers,
        running_workers=executors.running_workers(),
        result_bytes=result_bytes,
        make_room=executors.stop_idle_workers if make_room else None,
    )


def _automatic(sources: Sequence[Source], workers: int) -> str:
    """Serial for little work, processes for text, threads for what releases the GIL."""
    if not sources:
        return "threads"
    n_chunks = max(source.n_chunks for source in sources)
    # What is read matters as much as what is made of it: one number a row may need all the text.
    nodes = {node.token: node for node in (*sources, *roots_of(sources))}.values()
    nbytes = sum(node.row_nbytes * node.max_rows * node.n_chunks for node in nodes)
    if n_chunks == 1 or nbytes < WORTH_THREADS:
        return "serial"
    if any(source.needs_processes for source in sources) and (
        nbytes >= WORTH_PROCESSES or executors.running_workers() >= workers
    ):
        return "processes"
    return "threads"


def roots_of(sources: Sequence[Source]) -> list[Source]:
    """The files and in-memory data behind sources."""
    return [node for node in ancestry(sources) if not node.parents]


def _open_pool(plan: PassPlan, work: Any) -> executors.Pool:
    if plan.backend == "foreign":
        executor = current_config().backend
        assert isinstance(executor, Executor)
        return executors.ForeignPool(work, executor, plan.window)
    if plan.backend == "processes":
        return executors.ProcessPool(work, plan.n_workers, plan.window)
    if plan.backend == "threads":
        return executors.ThreadPool(work, plan.n_workers, plan.window)
    return executors.SerialPool(work)


def _lead(sources: Sequence[Source | None]) -> Source:
    lead = next((source for source in sources if source is not None), None)
    if lead is None:
        raise ValueError("A pass needs at least one collection, got only None.")
    return lead


def _group_level(sources: Sequence[Source | None], lead: Source) -> int:
    """k such that 2**k chunks make a task of a sensible size."""
    chunk = max(1, lead.max_rows * sum(s.row_nbytes for s in sources if s is not None))
    level = 0
    while chunk * 2 ** (level + 1) <= GROUP_BYTES and 2 ** (level + 3) <= lead.n_chunks:
        level += 1
    return level


def _payloads(sources: Sequence[Source], group: Sequence[int]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for index in group:
        found |= payloads_for(sources, index)
    return found


def _block_bytes(sources: Sequence[Source | None]) -> int:
    return sum(s.row_nbytes * s.max_rows for s in sources if s is not None)


def _describe(sources: Sequence[Source], group: Sequence[int]) -> str:
    text = sources[0].describe(group[0])
    return text if len(group) == 1 else f"{text} and {len(group) - 1} chunks after it"

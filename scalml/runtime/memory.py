"""How much memory there is, how much the process tree uses, and the plan that keeps within it."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..config import current_config
from ..sources.base import Source, ancestry, demanded_columns, row_nbytes
from ..sources.memory import MemorySource
from ..sources.select import Assigned, Columns, Renamed, RowRange

WORKER_BYTES = 150 * 2**20  # a worker process with NumPy, pandas and scikit-learn imported
TEXT_FACTOR = 3  # parsing text holds the bytes, the cells and the finished columns
SHARE_OF_FREE = 0.6


def tree_memory(pid: int | None = None) -> int:
    """Bytes of anonymous and shared memory that a process and its descendants hold.

    The sum of ``Pss_Anon + Pss_Shmem``; pages of mapped files, which the system takes back at
    will, do not count. 0 where the system does not tell (only Linux does).
    """
    members = process_tree(pid or os.getpid())
    # With nobody to share pages with, the counters of one process say the same and cost nothing.
    file, names = ("status", ("RssAnon:", "RssShmem:"))
    if len(members) > 1:
        file, names = ("smaps_rollup", ("Pss_Anon:", "Pss_Shmem:"))
    total = 0
    for member in members:
        try:
            lines = Path(f"/proc/{member}/{file}").read_text("ascii", "replace").splitlines()
        except OSError:  # ended just now, or not Linux
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(names))
    return total * 1024


def process_tree(pid: int) -> list[int]:
    """`pid` and its living descendants."""
    found = [pid]
    for member in found:
        try:
            for thread in os.listdir(f"/proc/{member}/task"):
                children = Path(f"/proc/{member}/task/{thread}/children").read_text("ascii")
                found.extend(int(child) for child in children.split())
        except OSError:
            continue
    return found


def available_memory() -> int:
    """Bytes that the machine, the cgroup and the address-space limit leave to this process."""
    candidates = [_machine_available()]
    candidates.extend(_cgroup_available())
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft != resource.RLIM_INFINITY:
            candidates.append(max(0, soft - _address_space()))
    except (ImportError, OSError):  # Windows
        pass
    return min(candidates)


def memory_limit(held: int | None = None) -> int:
    """Bytes that this process and its workers may hold together.

    The configured limit, or what they hold already and a share of what is available.

    Parameters
    ----------
    held : int, optional
        What they hold, if it is known.
    """
    limit = current_config().memory_limit
    if limit is not None:
        return limit
    return (tree_memory() if held is None else held) + int(SHARE_OF_FREE * available_memory())


def _machine_available() -> int:
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


def _address_space() -> int:
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
    except OSError:
        return 0


def _cgroup_available(root: str = "/") -> list[int]:
    """What each memory limit on the way to our cgroup leaves (versions 1 and 2).

    Cached pages of files count as used there, yet the system gives them back on demand.
    """
    found: list[int] = []
    try:
        lines = Path(root, "proc/self/cgroup").read_text("utf-8", "replace").splitlines()
    except OSError:
        return found
    for line in lines:
        if line.count(":") < 2:
            continue
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, names = Path(root, "sys/fs/cgroup"), ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            base = Path(root, "sys/fs/cgroup/memory")
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        place = base / path.lstrip("/")
        for folder in (place, *place.parents):
            limit, used = (_number(folder / name) for name in names)
            if limit is not None and limit < 2**60:
                found.append(max(0, limit - max(0, (used or 0) - _cached(folder))))
            if folder == base:
                break
    return found


def _cached(folder: Path) -> int:
    try:
        fields = dict(
            line.split() for line in (folder / "memory.stat").read_text("ascii").splitlines()
        )
        return sum(
            int(fields.get(f"total_{name}", fields.get(name, 0)))  # version 1 has both
            for name in ("active_file", "inactive_file")
        )
    except (OSError, ValueError):
        return 0


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):  # no such file, "max", or empty
        return None


@dataclass(frozen=True)
class PassPlan:
    """What one pass over aligned sources is projected to use."""

    backend: str
    n_workers: int
    window: int
    held: int
    chunk: int
    peak: int
    limit: int


def chunk_nbytes(sources: Sequence[Source], shares_memory: bool = True) -> int:
    """Bytes that a worker needs for one chunk: what it reads and what it makes of it.

    Only columns that somebody uses count. Rows that are in memory anyway count where they are
    sent to a process: on the way and there.
    """
    needed = demanded_columns(sources)
    total = 0
    for node in ancestry(sources):
        need = _new_row_nbytes(node, needed.get(node.token)) * node.max_rows
        if isinstance(node, MemorySource):
            need = 0 if shares_memory else 2 * need
        elif node.expensive and not node.parents:
            need *= TEXT_FACTOR
        total += need
    return total


def _new_row_nbytes(node: Source, columns: frozenset[Any] | None) -> int:
    """Bytes a row that evaluating a node adds to what its parents hold."""
    if isinstance(node, (Columns, Renamed, RowRange)):
        return 0  # views
    if isinstance(node, Assigned):
        columns = frozenset(node.order)
    head = node.empty()
    if columns is None or not isinstance(head, pd.DataFrame):
        return node.row_nbytes
    used = [place for place, name in enumerate(head.columns) if name in columns]
    return row_nbytes(head.iloc[:, used]) if used else 0


def release_free_memory() -> None:
    """Give back to the system what allocators keep of memory that is free: it counts as held."""
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.default_memory_pool().release_unused()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):  # not the GNU library
        pass


def plan_pass(
    sources: Sequence[Source],
    backend: str,
    n_workers: int,
    *,
    running_workers: int = 0,
    result_bytes: int = 0,
    make_room: Callable[[], bool] | None = None,
) -> PassPlan:
    """Fit workers and window into the memory limit; the chunk grid is never touched.

    If the wanted workers do not fit, allocators give back what they keep; then `make_room` is
    called, which tells whether it made any.

    Raises
    ------
    MemoryError
        If not even one chunk at a time fits, with the sum and the `chunk_rows` that would.
    """
    found = _fitting(sources, backend, n_workers, running_workers, result_bytes)
    if not _as_wanted(found, backend, n_workers):
        release_free_memory()
        found = _fitting(sources, backend, n_workers, running_workers, result_bytes)
    if not _as_wanted(found, backend, n_workers) and make_room is not None and make_room():
        found = _fitting(sources, backend, n_workers, 0, result_bytes)
    if isinstance(found, MemoryError):
        raise found
    return found


def _as_wanted(found: PassPlan | MemoryError, backend: str, n_workers: int) -> bool:
    return isinstance(found, PassPlan) and (found.backend, found.n_workers) == (backend, n_workers)


def _fitting(
    sources: Sequence[Source],
    backend: str,
    n_workers: int,
    running_workers: int,
    result_bytes: int,
) -> PassPlan | MemoryError:
    """The first of ever smaller plans that fits into the limit, or why none does."""
    held = tree_memory()
    limit = memory_limit(held)
    options: list[tuple[str, int, int]] = []
    if backend == "processes":
        options += [("processes", n, extra) for n in range(n_workers, 1, -1) for extra in (2, 0)]
    if backend in ("threads", "processes"):
        options += [("threads", n, extra) for n in range(n_workers, 1, -1) for extra in (2, 0)]
    if backend == "foreign":
        options += [("foreign", n_workers, extra) for extra in (2, 1, 0)]
    else:
        options += [("serial", 1, 0)]
    for kind, workers, extra in options:
        chunk = chunk_nbytes(sources, shares_memory=kind in ("threads", "serial"))
        peak = held + result_bytes * (workers + extra)
        if kind != "foreign":  # a foreign engine's memory is its own
            peak += workers * chunk
        if kind == "processes":
            peak += max(0, workers - running_workers) * WORKER_BYTES
        if peak <= limit:
            return PassPlan(kind, workers, workers + extra, held, chunk, peak, limit)
    rows = max((source.max_rows for source in sources), default=0)
    fits = int(rows * max(0, limit - held) / max(1, peak - held))
    if fits:
        advice = f"chunk_rows={fits} would fit"
    elif held >= limit:
        advice = "The process alone holds more than the limit"
    else:
        advice = "Not even one row fits"
    return MemoryError(
        f"One chunk at a time would use {peak / 2**20:.0f} MiB of the {limit / 2**20:.0f} MiB "
        f"allowed: {held / 2**20:.0f} MiB are held already and a chunk of {rows} rows needs "
        f"{(peak - held) / 2**20:.0f} MiB. {advice}; memory_limit= raises the limit."
    )

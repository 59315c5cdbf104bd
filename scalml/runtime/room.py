"""Room in the memory limit for what a fit holds in this process, beside its passes."""

from __future__ import annotations

import logging
import sys

from .executors import stop_idle_workers
from .memory import memory_limit, release_free_memory, tree_memory
from .worker import in_worker

log = logging.getLogger("scalml")

LITTLE_BYTES = 8 * 2**20  # for which it is not worth to ask what all processes hold


def room_for(n_bytes: float) -> int:
    """Bytes that this process may yet hold, room being made if `n_bytes` do not fit.

    Parameters
    ----------
    n_bytes : float
        Bytes that are going to be needed.

    Returns
    -------
    int
        What the memory limit leaves of what the process tree holds now; negative if that is
        above the limit. A worker and needs of less than 8 MiB are not limited.

    Notes
    -----
    Workers that no pass is using are ended only if `n_bytes` do not fit beside them, as new ones
    take a second or two to start; before that allocators give back what they keep.
    """
    if n_bytes < LITTLE_BYTES or in_worker():
        return sys.maxsize
    held = tree_memory()
    limit = memory_limit(held)
    if held + n_bytes > limit:
        release_free_memory()
        held = tree_memory()
    if held + n_bytes > limit and stop_idle_workers():
        held = tree_memory()
        log.debug("Ended idle workers: %.0f MiB are needed here.", n_bytes / 2**20)
    return limit - held


def require_room(n_bytes: float, purpose: str) -> None:
    """See that this process may hold `n_bytes` more, before it does.

    Parameters
    ----------
    n_bytes : float
    purpose : str
        What they are for; the error begins with it.

    Raises
    ------
    MemoryError
        If the memory limit does not hold them even without idle workers, with the sum.

    Examples
    --------
    >>> import scalml
    >>> from scalml.runtime import require_room
    >>> with scalml.config_context(memory_limit="1GB"):
    ...     require_room(2e9, "A matrix")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    MemoryError: A matrix needs 1907 MiB ... of the 954 MiB allowed. memory_limit= raises the limit.
    """
    room = room_for(n_bytes)
    if room < n_bytes:
        held = tree_memory()
        raise MemoryError(
            f"{purpose} needs {n_bytes / 2**20:.0f} MiB beside the {held / 2**20:.0f} MiB that are "
            f"held already, of the {(held + room) / 2**20:.0f} MiB allowed. memory_limit= raises "
            "the limit."
        )

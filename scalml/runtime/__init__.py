"""How passes run: in this process, in threads, in worker processes or in the user's engine."""

from .align import align, source_of
from .executors import stop_workers
from .memory import available_memory, memory_limit, tree_memory
from .passes import add_place, count_rows, imap, read_chunks, reduce_chunks
from .plan import Plan, plan
from .retry import ChunkFailedError
from .room import require_room, room_for
from .threads import one_blas_thread
from .workspace import workspace

__all__ = [
    "ChunkFailedError",
    "Plan",
    "add_place",
    "align",
    "available_memory",
    "count_rows",
    "imap",
    "memory_limit",
    "one_blas_thread",
    "plan",
    "read_chunks",
    "reduce_chunks",
    "require_room",
    "room_for",
    "source_of",
    "stop_workers",
    "tree_memory",
    "workspace",
]

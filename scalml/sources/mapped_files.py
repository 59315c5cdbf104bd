"""Files mapped into memory: a part of one at a time, or all of it for as long as it is read."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO

HUGE_PAGE = 2**21
KEPT_FILES = 16  # each mapping holds a file descriptor
KEPT_SHARE = 0.5  # of the machine's memory; of more than fits there, little is still cached


def mapped_part(file: BinaryIO, begin: int, length: int) -> tuple[mmap.mmap, int]:
    """Map bytes of a file, and tell where in the mapping they begin."""
    skipped = begin % mmap.ALLOCATIONGRANULARITY
    view = mmap.mmap(
        file.fileno(), length + skipped, access=mmap.ACCESS_READ, offset=begin - skipped
    )
    _want_huge_pages(view)
    return view, skipped


class KeptMapping:
    """All of a file, mapped when it is first read and again only if it is another file by then.

    To map a chunk's pages, and to unmap them, takes as long as to add up what they hold; a model
    that passes over the file many times pays this once. A copy in another process maps anew.
    """

    def __init__(self) -> None:
        self._known: tuple[Any, mmap.mmap] | None = None

    def __reduce__(self) -> Any:
        return KeptMapping, ()

    def view(self, file: BinaryIO) -> mmap.mmap:
        """The mapping of an open file."""
        status = os.fstat(file.fileno())
        which = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        known = self._known
        if known is None or known[0] != which:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            _want_huge_pages(view)
            known = self._known = which, view
        return known[1]


def kept_mappings(sizes: Sequence[int]) -> list[KeptMapping | None]:
    """A mapping to keep for each of some files of these sizes; None for each if that is unwise.

    It is where address space is limited, or descriptors might run out; and on Windows, where
    nobody could replace a mapped file.
    """
    few = len(sizes) <= KEPT_FILES and sum(sizes) <= KEPT_SHARE * _machine_memory()
    return [KeptMapping() if few and not _address_space_is_limited() else None for _ in sizes]


def _machine_memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _address_space_is_limited() -> bool:
    try:
        import resource
    except ImportError:
        return True
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _want_huge_pages(view: mmap.mmap) -> None:
    """Ask for few large pages: two threads that read a file at once leave the cache many small.

    From those every later pass maps the file at half the speed.
    """
    advice = getattr(mmap, "MADV_HUGEPAGE", None)  # Linux
    if advice is not None and len(view) >= HUGE_PAGE:
        with suppress(OSError):  # a kernel without them
            view.madvise(advice)

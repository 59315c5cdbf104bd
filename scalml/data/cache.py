"""Collections written once to memory-mapped files, so that later passes cost only reading."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scipy import sparse

from ..runtime import align, count_rows, reduce_chunks, workspace
from ..sources.base import Source
from ..sources.row_numbers import RowNumbers
from ..sources.stored import Store, StoredSource, can_store
from .collection import wrap

log = logging.getLogger("scalml")


def cache(*collections: Any) -> list[Any]:
    """Store aligned collections in one pass; None is passed through.

    Returns
    -------
    list of collections
        Over files in a private directory, which goes when the last of them does.

    Raises
    ------
    TypeError
        For columns of Python objects other than text.
    OSError
        If the disk is full: what was written is removed.
    """
    sources = align(*collections)
    present = [source for source in sources if source is not None]
    if not present:
        raise ValueError("Expected a collection to cache, got none.")
    empties = {f"part{place}": source.empty() for place, source in enumerate(present)}
    lead = present[0]
    # A filtered row keeps the number it has in its file: splits by row number stay the same.
    numbered = lead.numbered_by is not lead.rows or getattr(lead.rows, "numbered", False)
    if numbered:
        count_rows(lead.numbered_by)
    folder = tempfile.mkdtemp(prefix="cache-", dir=workspace())
    try:
        inputs = [*present, RowNumbers(lead)] if numbered else present
        rows = {"rows": inputs[-1].empty()} if numbered else {}
        writer = Store(folder, {**empties, **rows})
        lengths = [0] * lead.n_chunks
        written = () if lead.n_rows == 0 else reduce_chunks(writer, *inputs, name="cache")
        for index, n_rows in written:
            lengths[index] = n_rows
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    stored = [
        StoredSource(
            folder,
            name,
            source.empty(),
            lengths,
            numbered,
            source.describe(),
            _bytes_per_row(folder, name, lengths) if sparse.issparse(source.empty()) else None,
        )
        for name, source in zip(empties, present, strict=True)
    ]
    for source in stored:  # the same rows in the same chunks as before
        source.rows_token = lead.rows.rows_token
    lead.remember_lengths(lengths)
    _remove_with(stored, folder)
    log.info("Cached %s in %s.", lead.describe(), folder)
    found = iter(stored)
    return [None if source is None else wrap(next(found)) for source in sources]


@contextmanager
def cached(*collections: Any) -> Iterator[tuple[Any, ...]]:
    """Aligned collections, cached for a ``with`` block if a pass costs more than raw memory.

    The files go when the block ends. Unchanged where reading is cheap, where a column cannot be
    stored, or where the disk does not have room; what an iterative estimator holds its passes in.
    """
    sources = [source for source in align(*collections) if source is not None]
    if not _worth_caching(sources):
        yield collections
        return
    try:
        copies: list[Any] = cache(*collections)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        log.warning("Not cached: %s. Every pass reads the input again.", error)
        copies = []
    if not copies:
        yield collections
        return
    try:
        yield tuple(copies)
    finally:
        folder = next(copy for copy in copies if copy is not None).source.folder
        shutil.rmtree(folder, ignore_errors=True)


def _worth_caching(sources: Sequence[Source]) -> bool:
    if not any(source.expensive for source in sources):
        return False
    if not all(can_store(source.empty()) for source in sources):
        return False
    need = sum(s.row_nbytes * s.max_rows * s.n_chunks for s in sources)
    free = shutil.disk_usage(workspace()).free
    if need > 0.8 * free:
        log.warning(
            "Not cached: about %.1f GB would be needed in %s, %.1f GB are free. Every pass reads "
            "the input again.",
            need / 1e9,
            workspace(),
            free / 1e9,
        )
        return False
    return True


def _bytes_per_row(folder: str, name: str, lengths: Sequence[int]) -> int:
    """How large CSR rows turned out to be."""
    files = (f"{name}-{index}" for index, length in enumerate(lengths) if length)
    size = sum(os.path.getsize(os.path.join(folder, file)) for file in files)
    return size // max(sum(lengths), 1)


def _remove_with(stored: Sequence[StoredSource], folder: str) -> None:
    """Remove the directory when the last of its sources is gone, in this process only."""
    alive = {"n": len(stored)}
    owner = os.getpid()

    def gone() -> None:
        alive["n"] -= 1
        if alive["n"] == 0 and os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    for source in stored:
        weakref.finalize(source, gone)

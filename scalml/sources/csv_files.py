"""CSV files opened together: unpacked if need be, held against the first, and scanned for rows."""

from __future__ import annotations

import csv as standard_csv
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .csv_cuts import Map, TextFile, first_line
from .csv_lines import Dialect
from .csv_schema import header_names
from .files import Fingerprint, PathLike, expand_paths, short_name
from .spool import Spool, needs_spool

logger = logging.getLogger("scalml")


def thread_map(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """`map` by threads, one a core, that take some hundred items at a time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    items = list(items)
    if len(items) < 2:
        return [func(item) for item in items]
    size = min(128, -(-len(items) // (cores or 1)))
    batches = [items[at : at + size] for at in range(0, len(items), size)]
    with ThreadPoolExecutor(cores) as pool:
        return [found for batch in pool.map(partial(each, func), batches) for found in batch]


def each(func: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    """`map` as a list, which pickles."""
    return [func(item) for item in items]


@dataclass(frozen=True)
class OpenFiles:
    """Scanned files with at least one row in all, and what is known of them before any is parsed.

    Attributes
    ----------
    files : list of TextFile
        Those that have rows.
    columns : tuple
        Names of the columns, or their numbers without header and names.
    fingerprints : list of Fingerprint
        Of the files given and of their unpacked copies.
    spools : list of Spool
        The unpacked copies; they are removed with these objects.
    """

    files: list[TextFile]
    columns: tuple[Any, ...]
    fingerprints: list[Fingerprint]
    spools: list[Spool]


def open_files(
    paths: PathLike | Sequence[PathLike],
    dialect: Dialect,
    keywords: dict[str, Any],
    *,
    names: Sequence[Any] | None,
    has_header: bool,
    keep_bad: bool,
    require_final_newline: bool,
    encoding: str,
    member: str | None,
    cache_dir: PathLike | None,
    map: Map,
) -> OpenFiles:
    """Unpack, check and scan every file; their text is read once.

    Parameters
    ----------
    paths : path, glob or list of them
    dialect : Dialect
    keywords : dict
        Parameters of `pandas.read_csv` by which the header is read.
    names : sequence, optional
        Column names instead of those of the header.
    has_header : bool
        Whether the first line of each file holds names.
    keep_bad : bool
        Remember rows of a wrong number of fields, to be left out, instead of refusing them.
    require_final_newline, encoding, member, cache_dir, map
        As `CsvSource.open` has them.

    Raises
    ------
    ValueError
        No row at all, columns that differ between files, or text that cannot be cut.
    DataChangedError
        If a file changes meanwhile.
    """
    originals = [os.path.abspath(path) for path in expand_paths(paths)]
    prints = [Fingerprint.of(path) for path in originals]
    spools: list[Spool] = []
    files: list[TextFile] = []
    columns, first = None, ""
    for path in originals:
        plain = path
        if needs_spool(path, encoding):
            spools.append(Spool(path, cache_dir, encoding=encoding, member=member))
            plain = spools[-1].path
        found = _opened(plain, short_name(path), dialect, has_header, names, keywords)
        if found is None:
            continue
        file, seen = found
        if columns is None:
            columns, first = seen, file.name
        elif seen != columns:
            raise ValueError(_other_columns(first, columns, file.name, seen))
        _check_end(file, require_final_newline)
        file = replace(file, keep_bad=keep_bad).scanned(map)
        if len(file.bad):
            logger.warning(
                "%d rows of %s were left out for their number of fields, the first on line %d",
                len(file.bad),
                file.name,
                file.bad[0, 2],
            )
        if file.n_rows:
            files.append(file)
    for fingerprint in prints:
        fingerprint.check()
    if columns is None or not files:
        listed = ", ".join(short_name(path) for path in originals[:3])
        more = f" and {len(originals) - 3} more" if len(originals) > 3 else ""
        raise ValueError(
            f"At least one row is needed to know the dtypes, there is none in {listed}{more}."
        )
    prints += [Fingerprint.of(spool.path) for spool in spools]
    return OpenFiles(files, columns, prints, spools)


def dialect_of(sep: str, quotechar: str, quoting: int) -> Dialect:
    """The dialect that pandas' parameters describe; ValueError for one that cannot be cut."""
    for name, value in (("sep", sep), ("quotechar", quotechar)):
        is_character = isinstance(value, str) and len(value) == 1 and value.isascii()
        if not is_character or value in "\r\n\0":
            raise ValueError(f"{name} must be one ASCII character, got {value!r}.")
    if sep == quotechar:
        raise ValueError(f"sep and quotechar must differ, both are {sep!r}.")
    if quoting == standard_csv.QUOTE_NONE:
        return Dialect(ord(sep), None)
    return Dialect(ord(sep), ord(quotechar))


def _opened(
    path: str,
    name: str,
    dialect: Dialect,
    has_header: bool,
    names: Sequence[Any] | None,
    keywords: dict[str, Any],
) -> tuple[TextFile, tuple[Any, ...]] | None:
    """A file not yet scanned and its columns; None if all its lines are blank."""
    found = first_line(path, name, dialect)
    if found is None:
        return None
    header = {key: keywords[key] for key in ("sep", "quotechar", "quoting")}
    columns = header_names(found.text, header) if has_header else tuple(range(found.n_fields))
    if names is not None:
        if len(set(names)) != len(names) or len(names) != found.n_fields:
            raise ValueError(
                f"names must be {found.n_fields} different names, as many as {name} has columns, "
                f"got {list(names)}."
            )
        columns = tuple(names)
    begin, line = (found.following, found.number) if has_header else (found.begin, 1)
    file = TextFile(path, name, begin, os.path.getsize(path), line, found.n_fields, dialect)
    return file, columns


def _other_columns(first: str, expected: Sequence[Any], name: str, seen: Sequence[Any]) -> str:
    missing = [column for column in expected if column not in seen]
    added = [column for column in seen if column not in expected]
    if missing or added:
        how = f"lacks {missing} and adds {added}"
    else:
        how = f"has them in another order, {list(seen)}"
    return f"All files must have the same columns: {first} has {list(expected)}, {name} {how}."


def _check_end(file: TextFile, required: bool) -> None:
    if file.size == file.begin:
        return
    with open(file.path, "rb") as stream:
        stream.seek(max(file.begin, file.size - 200))
        tail = stream.read()
    if tail[-1:] in (b"\n", b"\r"):
        return
    last = tail.splitlines()[-1].decode(errors="replace")
    if required:
        raise ValueError(
            f"{file.name} must end with a line end, its last line is {last!r}; it may have been "
            "cut short. Read it anyway with require_final_newline=False."
        )
    logger.warning("%s has no line end after its last line, which may be cut: %r", file.name, last)

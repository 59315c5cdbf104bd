"""Folders of Parquet files, and the columns that their names hold (hive partitions)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd

from .files import PathLike, expand_paths

MISSING = "__HIVE_DEFAULT_PARTITION__"


def parquet_files(paths: PathLike | Sequence[PathLike]) -> dict[str, str]:
    """Files of paths, globs and folders; of a folder all Parquet files below it, sorted.

    Names that begin with a dot or an underscore, as those of metadata do, are left out.

    Returns
    -------
    dict of path to folder
        Below which names of folders may hold columns: the folder that was given, or the one that
        the files that were given have in common.

    Raises
    ------
    FileNotFoundError
        A folder without Parquet files; and as `expand_paths`.
    """
    items = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    found: list[tuple[str, str | None]] = []
    for item in items:
        folder = os.path.abspath(os.path.expanduser(os.fspath(item)))
        if not os.path.isdir(folder):
            found += [(os.path.abspath(path), None) for path in expand_paths([item])]
            continue
        here = []
        for root, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith((".", "_"))]
            here += [
                os.path.join(root, name)
                for name in names
                if name.endswith((".parquet", ".parq", ".pq")) and not name.startswith((".", "_"))
            ]
        if not here:
            raise FileNotFoundError(f"The folder {folder!r} has no Parquet files.")
        found += [(path, folder) for path in expand_paths(sorted(here))]
    if not items:
        expand_paths([])
    single = [os.path.dirname(path) for path, folder in found if folder is None]
    common = os.path.commonpath(single) if single else ""
    return {path: folder or common for path, folder in found}


def partitions_of(files: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
    """Columns that the folders of files name, as in ``year=2013/month=1/a.parquet``: by file.

    Parameters
    ----------
    files : mapping of path to folder
        As `parquet_files` gives them.

    Raises
    ------
    ValueError
        If some files have a partition column that others have not.
    """
    found: dict[str, dict[str, str | None]] = {}
    for path, folder in files.items():
        below = os.path.relpath(os.path.dirname(path), folder)
        pairs = [part.partition("=") for part in below.split(os.sep)]
        found[path] = {
            key: None if value == MISSING else unquote(value) for key, sep, value in pairs if sep
        }
    first = next(iter(files))
    for path, columns in found.items():
        if list(columns) != list(found[first]):
            raise ValueError(
                f"All files must lie in folders of the same partition columns: {first!r} has "
                f"{list(found[first])}, {path!r} has {list(columns)}."
            )
    return found


def partition_dtypes(partitions: dict[str, dict[str, str | None]]) -> dict[str, Any]:
    """Categorical dtypes of partition columns, of integers where all values are, else of text."""
    dtypes: dict[str, Any] = {}
    for name in next(iter(partitions.values()), {}):
        values = {one[name] for one in partitions.values()} - {None}
        whole = all(value.lstrip("-").isdigit() for value in values if value is not None)
        known: Any = sorted(map(int, filter(None, values))) if whole else sorted(values)  # type: ignore[type-var]
        dtypes[name] = pd.CategoricalDtype(
            pd.Index(known, dtype=np.int32 if whole and _short(known) else None)
        )
    return dtypes


def _short(values: Sequence[int]) -> bool:
    return all(-(2**31) <= value < 2**31 for value in values)


def partition_column(values: Sequence[str | None], lengths: Sequence[int], dtype: Any) -> Any:
    """A partition column of some rows of each of several files."""
    whole = dtype.categories.dtype.kind in "iu"
    places = [
        -1 if value is None else dtype.categories.get_loc(int(value) if whole else value)
        for value in values
    ]
    return pd.Categorical.from_codes(np.repeat(places, lengths).astype(np.intp), dtype=dtype)

"""Input files: found by path, list or glob, checked to be regular, and watched for changes."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .base import DataChangedError

PathLike = str | os.PathLike[str]


def expand_paths(paths: PathLike | Iterable[PathLike]) -> list[str]:
    """Regular, readable files for a path, a glob or a list of them, sorted within each glob.

    Raises
    ------
    FileNotFoundError
        No such file, or a glob without a match.
    ValueError
        A URL, directory, FIFO, socket or device.
    PermissionError
        A file that cannot be read.
    """
    items = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if not items:
        raise ValueError("Expected at least one file, got an empty list.")
    found: list[str] = []
    for item in items:
        text = os.path.expanduser(os.fspath(item))
        if "://" in text:
            raise ValueError(f"Only local files can be opened, got the URL {text!r}.")
        if os.path.exists(text) or not glob.has_magic(text):
            found.append(text)
        else:
            matches = sorted(glob.glob(text, recursive=True))
            if not matches:
                raise FileNotFoundError(f"No file matches {text!r}.")
            found.extend(matches)
    for path in found:
        check_regular(path)
    return found


def check_regular(path: str) -> None:
    """Refuse what cannot be read twice, without ever blocking on it."""
    mode = os.stat(path).st_mode  # FileNotFoundError names the path
    if not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "a pipe, socket or device"
        raise ValueError(
            f"{path!r} is {kind}, not a regular file: several passes over it need a file."
        )
    if not os.access(path, os.R_OK):
        raise PermissionError(f"No permission to read {path!r}.")


@dataclass(frozen=True)
class Fingerprint:
    """Size, time of change and inode of a file at the moment it was opened."""

    path: str
    size: int
    modified_ns: int
    inode: int

    @classmethod
    def of(cls, path: PathLike) -> Fingerprint:
        path = str(Path(path).absolute())
        status = os.stat(path)
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ino)

    def check(self) -> None:
        """Raise `DataChangedError` if the file is no longer the one that was opened."""
        try:
            now = Fingerprint.of(self.path)
        except FileNotFoundError:
            raise DataChangedError(f"{self.path} was removed after it was opened.") from None
        if now == self:
            return
        if now.size != self.size:
            change = f"its size went from {self.size} to {now.size} bytes"
        elif now.inode != self.inode:
            change = "it was replaced by another file"
        else:
            change = "it was written to"
        raise DataChangedError(
            f"{self.path} changed after it was opened: {change}. Open it again to use it."
        )


def short_name(path: str) -> str:
    return os.path.basename(path)

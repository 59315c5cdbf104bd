"""A compressed or re-encoded file is unpacked once into a private file that is cut like any other.

Damage shows while unpacking, before anything is learnt from the rows in front of it.
"""

from __future__ import annotations

import bz2
import codecs
import errno
import gzip
import lzma
import os
import shutil
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any

from .files import PathLike

COPY_BYTES = 2**20
OPENERS: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
PLAIN_ENCODINGS = ("utf-8", "utf-8-sig", "ascii")
DAMAGE = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError)


def needs_spool(path: str, encoding: str = "utf-8") -> bool:
    """Whether a file has to be unpacked, or translated to UTF-8, before it can be cut."""
    suffix = os.path.splitext(path)[1].lower()
    plain = codecs.lookup(encoding).name in PLAIN_ENCODINGS
    return suffix in OPENERS or suffix == ".zip" or not plain


@dataclass(frozen=True)
class Copy:
    """A plain copy, as a pickle carries it: the process that made it owns it."""

    path: str


class Spool:
    """A private plain copy of a file, removed with the last reference or at exit.

    Parameters
    ----------
    path : path-like
        The file; ``.gz``, ``.bz2``, ``.xz`` and ``.zip`` are unpacked.
    cache_dir : path-like, optional
        Where to make a directory that only we can enter; the system's temporary one by default.
    encoding : str
        How the text is encoded; the copy is UTF-8.
    member : str, optional
        Which file of an archive with several.

    Raises
    ------
    ValueError
        A damaged or truncated archive, text that does not fit `encoding`, an archive with several
        members of which none was named.
    OSError
        No space left; what was written is removed.

    Examples
    --------
    >>> import gzip, os, pathlib, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "a.csv.gz")
    >>> with gzip.open(path, "wb") as file:
    ...     _ = file.write(b"x,y")
    >>> spool = Spool(path)
    >>> pathlib.Path(spool.path).read_text()
    'x,y'
    >>> spool.close()
    >>> os.path.exists(spool.path)
    False
    """

    def __init__(
        self,
        path: PathLike,
        cache_dir: PathLike | None = None,
        *,
        encoding: str = "utf-8",
        member: str | None = None,
    ) -> None:
        path = os.fspath(path)
        if cache_dir is not None:
            os.makedirs(cache_dir, mode=0o700, exist_ok=True)
        directory = tempfile.mkdtemp(prefix="scalml-spool-", dir=cache_dir)  # mode 0700
        self._finalizer = weakref.finalize(self, _remove, directory, os.getpid())
        self.path = os.path.join(directory, "plain")
        try:
            self._copy(path, encoding, member)
        except BaseException:
            self.close()
            raise

    def _copy(self, path: str, encoding: str, member: str | None) -> None:
        with open(self.path, "xb") as target, _unpacked(path, member) as stream:
            try:
                for text in _utf8(_pieces(stream), path, encoding):
                    target.write(text)
                target.flush()
            except DAMAGE as error:
                raise ValueError(
                    f"{path!r} is damaged or truncated, nothing was read from it: {error}"
                ) from error
            except OSError as error:
                if error.errno is None:  # how bz2 reports a broken stream
                    raise ValueError(f"{path!r} is damaged, nothing was read: {error}") from error
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                done, free = target.tell(), shutil.disk_usage(os.path.dirname(self.path)).free
                raise OSError(
                    error.errno,
                    f"no space to unpack {path!r} after {done} bytes ({free} free); give a "
                    "cache_dir on a larger disk",
                    self.path,
                ) from error

    def close(self) -> None:
        """Remove the copy."""
        self._finalizer()

    def __reduce__(self) -> tuple[Any, ...]:
        return Copy, (self.path,)


def _remove(directory: str, owner: int) -> None:
    if os.getpid() == owner:  # a forked child must not take its parent's file away
        shutil.rmtree(directory, ignore_errors=True)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(COPY_BYTES):
        yield piece


@contextmanager
def _unpacked(path: str, member: str | None) -> Iterator[IO[bytes]]:
    suffix = os.path.splitext(path)[1].lower()
    if suffix != ".zip":
        with OPENERS.get(suffix, open)(path, "rb") as stream:
            yield stream
        return
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{path!r} is damaged or truncated: {error}") from error
    with archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
        if member is None and len(names) == 1:
            member = names[0]
        if member not in names:
            raise ValueError(
                f"{path!r} must have one member, or the one to read named by member=, "
                f"got {member!r}; it has {names}."
            )
        with archive.open(member) as stream:
            yield stream


def _utf8(pieces: Iterator[bytes], path: str, encoding: str) -> Iterator[bytes]:
    """The text in UTF-8; UTF-8 passes through, the scan checks it."""
    if codecs.lookup(encoding).name in PLAIN_ENCODINGS:
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    done, line = 0, 1
    for piece in chain(pieces, [b""]):
        before = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].decode(encoding, "ignore").count("\n")
            raise ValueError(
                f"Line {line} of {path!r} (byte {done - before + error.start}) is not "
                f"{encoding}: {error.reason}. Give its encoding."
            ) from error
        done += len(piece)
        line += text.count("\n")
        yield text.encode()

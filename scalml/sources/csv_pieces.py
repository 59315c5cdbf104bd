"""Pieces of text files as pandas reads them: byte ranges that hold whole rows."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .csv_cuts import TextFile
from .csv_lines import LF, Dialect, Lines, lines_of


@dataclass(frozen=True)
class Piece:
    """Bytes of one file that hold whole rows; `bad` are the rows to leave out."""

    path: str
    name: str
    begin: int
    stop: int
    line: int
    dialect: Dialect
    lone_returns: bool = False
    bad: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))

    def spans(self) -> Iterator[tuple[int, int]]:
        """Begin and end of the byte ranges between bad rows."""
        at = self.begin
        for start, stop in self.bad:
            if at < start:
                yield at, int(start)
            at = min(int(stop), self.stop)
        if at < self.stop:
            yield at, self.stop

    def text(self) -> bytes:
        """All its bytes, bad rows too; OSError if the file has become shorter."""
        with open(self.path, "rb") as file:
            file.seek(self.begin)
            data = file.read(self.stop - self.begin)
        if len(data) < self.stop - self.begin:
            raise OSError(f"short read of {self.name!r}: expected {self.stop} bytes.")
        return data

    def with_line_feeds(self) -> bytes:
        r"""The text with ``\n`` for line ends: behind ``\r`` pandas drops an empty first field."""
        data, lines = lines_of(self.text(), self.dialect)
        data = data.copy()
        data[lines.stops[lines.stops < len(data)]] = LF
        return bytes(data[1:])

    def lines(self) -> tuple[np.ndarray, Lines]:
        """The piece's bytes behind a line end, and the rows in them."""
        data, lines = lines_of(self.text(), self.dialect)
        good = ~lines.blank & ~np.isin(lines.starts + self.begin - 1, self.bad[:, 0])
        return data, lines.take(good)

    def line_of(self, row: int) -> int:
        """Physical number of the line at which a row begins."""
        return self.line - 1 + int(self.lines()[1].numbers[row])


def piece(file: TextFile, begin: int, stop: int, line: int) -> Piece:
    """The piece of a file between two bytes, whose first line has that physical number."""
    inside = (file.bad[:, 0] >= begin) & (file.bad[:, 0] < stop)
    return Piece(
        file.path,
        file.name,
        begin,
        stop,
        line,
        file.dialect,
        file.lone_returns,
        file.bad[inside, :2],
    )


class PieceReader:
    """The text of pieces as a file that pandas reads, never all of it in memory.

    What it returns ends with a line where it can: pandas forgets blanks at the start of a line
    when they end what it was given.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._spans = ((part, begin, stop) for part in pieces for begin, stop in part.spans())
        self._file: Any = None
        self._at = self._stop = 0
        self._name = ""
        self._last = b"\n"

    def read(self, size: int = -1) -> bytes:
        if self._at == self._stop:
            if self._last != b"\n":  # a last line without an end, before another file's rows
                self._last = b"\n"
                return b"\n"
            if not self._next():
                return b""
        left = self._stop - self._at
        want = left if size < 0 else min(size, left)
        data = self._file.read(want)
        if len(data) < want:
            raise OSError(
                f"short read of {self._name!r}: expected {want} bytes at {self._at}, "
                f"got {len(data)}."
            )
        if want < left:
            end = data.rfind(b"\n") + 1
            if 0 < end < want:
                data = data[:end]
                self._file.seek(self._at + end)
        self._at += len(data)
        self._last = data[-1:]
        return data

    def _next(self) -> bool:
        self.close()
        found = next(self._spans, None)
        if found is None:
            return False
        part, self._at, self._stop = found
        self._name = part.name
        if part.lone_returns:
            self._file = io.BytesIO(part.with_line_feeds())
            self._at, self._stop = self._at - part.begin, self._stop - part.begin
        else:
            self._file = open(part.path, "rb", buffering=0)  # noqa: SIM115
        self._file.seek(self._at)
        return True

    def __enter__(self) -> PieceReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __iter__(self) -> Iterator[bytes]:  # by which pandas knows a file
        return iter(self.read, b"")

"""Text is cut exactly where rows begin: a file is scanned once, in zones, in parallel.

Whether a zone begins inside quotes is guessed, and the zone scanned again if those before it say
otherwise. In a file with quotes in the middle of fields parity says nothing: its quotes are
followed one by one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from .csv_lines import LF, Buffer, Dialect, State, scratch

ZONE_BYTES = 2**20  # large enough that Python costs little, small enough for the cache
OVERLAP_BYTES = 2**14
MAX_ROW_BYTES = 64 * 2**20
NO_ROWS = np.zeros((0, 4), np.int64)

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Problem:
    """What is wrong at a byte of a file; `line` counts within the zone until it is resolved."""

    offset: int
    line: int
    reason: str

    def sentence(self, name: str, lines_before: int) -> str:
        """What to say of it, given the file's name and the lines before its zone."""
        return f"Line {lines_before + self.line} of {name} (byte {self.offset}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Zone:
    """What the scan of one zone found, given the state it was taken to begin in."""

    state: State
    after: State
    stray: bool
    n_rows: int
    n_lines: int
    lone_returns: bool
    bad: np.ndarray  # (n, 4): start, stop, line, fields of rows with a wrong number of fields
    problem: Problem | None


@dataclass(frozen=True)
class TextFile:
    r"""A file with its rows counted zone by zone.

    Attributes
    ----------
    begin, size : int
        Bytes between which its rows are.
    first_line : int
        Physical number of the line at `begin`.
    serial : bool
        Whether quotes had to be followed one by one.
    lone_returns : bool
        Whether a ``\r`` ends lines somewhere.
    rows, lines : ndarray of int64
        Rows, and line ends, before each zone, and their totals.
    """

    path: str
    name: str
    begin: int
    size: int
    first_line: int
    n_fields: int
    dialect: Dialect
    serial: bool = False
    lone_returns: bool = False
    keep_bad: bool = False
    states: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8))  # State.code
    rows: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64))
    lines: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64))
    bad: np.ndarray = field(default_factory=lambda: NO_ROWS)

    @property
    def n_rows(self) -> int:
        """Rows to be read, the bad ones that are left out not among them."""
        return int(self.rows[-1])

    @property
    def n_zones(self) -> int:
        """Parts of the file that are scanned one by one."""
        return -(-(self.size - self.begin) // ZONE_BYTES)

    def buffer(self, zone: int, overlap: int = OVERLAP_BYTES) -> Buffer:
        """The bytes of a zone, with the one before it and some behind it.

        They lie where those of the thread's previous zone lay.
        """
        start = self.begin + zone * ZONE_BYTES
        stop = min(start + ZONE_BYTES, self.size)
        length = min(stop + overlap, self.size) - start + 1
        text = scratch("text", length)
        with open(self.path, "rb", buffering=0) as file:
            file.seek(start - 1 if zone else start)
            read_into(file, memoryview(text)[0 if zone else 1 : length], self.name)
        if zone == 0:
            text[0] = LF
        ends_file = length == self.size - start + 1
        return Buffer(text, length, stop - start, ends_file, self.dialect)

    def scanned(self, map: Map) -> TextFile:
        """This file with its rows counted, or a ValueError that says what is wrong with it."""
        zones = list(map(partial(_scan, self), range(self.n_zones)))
        state = State()
        for index, found in enumerate(zones):
            if found.state.inside != state.inside:
                found = zones[index] = _scan(self, index, state)
            if found.stray:
                return self.followed()
            state = found.after
        return self._counted(zones, serial=False)

    def followed(self) -> TextFile:
        """As `scanned`, for a file in which quotes are ordinary characters somewhere."""
        file, state, zones = replace(self, serial=True), State(), []
        for index in range(self.n_zones):
            zones.append(_scan(file, index, state))
            state = zones[-1].after
        return file._counted(zones, serial=True)

    def _counted(self, zones: list[Zone], serial: bool) -> TextFile:
        lines = np.cumsum([0, *(zone.n_lines for zone in zones)], dtype=np.int64)
        rows = np.cumsum([0, *(zone.n_rows for zone in zones)], dtype=np.int64)
        bad = []
        for zone, before in zip(zones, lines, strict=False):
            base = self.first_line - 1 + int(before)
            if zone.problem is not None:
                raise ValueError(zone.problem.sentence(self.name, base))
            if not len(zone.bad):
                continue
            bad.append(zone.bad + np.array([0, 0, base, 0]))
            if not self.keep_bad:
                _, _, line, seen = bad[-1][0]
                raise ValueError(
                    f"Every row must have {self.n_fields} fields, line {line} of {self.name} has "
                    f"{seen}. Mend it, or leave such rows out with on_bad_rows='skip'."
                )
        if zones and zones[-1].after.inside:
            raise ValueError(
                f"The quote opened on line {self._open_line(zones, lines)} of {self.name} is "
                "never closed."
            )
        return replace(
            self,
            serial=serial,
            lone_returns=any(zone.lone_returns for zone in zones),
            states=np.array([zone.state.code for zone in zones], dtype=np.uint8),
            rows=rows,
            lines=lines,
            bad=np.concatenate(bad) if bad else self.bad,
        )

    def without_zones(self) -> TextFile:
        """This file with no more than its totals, to be sent elsewhere."""
        return replace(self, states=self.states[:0], rows=self.rows[-1:], lines=self.lines[-1:])

    def _open_line(self, zones: list[Zone], lines: np.ndarray) -> int:
        for index in reversed(range(len(zones))):
            buffer = self.buffer(index, 0)
            buffer.follow(zones[index].state)
            if buffer.quotes is not None and buffer.quotes.any():
                last = int(np.flatnonzero(buffer.quotes)[-1])
                within = int(np.searchsorted(buffer.line_ends, last))
                return self.first_line - 1 + int(lines[index]) + within
        return self.first_line

    def locate(self, rows: np.ndarray, map: Map) -> tuple[np.ndarray, np.ndarray]:
        """Byte and physical line at which rows begin; row `n_rows` is the end of the file."""
        offsets = np.full(len(rows), self.size, dtype=np.int64)
        numbers = np.full(len(rows), self.first_line + self.lines[-1], dtype=np.int64)
        zone_of = np.searchsorted(self.rows, rows, side="right") - 1
        zones = [int(zone) for zone in np.unique(zone_of) if zone < len(self.states)]
        places = [np.flatnonzero(zone_of == zone) for zone in zones]
        wanted = [
            (zone, int(self.states[zone]), rows[here] - self.rows[zone])
            for zone, here in zip(zones, places, strict=True)
        ]
        found = map(partial(_rows, self.without_zones()), wanted)
        for zone, here, (starts, within) in zip(zones, places, found, strict=True):
            offsets[here] = starts
            numbers[here] = within + self.first_line - 1 + self.lines[zone]
        return offsets, numbers


def read_into(file: Any, view: memoryview, name: str) -> None:
    """Fill memory from an unbuffered file."""
    done = 0
    while done < len(view):
        count = file.readinto(view[done:])
        if not count:
            raise OSError(f"short read of {name!r}: expected {len(view)} bytes, got {done}.")
        done += count


def _scan(file: TextFile, index: int, state: State | None = None) -> Zone:
    """Count the rows of a zone that begins in `state`, or in the likelier one."""
    start = file.begin + index * ZONE_BYTES
    overlap = OVERLAP_BYTES
    while True:
        buffer = file.buffer(index, overlap)
        if state is not None and file.serial:
            begins, after, stray = state, buffer.follow(state), False
        else:
            begins = state or State()
            stray = buffer.stray(begins.inside)
            if state is None and stray and not buffer.stray(True):
                begins, stray = State(inside=True), False
            after = State(buffer.ends_inside(begins.inside))
        lines = buffer.lines(begins.inside)
        if lines is not None or overlap >= MAX_ROW_BYTES:
            break
        overlap *= 8
    problem = _undecodable(buffer, start)
    if lines is None:
        last = int(np.searchsorted(buffer.line_ends, buffer.size))
        reason = f"a row is longer than {MAX_ROW_BYTES >> 20} MiB; is a quote never closed?"
        long = Problem(start, last, reason)
        return Zone(begins, after, stray, 0, buffer.n_line_ends, False, NO_ROWS, problem or long)
    bad = np.flatnonzero(lines.bad(file.n_fields))
    kept = bad if file.keep_bad else bad[:1]
    columns = (lines.starts + start - 1, lines.stops + start, lines.numbers, lines.fields)
    named = np.stack([column[kept] for column in columns], axis=1) if len(kept) else NO_ROWS
    return Zone(
        begins,
        after,
        stray,
        int(np.count_nonzero(~lines.blank)) - len(bad),
        buffer.n_line_ends,
        buffer.lone_returns,
        named,
        problem,
    )


def _rows(file: TextFile, wanted: tuple[int, int, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Byte, and line within the zone, at which some rows of a zone begin.

    `wanted` is the number of the zone, the code of the state that it begins in, and the rows.
    """
    zone, code, rows = wanted
    overlap, lines = OVERLAP_BYTES, None
    while lines is None:
        buffer = file.buffer(zone, overlap)
        state = State.of(code)
        if file.serial:
            buffer.follow(state)
        lines = buffer.lines(state.inside)
        overlap *= 8
    here = np.flatnonzero(lines.good(file.n_fields))[rows]
    return lines.starts[here] + file.begin + zone * ZONE_BYTES - 1, lines.numbers[here]


def _undecodable(buffer: Buffer, start: int) -> Problem | None:
    """The first byte of a zone that is no UTF-8 text."""
    own = buffer.data[1 : buffer.size + 1]
    at, reason = -1, ""
    if len(own) == 0:
        return None
    if own.min() == 0:
        at = int(np.flatnonzero(own == 0)[0])
        reason = "a NUL byte, so this is no text in UTF-8. Give its encoding, such as 'utf-16'."
    elif own.max() > 127:
        # A character cut by the zone's border belongs to the zone where it begins.
        skip = _continuation(own) if buffer.data[0] > 127 else 0
        tail = buffer.data[buffer.size + 1 :]
        stop = len(own) + (_continuation(tail) if own[-1] > 127 else 0)
        try:
            bytes(buffer.data[1 + skip : 1 + stop]).decode()
        except UnicodeDecodeError as error:
            at = skip + error.start
            reason = (
                f"{error.object[error.start : error.start + 4]!r} is not UTF-8 "
                f"({error.reason}). Give its encoding, such as 'latin-1'."
            )
    if at < 0:
        return None
    return Problem(start + at, int(np.searchsorted(buffer.line_ends, at + 1)), reason)


def _continuation(data: np.ndarray) -> int:
    """Bytes at the start, three at most, that continue a UTF-8 character."""
    count = 0
    while count < min(3, len(data)) and data[count] & 0xC0 == 0x80:
        count += 1
    return count


@dataclass(frozen=True)
class FirstLine:
    """The first line of a file that is not blank."""

    text: bytes
    n_fields: int
    begin: int  # of the file's text: behind a byte order mark
    following: int  # byte at which the next line begins
    number: int  # physical number of that next line


def first_line(path: str, name: str, dialect: Dialect) -> FirstLine | None:
    """The first line that is not blank; None for a file without such a line."""
    size = os.path.getsize(path)
    length = 2**16
    while True:
        text = bytearray(min(length, size) + 1)
        with open(path, "rb", buffering=0) as file:
            read_into(file, memoryview(text)[1:], name)
        begin = 3 if text[1:4] == b"\xef\xbb\xbf" else 0
        text = text[begin:]
        text[0] = LF
        buffer = Buffer(
            text, len(text), len(text) if length >= size else len(text) - 1, True, dialect
        )
        problem = _undecodable(buffer, begin)
        buffer.follow(State())
        lines = buffer.lines(False)
        assert lines is not None
        rows = np.flatnonzero(~lines.blank)
        # The last line may go on behind what was read.
        if len(rows) and (length >= size or rows[0] < len(lines.starts) - 1):
            row = rows[0]
            start, stop = int(lines.starts[row]), int(lines.stops[row])
            following = min(stop + 1, len(text))
            if problem is not None and problem.offset < begin + following:
                raise ValueError(problem.sentence(name, 0))
            number = int(np.searchsorted(buffer.line_ends, following))
            return FirstLine(
                bytes(text[start:stop]),
                int(lines.fields[row]),
                begin,
                begin + following - 1,
                number,
            )
        if length >= size:
            return None
        if length > MAX_ROW_BYTES:
            raise ValueError(f"No row ends in the first {length >> 20} MiB of {name}.")
        length *= 8

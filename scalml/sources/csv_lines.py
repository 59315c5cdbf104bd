"""Where lines and fields of a piece of text begin, found by comparing bytes and counting bits.

Bytes are compared by NumPy and packed into bits; an exclusive-or over the bits of the quotes tells
what lies inside quotes (the technique of Langdale and Lemire, "Parsing gigabytes of JSON per
second", VLDB Journal 28, 2019).

What a row is follows `pandas.read_csv`: lines of nothing but spaces and tabs are no rows, ``\\r``,
``\\n`` and ``\\r\\n`` end lines, a quote opens only at a field's start.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

LF, CR, SPACE, TAB = 10, 13, 32, 9
ALL_BITS = np.uint64(2**64 - 1)


@dataclass(frozen=True)
class Dialect:
    """Which bytes separate and quote fields; no quote character when quoting is off."""

    sep: int = ord(",")
    quote: int | None = ord('"')


@dataclass(frozen=True, slots=True)
class State:
    """Where in a quoted field a zone begins."""

    inside: bool = False
    after_close: bool = False  # the byte before the zone closed a quoted field

    @property
    def code(self) -> int:
        """The state as a small number, by which arrays keep it."""
        return self.inside + 2 * self.after_close

    @classmethod
    def of(cls, code: int) -> State:
        """The state of a `code`."""
        return cls(bool(code & 1), bool(code & 2))


@dataclass(frozen=True)
class Lines:
    """Lines of a buffer: byte ranges, physical numbers and numbers of fields.

    Positions count from the buffer's first byte, which is the line end before the first line.
    `numbers` are the line ends in the buffer before each line.
    """

    starts: np.ndarray
    stops: np.ndarray
    numbers: np.ndarray
    fields: np.ndarray
    blank: np.ndarray

    def good(self, n_fields: int | None) -> np.ndarray:
        """Which lines are rows of that many fields (of any number for None)."""
        return ~self.blank if n_fields is None else ~self.blank & (self.fields == n_fields)

    def take(self, which: np.ndarray) -> Lines:
        """Some of the lines."""
        return Lines(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def bad(self, n_fields: int | None) -> np.ndarray:
        """Which lines are rows of another number of fields."""
        return ~self.blank & ~self.good(n_fields)


# -- bits -----------------------------------------------------------------------------------------
def _pack(mask: np.ndarray) -> np.ndarray:
    """Bits of a boolean array in 64-bit words, with at least one spare bit behind the last."""
    words = np.zeros(len(mask) // 64 + 1, dtype="<u8")
    packed = np.packbits(mask, bitorder="little")
    words.view(np.uint8)[: len(packed)] = packed
    return words


def _prefix_xor(bits: np.ndarray) -> np.ndarray:
    """Bit p is the parity of the bits up to and including p."""
    parity = bits.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        parity ^= parity << np.uint64(shift)
    odd = np.bitwise_count(bits) & 1
    before = np.bitwise_xor.accumulate(odd) ^ odd
    parity ^= np.where(before, ALL_BITS, np.uint64(0))
    return parity


def _shifted(bits: np.ndarray) -> np.ndarray:
    """Bit p is bit p - 1 of `bits`."""
    moved = bits << np.uint64(1)
    moved[1:] |= bits[:-1] >> np.uint64(63)
    return moved


def _get(bits: np.ndarray, at: np.ndarray) -> np.ndarray:
    return (bits[at >> 6] >> (at & 63).astype(np.uint64)) & np.uint64(1) != 0


def _count(bits: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    """Set bits in each range."""
    total = np.zeros(len(bits) + 1, dtype=np.int64)
    np.cumsum(np.bitwise_count(bits), dtype=np.int64, out=total[1:])

    def before(at: np.ndarray) -> np.ndarray:
        below = (np.uint64(1) << (at & 63).astype(np.uint64)) - np.uint64(1)
        return total[at >> 6] + np.bitwise_count(bits[at >> 6] & below)

    return before(stops) - before(starts)


# -- lines of a buffer ----------------------------------------------------------------------------
class Scratch(threading.local):
    """Arrays that a thread uses for every zone: fresh memory costs more than the scan."""

    def __init__(self) -> None:
        self._arrays: dict[str, np.ndarray] = {}

    def __call__(self, name: str, size: int) -> np.ndarray:
        """The first `size` bytes of an array; what it held before is lost."""
        array = self._arrays.get(name)
        if array is None or len(array) < size:
            array = self._arrays[name] = np.empty(size, dtype=np.uint8)
        return array[:size]


scratch = Scratch()


class Buffer:
    """A zone of a file as masks: the byte before it, its own bytes, and some behind it.

    Parameters
    ----------
    data : ndarray of uint8
        `data[0]` is the byte before the zone.
    size : int
        Bytes of the zone.
    ends_file : bool
        Whether nothing follows `data` in the file.
    """

    def __init__(self, data: np.ndarray, size: int, ends_file: bool, dialect: Dialect) -> None:
        self.data, self.size, self.ends_file, self.dialect = data, size, ends_file, dialect
        ends = np.equal(data, LF, out=scratch("ends", len(data)).view(bool))
        mask = scratch("mask", len(data)).view(bool)
        returns = np.equal(data, CR, out=mask)
        self.returns = bool(returns.any())
        self.lone_returns = False
        if self.returns:
            returns[:-1] &= ~ends[1:]
            returns[-1] &= ends_file  # a line feed may follow
            ends |= returns
            self.lone_returns = bool(returns.any())
        self.line_ends = np.flatnonzero(ends)
        self.seps = _pack(np.equal(data, dialect.sep, out=mask))
        quotes = None
        if dialect.quote is not None:
            np.equal(data, dialect.quote, out=mask)
            mask[0] = False  # belongs to the zone before
            quotes = mask.copy() if mask.any() else None
        self._ends = _pack(ends) if quotes is not None else None
        self._quote_with(quotes)

    def _quote_with(self, quotes: np.ndarray | None) -> None:
        self.quotes = quotes
        if quotes is not None:
            self._opening_or_closing = _pack(quotes)
            self._quoted = _prefix_xor(self._opening_or_closing)

    def quoted(self, inside: bool) -> np.ndarray:
        """Bits of the bytes in quotes, the opening ones among them."""
        if self.quotes is None:
            return np.full_like(self.seps, ALL_BITS if inside else 0)
        return ~self._quoted if inside else self._quoted

    @property
    def n_line_ends(self) -> int:
        """Line ends in the zone itself, what overlaps it left out."""
        return int(np.searchsorted(self.line_ends, self.size))

    def follow(self, state: State) -> State:
        """Drop quotes that are ordinary characters, one after the other; the state behind."""
        if self.quotes is None:
            return State(state.inside)
        at = np.flatnonzero(self.quotes)
        before = self.data[at - 1]
        starts_field = (before == self.dialect.sep) | (before == LF) | (before == CR)
        inside, closed, real = state.inside, 0 if state.after_close else -1, []
        for position, may_open in zip(at.tolist(), starts_field.tolist(), strict=True):
            if inside or may_open or closed == position - 1:
                closed = position if inside else -1
                inside = not inside
                real.append(position)
        quotes = np.zeros_like(self.quotes)
        quotes[real] = True
        self._quote_with(quotes)
        own = real[: bisect_right(real, self.size)]
        inside = state.inside ^ bool(len(own) % 2)
        return State(inside, not inside and own[-1:] == [self.size])

    def ends_inside(self, inside: bool) -> bool:
        """Whether the zone ends inside quotes."""
        if self.quotes is None:
            return inside
        return inside ^ bool(np.count_nonzero(self.quotes[: self.size + 1]) % 2)

    def stray(self, inside: bool) -> bool:
        """Whether a quote seems to open in the middle of a field, so that parity says nothing."""
        if self.quotes is None:
            return False
        may_precede = self.seps | self._ends | _pack(self.data == self.dialect.quote)
        if self.returns:
            may_precede |= _pack(self.data == CR)
        opening = self._opening_or_closing & self.quoted(inside)
        return bool((opening & ~_shifted(may_precede)).any())

    def lines(self, inside: bool) -> Lines | None:
        """Lines that begin in the zone; None if the last of them ends behind the buffer."""
        ends, seps = self.line_ends, self.seps
        if self.quotes is not None or inside:
            quoted = self.quoted(inside)
            ends = ends[~_get(quoted, ends)]
            seps = seps & ~quoted
        n_lines = int(np.searchsorted(ends, self.size))
        starts, stops = ends[:n_lines] + 1, ends[1 : n_lines + 1]
        if len(stops) < n_lines:
            if not self.ends_file:
                return None
            stops = np.append(stops, len(self.data))
            if starts[-1] == len(self.data):
                starts, stops = starts[:-1], stops[:-1]
        return Lines(
            starts,
            stops,
            np.searchsorted(self.line_ends, starts),
            _count(seps, starts, stops) + 1,
            self._blank(starts, stops),
        )

    def _blank(self, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        first = self.data[starts]
        blank = (first == LF) | (first == CR)
        spaces = [byte for byte in (SPACE, TAB) if byte != self.dialect.sep]
        if np.isin(first, spaces).any():
            other = _pack(~np.isin(self.data, [*spaces, CR, LF]))
            blank |= _count(other, starts, stops) == 0
        return blank


def lines_of(text: bytes, dialect: Dialect) -> tuple[np.ndarray, Lines]:
    """Lines of a whole text that begins outside quotes, and the buffer they are positions in."""
    data = np.frombuffer(b"\n" + text, dtype=np.uint8)
    buffer = Buffer(data, len(text) + 1, True, dialect)
    buffer.follow(State())
    lines = buffer.lines(False)
    assert lines is not None
    return data, lines

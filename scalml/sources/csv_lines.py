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
        if n_fields is None:
            return np.zeros(len(self.blank), dtype=bool)
        return ~self.blank & (self.fields != n_fields)


# -- bits -----------------------------------------------------------------------------------------
def _blocks(n_bytes: int) -> int:
    """Bytes of a mask for a text of that length: whole words of bits, and at least one to spare."""
    return (n_bytes // 64 + 1) * 64


def _pack(mask: np.ndarray) -> np.ndarray:
    """Bits of a mask in 64-bit words."""
    return np.packbits(mask, bitorder="little").view("<u8")


def _places(mask: np.ndarray) -> np.ndarray:
    """Where a mask is true; where that is rare, eight bytes are looked at in one."""
    words = mask.view("<u8")
    at = np.flatnonzero(words != 0)
    found = words[at]
    below = found - np.uint64(1)
    if (found & below).any():  # two in eight bytes
        return np.flatnonzero(mask)
    return at * 8 + (np.bitwise_count(below) >> 3)


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


def _count_before(bits: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Set bits before each place."""
    total = np.zeros(len(bits) + 1, dtype=np.int32)
    np.cumsum(np.bitwise_count(bits).astype(np.int32), dtype=np.int32, out=total[1:])
    word = places >> 6
    below = (np.uint64(1) << (places & 63).astype(np.uint64)) - np.uint64(1)
    return total[word] + np.bitwise_count(bits[word] & below)


# -- lines of a buffer ----------------------------------------------------------------------------
MOST_SCRATCH = 2**22  # bytes that are kept; a row of many megabytes is rare


class Scratch(threading.local):
    """Memory that a thread uses for every zone: fresh memory costs more than the scan."""

    def __init__(self) -> None:
        self._held: dict[str, bytearray] = {}

    def __call__(self, name: str, size: int) -> bytearray:
        """At least `size` bytes; what they held before is lost."""
        if size > MOST_SCRATCH:
            return bytearray(size)
        held = self._held.get(name)
        if held is None or len(held) < size:
            held = self._held[name] = bytearray(size)
        return held


scratch = Scratch()


class Buffer:
    """A zone of a file as masks: the byte before it, its own bytes, and some behind it.

    Parameters
    ----------
    text : bytes or bytearray
        Its first byte is the one before the zone.
    length : int
        Bytes of the text to be used.
    size : int
        Bytes of the zone.
    ends_file : bool
        Whether nothing follows the text in the file.
    """

    def __init__(
        self, text: bytes | bytearray, length: int, size: int, ends_file: bool, dialect: Dialect
    ) -> None:
        self.data = np.frombuffer(text, np.uint8, length)
        self.size, self.ends_file, self.dialect = size, ends_file, dialect
        ends = self._equal(LF, "ends")
        self.lone_returns = False
        if text.find(CR, 0, length) >= 0:  # to find none is quicker than to compare all bytes
            returns = self._equal(CR, "mask")
            returns[:-1] &= ~ends[1:]
            returns[length - 1] &= ends_file  # a line feed may follow
            ends |= returns
            self.lone_returns = bool(returns.any())
        self.line_ends = _places(ends)
        self.seps = _pack(self._equal(dialect.sep, "mask"))
        quotes, self._ends = None, None
        if dialect.quote is not None and text.find(dialect.quote, 1, length) >= 0:
            quotes = self._equal(dialect.quote, "quotes")
            quotes[0] = False  # belongs to the zone before
            self._ends = _pack(ends)
        self._quote_with(quotes)

    def _equal(self, byte: int, name: str) -> np.ndarray:
        """Where the text has a byte, as a mask that is valid until the next of that name."""
        length = len(self.data)
        size = _blocks(length)
        mask = np.frombuffer(scratch(name, size), bool, size)
        np.equal(self.data, byte, out=mask[:length])
        mask[length:] = False
        return mask

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
        may_precede = self.seps | self._ends | self._opening_or_closing
        may_precede[0] |= np.uint64(self.data[0] == self.dialect.quote)
        opening = self._opening_or_closing & self.quoted(inside)
        return bool((opening & ~_shifted(may_precede)).any())

    def lines(self, inside: bool) -> Lines | None:
        """Lines that begin in the zone; None if the last of them ends behind the buffer."""
        ends, seps = self.line_ends, self.seps
        numbers = np.arange(1, len(ends) + 1)
        if self.quotes is not None or inside:
            quoted = self.quoted(inside)
            outside = ~_get(quoted, ends)
            ends, numbers = ends[outside], numbers[outside]
            seps = seps & ~quoted
        n_lines = int(np.searchsorted(ends, self.size))
        borders, length = ends[: n_lines + 1], len(self.data)
        if n_lines and len(borders) == n_lines:
            if not self.ends_file:
                return None
            borders = np.append(borders, length)
            if borders[-2] == length - 1:
                borders, n_lines = borders[:-1], n_lines - 1
        starts, stops = borders[:-1] + 1, borders[1:]
        fields = np.diff(_count_before(seps, borders)) + 1
        return Lines(starts, stops, numbers[:n_lines], fields, self._blank(starts, stops))

    def _blank(self, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        first = self.data[starts]
        if not (first <= SPACE).any():  # and so is none a tab or the end of a line
            return np.zeros(len(first), dtype=bool)
        blank = (first == LF) | (first == CR)
        spaces = [byte for byte in (SPACE, TAB) if byte != self.dialect.sep]
        if np.isin(first, spaces).any():
            other = np.zeros(_blocks(len(self.data)), dtype=bool)
            other[: len(self.data)] = ~np.isin(self.data, [*spaces, CR, LF])
            bits = _pack(other)
            blank |= _count_before(bits, starts) == _count_before(bits, stops)
        return blank


def lines_of(text: bytes, dialect: Dialect) -> tuple[np.ndarray, Lines]:
    """Lines of a whole text that begins outside quotes, and the buffer they are positions in."""
    text = b"\n" + text
    buffer = Buffer(text, len(text), len(text), True, dialect)
    buffer.follow(State())
    lines = buffer.lines(False)
    assert lines is not None
    return buffer.data, lines

"""Lines, fields and blank lines are those of a loop over the bytes, whatever word they lie in."""

import numpy as np
import pytest

from scalml.sources.csv_lines import Buffer, Dialect, lines_of


def looped(text):
    """Start, stop, number and fields of the lines of text without quotes, and which are blank."""
    start, found = 1, []
    for number, line in enumerate(text.split(b"\n"), 1):
        if line or start + len(line) <= len(text):
            blank = not line.strip(b" \t\r")
            found.append((start, start + len(line), number, line.count(b",") + 1, blank))
        start += len(line) + 1
    return found


def lines_as_rows(text, dialect=None):
    _, lines = lines_of(text, dialect or Dialect())
    columns = (lines.starts, lines.stops, lines.numbers, lines.fields, lines.blank)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("end", [b"", b"\n", b"\n\n"])
@pytest.mark.parametrize("width", [0, 1, 2, 6, 7, 8, 9, 15, 16, 30, 62, 63, 64, 65, 127, 128, 200])
def test_lines_of_every_width(width, end):
    rows = [(b"a," * width)[:width] for _ in range(40)]
    assert lines_as_rows(b"\n".join(rows) + end) == looped(b"\n".join(rows) + end)


@pytest.mark.parametrize("seed", range(20))
def test_lines_of_random_widths(seed):
    rng = np.random.default_rng(seed)
    typical = rng.choice([3, 20, 100])
    rows = [
        bytes(rng.choice(list(b"ab, \t"), n).astype(np.uint8).tobytes())
        for n in rng.integers(0, 2 * typical, 50)
    ]
    assert lines_as_rows(b"\n".join(rows)) == looped(b"\n".join(rows))


def test_a_line_of_more_fields_than_a_byte_counts():
    text = b"," * 1000 + b"\n" + b"," * 70_000
    assert [fields for *_, fields, _ in lines_as_rows(text)] == [1001, 70_001]


def test_a_tab_that_separates_does_not_make_a_line_blank():
    blank = [row[-1] for row in lines_as_rows(b"\t\n \n\t \nx\n", Dialect(sep=ord("\t")))]
    assert blank == [False, True, False, False]


@pytest.mark.parametrize(("zone", "rows"), [(b"aaaa", 0), (b"a\naa", None), (b"a\nb\n", 1)])
def test_only_a_line_that_begins_here_must_end_here(zone, rows):
    text = b"a" + zone + b"aaaa"
    lines = Buffer(text, len(text), len(zone), False, Dialect()).lines(False)
    assert (None if lines is None else len(lines.starts)) == rows


def test_what_lies_behind_the_text_is_not_seen():
    text = bytearray(b"\na,b\n" + b'\r",\n' * 100)
    lines = Buffer(text, 5, 5, True, Dialect()).lines(False)
    assert lines.fields.tolist() == [2]

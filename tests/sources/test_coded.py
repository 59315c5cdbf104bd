"""Stored text comes as categories to those who take it so, and spelled out to everybody else."""

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.runtime import reduce_chunks
from scalml.sources.reader import Reader, takes_codes
from scalml.utils.sums import Questions


@pytest.fixture
def frame():
    text = pd.Series(["b", "a", None, "b", "c"], dtype="str")
    table = pd.DataFrame({"text": text, "more": text, "number": np.arange(5.0)})
    return scalml.from_frame(table, chunk_rows=2).cache()


def note_dtypes(*blocks):
    """Dtypes of the columns seen, as text, in a set that adds up."""
    seen = {}
    for block in blocks:
        columns = block.items() if isinstance(block, pd.DataFrame) else [(block.name, block)]
        seen |= {name: "category" if c.dtype == "category" else "text" for name, c in columns}
    return Seen(seen)


class Seen(dict):
    def __add__(self, other):
        assert self == other
        return self


def coded(*blocks):
    return note_dtypes(*blocks)


coded.takes_codes = True


def test_text_is_spelled_out_unless_it_need_not_be(frame):
    assert reduce_chunks(note_dtypes, frame[["text"]]) == {"text": "text"}
    assert reduce_chunks(coded, frame[["text"]]) == {"text": "category"}


def test_a_column_that_somebody_needs_in_plain_is_plain_for_all(frame):
    assert reduce_chunks(coded, frame[["text", "more"]], frame["more"].map_chunks(same)) == {
        "text": "category",
        "more": "text",
    }


def test_filters_ranges_and_added_columns_pass_codes_on(frame):
    wider = frame.assign(twice=frame["number"] * 2)
    seen = reduce_chunks(coded, wider[wider["number"] > 0][["text", "twice"]])
    assert seen == {"text": "category", "twice": "text"}
    assert reduce_chunks(coded, frame[1:4][["more"]]) == {"more": "category"}


def test_codes_stand_for_the_text(frame):
    blocks = [Reader([frame.source], coded=[True])(frame.source, i) for i in range(3)]
    plain = frame.to_pandas()
    found = pd.concat([b.astype(plain.dtypes.to_dict()) for b in blocks], ignore_index=True)
    pd.testing.assert_frame_equal(found, plain)


def test_questions_say_it_block_by_block():
    questions = Questions((("a", coded, 1), ("b", note_dtypes, 2)))
    assert takes_codes(questions, 3) == (True, False, False)


def same(block):
    return block

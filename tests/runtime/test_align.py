import numpy as np
import pytest

import scalml
from scalml.runtime import align, source_of
from scalml.sources.base import Mapped
from scalml.sources.memory import MemorySource
from scalml.sources.row_numbers import RowNumbers


def source(n_rows=10, chunk_rows=3):
    return MemorySource(np.arange(float(n_rows)), chunk_rows)


def test_sources_collections_and_none_are_taken():
    one = source()
    X = scalml.from_array(np.zeros((4, 2)))
    assert source_of(one) is one
    assert source_of(X) is X.source
    assert source_of(None) is None


def test_anything_else_is_told_how_to_become_a_collection():
    with pytest.raises(TypeError, match=r"got ndarray; scalml.from_array"):
        source_of(np.zeros(3))


def test_the_first_grid_rules():
    lead, other = align(source(chunk_rows=4), source(chunk_rows=3))
    assert lead.lengths == other.lengths == (4, 4, 2)


def test_none_keeps_its_place():
    one, none, other = align(source(), None, source())
    assert none is None
    assert one.lengths == other.lengths


def test_lengths_must_agree():
    with pytest.raises(ValueError, match=r"same length, got 10 rows of .* and 11 of"):
        align(source(10), source(11))


def test_unknown_lengths_are_fine_when_the_rows_are_the_same():
    rows = Mapped(lambda block: block[block > 2], [source()], keeps_rows=False)
    one = Mapped(np.log1p, [rows])
    assert align(rows, one) == [rows, one]
    assert rows.n_rows is None


def test_unknown_lengths_are_counted_when_they_matter():
    rows = Mapped(lambda block: block[block > 2], [source()], keeps_rows=False)
    lead, other = align(rows, source(7, 7))
    assert lead.lengths == other.lengths == (0, 3, 3, 1)


def test_filtered_rows_are_cut_again_once_they_are_counted():
    rows = Mapped(lambda block: block[block > 2], [source()], keeps_rows=False)
    lead, other = align(source(7, 2), rows)
    assert lead.lengths == other.lengths == (2, 2, 2, 1)
    assert scalml.reduce_chunks(lambda _, block: block.sum(), lead, other) == 42


def test_what_is_costly_to_read_is_not_cut_again():
    rows = Mapped(lambda block: block[block > 2], [source()], keeps_rows=False, expensive=True)
    with pytest.raises(TypeError, match="cannot be cut again"):
        align(source(7, 2), rows)


def test_row_numbers_follow_the_new_grid():
    lead = source(10, 4)
    _, numbers = align(lead, RowNumbers(source(10, 3)))
    assert scalml.reduce_chunks(np.dot, lead, numbers) == np.dot(np.arange(10.0), np.arange(10))

"""Rows whose chunks are cut, counted and broken at will."""

import numpy as np
import pandas as pd
import pytest

from scalml.data import wrap
from scalml.utils.trial_data import Counting, Failing, chunked, take


@pytest.mark.parametrize("data", [np.arange(6.0), pd.DataFrame({"a": range(6)})])
def test_cuts_and_takes(data):
    cut = chunked(data, [2, 0, 4])
    assert cut.source.lengths == (2, 0, 4)
    assert np.array_equal(take(data, np.array([5, 0, 0])), np.asarray(data)[[5, 0, 0]])
    assert chunked(None, [6]) is take(None, np.arange(2)) is None


def test_reads_are_counted():
    source = Counting(np.arange(6.0), lengths=[2, 4])
    wrap(source).to_numpy()
    assert source.reads == 2


def test_the_chosen_chunk_fails():
    source = Failing(np.arange(6.0), [2, 4], fails_at=1)
    assert len(source.chunks[0].read()) == 2
    with pytest.raises(OSError, match="made to fail"):
        source.chunks[1].read()

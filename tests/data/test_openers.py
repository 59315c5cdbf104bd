"""Text is scanned in worker processes where they are up already, with the same result."""

import numpy as np
import pytest

import scalml
from scalml.data import openers
from scalml.data.openers import ZONES_A_TASK, scan_map


@pytest.fixture
def scans(monkeypatch):
    """Names of the passes that `openers` makes."""
    names = []

    def spy(func, items, name, silent):
        names.append(name)
        assert silent  # a fit may scan again, which is no pass of its own
        return scalml.imap(func, items, name=name, silent=silent)

    monkeypatch.setattr(openers, "imap", spy)
    return names


def warm():
    with scalml.config_context(backend="processes"):
        assert list(scalml.imap(abs, [-1, 2])) == [1, 2]


@pytest.mark.parametrize("bad", [False, True])
def test_a_scan_in_workers_finds_the_same(tmp_path, scans, bad):
    row = b'7,"' + b"x" * 900 + b'\n"\n'  # a line end in each
    n_rows = (ZONES_A_TASK + 3) * 2**20 // len(row)
    text = b"a,b\n" + row * n_rows + b"1\n" * bad + row
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    line = 2 * n_rows + 2

    def opened():
        if bad:
            with pytest.raises(ValueError, match=rf"2 fields, line {line} of a\.csv has 1"):
                scalml.read_csv(path)
            return None
        return scalml.read_csv(path, chunk_rows=1000).source

    with scalml.config_context(n_jobs=2):
        warm()
        ours = opened()
        assert "scan" in scans
        scans.clear()
        with scalml.config_context(backend="threads"):
            theirs = opened()
        assert not scans
    if not bad:
        for name in ("states", "rows", "lines"):
            one, other = (getattr(source.files[0], name) for source in (ours, theirs))
            np.testing.assert_array_equal(one, other)
        for index in range(ours.n_chunks):
            (one,), (other,) = ours.pieces(index), theirs.pieces(index)
            assert (one.begin, one.stop, one.line) == (other.begin, other.stop, other.line)


def test_few_zones_and_one_worker_stay_here(scans):
    items = range(-2 * ZONES_A_TASK, 0)
    expected = list(map(abs, items))
    with scalml.config_context(n_jobs=2):
        warm()
        assert scan_map(abs, items) == expected and scans == ["scan"]
        assert scan_map(abs, items[:3]) == expected[:3]
        with scalml.config_context(n_jobs=1):
            assert scan_map(abs, items) == expected
        scalml.runtime.stop_workers()
        assert scan_map(abs, items) == expected
    assert scans == ["scan"]

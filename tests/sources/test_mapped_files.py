"""A file is mapped once for many readings, unless it is another file by then."""

import gc
import os
import pickle
import resource

import numpy as np
import pytest

import scalml
from scalml.sources.mapped_files import KEPT_FILES, KeptMapping, kept_mappings, mapped_part


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x").write_bytes(bytes(range(256)) * 100)
    return tmp_path / "x"


def test_a_part_is_mapped_from_where_it_begins(path):
    with open(path, "rb") as file:
        view, offset = mapped_part(file, 5000, 10)
    assert bytes(view[offset : offset + 10]) == bytes(k % 256 for k in range(5000, 5010))


def test_all_of_a_file_is_mapped_once(path):
    kept = KeptMapping()
    with open(path, "rb") as file:
        first = kept.view(file)
    with open(path, "rb") as file:
        assert kept.view(file) is first


def test_another_file_is_mapped_again(path, tmp_path):
    kept = KeptMapping()
    with open(path, "rb") as file:
        kept.view(file)
    (tmp_path / "y").write_bytes(b"other")
    os.replace(tmp_path / "y", path)
    with open(path, "rb") as file:
        assert kept.view(file)[:] == b"other"


def test_a_copy_in_another_process_maps_anew(path):
    kept = KeptMapping()
    with open(path, "rb") as file:
        kept.view(file)
    assert pickle.loads(pickle.dumps(kept))._known is None


def test_not_kept_where_it_would_be_unwise(monkeypatch):
    assert None not in kept_mappings([10, 10])
    assert kept_mappings([10] * (KEPT_FILES + 1)) == [None] * (KEPT_FILES + 1)
    assert kept_mappings([10**18]) == [None]
    monkeypatch.setattr(resource, "getrlimit", lambda which: (2**40, 2**40))
    assert kept_mappings([10]) == [None]


def test_many_files_and_few_give_the_same_rows(tmp_path):
    rows = np.arange(60.0).reshape(20, 3)
    for k in range(20):
        np.save(tmp_path / f"{k:02}.npy", rows[k : k + 1])
    many = scalml.read_npy(tmp_path / "*.npy", chunk_rows=7)
    np.save(tmp_path / "all.npy", rows)
    few = scalml.read_npy(tmp_path / "all.npy", chunk_rows=7)
    for X in (many, few):
        assert np.array_equal(X.to_numpy(), rows)
        assert np.array_equal(X.sum(axis=0), rows.sum(axis=0))


def test_a_mapped_file_goes_with_its_collection(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((1000, 4)))
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    X = scalml.read_npy(tmp_path / "x.npy")
    X.sum()
    del X
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize("chunk_rows", [None, 300])
def test_rows_in_memory_are_not_those_of_the_file(tmp_path, chunk_rows):
    rows = np.arange(3000.0).reshape(1000, 3)
    path = tmp_path / "x.npy"
    np.save(path, rows)
    X = scalml.read_npy(path, chunk_rows=chunk_rows)
    everything, first = X.to_numpy(), X.head(2)
    with open(path, "r+b") as file:
        file.seek(128)
        file.write(bytes(8 * rows.size))  # and np.save(path, everything) would have cut it short
    assert np.array_equal(everything, rows)
    assert np.array_equal(first, rows[:2])
    everything[0], first[0] = -1.0, -1.0  # which works whatever the number of chunks

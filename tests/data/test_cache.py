"""A cache holds the same rows, read-only, with their numbers, and goes with its owner."""

import errno
import gc
import os
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scalml
from scalml.data import cache, cached, row_numbers
from scalml.sources.stored import can_store


def table(n=11):
    return pd.DataFrame(
        {
            "i": np.arange(n, dtype="int8"),
            "f": np.where(np.arange(n) % 3, np.arange(n) / 7, np.nan).astype("float32"),
            "b": np.arange(n) % 2 == 0,
            "s": pd.Series(["é", None, "", "z\n"] * n, dtype="str")[:n],
            "c": pd.Categorical(list("uvu" * n)[:n], categories=["v", "u", "w"]),
            "t": pd.date_range("2020", periods=n, freq="h"),
            "d": pd.to_timedelta(np.arange(n), "s"),
            "I": pd.Series([1, None, 3] * n, dtype="Int16")[:n],
            "B": pd.Series([True, None] * n, dtype="boolean")[:n],
        }
    )


def folder_of(collection):
    return collection.source.folder


@pytest.mark.parametrize("chunk_rows", [1, 4, 100])
def test_frames_come_back(chunk_rows):
    d = scalml.from_frame(table(), chunk_rows=chunk_rows)
    kept = d.cache()
    pd.testing.assert_frame_equal(kept.to_pandas(), table())
    pd.testing.assert_frame_equal(kept[["s", "i"]].to_pandas(), table()[["s", "i"]])
    for name in table():
        pd.testing.assert_series_equal(d[name].cache().to_pandas(), table()[name])
    assert repr(kept.chunks[0]).endswith("of the cache of data in memory)")


def test_arrays_and_csr_matrices_come_back_read_only():
    x = np.arange(12.0).reshape(6, 2)
    X = (scalml.from_array(x, chunk_rows=4) * 1).cache()
    assert (X.to_numpy() == x).all()
    assert not X.chunks[0].read().flags.writeable
    S = (scalml.from_array(sparse.csr_array(x), chunk_rows=4) * 1).cache()
    assert (S.to_numpy().toarray() == x).all()
    y = scalml.from_array(np.array(["a", "bcd"] * 3), chunk_rows=5).cache()
    assert y.to_numpy().tolist() == ["a", "bcd"] * 3


def test_nothing_comes_back_as_nothing():
    none = scalml.from_array(np.zeros((0, 2)))
    assert none.cache().shape == (0, 2)
    d = scalml.from_frame(table(), chunk_rows=2)
    assert d[d["i"] > 100].cache().to_pandas().shape == (0, 9)


@pytest.mark.fault("F16")
def test_a_full_disk_leaves_nothing(tmp_path):
    X = scalml.from_array(np.zeros(10**5), chunk_rows=10**4)
    resource = pytest.importorskip("resource", reason="needs POSIX limits of file sizes")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    try:
        with (
            scalml.config_context(cache_dir=str(tmp_path), backend="serial"),
            pytest.raises(OSError, match="File too large"),
        ):
            X.cache()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not [entry for folder in tmp_path.iterdir() for entry in folder.glob("cache-*")]


def test_rows_keep_their_numbers_and_their_company():
    d = scalml.from_frame(table(), chunk_rows=2)
    mask = (d["i"] < 2) | (d["i"] > 5)  # leaves empty chunks
    X, y = d[mask][["i"]], d[mask]["b"]
    kept = X.cache()
    assert y.shape == (7,)  # the cache has counted
    assert row_numbers(kept).to_numpy().tolist() == [0, 1, 6, 7, 8, 9, 10]
    assert row_numbers(kept[1:].cache().cache()).to_numpy().tolist() == [1, 6, 7, 8, 9, 10]
    assert row_numbers(d[3:][["i"]].cache()).to_numpy().tolist() == list(range(3, 11))
    together = kept.assign(b=y)  # a cached and a fresh collection with the same rows
    assert together.to_pandas()["b"].tolist() == table()["b"][[0, 1, 6, 7, 8, 9, 10]].tolist()
    recut = scalml.from_array(np.zeros(7), chunk_rows=3).map_chunks(lambda a, b: a + b["i"], kept)
    assert recut.to_numpy().tolist() == [0, 1, 6, 7, 8, 9, 10]


def test_none_is_passed_through_and_something_is_needed():
    X = scalml.from_array(np.zeros(3))
    assert cache(X, None)[1] is None
    with pytest.raises(ValueError, match="got none"):
        cache(None)


def test_files_go_with_the_last_owner():
    X, y = cache(scalml.from_array(np.zeros((3, 2))), scalml.from_array(np.zeros(3)))
    folder = folder_of(X)
    del X
    gc.collect()
    assert os.path.isdir(folder)
    derived = y + 1
    del y
    gc.collect()
    assert os.path.isdir(folder) and derived.sum() == 3
    del derived
    gc.collect()
    assert not os.path.exists(folder)


def test_cached_keeps_only_what_is_costly_and_only_for_the_block():
    X = scalml.from_array(np.arange(6.0), chunk_rows=2)
    with cached(X, None) as (same, none):
        assert same is X and none is None
    X.source.expensive = True
    with cached(X, None) as (copy, none):
        folder = folder_of(copy)
        assert none is None and copy.sum() == 15 and os.path.isdir(folder)
    assert not os.path.exists(folder)


def test_cached_falls_back_when_the_disk_is_full(monkeypatch, caplog):
    X = scalml.from_array(np.arange(6.0), chunk_rows=2)
    X.source.expensive = True

    def full(*collections):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys.modules["scalml.data.cache"], "cache", full)
    with cached(X) as (same,):
        assert same is X
    assert "Not cached" in caplog.text


def test_python_objects_are_refused_and_nothing_is_left(tmp_path):
    d = scalml.from_frame(pd.DataFrame({"o": pd.Series([1, "a", None], dtype=object)}))
    assert not can_store(d.source.empty())
    with scalml.config_context(cache_dir=str(tmp_path)):
        with pytest.raises(TypeError, match=r"Column 'o' is object and cannot be cached"):
            d.cache()
        assert not [entry for folder in tmp_path.iterdir() for entry in folder.glob("cache-*")]


def test_a_function_that_gives_other_dtypes_is_found():
    X = scalml.from_array(np.arange(4), chunk_rows=2)
    other = X.map_chunks(lambda block: block / 2, empty=np.empty(0, dtype=np.int64))
    with pytest.raises(TypeError, match=r"rows of float64 where int64 was expected.*empty="):
        other.cache()
    safe = X.map_chunks(lambda block: block.astype("int8"), empty=np.empty(0, dtype=np.int64))
    assert safe.cache().to_numpy().dtype == np.int64

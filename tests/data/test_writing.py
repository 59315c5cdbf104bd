"""Files appear whole or not at all."""

import os
import stat
import subprocess

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scalml


@pytest.mark.parametrize("dtype", ["float64", "float32", "int8", "bool", "datetime64[s]", "U3"])
@pytest.mark.parametrize("shape", [(7,), (7, 3), (7, 0), (0, 2)])
def test_npy_round_trip(tmp_path, dtype, shape):
    x = (np.arange(np.prod(shape)).reshape(shape) % 5).astype(dtype)
    X = scalml.from_array(x, chunk_rows=3)
    X.to_npy(tmp_path / "x.npy")
    found = np.load(tmp_path / "x.npy")
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, x)
    again = scalml.read_npy(tmp_path / "x.npy", chunk_rows=2)
    np.testing.assert_array_equal(again.to_numpy(), x)


def test_rows_need_not_be_counted(tmp_path):
    X = scalml.from_array(np.arange(10.0), chunk_rows=3)
    X[X > 4].to_npy(tmp_path / "x.npy")
    assert np.load(tmp_path / "x.npy").tolist() == [5, 6, 7, 8, 9]
    X[X > 40].to_npy(tmp_path / "x.npy")  # replaced
    assert np.load(tmp_path / "x.npy").shape == (0,)
    assert stat.S_IMODE(os.stat(tmp_path / "x.npy").st_mode) & 0o400


def test_parquet_round_trip(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "i": [1, 2, 3],
            "s": ["a", None, "c"],
            "c": pd.Categorical(["u", "v", "u"]),
            "t": pd.date_range("2020", periods=3),
        }
    )
    d = scalml.from_frame(frame, chunk_rows=2)
    d.to_parquet(tmp_path / "f.parquet")
    found = pd.read_parquet(tmp_path / "f.parquet")
    pd.testing.assert_frame_equal(found, frame, check_dtype=False)
    d[d["i"] > 2].to_parquet(tmp_path / "f.parquet")
    assert pd.read_parquet(tmp_path / "f.parquet")["i"].tolist() == [3]
    objects = scalml.from_frame(pd.DataFrame({"o": pd.Series([1, "a"], dtype=object)}))
    with pytest.raises(TypeError, match="Python objects"):
        objects.to_parquet(tmp_path / "o.parquet")


def test_a_failure_leaves_what_was_there(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(3))

    def fail(block):
        if len(block) and block[0] > 2:
            raise ValueError("no")
        return block

    X = scalml.from_array(np.arange(6), chunk_rows=2).map_chunks(fail)
    with pytest.raises(ValueError, match="no"):
        X.to_npy(tmp_path / "x.npy")
    assert os.listdir(tmp_path) == ["x.npy"]
    assert np.load(tmp_path / "x.npy").tolist() == [0, 1, 2]


def test_places_that_cannot_be_written(tmp_path):
    X = scalml.from_array(np.arange(6))
    with pytest.raises(IsADirectoryError, match="name of a file"):
        X.to_npy(tmp_path)
    with pytest.raises(FileNotFoundError, match="does not exist"):
        X.to_npy(tmp_path / "none" / "x.npy")
    with pytest.raises(TypeError, match="got chunks of CSR"):
        scalml.from_array(sparse.eye(3).tocsr()).to_npy(tmp_path / "x.npy")
    if os.getuid():  # root may write everywhere
        os.chmod(tmp_path, 0o500)
        with pytest.raises(PermissionError):
            X.to_npy(tmp_path / "x.npy")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 64 KiB, where the machine lets us mount one."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount command")
    if done.returncode:
        pytest.skip("mounting needs rights")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.fault("F16")
def test_a_full_disk_leaves_no_partial_file(tiny_disk):
    X = scalml.from_array(np.zeros(100_000), chunk_rows=1000)
    with pytest.raises(OSError, match="No space left"):
        X.to_npy(tiny_disk / "x.npy")
    assert os.listdir(tiny_disk) == []
    scalml.from_array(np.zeros(1000)).to_npy(tiny_disk / "x.npy")

"""Arrays come back from one file as views, and a file that was cut short is an error."""

import numpy as np
import pytest

from scalml.sources.array_files import ArrayFile, can_write, write_arrays

ARRAYS = {
    "f": np.array([[1.5, np.nan], [-0.0, np.inf]]),
    "i": np.arange(5, dtype="int16"),
    "b": np.array([True, False, True]),
    "t": np.array(["2020-01-01", "NaT"], dtype="datetime64[us]"),
    "d": np.array([1, -1], dtype="timedelta64[s]"),
    "U": np.array(["é", "", "abc"]),
    "S": np.array([b"a", b"bcd"]),
    "none": np.empty((0, 3), dtype="float32"),
    "every second": np.arange(10)[::2],
    "by columns": np.asfortranarray(np.arange(6).reshape(2, 3)),
    "c": np.array([1 + 2j]),
}


@pytest.fixture
def path(tmp_path):
    path = str(tmp_path / "arrays")
    write_arrays(path, ARRAYS)
    return path


def test_arrays_come_back_as_aligned_views(path):
    file = ArrayFile(path)
    for name, array in ARRAYS.items():
        found = file[name]
        np.testing.assert_array_equal(found, array, strict=True)
        assert found.flags.c_contiguous and not found.flags.writeable
        assert found.ctypes.data % 64 == 0


def test_they_come_back_in_the_order_of_bytes_of_the_machine(tmp_path):
    path = str(tmp_path / "arrays")
    write_arrays(path, {"big": np.arange(3, dtype=">i4"), "little": np.arange(3, dtype="<i4")})
    for name in ("big", "little"):
        np.testing.assert_array_equal(ArrayFile(path)[name], np.arange(3, dtype="i4"), strict=True)


def test_a_file_of_nothing(tmp_path):
    path = str(tmp_path / "arrays")
    write_arrays(path, {"none": np.empty(0)})
    assert len(ArrayFile(path)["none"]) == 0


def test_a_file_cut_anywhere_is_an_error(path, tmp_path):
    with open(path, "rb") as file:
        data = file.read()
    for size in [*range(0, len(data), 7), len(data) - 1]:
        (tmp_path / "cut").write_bytes(data[:size])
        with pytest.raises(OSError, match=r"short read of '.*cut'"):
            ArrayFile(str(tmp_path / "cut"))


@pytest.mark.fault("F16")
def test_a_write_that_fails_leaves_no_file(tmp_path):
    resource = pytest.importorskip("resource", reason="needs POSIX limits of file sizes")
    path = tmp_path / "arrays"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**16, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_arrays(str(path), {"x": np.zeros(10**5)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "array", [np.array([1, "a"], dtype=object), np.zeros(2, dtype=[("a", "i4"), ("b", "f8")])]
)
def test_what_is_not_its_bytes_is_refused(tmp_path, array):
    assert not can_write(array.dtype)
    with pytest.raises(TypeError, match="cannot be written as their bytes"):
        write_arrays(str(tmp_path / "arrays"), {"x": array})
    assert not list(tmp_path.iterdir())

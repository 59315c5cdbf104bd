"""Chunks of .npy files: every layout NumPy writes, and nothing that it does not."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scalml
from scalml.sources.base import DataChangedError
from scalml.sources.npy import NpySource


def files_of(folder, parts):
    for place, part in enumerate(parts):
        np.save(folder / f"part-{place}.npy", part)
    return str(folder / "part-*.npy")


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=4),
    chunk_rows=st.integers(1, 8),
    dtype=st.sampled_from(["<f8", ">f8", "<f4", ">i2", "?", "<U2", ">M8[s]"]),
    width=st.sampled_from([None, 0, 1, 3]),
    order=st.sampled_from("CF"),
)
def test_rows_of_several_files(tmp_path_factory, lengths, chunk_rows, dtype, width, order):
    parts, first = [], 0
    for n in lengths:
        shape = (n,) if width is None else (n, width)
        values = (np.arange(first, first + int(np.prod(shape))) % 7).reshape(shape)
        parts.append(np.asarray(values.astype(dtype), order=order))
        first += n
    pattern = files_of(tmp_path_factory.mktemp("npy"), parts)
    X = scalml.read_npy(pattern, chunk_rows=chunk_rows)
    expected = np.concatenate(parts)
    assert X.shape == expected.shape
    found = X.to_numpy()
    assert found.dtype == expected.dtype.newbyteorder("=") == X.dtype
    np.testing.assert_array_equal(found, expected)
    for chunk in X.chunks:
        block = chunk.read()
        assert block.flags.c_contiguous and block.dtype.isnative
    if len(expected):
        recut = X.source.regrid([1, len(expected) - 1])
        np.testing.assert_array_equal(recut.chunks[1].read(), expected[1:])


def test_a_column_in_fortran_order(tmp_path):
    header = {"descr": "<f8", "fortran_order": True, "shape": (5, 1)}
    with open(tmp_path / "x.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(np.arange(5.0).tobytes())
    X = scalml.read_npy(tmp_path / "x.npy", chunk_rows=2)
    assert X.to_numpy().tolist() == [[0], [1], [2], [3], [4]]


def test_places(tmp_path):
    pattern = files_of(tmp_path, [np.zeros((3, 2)), np.zeros((0, 2)), np.zeros((4, 2))])
    source = NpySource.open(pattern, chunk_rows=5)
    assert source.describe() == "part-0.npy and 2 more"
    assert source.describe(1) == "rows 5:7 of part-0.npy and 2 more"
    assert source.locate(0, 2) == "row 2 of part-0.npy (row 2 of all files)"
    assert source.locate(0, 3) == "row 0 of part-2.npy (row 3 of all files)"
    assert source.locate(1, 1) == "row 3 of part-2.npy (row 6 of all files)"


def save_header(path, **changes):
    header = {"descr": "<f8", "fortran_order": False, "shape": (3, 2), **changes}
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(48))


@pytest.mark.fault("F57")
@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: np.save(path, np.float64(1)), r"shape \(\), expected 1 or 2 dimensions"),
        (lambda path: np.save(path, np.zeros((2, 2, 2))), "expected 1 or 2 dimensions"),
        (lambda path: np.save(path, np.array([{}]), allow_pickle=True), "holds object; only"),
        (lambda path: np.save(path, np.zeros(2, dtype=[("a", "f8")])), "only numbers"),
        (lambda path: np.save(path, np.zeros(2, dtype="V8")), "only numbers"),
        (lambda path: path.write_bytes(b"a,b\n1,2\n"), "not a readable .npy file"),
        (lambda path: path.write_bytes(b""), "not a readable .npy file"),
        (lambda path: save_header(path, shape=(10**12, 10**6)), "truncated: its header promises"),
        (lambda path: save_header(path, shape=(-3, 2)), "expected 1 or 2 dimensions"),
    ],
)
def test_files_that_are_refused(tmp_path, write, words):
    path = tmp_path / "x.npy"
    write(path)
    with pytest.raises(ValueError, match=words) as caught:
        scalml.read_npy(path)
    assert "x.npy" in str(caught.value)


@pytest.mark.fault("F25")
def test_a_truncated_file_is_refused_at_open(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((100, 2)))
    os.truncate(tmp_path / "x.npy", 1000)
    with pytest.raises(ValueError, match="promises 1728 bytes, it has 1000"):
        scalml.read_npy(tmp_path / "x.npy")


@pytest.mark.fault("F22")
def test_a_file_cut_short_while_it_is_read_is_an_error_and_no_crash(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(10_000.0))
    X = scalml.read_npy(path, chunk_rows=1000)

    def cut(block):
        if block[0] == 2000:
            os.truncate(path, 40_000)
        return block.sum()

    with scalml.config_context(n_jobs=1), pytest.raises(OSError, match="short read of") as caught:
        scalml.reduce_chunks(cut, X)
    assert any("while reading rows" in note for note in caught.value.__notes__)


@pytest.mark.fault("F21")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: np.save(path, np.zeros((5, 2))), "its size went from"),
        (lambda path: os.utime(path, (1, 1)), "it was written to"),
        (lambda path: os.unlink(path), "was removed"),
        (lambda path: replace(path), "replaced by another file"),
    ],
)
def test_a_change_between_passes_is_noticed(tmp_path, change, words):
    path = tmp_path / "x.npy"
    np.save(path, np.ones((4, 2)))
    X = scalml.read_npy(path)
    assert X.sum() == 8
    change(path)
    with pytest.raises(DataChangedError, match=words):
        X.sum()
    with pytest.raises(DataChangedError):
        (X * 2).chunks[0].read()


def replace(path):
    np.save(path.with_name("new.npy"), np.zeros((4, 2)))
    os.replace(path.with_name("new.npy"), path)


def test_files_that_do_not_fit(tmp_path):
    pattern = files_of(tmp_path, [np.zeros((3, 2)), np.zeros((3, 3))])
    with pytest.raises(ValueError, match=r"part-0\.npy.* shape \(2,\).*part-1\.npy.*\(3,\)"):
        scalml.read_npy(pattern)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"chunk_rows": 0}, "chunk_rows must be an integer of at least 1, got 0"),
        ({"chunk_rows": 2.5}, "got 2.5"),
        ({"chunk_rows": True}, "got True"),
        ({"chunk_bytes": "many"}, "got 'many'"),
        ({"chunk_rows": 1, "chunk_bytes": 1}, "not both"),
    ],
)
def test_sizes_of_chunks(tmp_path, options, words):
    np.save(tmp_path / "x.npy", np.zeros((4, 2)))
    assert scalml.read_npy(tmp_path / "x.npy", chunk_bytes=32).n_chunks == 2
    with pytest.raises(ValueError, match=words):
        scalml.read_npy(tmp_path / "x.npy", **options)

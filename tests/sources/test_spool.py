import bz2
import errno
import gc
import gzip
import lzma
import os
import pickle
import stat
import zipfile

import pandas as pd
import pytest

from scalml.sources.csv import CsvSource
from scalml.sources.spool import Spool, needs_spool

TEXT = "a,b\n" + "".join(f"{i},é{i}\n" for i in range(5000))


def rows_of(source):
    return pd.concat(
        [source.empty(), *(chunk.read() for chunk in source.chunks)], ignore_index=True
    )


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text(TEXT)
    return pd.read_csv(path)


@pytest.mark.parametrize(("suffix", "opener"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
def test_compressed_files(tmp_path, plain, suffix, opener):
    path = tmp_path / f"a.csv{suffix}"
    with opener.open(path, "wb") as file:
        file.write(TEXT.encode())
    source = CsvSource.open(path, chunk_rows=999, cache_dir=tmp_path / "cache")
    pd.testing.assert_frame_equal(rows_of(source), plain)
    copy = source.files[0].path
    assert stat.S_IMODE(os.stat(os.path.dirname(copy)).st_mode) == 0o700
    assert source.describe(0) == f"rows 0:999 of a.csv{suffix}"
    other = source.regrid((5000,))
    sent = pickle.loads(pickle.dumps(source))
    del source
    assert len(other.chunks[0].read()) == 5000
    assert len(sent.chunks[0].read()) == 999
    del other
    gc.collect()
    assert os.listdir(tmp_path / "cache") == []


def test_members_of_an_archive(tmp_path, plain):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", TEXT)
    pd.testing.assert_frame_equal(rows_of(CsvSource.open(path)), plain)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("two.csv", "x\n1\n")
    with pytest.raises(ValueError, match=r"member=.*\['one.csv', 'two.csv'\]"):
        CsvSource.open(path)
    assert list(CsvSource.open(path, member="two.csv").empty()) == ["x"]


@pytest.mark.fault("F25")
@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zip"])
@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_damage_is_found_before_any_row(tmp_path, suffix, damage):
    path = tmp_path / f"a{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("one.csv", TEXT)
    else:
        path.write_bytes({".gz": gzip, ".xz": lzma, ".bz2": bz2}[suffix].compress(TEXT.encode()))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw if damage == "flip" else raw[: len(raw) * 9 // 10])
    with pytest.raises(ValueError, match=rf"a\{suffix}' is damaged"):
        CsvSource.open(path, cache_dir=tmp_path / "cache")
    assert os.listdir(tmp_path / "cache") == []


@pytest.mark.fault("F16")
def test_a_full_disk(tmp_path, monkeypatch):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))

    def full(pieces, path, encoding):
        yield next(pieces)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("scalml.sources.spool._utf8", full)
    with pytest.raises(OSError, match=r"no space to unpack .*a\.gz.* free"):
        Spool(path, tmp_path / "cache")
    assert os.listdir(tmp_path / "cache") == []


@pytest.mark.fault("F41")
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-32"])
def test_other_encodings(tmp_path, plain, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    source = CsvSource.open(path, encoding=encoding, cache_dir=tmp_path / "cache")
    pd.testing.assert_frame_equal(rows_of(source), plain)
    assert source.locate(0, 10) == "line 12 of a.csv"


@pytest.mark.fault("F41")
def test_text_of_another_encoding(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,x\n2,\x81\n")
    with pytest.raises(ValueError, match=r"Line 3 of .*a\.csv' \(byte 10\) is not cp1252"):
        CsvSource.open(path, encoding="cp1252")


def test_plain_text_is_read_where_it_is():
    assert not needs_spool("a.csv")
    assert not needs_spool("a.csv", "UTF8")
    assert needs_spool("a.csv.GZ")
    assert needs_spool("a.csv", "latin-1")

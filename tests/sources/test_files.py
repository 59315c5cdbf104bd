"""Paths become regular, readable files, or an error that names the path; nothing blocks."""

import os
import pickle

import numpy as np
import pytest

from scalml.sources.base import DataChangedError
from scalml.sources.files import Fingerprint, expand_paths


def test_paths_globs_and_lists(tmp_path):
    for name in ("b.npy", "a.npy", "c[1].npy"):
        (tmp_path / name).write_bytes(b"")
    assert expand_paths(tmp_path / "a.npy") == [str(tmp_path / "a.npy")]
    assert [os.path.basename(p) for p in expand_paths(str(tmp_path / "[ab].npy"))] == [
        "a.npy",
        "b.npy",
    ]
    assert expand_paths(str(tmp_path / "c[1].npy")) == [str(tmp_path / "c[1].npy")]
    assert len(expand_paths([tmp_path / "a.npy", str(tmp_path / "*.npy")])) == 4


def test_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.npy").write_bytes(b"")
    assert expand_paths("~/x.npy") == [str(tmp_path / "x.npy")]


@pytest.mark.fault("F40")
@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda folder: folder / "none.npy", FileNotFoundError, "none.npy"),
        (lambda folder: str(folder / "*.npy"), FileNotFoundError, "No file matches"),
        (lambda folder: [], ValueError, "empty list"),
        (lambda folder: "https://host/x.npy", ValueError, "Only local files"),
        (lambda folder: folder, ValueError, "is a directory"),
        (lambda folder: os.mkfifo(folder / "pipe") or folder / "pipe", ValueError, "is a pipe"),
        (lambda folder: "/dev/null", ValueError, "is a pipe, socket or device"),
    ],
)
def test_what_is_refused(tmp_path, make, error, words):
    with pytest.raises(error, match=words):
        expand_paths(make(tmp_path))


@pytest.mark.fault("F39")
def test_files_without_permission(tmp_path, monkeypatch):
    path = tmp_path / "x.npy"
    path.write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda *args: False)  # root may read everything
    with pytest.raises(PermissionError, match=r"No permission to read .*x\.npy"):
        expand_paths(path)


def test_fingerprints(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros(3))
    found = Fingerprint.of(path)
    found.check()
    assert pickle.loads(pickle.dumps(found)) == found
    os.unlink(path)
    with pytest.raises(DataChangedError, match="removed"):
        found.check()

"""A private directory for temporary files, removed with its owner and swept if the owner died."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from ..config import current_config

try:
    import fcntl
except ImportError:  # Windows: nothing is swept there
    fcntl = None  # type: ignore[assignment]

PREFIX = "scalml-"
ROOM_TO_EXCHANGE = 512 * 2**20


class Workspace:
    """A 0700 directory of this process; its lock file tells other processes that it is in use."""

    def __init__(self, parent: str) -> None:
        sweep(parent)
        self.pid = os.getpid()
        # Locked before it takes the name that other processes sweep.
        made = tempfile.mkdtemp(prefix=".new-", dir=parent)
        self._lock: Any = open(os.path.join(made, "lock"), "w")  # noqa: SIM115
        if fcntl is not None:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.path = os.path.join(parent, f"{PREFIX}{self.pid}-{os.path.basename(made)[5:]}")
        os.rename(made, self.path)
        atexit.register(self.remove)

    def remove(self) -> None:
        """Delete everything; a forked child leaves its parent's files alone."""
        if os.getpid() == self.pid:
            self._lock.close()
            shutil.rmtree(self.path, ignore_errors=True)


class _Workspaces:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_parent: dict[tuple[int, str], Workspace] = {}

    def at(self, parent: str) -> Workspace:
        key = (os.getpid(), parent)
        with self.lock:
            if key not in self.by_parent or not os.path.isdir(self.by_parent[key].path):
                self.by_parent[key] = Workspace(parent)
            return self.by_parent[key]


_workspaces = _Workspaces()


def workspace() -> str:
    """Path of this process's private directory, made on first use."""
    parent = current_config().cache_dir or default_cache_dir()
    os.makedirs(parent, exist_ok=True)
    return _workspaces.at(os.path.abspath(parent)).path


def exchange() -> str:
    """Path of this process's private directory for what its workers hand back.

    In memory where the system offers it and has room: an array is written there five times as
    fast as to a file, and is gone again within the pass.
    """
    shared = "/dev/shm"
    try:
        usable = _is_tmpfs(shared) and os.access(shared, os.W_OK)
        roomy = usable and shutil.disk_usage(shared).free >= ROOM_TO_EXCHANGE
        return _workspaces.at(shared).path if roomy else workspace()
    except OSError:
        return workspace()


def default_cache_dir() -> str:
    """The system's temporary directory, unless that is held in memory."""
    chosen = tempfile.gettempdir()
    if _is_tmpfs(chosen) and os.access("/var/tmp", os.W_OK) and not _is_tmpfs("/var/tmp"):
        return "/var/tmp"
    return chosen


def sweep(parent: str) -> None:
    """Remove directories of processes that died without cleaning up."""
    if fcntl is None:
        return
    for folder in Path(parent).glob(f"{PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with open(folder / "lock", "r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # in use, not ours, or just removed by somebody else
            continue


def _is_tmpfs(path: str) -> bool:
    best, kind = "", ""
    try:
        for line in Path("/proc/mounts").read_text().splitlines():
            _, mount, filesystem, *_ = line.split(" ")
            inside = path == mount or path.startswith(mount.rstrip("/") + "/")
            if inside and len(mount) >= len(best):
                best, kind = mount, filesystem
    except OSError:
        return False
    return kind in ("tmpfs", "ramfs")

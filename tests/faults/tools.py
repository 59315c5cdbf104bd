"""Injecting faults, and telling that nothing of them is left."""

from __future__ import annotations

import dataclasses
import os
import signal
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import cloudpickle
import numpy as np
from scipy import sparse
from sklearn.linear_model import SGDClassifier

import scalml
from scalml.impute import SimpleImputer
from scalml.linear_model import LinearRegression, LogisticRegression, Ridge
from scalml.pipeline import make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler
from scalml.runtime import workspace
from scalml.runtime.memory import process_tree
from scalml.wrappers import Incremental

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers know nothing of tests

N_ROWS, CHUNK_ROWS = 600, 50
N_CHUNKS = N_ROWS // CHUNK_ROWS

FAMILIES = {
    "StandardScaler": StandardScaler,
    "SimpleImputer": SimpleImputer,
    "OneHotEncoder": OneHotEncoder,
    "LinearRegression": LinearRegression,
    "Ridge": Ridge,
    "LogisticRegression": LogisticRegression,
    "Pipeline": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "Incremental": lambda: Incremental(SGDClassifier(random_state=0)),
}


def numbers(seed=0):
    """X and y in memory: normal numbers, two classes that overlap."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N_ROWS, 3)).round(3)
    X[:, 0] = rng.permutation(N_ROWS) / N_ROWS  # tells the rows apart
    return X, (X @ [1.0, -2.0, 0.5] + rng.normal(size=N_ROWS) > 0).astype(np.int64)


class Faulty:
    """Does something to the chunk that holds a row with `trigger` in its first column."""

    def __init__(self, action, trigger):
        self.action = action
        self.trigger = trigger

    def __call__(self, block):
        if len(block) and (block[:, 0] == self.trigger).any():
            self.action()
        return block


class KillOnce:
    """SIGKILL to whoever calls first; `marker` is the file that tells who was."""

    def __init__(self, marker, number=signal.SIGKILL):
        self.marker = str(marker)
        self.number = number

    def __call__(self):
        try:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        os.kill(os.getpid(), self.number)


class KillAlways:
    def __init__(self, number=signal.SIGKILL):
        self.number = number

    def __call__(self):
        os.kill(os.getpid(), self.number)


class SleepBy:
    """Sleeps a time that depends on the chunk and differs between runs."""

    def __init__(self, seed):
        self.seed = seed

    def __call__(self, block):
        if len(block):
            rng = np.random.default_rng([self.seed, int(abs(block[0, 0]) * 1e6)])
            time.sleep(rng.uniform(0, 0.01))
        return block


def bits(value):
    """Something that is equal exactly when every number in `value` has the same bits."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return str(value.dtype), value.shape, value.tobytes()
    if sparse.issparse(value):
        return tuple(bits(part) for part in (value.data, value.indices, value.indptr))
    if isinstance(value, float):
        return struct.pack("d", value)
    if isinstance(value, np.ndarray | list | tuple):
        return tuple(bits(item) for item in value)
    if isinstance(value, dict):
        return {key: bits(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {f.name: bits(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "get_params"):
        learnt = {k: v for k, v in vars(value).items() if k.endswith("_") and k[0] != "_"}
        steps = [step for _, step in getattr(value, "steps", [])]
        return type(value).__name__, bits(learnt), bits(steps)
    return repr(value)


def wait_until(condition, seconds=2.0):
    """Whether `condition()` came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def shared_memory():
    """Entries of /dev/shm, but for the semaphores of a pool that is up and our own directory.

    That directory lives as long as this process; what is left in it counts.
    """
    found = set()
    for name in os.listdir("/dev/shm") if os.path.isdir("/dev/shm") else ():
        if name.startswith(f"scalml-{os.getpid()}-"):
            found |= {f"{name}/{left}" for left in os.listdir(f"/dev/shm/{name}") if left != "lock"}
        elif not name.startswith("sem."):
            found.add(name)
    return found


def workers_of(pid):
    """Descendants of a process but for the trackers that outlive pools by design."""
    found = []
    for member in process_tree(pid)[1:]:
        try:
            command = Path(f"/proc/{member}/cmdline").read_bytes()
            state = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if b"resource_tracker" not in command and state != "Z":
            found.append(member)
    return found


def assert_clean(before, n_workers=2):
    """No process beyond the warm pool, no temporary file, nothing in shared memory."""
    assert wait_until(lambda: os.listdir(workspace()) == ["lock"]), os.listdir(workspace())
    assert wait_until(lambda: len(workers_of(os.getpid())) <= n_workers)
    assert shared_memory() <= before


class Child:
    """A script in a process of its own, whose temporary files go to `folder`.

    It has `X`, `y` and `mark(name)`; `started(name)` waits until it has marked.
    """

    HEAD = """
    import os, signal, sys, time
    import numpy as np
    import scalml
    FOLDER = {folder!r}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    scalml.set_config(cache_dir=FOLDER + "/cache", n_jobs=2)
    def mark(name):
        open(FOLDER + "/" + name, "w").close()
    """

    def __init__(self, folder, code):
        self.folder = Path(folder)
        script = self.folder / "script.py"
        head = textwrap.dedent(self.HEAD).format(folder=str(folder))
        script.write_text(head + textwrap.dedent(code))
        self.shared = shared_memory()
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stderr=subprocess.PIPE, text=True, cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )  # fmt: skip
        self.workers = []

    def started(self, name, seconds=60):
        assert wait_until(
            lambda: (self.folder / name).exists() or self.process.poll() is not None, seconds
        )
        assert self.process.poll() is None, self.process.stderr.read()
        self.workers = workers_of(self.process.pid)
        return self.workers

    def send(self, number):
        """Send a signal; returns exit status, what was written, and seconds until the end."""
        began = time.monotonic()
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors, time.monotonic() - began

    def run(self, seconds=120):
        _, errors = self.process.communicate(timeout=seconds)
        return self.process.returncode, errors

    def assert_nothing_left(self, seconds=2.0):
        assert wait_until(lambda: not any(alive(pid) for pid in self.workers), seconds)
        cache = self.folder / "cache"
        assert wait_until(lambda: not any(cache.glob("*")), seconds), list(cache.rglob("*"))
        assert wait_until(lambda: shared_memory() <= self.shared, seconds)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def chunked(X, chunk_rows=CHUNK_ROWS, func=None):
    """A collection of X whose chunks go through `func` first."""
    array = scalml.from_array(X, chunk_rows=chunk_rows)
    return array if func is None else array.map_chunks(func)

"""What runs where the chunks are: tasks, the broadcasts they share, and the watch on the parent."""

from __future__ import annotations

import errno
import hashlib
import io
import mmap
import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle

from ..sources.memory import MemorySource
from .threads import one_blas_thread

LARGE_RESULT = 200_000  # bytes; beyond, a file beats the pipe of a process pool
KEPT_BROADCASTS = 4

_here = threading.local()
_folders: set[str] = set()  # where this worker may have left results
_loaded: OrderedDict[str, Callable[..., Any]] = OrderedDict()
_loading = threading.Lock()


def in_worker() -> bool:
    """Whether this thread is computing a chunk: whatever it starts runs serially."""
    return getattr(_here, "busy", False)


@dataclass(frozen=True)
class Broadcast:
    """A function that all tasks of a pass share: sent once, unpickled once a worker."""

    key: str
    path: str | None
    blob: bytes | None
    folder: str | None  # where large results are left; None: they travel with the answer
    mark: str = ""  # in the names of all files of this pass

    @classmethod
    def of(cls, work: Callable[..., Any], folder: str | None) -> Broadcast:
        """Pickle `work`, its in-memory sources left out.

        Raises
        ------
        TypeError
            If something in it cannot be sent to another process.
        """
        buffer = io.BytesIO()
        try:
            _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(work)
        except Exception as error:
            raise TypeError(
                f"{_culprit(work)} cannot be sent to worker processes: {error}. "
                'Use backend="threads" or make it picklable.'
            ) from error
        blob = buffer.getvalue()
        key = hashlib.sha256(blob).hexdigest()
        mark = uuid.uuid4().hex
        if folder is None or len(blob) < 2**14:
            return cls(key, None, blob, folder, mark)
        path = os.path.join(folder, f"broadcast-{mark}")
        with open(path, "wb") as file:
            file.write(blob)
        return cls(key, path, None, folder, mark)

    def load(self) -> Callable[..., Any]:
        with _loading:
            if self.key not in _loaded:
                blob = self.blob
                if blob is None:
                    with open(str(self.path), "rb") as file:
                        blob = file.read()
                    if hashlib.sha256(blob).hexdigest() != self.key:
                        raise OSError(f"The broadcast file {self.path!r} was changed.")
                _loaded[self.key] = pickle.loads(blob)
            _loaded.move_to_end(self.key)
            while len(_loaded) > KEPT_BROADCASTS:
                _loaded.popitem(last=False)
            return _loaded[self.key]

    def discard(self) -> None:
        """Remove the files of the pass once it is over.

        A worker that died may have left results that nobody was told of.
        """
        if self.folder is not None:
            for left in Path(self.folder).glob(f"*-{self.mark}*"):
                left.unlink(missing_ok=True)


class _Pickler(cloudpickle.Pickler):
    """Pickles rows that are in memory as an empty stand-in: tasks carry the rows they need."""

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, MemorySource) and obj.data is not None and obj.data.shape[0]:
            return _same, (obj.without_data(),)
        return super().reducer_override(obj)


def _same(value: Any) -> Any:
    return value


def _culprit(work: Any) -> str:
    """Name of the innermost parameter of `work` that does not pickle."""
    name = "The function"
    seen = 0
    while seen < 10:
        seen += 1
        get_params = getattr(work, "get_params", None)
        if callable(get_params) and not isinstance(work, type):
            parts = {
                f"parameter {k!r} of {type(work).__name__}": v
                for k, v in get_params(deep=False).items()
            }
        else:
            parts = {
                f"{k!r} of {type(work).__name__}": v
                for k, v in getattr(work, "__dict__", {}).items()
            }
            if hasattr(work, "func"):
                parts["the function"] = work.func
                parts |= {f"argument {k!r}": v for k, v in getattr(work, "keywords", {}).items()}
                parts |= {f"argument {i}": v for i, v in enumerate(getattr(work, "args", ()))}
            if isinstance(work, (list, tuple)):
                parts = {f"item {i} of {name}": v for i, v in enumerate(work)}
        for label, part in parts.items():
            try:
                cloudpickle.dumps(part)
            except Exception:
                name, work = label, part
                break
        else:
            break
    return f"{name} ({work!r:.80})"


def run_here(work: Callable[..., Any], *arguments: Any) -> Any:
    """Run a task in this process."""
    before, _here.busy = in_worker(), True
    try:
        with one_blas_thread():
            return work(*arguments)
    finally:
        _here.busy = before


def load_broadcast(broadcast: Broadcast) -> None:
    """Have the function of a pass before a task comes."""
    broadcast.load()


def run_broadcast(broadcast: Broadcast, *arguments: Any) -> Any:
    """Run a task of a pass whose function was broadcast; called in worker processes."""
    try:
        result = run_here(broadcast.load(), *arguments)
    except Exception as error:
        if _pickles(error):
            raise
        plain = RuntimeError(f"{type(error).__name__}: {error}")
        for note in getattr(error, "__notes__", ()):
            plain.add_note(note)
        raise plain from error
    if broadcast.folder is None:
        return result
    _folders.add(broadcast.folder)
    return Parcel.of(result, broadcast.folder, broadcast.mark)


def _pickles(error: Exception) -> bool:
    """Whether an error survives the way to the parent; one that does not would break the pool."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return False
    return True


@dataclass(frozen=True)
class Parcel:
    """A result whose large arrays were left in a file that the parent maps and unlinks."""

    head: bytes
    path: str
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, result: Any, folder: str, mark: str = "") -> Parcel | Any:
        buffers: list[pickle.PickleBuffer] = []
        head = cloudpickle.dumps(result, protocol=5, buffer_callback=buffers.append)
        views = [buffer.raw() for buffer in buffers]
        if sum(view.nbytes for view in views) < LARGE_RESULT:
            return result
        handle, path = tempfile.mkstemp(prefix=f"result-{mark}-", dir=folder)
        try:
            with open(handle, "wb") as file:
                for view in views:
                    file.write(view)
                    file.write(bytes(-view.nbytes % 64))  # arrays start at cache lines
        except OSError as error:
            os.unlink(path)
            if error.errno == errno.ENOSPC:  # the pipe is slower but has room
                return result
            raise
        return cls(head, path, tuple(view.nbytes for view in views))

    def discard(self) -> None:
        """Remove the file of a result that nobody wants any more."""
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass

    def open(self) -> Any:
        """The result; its file is mapped and has no name any more."""
        with open(self.path, "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self.discard()
        view, start, buffers = memoryview(mapped), 0, []
        for size in self.sizes:
            buffers.append(view[start : start + size])
            start += size + (-size % 64)
        return pickle.loads(self.head, buffers=buffers)


def opened(result: Any) -> Any:
    """A task's result, taken out of its parcel if it came in one."""
    return result.open() if isinstance(result, Parcel) else result


def start_worker(parent: int, *folders: str) -> None:
    """Set up a worker process: it leaves Ctrl-C to its parent and ends when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _folders.update(folders)
    _count_own_memory()
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _count_own_memory() -> None:
    """Let psutil, in this worker, leave pages of files and of shared memory out of its memory.

    The pool ends a worker that has grown by 300 MB, which it takes for a leak; mapped files, whose
    pages belong to the system's cache, are none.
    """
    try:
        import psutil
    except ImportError:
        return
    whole = psutil.Process.memory_info

    def memory_info(self: Any) -> Any:
        found = whole(self)
        shared = getattr(found, "shared", 0)
        return found._replace(rss=max(found.rss - shared, 0)) if shared else found

    psutil.Process.memory_info = memory_info


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.25)
    for left in _folders:  # the parent can no longer do it
        shutil.rmtree(left, ignore_errors=True)
    os._exit(1)

"""What the user sets once: workers, backend, memory limit, cache directory."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from numbers import Integral
from typing import Any

BACKENDS = ("serial", "threads", "processes")
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


@dataclass(frozen=True)
class Config:
    """Settings of the runtime.

    Parameters
    ----------
    n_jobs, backend, memory_limit, cache_dir
        As in `set_config`, checked and in one form: bytes are an int, paths a str.
    """

    n_jobs: int | None = None
    backend: str | Executor | None = None
    memory_limit: int | None = None
    cache_dir: str | None = None


_config: ContextVar[Config | None] = ContextVar("scalml_config", default=None)
_default = [Config()]  # what set_config changes, for every thread


def current_config() -> Config:
    """The settings in force here."""
    return _config.get() or _default[0]


def get_config() -> dict[str, Any]:
    """The settings in force here, as a dict.

    Returns
    -------
    dict
        Value by name of the setting, as `set_config` takes them; memory is in bytes.

    Examples
    --------
    >>> import scalml
    >>> with scalml.config_context(n_jobs=2, memory_limit="1GiB"):
    ...     scalml.get_config()["memory_limit"]
    1073741824
    """
    config = current_config()
    return {field.name: getattr(config, field.name) for field in fields(Config)}


def set_config(**settings: Any) -> None:
    """Change settings for the whole process.

    Parameters
    ----------
    n_jobs : int or None
        Workers. None: every core that affinity and cgroup allow; negative numbers count from
        the end as in joblib (-1 is all).
    backend : {"serial", "threads", "processes"}, concurrent.futures.Executor, \
            distributed.Client or None
        Where chunks are computed. None chooses: serial for small data, threads for memory and
        binary files, processes for text. The results have the same bits in each.
    memory_limit : int, str or None
        Bytes, or text such as ``"768MiB"`` or ``"2GB"``, that the process and its workers may
        use together. None: 60 % of what the machine, the cgroup and the limits leave.
    cache_dir : str, path or None
        Where temporary files go; None: the system's directory for large temporary files.

    Raises
    ------
    ValueError, TypeError
        For a setting that does not exist or a value that it cannot have.

    Examples
    --------
    >>> import scalml
    >>> scalml.set_config(n_jobs=2)
    >>> scalml.get_config()["n_jobs"]
    2
    >>> scalml.set_config(n_jobs=None)
    """
    _default[0] = _changed(_default[0], settings)


@contextmanager
def config_context(**settings: Any) -> Iterator[None]:
    """Settings for a ``with`` block, in its own thread or task alone; others keep theirs.

    Parameters
    ----------
    **settings
        As in `set_config`; what is not given stays as it is outside.

    Yields
    ------
    None

    Raises
    ------
    ValueError, TypeError
        As `set_config`.

    Examples
    --------
    >>> import scalml
    >>> with scalml.config_context(backend="threads"):
    ...     scalml.get_config()["backend"]
    'threads'
    """
    token = _config.set(_changed(current_config(), settings))
    try:
        yield
    finally:
        _config.reset(token)


def parse_bytes(value: int | str) -> int:
    """Bytes for a number or a text such as ``"512MiB"``.

    Parameters
    ----------
    value : int or str
        Units are k, M, G and T, of 1000 or, with an i, of 1024; their case does not matter.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the text is no size, or less than one byte.

    Examples
    --------
    >>> parse_bytes("1.5GiB"), parse_bytes("300MB"), parse_bytes(1000)
    (1610612736, 300000000, 1000)
    """
    number = r"[0-9.]+(?:e[+]?[0-9]+)?"
    match = re.fullmatch(rf"\s*({number})\s*([kmgt]?)(i?)b?\s*", str(value), re.IGNORECASE)
    try:
        if match is None or isinstance(value, bool):
            raise ValueError
        number, unit, binary = match.groups()
        power = " kmgt".index(unit.lower()) if unit else 0
        size = float(number) * (1024**power if binary else _UNITS[unit.lower()])
        if size < 1:
            raise ValueError
        return int(size)
    except (ValueError, OverflowError):
        raise ValueError(
            f'memory_limit must be a positive number of bytes or a text such as "768MiB", '
            f"got {value!r}."
        ) from None


def _changed(config: Config, settings: dict[str, Any]) -> Config:
    known = [field.name for field in fields(Config)]
    for name in settings:
        if name not in known:
            raise TypeError(f"There is no setting {name!r}; the settings are {', '.join(known)}.")
    if settings.get("memory_limit") is not None:
        settings["memory_limit"] = parse_bytes(settings["memory_limit"])
    n_jobs = settings.get("n_jobs")
    whole = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and (not whole or n_jobs == 0):
        raise ValueError(f"n_jobs must be a non-zero integer or None, got {n_jobs!r}.")
    if settings.get("cache_dir") is not None:
        settings["cache_dir"] = os.fsdecode(settings["cache_dir"])
    backend = _executor_of(settings.get("backend"))
    if "backend" in settings:
        settings["backend"] = backend
    if not (backend is None or isinstance(backend, Executor) or backend in BACKENDS):
        raise ValueError(
            f"backend must be one of {', '.join(map(repr, BACKENDS))}, a "
            f"concurrent.futures.Executor, a distributed.Client or None, got {backend!r}."
        )
    return replace(config, **settings)


def _executor_of(backend: Any) -> Any:
    """The executor of a Dask client, and anything else as it is."""
    distributed = sys.modules.get("distributed")
    if distributed is not None and isinstance(backend, distributed.Client):
        return backend.get_executor(pure=False)
    return backend

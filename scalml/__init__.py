"""scalml: scikit-learn's estimators on data that does not fit in memory."""

import importlib
from typing import Any

from .config import config_context, get_config, set_config
from .data import (
    ChunkedArray,
    ChunkedFrame,
    ChunkedSeries,
    cache,
    from_array,
    from_frame,
    read_csv,
    read_npy,
    read_parquet,
)
from .runtime import imap, plan, read_chunks, reduce_chunks

__version__ = "0.1.0"

__all__ = [
    "ChunkedArray",
    "ChunkedFrame",
    "ChunkedSeries",
    "cache",
    "config_context",
    "from_array",
    "from_frame",
    "get_config",
    "imap",
    "plan",
    "read_chunks",
    "read_csv",
    "read_npy",
    "read_parquet",
    "reduce_chunks",
    "set_config",
]

_SUBPACKAGES = (
    "cluster",
    "compose",
    "decomposition",
    "impute",
    "linear_model",
    "metrics",
    "model_selection",
    "naive_bayes",
    "pipeline",
    "preprocessing",
    "wrappers",
)


def __getattr__(name: str) -> Any:
    # scikit-learn takes a second to import: only what is used is.
    if name in _SUBPACKAGES:
        return importlib.import_module(f"scalml.{name}")
    raise AttributeError(f"module 'scalml' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *_SUBPACKAGES])

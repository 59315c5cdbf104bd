"""What users hold: lazy arrays, frames and series over chunks of rows."""

from .array import ChunkedArray
from .cache import cache, cached
from .collection import align_with, concatenate, is_chunked, row_numbers, wrap
from .frame import ChunkedFrame
from .openers import from_array, from_frame, read_csv, read_npy, read_parquet
from .series import ChunkedSeries

__all__ = [
    "ChunkedArray",
    "ChunkedFrame",
    "ChunkedSeries",
    "align_with",
    "cache",
    "cached",
    "concatenate",
    "from_array",
    "from_frame",
    "is_chunked",
    "read_csv",
    "read_npy",
    "read_parquet",
    "row_numbers",
    "wrap",
]

"""Options of `pandas.read_csv` by other names, and what to do where one is not to be had."""

from __future__ import annotations

import inspect
from typing import Any

import pandas as pd

ADVICE = {
    "index_col": "frames have no index; the column is read like any other",
    "skiprows": "rows are counted from the header on: take frame[n:], or remove the lines before "
    "the header from the file",
    "skipfooter": "take frame[:-n] of known length, or remove the last lines from the file",
    "comment": "lines are cut before they are parsed: remove comments from the file",
    "skipinitialspace": "fields are cut before they are parsed: text columns can be stripped by "
    ".str.strip(), and numbers are read with spaces around them",
    "escapechar": "fields are cut by doubled quotes: write the file with doublequote=True",
    "doublequote": "quotes within quoted fields are doubled, which is the default",
    "lineterminator": "lines end in \\n, \\r\\n or \\r",
    "dialect": "give sep, quotechar and quoting",
    "converters": "read the column as it is, and use map() or map_chunks() on it",
    "dtype_backend": "give dtype, as in dtype={'x': 'Int64'}",
    "date_parser": "give date_format, or use map_chunks(pd.to_datetime) on the text",
    "iterator": "frames are read in chunks anyway; scalml.read_chunks yields them",
    "chunksize": "give chunk_rows; scalml.read_chunks yields the chunks",
    "compression": "it is told by the name of the file",
    "encoding_errors": "text must be right in its encoding; give encoding",
    "verbose": "logging.getLogger('scalml') tells what is done",
    "skip_blank_lines": "blank lines are left out, which is the default",
    "na_filter": "missing values are looked for, which is the default; keep_default_na=False knows "
    "no words for them",
    "storage_options": "only local files are opened",
    "float_precision": "numbers are read to the nearest float but one, which is the default",
    "engine": "the C engine reads, which is the default",
    "low_memory": "dtypes are fixed when the file is opened, whatever the chunks hold",
    "memory_map": "files are read by range as they are",
    "cache_dates": "dates of each chunk are converted at once",
}
AS_IT_IS: dict[str, tuple[Any, ...]] = {
    "index_col": (None, False),
    "doublequote": (True,),
    "skip_blank_lines": (True,),
    "na_filter": (True,),
    "engine": (None, "c"),
    "skiprows": (None, 0),
    "skipfooter": (0,),
    "comment": (None,),
    "escapechar": (None,),
    "converters": (None,),
    "skipinitialspace": (False,),
    "compression": ("infer",),
    "iterator": (False,),
    "chunksize": (None,),
    "memory_map": (True, False),
    "low_memory": (True, False),
    "cache_dates": (True, False),
}  # values for which nothing needs to be done


def translated(options: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """Options as the source of CSV files has them.

    Parameters
    ----------
    options : dict
        As the user gave them.
    known : set of str
        Those that the source has.

    Raises
    ------
    TypeError
        For an option of pandas' that is not to be had, with what to do, and for one of nobody's.
    ValueError
        For an option that is given twice.
    """
    found = {}
    for name, value in options.items():
        target = {"delimiter": "sep", "on_bad_lines": "on_bad_rows"}.get(name, name)
        if target != name and target in options:
            raise ValueError(f"{name} and {target} are one option, got both.")
        if name == "on_bad_lines" and value not in ("error", "skip"):
            raise ValueError(f"on_bad_lines must be 'error' or 'skip', got {value!r}.")
        if target in known:
            found[target] = value
        elif any(value is one or value == one for one in AS_IT_IS.get(name, ())):
            continue
        elif name in ADVICE:
            raise TypeError(f"read_csv has no option {name}={value!r}: {ADVICE[name]}.")
        elif name in inspect.signature(pd.read_csv).parameters:
            raise TypeError(f"read_csv has no option {name!r}.")
        else:
            raise TypeError(
                f"read_csv has no option {name!r}, nor has pandas.read_csv. Its options are "
                f"{', '.join(sorted(known))}."
            )
    return found

"""Columns of Parquet files: the one dtype that every chunk has, from schema and null counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .files import short_name

EXACT = 2**53  # the largest whole numbers that float64 tells from their neighbours


def import_parquet() -> Any:
    """`pyarrow.parquet`, or an ImportError that says how to get it."""
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise ImportError("Parquet files need pyarrow: pip install scalml[parquet]") from error
    return pyarrow.parquet


def open_file(path: str) -> Any:
    """A `pyarrow.parquet.ParquetFile`; ValueError names the file if it is none."""
    parquet = import_parquet()
    import pyarrow

    try:
        return parquet.ParquetFile(path, pre_buffer=False)
    except pyarrow.ArrowInvalid as error:
        raise ValueError(f"{path!r} is truncated or no Parquet file: {error}") from error


def fields_of(schema: Any) -> dict[str, Any]:
    """Arrow types by column name, without the unnamed index that pandas stores."""
    return {
        field.name: field.type for field in schema if not field.name.startswith("__index_level_")
    }


def kept_columns(fields: dict[str, Any], columns: Sequence[str] | None, path: str) -> list[str]:
    """The columns asked for, in file order; ValueError for one that the file has not."""
    unknown = [name for name in columns or () if name not in fields]
    if unknown:
        raise ValueError(
            f"columns has {unknown}, the columns of {short_name(path)} are {list(fields)}."
        )
    return [name for name in fields if columns is None or name in columns]


def other_fields(first: str, expected: dict[str, Any], path: str, seen: dict[str, Any]) -> str:
    """What to say of a file whose columns are not those of the first."""
    rule = "All files must have the same columns and types: "
    names = (short_name(first), short_name(path))
    for name in [*expected, *seen]:
        one, other = expected.get(name, "missing"), seen.get(name, "missing")
        if one != other:
            break
    return f"{rule}{name!r} is {one} in {names[0]} and {other} in {names[1]}."


def columns_with_nulls(file: Any, names: Sequence[str]) -> set[str]:
    """Which integer and boolean columns have nulls."""
    import pyarrow

    types = pyarrow.types
    found = set()
    leaves = {file.metadata.schema.column(i).path: i for i in range(file.metadata.num_columns)}
    for name in names:
        kind = file.schema_arrow.field(name).type
        if types.is_dictionary(kind):
            kind = kind.value_type
        if not (types.is_integer(kind) or types.is_boolean(kind)):
            continue
        for number in range(file.metadata.num_row_groups):
            statistics = file.metadata.row_group(number).column(leaves[name]).statistics
            if statistics is not None and statistics.has_null_count:
                count = statistics.null_count
            else:
                table = file.read_row_group(number, columns=[name], use_threads=False)
                count = table.column(0).null_count
            if count:
                found.add(name)
                break
    return found


def long_integers(file: Any, names: Sequence[str]) -> set[str]:
    """Which columns have integers that float64 does not hold: identifiers, mostly."""
    import pyarrow

    found = set()
    leaves = {file.metadata.schema.column(i).path: i for i in range(file.metadata.num_columns)}
    for name in names:
        kind = file.schema_arrow.field(name).type
        if pyarrow.types.is_dictionary(kind):
            kind = kind.value_type
        if not pyarrow.types.is_integer(kind) or kind.bit_width < 64:
            continue
        for number in range(file.metadata.num_row_groups):
            statistics = file.metadata.row_group(number).column(leaves[name]).statistics
            if statistics is not None and statistics.has_min_max:
                ends = [statistics.min, statistics.max]
            elif file.metadata.row_group(number).num_rows:
                table = file.read_row_group(number, columns=[name], use_threads=False)
                values = table.column(0).cast(kind).drop_null().to_numpy()
                ends = [int(values.min()), int(values.max())] if len(values) else []
            else:
                ends = []
            if any(abs(int(end)) > EXACT for end in ends):
                found.add(name)
                break
    return found


def dtype_of(kind: Any, name: str, has_nulls: bool, is_long: bool, path: str) -> Any:
    """The pandas dtype in which every chunk has a column of an Arrow type."""
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_string(kind) or types.is_large_string(kind):
        return pd.Series(dtype="str").dtype
    if types.is_date(kind):
        return np.dtype("datetime64[s]")
    if types.is_integer(kind) and has_nulls and is_long:
        return pd.UInt64Dtype() if types.is_unsigned_integer(kind) else pd.Int64Dtype()
    if types.is_decimal(kind) or types.is_null(kind) or (types.is_integer(kind) and has_nulls):
        return np.dtype(np.float64)
    if types.is_boolean(kind) and has_nulls:
        return pd.BooleanDtype()
    if types.is_timestamp(kind) and kind.tz is not None:
        return pd.DatetimeTZDtype(kind.unit, kind.tz)
    if types.is_primitive(kind) and not types.is_time(kind):
        return np.dtype(kind.to_pandas_dtype())
    raise ValueError(
        f"Columns must hold numbers, booleans, text or times, {name!r} of {short_name(path)} is "
        f"{kind}. Leave it out by columns=."
    )


def empty_frame(dtypes: dict[str, Any]) -> pd.DataFrame:
    """No rows, with these columns."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})

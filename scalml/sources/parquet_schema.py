"""Columns of Parquet files: the one dtype that every chunk has, from schema and null counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def require_unique_names(schema: Any, path: str) -> None:
    """ValueError for a file with two columns of one name, of which pandas could show but one."""
    names = [field.name for field in schema]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(
            f"Column names must be unique, {twice[0]!r} occurs {names.count(twice[0])} times in "
            f"{short_name(path)}."
        )


def common_types(
    fields: dict[str, dict[str, Any]], columns: Sequence[str], given: dict[str, Any]
) -> dict[str, Any]:
    """The Arrow type in which all files have each column, by Arrow's rules of promotion.

    Parameters
    ----------
    fields : dict of path to dict of name to Arrow type
    columns : sequence of str
        Those to look at, which each file has.
    given : dict of name to Arrow type
        Types that the caller wants.

    Raises
    ------
    ValueError
        For types without a common one, with the column and both files.
    """
    import pyarrow

    found: dict[str, Any] = {}
    for name in columns:
        first = ""
        for path, of_file in fields.items():
            kind = _plain(of_file[name])
            if name in given:
                found[name] = given[name]
            elif name not in found:
                found[name], first = kind, path
            elif kind != found[name]:
                pair = [pyarrow.schema([(name, one)]) for one in (found[name], kind)]
                try:
                    unified = pyarrow.unify_schemas(pair, promote_options="permissive")
                except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
                    raise ValueError(
                        f"Column {name!r} is {of_file[name]} in {short_name(path)} and "
                        f"{fields[first][name]} in {short_name(first)}, which have no type in "
                        f"common. Give dtype={{{name!r}: ...}}, or leave it out by columns=."
                    ) from None
                found[name] = unified.field(name).type
    return found


def _plain(kind: Any) -> Any:
    """A type as it is promoted: dictionaries as their values, long strings as strings."""
    import pyarrow

    types = pyarrow.types
    if types.is_dictionary(kind):
        return _plain(kind.value_type)
    return pyarrow.string() if types.is_large_string(kind) or types.is_string_view(kind) else kind


def arrow_types(dtype: Any, schema: Any, columns: Sequence[str]) -> dict[str, Any]:
    """Arrow types of the columns whose dtype, or type in a schema, the caller gives.

    Raises
    ------
    ValueError
        For a column that there is not.
    """
    import pyarrow

    given = {} if schema is None else {field.name: _plain(field.type) for field in schema}
    if dtype is not None and not isinstance(dtype, Mapping):
        dtype = dict.fromkeys(columns, dtype)
    for name, wish in (dtype or {}).items():
        one = pd.Series([], dtype="str" if wish is str else wish)
        text = isinstance(one.dtype, (pd.StringDtype, pd.CategoricalDtype)) or one.dtype == object
        given[name] = pyarrow.string() if text else pyarrow.Array.from_pandas(one).type
    unknown = [name for name in given if name not in columns]
    if unknown:
        raise ValueError(f"dtype has {unknown}, the columns are {list(columns)}.")
    return given


def kept_columns(fields: dict[str, Any], columns: Sequence[str] | None, path: str) -> list[str]:
    """The columns asked for, in file order; ValueError for one that the file has not."""
    unknown = [name for name in columns or () if name not in fields]
    if unknown:
        raise ValueError(
            f"columns has {unknown}, the columns of {short_name(path)} are {list(fields)}."
        )
    return [name for name in fields if columns is None or name in columns]


def require_columns(first: str, wanted: Sequence[str], path: str, seen: dict[str, Any]) -> None:
    """ValueError for a file without a column that is wanted of all."""
    missing = [name for name in wanted if name not in seen]
    if missing:
        raise ValueError(
            f"All files must have the columns that are read: {missing[0]!r} of "
            f"{short_name(first)} is missing in {short_name(path)}. Choose others by columns=."
        )


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
        if types.is_null(kind) and file.metadata.num_rows:
            found.add(name)
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

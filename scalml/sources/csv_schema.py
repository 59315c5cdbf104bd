"""Column names and dtypes of text are fixed when it is opened, and hold for every chunk.

They come from the header, a sample and the caller's `dtype`. A cell that does not fit is an error
that names its file, line, column and text; it never changes the dtype of a chunk.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from .csv_pieces import Piece, PieceReader

# A column whose dtype pandas does not infer as expected is read again with its dtype given.
warnings.filterwarnings("ignore", category=pd.errors.DtypeWarning, module=re.escape(__name__))


# What pandas raises for a cell that does not fit; FloatingPointError is for what would overflow.
MISFITS = (ValueError, TypeError, ArithmeticError)


MASKED = {"i": pd.Int64Dtype(), "u": pd.UInt64Dtype(), "b": pd.BooleanDtype()}


@dataclass(frozen=True)
class Schema:
    """Names and dtypes of the columns, and how pandas is to read them.

    Attributes
    ----------
    names : tuple
        All columns of the files.
    dtypes : dict
        Dtype of each column kept, in file order.
    formats : dict
        Date columns and their format; None lets pandas guess in each chunk.
    keywords : dict
        Further parameters of `pandas.read_csv`.
    unhinted : frozenset
        Columns that pandas reads faster when it infers their dtype itself, which gives the same
        cells whenever it gives the same dtype.
    worded : frozenset
        Columns whose cells are words for true and false, whatever their dtype.
    """

    names: tuple[Any, ...]
    dtypes: dict[Any, Any]
    formats: dict[Any, str | None]
    keywords: dict[str, Any]
    unhinted: frozenset[Any] = frozenset()
    worded: frozenset[Any] = frozenset()

    def empty(self, columns: Sequence[Any] | None = None) -> pd.DataFrame:
        """No rows, with these columns (all that are kept for None) and their dtypes."""
        kept = list(self.dtypes if columns is None else columns)
        return pd.DataFrame({name: pd.Series(dtype=self.dtypes[name]) for name in kept})

    def read_as(self, name: Any) -> Any:
        """The dtype that pandas is told to parse a column as, before it is converted."""
        dtype = self.dtypes[name]
        if name in self.formats:
            return "str"
        if isinstance(dtype, pd.CategoricalDtype):
            # Cells may be empty, which NumPy's integers and booleans have no value for.
            return MASKED.get(dtype.categories.dtype.kind, dtype.categories.dtype)
        return dtype

    def parse(self, pieces: Sequence[Piece], columns: Sequence[Any]) -> pd.DataFrame:
        """Rows of pieces; ValueError for a cell that does not fit."""
        if any(name in self.unhinted for name in columns):
            try:
                with PieceReader(pieces) as text:
                    frame = self._read(text, columns, self.unhinted)
                inferred = self.unhinted.intersection(columns)
                if all(frame[name].dtype == self.dtypes[name] for name in inferred):
                    self._require_own_kind(frame, partial(PieceReader, pieces))
                    return self._finished(frame, columns)
            except (*MISFITS, pd.errors.DtypeWarning):
                pass
        return self._parse_text(partial(PieceReader, pieces), columns)

    def _parse_text(self, open_text: Callable[[], Any], columns: Sequence[Any]) -> pd.DataFrame:
        with open_text() as text:
            frame = self._read(text, columns, frozenset())
        self._require_own_kind(frame, open_text)
        return self._finished(frame, columns)

    def _require_own_kind(self, frame: pd.DataFrame, open_text: Callable[[], Any]) -> None:
        """Refuse booleans that pandas has read as numbers, or numbers as booleans.

        It converts a column of nothing but the one, which depends on where chunks are cut, and
        refuses a mixture. So the text of the first value tells the kind of all.
        """
        for name in frame.columns:
            dtype = self.dtypes[name]
            if name in self.formats or not (isinstance(dtype, np.dtype) and dtype.kind in "iufb"):
                continue
            values = frame[name].to_numpy()
            row = int(np.argmax(~np.isnan(values))) if dtype.kind == "f" else 0
            if not values.size or values[row] not in (0, 1):
                continue
            options = {**self.keywords, "dtype": "str", "nrows": row + 1, "na_filter": False}
            with open_text() as text:
                cells = read_rows(text, self.names, [name], options)[name]
            if is_bool_word(str(cells.iloc[row]), self.keywords) != (name in self.worded):
                raise ValueError(f"{name!r} has {cells.iloc[row]!r} where {dtype} was expected.")

    def _read(self, file: Any, columns: Sequence[Any], unhinted: frozenset[Any]) -> pd.DataFrame:
        dtype = {name: self.read_as(name) for name in columns if name not in unhinted}
        return read_rows(file, self.names, columns, {**self.keywords, "dtype": dtype})

    def _finished(self, frame: pd.DataFrame, columns: Sequence[Any]) -> pd.DataFrame:
        for name in columns:
            dtype = self.dtypes[name]
            if name in self.formats:
                frame[name] = as_dates(frame[name], self.formats[name]).astype(dtype)
            elif isinstance(dtype, pd.CategoricalDtype):
                known = frame[name].notna().to_numpy()
                codes = np.full(len(known), -1)
                values = frame[name][known]
                if dtype.categories.dtype.kind in MASKED:
                    values = values.to_numpy(dtype=dtype.categories.dtype)
                codes[known] = dtype.categories.get_indexer(values)
                if ((codes < 0) & known).any():
                    raise ValueError(f"{name!r} has a value that is none of its categories.")
                frame[name] = pd.Categorical.from_codes(codes, dtype=dtype)
        return frame

    def find_misfit(self, pieces: Sequence[Piece], columns: Sequence[Any]) -> str:
        """A sentence on the first cell of the first piece that does not fit its column."""
        for part in pieces:
            tried = [self._misfit(part, name) for name in columns]
            found = [misfit for misfit in tried if misfit is not None]
            if found:
                line, name, cell = min(found, key=lambda misfit: misfit[0])
                return self._sentence(part.name, line, name, cell)
        return ""

    def _misfit(self, part: Piece, name: Any) -> tuple[int, Any, str] | None:
        """Line, column and text of a column's first misfit, by halving the rows."""
        data, lines = part.lines()
        good = np.arange(len(lines.starts))

        def fits(rows: np.ndarray) -> bool:
            text = b"\n".join(bytes(data[lines.starts[row] : lines.stops[row]]) for row in rows)
            try:
                self._parse_text(partial(io.BytesIO, text + b"\n"), [name])
            except MISFITS:
                return False
            return True

        if len(good) == 0 or fits(good):
            return None
        while len(good) > 1:
            first, second = np.array_split(good, 2)
            good = second if fits(first) else first
        row = int(good[0])
        raw = replace(self, dtypes={**self.dtypes, name: "str"}, formats={})
        raw = replace(raw, keywords={**self.keywords, "na_filter": False})
        text = bytes(data[lines.starts[row] : lines.stops[row]]) + b"\n"
        cell = str(raw._parse_text(partial(io.BytesIO, text), [name])[name].iloc[0])
        return part.line - 1 + int(lines.numbers[row]), name, cell

    def _sentence(self, file: str, line: int, name: Any, cell: str) -> str:
        dtype = self.dtypes[name]
        where = f"line {line} of {file}"
        if isinstance(dtype, pd.CategoricalDtype):
            return (
                f"Column {name!r} must hold one of its categories, {where} has {cell!r}. "
                "Add it to the categories given by dtype=, or read the column as 'str'."
            )
        if name in self.formats:
            return (
                f"Column {name!r} must hold dates like {self.formats[name]!r}, {where} has "
                f"{cell!r}. Leave it out of parse_dates to read it as text."
            )
        if _overflows(cell, dtype):
            wide = "float64" if dtype.kind == "f" else "int64"
            return (
                f"Column {name!r} is {dtype}, which {cell!r} on {where} does not fit. Open it with "
                f"dtype={{{name!r}: {wide!r}}}."
            )
        missing = cell == "" or cell in _missing_words(self.keywords)
        seen = f"is missing ({cell!r}) on" if missing else f"is {cell!r} on"
        return (
            f"Column {name!r} is {dtype}, as its dtype was given or its first values were, but it "
            f"{seen} {where}. {self._advice(name, cell, missing)}"
        )

    def _advice(self, name: Any, cell: str, missing: bool) -> str:
        dtype = self.dtypes[name]
        is_bool = pd.api.types.is_bool_dtype(dtype)
        wide = "boolean" if is_bool else "float64"
        if missing:
            return f"Open it with dtype={{{name!r}: {wide!r}}}."
        if is_bool or is_bool_word(cell, self.keywords) or name in self.worded:
            return f"Open it with dtype={{{name!r}: 'str'}}."
        if _is_number(cell) and dtype != np.float64:
            return f"Open it with dtype={{{name!r}: 'float64'}}."
        also = "" if getattr(dtype, "kind", "f") == "f" else f", dtype={{{name!r}: 'float64'}}"
        return (
            f"Open it with na_values={{{name!r}: [{cell!r}]}}{also} if that means a missing value, "
            f"otherwise with dtype={{{name!r}: 'str'}}."
        )


def read_rows(
    file: Any, names: Sequence[Any], columns: Sequence[Any], options: dict[str, Any]
) -> pd.DataFrame:
    """Some columns of text that has no header."""
    usecols = None if len(columns) == len(names) else list(columns)
    with np.errstate(over="raise"):  # a cast to float32 would make infinity of 1e39
        return pd.read_csv(
            file, header=None, names=list(names), usecols=usecols, index_col=False, **options
        )


def as_dates(values: pd.Series, format: str | None) -> pd.Series:
    """Text as dates of one format; None lets pandas guess it."""
    return pd.to_datetime(values, format=format)


def is_bool_word(cell: str, keywords: Mapping[str, Any]) -> bool:
    """Whether pandas reads a cell as true or false."""
    given = [keywords.get(key) or () for key in ("true_values", "false_values")]
    return cell.strip().lower() in ("true", "false") or any(cell in words for words in given)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _overflows(cell: str, dtype: Any) -> bool:
    """Whether a cell is a number that a wider dtype of the kind would hold."""
    kind = getattr(dtype, "kind", "O")
    try:
        if kind in "iu":
            return -(2**63) <= int(cell) < 2**63 and dtype.itemsize < 8
        return kind == "f" and np.isfinite(float(cell)) and dtype.itemsize < 8
    except ValueError:
        return False


def _missing_words(keywords: Mapping[str, Any]) -> set[str]:
    words = keywords.get("na_values")
    if words is None or isinstance(words, dict):
        words = []
    standard = {"NA", "NaN", "nan", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A"}
    return {str(word) for word in np.atleast_1d(np.asarray(words, dtype=object))} | standard


def header_names(line: bytes, keywords: Mapping[str, Any]) -> tuple[Any, ...]:
    """Names in a header line, made unique as pandas does."""
    head = pd.read_csv(io.BytesIO(line + b"\n"), index_col=False, nrows=0, **keywords)
    return tuple(head.columns)


def chosen_columns(names: Sequence[Any], usecols: Any) -> list[Any]:
    """Columns that `usecols`, as in `pandas.read_csv`, keeps, in file order."""
    if usecols is None:
        return list(names)
    if callable(usecols):
        return [name for name in names if usecols(name)]
    wanted = [
        names[int(item)] if isinstance(item, (int, np.integer)) and item not in names else item
        for item in usecols
    ]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise ValueError(f"usecols has {unknown}, which are not among the columns {list(names)}.")
    return [name for name in names if name in wanted]


def infer_schema(
    names: Sequence[Any],
    columns: Sequence[Any],
    sample: Sequence[Piece],
    dtype: Any,
    dates: Sequence[Any],
    keywords: dict[str, Any],
    dayfirst: bool = False,
    date_format: Any = None,
) -> Schema:
    """The schema that a sample of the rows and the caller's wishes give."""
    given = _given_dtypes(columns, dtype)
    unknown = [name for name in dates if name not in columns]
    if unknown:
        raise ValueError(f"parse_dates has {unknown}, the columns are {list(columns)}.")
    read_as = dict.fromkeys(dates, "str") | {
        name: wish for name, wish in given.items() if name not in dates
    }
    formats: dict[Any, str | None] = dict.fromkeys(dates)
    known = Schema(tuple(names), read_as, {}, keywords)
    with PieceReader(sample) as text:
        options = {**keywords, "low_memory": False, "dtype": dict.fromkeys(read_as, "str")}
        guessed = read_rows(text, names, columns, options)
    dtypes = {}
    for name in columns:
        if name in formats:
            seen = guessed[name].dropna()
            given_format = (
                date_format.get(name) if isinstance(date_format, Mapping) else date_format
            )
            guess = partial(guess_datetime_format, dayfirst=dayfirst)
            formats[name] = given_format or (guess(str(seen.iloc[0])) if len(seen) else None)
            try:
                dtypes[name] = as_dates(guessed[name], formats[name]).dtype
            except ValueError:
                dtypes[name] = np.dtype("datetime64[us]")
            if dtypes[name].kind != "M":
                raise ValueError(
                    f"Column {name!r} must hold dates of one time zone, got {seen.iloc[0]!r}. "
                    "Leave it out of parse_dates to read it as text."
                )
        else:
            dtypes[name] = given[name] if name in given else _settled(guessed[name])
    unhinted = {name for name in columns if name not in read_as and _is_safe(guessed[name])}
    worded = {name for name in columns if _has_words(guessed[name], keywords)}
    schema = replace(
        known,
        dtypes=dtypes,
        formats=formats,
        unhinted=frozenset(unhinted),
        worded=frozenset(worded),
    )
    fixed = [name for name in columns if name in read_as]
    if fixed:
        try:
            schema.parse(sample, fixed)
        except MISFITS as error:
            misfit = schema.find_misfit(sample, fixed)
            raise ValueError(misfit or str(error)) from error
    return schema


def _given_dtypes(columns: Sequence[Any], dtype: Any) -> dict[Any, Any]:
    if dtype is None:
        return {}
    if not isinstance(dtype, Mapping):
        dtype = dict.fromkeys(columns, dtype)
    unknown = [name for name in dtype if name not in columns]
    if unknown:
        raise ValueError(f"dtype has {unknown}, the columns are {list(columns)}.")
    given = {
        name: pd.Series(dtype="str" if wish is str else wish).dtype for name, wish in dtype.items()
    }
    for name, wish in given.items():
        if (
            isinstance(wish, pd.CategoricalDtype)
            and wish.categories.dtype == object
            and not len(wish.categories)
        ):
            raise ValueError(
                f"A categorical column must be given its categories, {name!r} has none: chunks "
                f"would differ. Give dtype={{{name!r}: pd.CategoricalDtype([...])}} or 'str'."
            )
        if wish.kind == "M" if isinstance(wish, np.dtype) else False:
            raise ValueError(f"Dates are read by parse_dates, got dtype {wish} for {name!r}.")
    return given


def _settled(values: pd.Series) -> Any:
    """A dtype for what was inferred from a sample; never object."""
    if values.dtype != object:
        return values.dtype
    is_bool = all(isinstance(value, (bool, np.bool_)) for value in values.dropna())
    return pd.BooleanDtype() if is_bool else pd.Series(dtype="str").dtype


def _has_words(values: pd.Series, keywords: Mapping[str, Any]) -> bool:
    """Whether what a sample has first is a word for true or false, as text or as inferred."""
    seen = values.dropna()
    return len(seen) > 0 and is_bool_word(str(seen.iloc[0]), keywords)


def _is_safe(values: pd.Series) -> bool:
    """Whether pandas is likely to infer this dtype for other rows too."""
    if values.dtype == np.int64:
        return True
    if not isinstance(values.dtype, pd.StringDtype) or values.isna().mean() > 0.5:
        return False
    return bool(pd.to_numeric(values.drop_duplicates(), errors="coerce").isna().all())

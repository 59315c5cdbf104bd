"""A source joined with a frame in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .base import Mapped, Source


class Merged(Mapped):
    """Rows of a source, each with the matching rows of an in-memory frame, in file order."""

    def __init__(
        self,
        parent: Source,
        right: pd.DataFrame,
        *,
        left_on: Any,
        right_on: Any,
        how: str,
        suffixes: tuple[str, str],
    ) -> None:
        if not isinstance(right, pd.DataFrame):
            raise TypeError(
                f"The right side of a merge must be a DataFrame in memory, got "
                f"{type(right).__name__}."
            )
        if how not in ("inner", "left"):
            raise ValueError(f"how must be 'inner' or 'left', got {how!r}.")
        names = list(parent.empty().columns)
        if left_on is None and right_on is None:
            left_on = right_on = [name for name in names if name in right.columns]
        self.right = right.copy()
        self.left_on, self.right_on = _listed(left_on), _listed(right_on)
        for key, columns, side in (
            (self.left_on, names, "left"),
            (self.right_on, list(right.columns), "right"),
        ):
            unknown = [name for name in key if name not in columns]
            if unknown or not key:
                raise KeyError(f"Merge keys {key} must be columns of the {side} frame: {columns}.")
        if len(self.left_on) != len(self.right_on):
            raise ValueError(
                f"left_on and right_on must name as many columns, got {self.left_on} and "
                f"{self.right_on}."
            )
        self.how = how
        self.suffixes = suffixes
        added = self._join(parent.empty(), right[:0]).iloc[:, len(names) :]
        self.dtypes = _with_missing(added) if how == "left" else {}
        unique = not right.duplicated(self.right_on).any()
        super().__init__(self._merge, [parent], keeps_rows=how == "left" and unique)

    def _merge(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self._join(frame, self.right).astype(self.dtypes)

    def _join(self, left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
        return left.merge(
            right,
            left_on=self.left_on,
            right_on=self.right_on,
            how=self.how,  # type: ignore[arg-type]
            suffixes=self.suffixes,
        )

    def demand(self, columns: frozenset[Any] | None) -> list[frozenset[Any] | None]:
        left = frozenset(self.parents[0].empty().columns)
        clash = (left & frozenset(self.right.columns)) - frozenset(self.left_on)
        if columns is None or clash:  # suffixes depend on which columns meet
            return [None]
        return [(columns & left) | frozenset(self.left_on)]

    def regrid(self, lengths: Sequence[int]) -> Source:
        if not self.keeps_rows:
            return super().regrid(lengths)
        return Merged(
            self.parents[0].regrid(lengths),
            self.right,
            left_on=self.left_on,
            right_on=self.right_on,
            how=self.how,
            suffixes=self.suffixes,
        )


def _with_missing(added: pd.DataFrame) -> dict[Any, str]:
    """Dtypes that hold missing values, so that they do not depend on which rows match.

    pandas decides by the rows at hand, which differ from chunk to chunk.
    """
    kinds = {"i": "float64", "u": "float64", "b": "boolean"}
    return {
        name: kinds[dtype.kind]
        for name, dtype in added.dtypes.items()
        if isinstance(dtype, np.dtype) and dtype.kind in kinds
    }


def _listed(key: Any) -> list[Any]:
    if key is None:
        return []
    return list(key) if isinstance(key, (list, tuple)) else [key]

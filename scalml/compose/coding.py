"""Transformed rows as numbers and category codes, part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import sklearn.pipeline

from scalml.compose.steps import InTurn, is_none, plain_of
from scalml.statistics.coded import CodedRows, Unfold
from scalml.utils.application import Apply
from scalml.utils.slabwise import Slabwise, becomes_float64, is_numeric

__all__ = ["Coding", "coding_of"]


@dataclass(frozen=True)
class Part:
    """Some columns of a block, and what becomes of them.

    `before` transforms them; then `encoding` gives codes, or, without one, they are numbers.
    """

    columns: Any
    before: Any
    encoding: Any
    width: int


class Coding:
    """A block as `CodedRows`: the outputs of several parts side by side.

    Parameters
    ----------
    parts : sequence of Part
        In the order of their output columns.
    dtype : dtype
        Of the output.
    is_sparse : bool
        Whether the rows are written out as a CSR matrix.
    """

    def __init__(self, parts: Sequence[Part], dtype: Any, is_sparse: bool) -> None:
        self.parts = tuple(parts)
        self.is_sparse = is_sparse
        self.dtype = np.dtype(dtype)
        self.bounds, places, start = [], [], 0
        for part in self.parts:
            if part.encoding is None:
                places.extend(range(start, start + part.width))
            else:
                self.bounds += [(start + a, start + b) for a, b in part.encoding.bounds]
            start += part.width
        self.places = np.array(places, dtype=np.intp)
        self.n_columns = start
        # An encoding takes text as categories; what comes before it may not.
        self.takes_codes = not any(part.encoding and part.before for part in self.parts)

    @property
    def threads_well(self) -> bool:
        """Whether no more than distinct values is left to Python."""
        return all(part.before is None or isinstance(part.before, Slabwise) for part in self.parts)

    def __call__(self, block: Any) -> CodedRows:
        """The coded rows of a block."""
        n_rows = block.shape[0]
        numbers = np.empty((n_rows, len(self.places)), dtype=self.dtype)
        ones = np.empty((n_rows, len(self.bounds)), dtype=np.int32)
        start = number = group = 0
        for part in self.parts:
            rows = part.columns(block)
            if part.encoding is None:
                target = numbers[:, number : number + part.width]
                if isinstance(part.before, Slabwise):
                    part.before(rows, target)
                else:
                    target[...] = rows if part.before is None else part.before(rows)
                number += part.width
            else:
                n_groups = len(part.encoding.bounds)
                rows = rows if part.before is None else part.before(rows)
                part.encoding(rows, ones[:, group : group + n_groups], start, self.n_columns)
                group += n_groups
            start += part.width
        return CodedRows(numbers, ones, self.places, tuple(self.bounds), self.n_columns)

    @property
    def written(self) -> Written:
        """The same, written out as a matrix."""
        return Written(self)


class Written:
    """What a coding makes of a block, written out as a matrix.

    Parameters
    ----------
    coding : Coding
    """

    def __init__(self, coding: Coding) -> None:
        self.coding = coding
        self.takes_codes = coding.takes_codes
        self.threads_well = coding.threads_well

    def __call__(self, block: Any) -> Any:
        return Unfold(self.coding.is_sparse)(self.coding(block))


class Names:
    """Columns of a frame by name, of an array by number."""

    def __init__(self, names: list[Any], where: list[int]) -> None:
        self.names = names
        self.where = where

    def __call__(self, block: Any) -> Any:
        """Those columns of a block."""
        return block[self.names] if isinstance(block, pd.DataFrame) else block[:, self.where]


class Whole:
    """A block as it is."""

    def __call__(self, block: Any) -> Any:
        """The block."""
        return block


def coding_of(step: Any, head: Any, columns: Callable[[Any], Any] | None = None) -> Part | None:
    """The part that a fitted step is, if it gives dense numbers or ends in a one-hot encoder.

    Parameters
    ----------
    step : fitted transformer, pipeline of such, or "passthrough"
    head : block
        Without rows, of the columns that the step gets.
    columns : callable, optional
        Picks these columns of a wider block.
    """
    columns = Whole() if columns is None else columns
    steps = [s for s in _steps(step) if not is_none(s)]
    if any(getattr(s, "_output", None) not in (None, "default") for s in steps):
        return None
    last: Any = steps[-1] if steps else None
    encoding = last.encoding() if hasattr(last, "encoding") else None
    if encoding is not None:
        steps = steps[:-1]
    plain = InTurn([plain_of(one) for one in steps])
    before = Apply(plain, "transform") if steps else None
    if encoding is not None:
        return Part(columns, before, encoding, encoding.n_columns)
    if not is_numeric(head):
        return None
    if steps and becomes_float64(head):
        found: list[Any] = [s.slabwise() if hasattr(s, "slabwise") else None for s in steps]
        if None not in found:
            return Part(columns, Slabwise(found, plain), None, head.shape[1])
    return Part(columns, before, None, -1)


def with_width(part: Part, look: Any) -> Part | None:
    """The part with as many columns as a look at its output has; None for sparse output."""
    if part.width >= 0:
        return part
    return replace(part, width=look.shape[1]) if is_numeric(look) else None


def _steps(step: Any) -> list[Any]:
    if not isinstance(step, sklearn.pipeline.Pipeline):
        return [step]
    return [inner for _, one in step.steps for inner in _steps(one)]

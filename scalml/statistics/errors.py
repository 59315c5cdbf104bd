"""Sums and extremes of errors, output by output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.statistics.base import Sums, as_weights


@dataclass(frozen=True, eq=False)
class Losses(Sums):
    """Weighted sum of the losses of rows, beside their weight.

    Parameters
    ----------
    n_rows : int
    total : float
        Sum of weights.
    losses : ndarray of shape (n_outputs,)

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics import Losses
    >>> a = Losses.of(np.array([[1.0, 4.0], [3.0, 0.0]]))
    >>> (a + a).mean
    array([2., 2.])
    """

    n_rows: int
    total: float
    losses: np.ndarray

    @classmethod
    def of(cls, losses: np.ndarray, sample_weight: Any = None) -> Losses:
        """From the losses of one block, of shape (n_rows, n_outputs)."""
        weight = as_weights(sample_weight)
        if weight is None:
            return cls(len(losses), float(len(losses)), losses.sum(axis=0, dtype=np.float64))
        return cls(len(losses), float(weight.sum()), np.dot(weight, losses))

    @property
    def mean(self) -> np.ndarray:
        """Mean loss of each output."""
        return self.losses / self.total


@dataclass(frozen=True)
class Largest:
    """The largest number; the sum is the larger of two.

    Parameters
    ----------
    value : float

    Examples
    --------
    >>> from scalml.statistics import Largest
    >>> Largest(2.0) + Largest(3.0)
    Largest(value=3.0)
    """

    value: float

    @classmethod
    def of(cls, values: np.ndarray) -> Largest:
        """Of one block."""
        return cls(float(values.max()))

    def __add__(self, other: Largest) -> Largest:
        return Largest(max(self.value, other.value))

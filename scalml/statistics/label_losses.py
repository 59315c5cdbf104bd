"""Losses of predicted probabilities, summed label by label, before all labels are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from scalml.statistics.base import as_weights
from scalml.statistics.encoding import Encoded


@dataclass(frozen=True, eq=False)
class LabelLosses:
    """For each label, the loss of its rows if it owned this or that column of probabilities.

    Which column belongs to a label is known only once all labels are: the k-th column is that of
    the k-th smallest. A block that lacks labels therefore keeps the losses of its rows for every
    column. One that has as many labels as there are columns knows, and keeps one loss a label.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    masses : ndarray of shape (n_classes,)
        Rows of each, or their weight.
    losses : ndarray of shape (n_classes, n_columns), float64
    n_rows : int
    unnormalised : int
        Rows whose probabilities do not sum to one.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.label_losses import LabelLosses, log_losses
    >>> proba = np.array([[0.5, 0.5], [0.0, 1.0]])
    >>> first = LabelLosses.of(np.array(["a"]), proba[:1], loss=log_losses)
    >>> both = first + LabelLosses.of(np.array(["b"]), proba[1:], loss=log_losses)
    >>> round(both.total_loss(), 6)
    0.693147
    """

    classes: np.ndarray
    masses: np.ndarray
    losses: np.ndarray
    n_rows: int
    unnormalised: int

    @classmethod
    def of(
        cls,
        y: np.ndarray | Encoded,
        proba: np.ndarray,
        sample_weight: Any = None,
        *,
        loss: Callable[[np.ndarray, Any], np.ndarray],
        classes: np.ndarray | None = None,
        every_column: bool = False,
    ) -> LabelLosses:
        """From one block.

        Parameters
        ----------
        y : ndarray of shape (n_rows,), or Encoded
        proba : ndarray of shape (n_rows, n_columns), floating
            Numbers in [0, 1].
        sample_weight : ndarray of shape (n_rows,), optional
        loss : callable
            ``loss(proba, codes)`` is the loss of each row if column ``codes[i]`` is its own, and
            ``loss(proba, None)`` that for every column, of shape (n_rows, n_columns).
        classes : ndarray of shape (n_classes,), optional
            All labels there are, sorted, if they are known; `y` has no others.
        every_column : bool, default=False
            Keep the losses for every column even where a label's own is known.
        """
        known = y if isinstance(y, Encoded) else Encoded.of(y)
        if classes is not None:
            known = known.among(classes)
        classes, n_columns = known.classes, proba.shape[1]
        weight = as_weights(sample_weight)
        losses = np.zeros((len(classes), n_columns))
        if len(classes) == n_columns and not every_column:
            np.fill_diagonal(losses, known.sums(_weighted(loss(proba, known.codes), weight)))
        else:
            each = loss(proba, None)
            for column in range(n_columns):
                losses[:, column] = known.sums(_weighted(each[:, column], weight))
        totals = proba @ np.ones(n_columns, proba.dtype)  # ten times as fast as sums of short rows
        off = np.abs(totals - 1) > np.sqrt(np.finfo(proba.dtype).eps)
        masses = known.counts if weight is None else known.sums(weight)
        return cls(classes, masses, losses, len(known.codes), int(np.count_nonzero(off)))

    def __add__(self, other: LabelLosses) -> LabelLosses:
        if not isinstance(other, LabelLosses):
            return NotImplemented
        if self.losses.shape[1] != other.losses.shape[1]:
            raise ValueError(
                "probabilities of all rows must have the same columns, got "
                f"{self.losses.shape[1]} and {other.losses.shape[1]}."
            )
        classes = np.union1d(self.classes, other.classes)
        masses = np.zeros(len(classes), np.result_type(self.masses, other.masses))
        losses = np.zeros((len(classes), self.losses.shape[1]))
        for part in (self, other):
            places = np.searchsorted(classes, part.classes)
            masses[places] += part.masses
            losses[places] += part.losses
        return LabelLosses(
            classes,
            masses,
            losses,
            self.n_rows + other.n_rows,
            self.unnormalised + other.unnormalised,
        )

    @property
    def total(self) -> Any:
        """Number of rows, or their weight."""
        return self.masses.sum().item()

    def total_loss(self, columns: Any = None) -> float:
        """Loss of all rows when class k owns ``columns[k]``, by default the k-th column."""
        places = np.arange(len(self.classes))
        return float(self.losses[places, places if columns is None else columns].sum())


def log_losses(proba: np.ndarray, codes: np.ndarray | None) -> np.ndarray:
    """``-log p`` of the true column, p clipped to [eps, 1 - eps] of its dtype."""
    own = proba
    if codes is not None:  # places in the whole table: four times as fast as pairs of indices
        own = proba.take(np.arange(0, proba.size, proba.shape[1]) + codes)
    eps = np.finfo(proba.dtype).eps
    losses = np.log(np.clip(own, eps, 1 - eps).astype(np.float64, copy=False))
    return np.negative(losses, out=losses)


def squared_losses(proba: np.ndarray, codes: np.ndarray | None) -> np.ndarray:
    """Squared distance to the probabilities that are 1 in the true column and 0 elsewhere."""
    proba = np.array(proba, dtype=np.float64)
    if codes is not None:
        proba[np.arange(len(codes)), codes] -= 1
        return np.einsum("ij,ij->i", proba, proba)
    squares = proba**2
    others = np.zeros_like(squares)  # of the other columns: nothing is subtracted, nothing lost
    np.cumsum(squares[:, :-1], axis=1, out=others[:, 1:])
    others[:, :-1] += np.cumsum(squares[:, :0:-1], axis=1)[:, ::-1]
    return (1 - proba) ** 2 + others


def _weighted(losses: np.ndarray, weight: Any) -> np.ndarray:
    return losses if weight is None else losses * weight

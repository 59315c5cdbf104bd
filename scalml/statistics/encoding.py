"""Labels of a block as their places among the sorted distinct ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from scalml.statistics.columns import dictionary

FEW_CLASSES = 4  # of which a row of indicators each costs nothing


@dataclass(frozen=True, eq=False)
class Encoded:
    """Labels of a block as `encoded` gives them, for those who use them more than once.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    codes : ndarray of shape (n_rows,), int64
        Place of each row's label in them.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.encoding import Encoded
    >>> Encoded.of(np.array(["b", "a", "b"])).among(np.array(["a", "b", "c"])).counts
    array([1, 2, 0])
    """

    classes: np.ndarray
    codes: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray) -> Encoded:
        """From one block of labels of shape (n_rows,)."""
        return cls(*encoded(y))

    @cached_property
    def counts(self) -> np.ndarray:
        """Rows of each class."""
        return np.bincount(self.codes, minlength=len(self.classes))

    @cached_property
    def _indicators(self) -> np.ndarray:
        return (self.codes == np.arange(len(self.classes))[:, None]).astype(np.float64)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values`, finite numbers of shape (n_rows,), over the rows of each class."""
        if len(self.classes) <= FEW_CLASSES:  # three times as fast as to count
            return np.dot(self._indicators, values)
        return np.bincount(self.codes, values, minlength=len(self.classes))

    def among(self, classes: np.ndarray) -> Encoded:
        """The same labels as places in `classes`, which are sorted and have them all."""
        if np.array_equal(classes, self.classes):
            return self
        return Encoded(classes, np.searchsorted(classes, self.classes)[self.codes])


def encoded(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sorted distinct labels, and the place of each row's label in them.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Numbers, or text, without missing values.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
    codes : ndarray of shape (n_rows,), int64

    Notes
    -----
    Integers of a short range are counted, others and text hashed; only what pandas cannot hash is
    sorted.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.statistics.encoding import encoded
    >>> encoded(np.array(["b", "a", "b"], dtype=object))
    (array(['a', 'b'], dtype=object), array([1, 0, 1]))
    """
    found = dictionary(y.view(np.uint8) if y.dtype == bool else y)
    if found is not None:
        codes, values = found
        seen = np.bincount(codes, minlength=len(values)) > 0
        if not seen.all():
            codes = (np.cumsum(seen) - 1)[codes]
        return values[seen].astype(y.dtype), codes
    if y.dtype.kind not in "OUiuf" or y.dtype == np.float16:
        classes, codes = np.unique(y, return_inverse=True)
        return classes, codes
    codes, values = pd.factorize(y)
    values = np.asarray(values).astype(y.dtype)
    order = np.argsort(values, kind="stable")
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return values[order], places[codes]

"""How many rows there are, where to count them costs little beside products of their columns."""

from __future__ import annotations

from typing import Any

from scalml.runtime import count_rows

FEW_CHUNKS, WIDE = 16, 512


def rows_if_cheap(source: Any, width: int) -> int | None:
    """Number of rows of a source; None if nobody has counted them and it would take long.

    Parameters
    ----------
    source : Source
    width : int
        Columns that are to be multiplied.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.utils.row_counts import rows_if_cheap
    >>> rows_if_cheap(scalml.from_array(np.ones((3, 2))).source, width=2)
    3
    """
    if source.n_rows is None and (source.n_chunks > FEW_CHUNKS or width < WIDE):
        return None
    return count_rows(source)

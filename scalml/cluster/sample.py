"""A uniform sample of rows, to try starts on: the same for all chunkings and workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scalml.statistics.row_hashes import row_hashes

SAMPLE_BYTES = 64 * 2**20
ROWS_A_CLUSTER = 10


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows whose number hashes below a limit, with their weights; sums lie one after the other.

    Examples
    --------
    >>> import numpy as np
    >>> from scalml.cluster.sample import Sample
    >>> X = np.arange(6.0).reshape(-1, 1)
    >>> Sample.of(X, None, np.arange(6), share=0.5, seed=0).gather()[0].ravel()
    array([1., 2., 4., 5.])
    """

    blocks: tuple[tuple[Any, Any], ...]

    @classmethod
    def of(cls, X: Any, sample_weight: Any, rows: Any, *, share: float, seed: int) -> Sample:
        """Sample one block.

        Parameters
        ----------
        X : ndarray or CSR matrix of shape (n_rows, n_features)
        sample_weight : ndarray of shape (n_rows,) or None
            Of a true sample, rows of weight 0 are left out.
        rows : ndarray of shape (n_rows,) or None
            Row numbers; not needed when every row is taken.
        share : float
            Share of the rows to take; 1 takes all.
        seed : int
        """
        if share < 1:
            taken = row_hashes(rows, seed) < np.uint64(share * 2.0**64)
            if sample_weight is not None:
                taken &= sample_weight > 0
            kept = np.flatnonzero(taken)
            return cls(((X[kept], None if sample_weight is None else sample_weight[kept]),))
        return cls(((X, sample_weight),))

    def __add__(self, other: Sample) -> Sample:
        return Sample(self.blocks + other.blocks)

    def gather(self) -> tuple[Any, np.ndarray | None]:
        """Rows and weights of the whole sample, the rows a C-ordered array or a CSR matrix."""
        blocks, weights = zip(*self.blocks, strict=True)
        if sparse.issparse(blocks[0]):
            X = sparse.vstack(blocks, format="csr")
        else:
            X = np.ascontiguousarray(np.concatenate(blocks))
        return X, None if weights[0] is None else np.concatenate(weights)


def sample_share(n_rows: int, bytes_per_row: float, n_clusters: int) -> float:
    """Share of the rows that makes a sample of some 64 MiB, or of ten rows a cluster if more."""
    wanted = max(SAMPLE_BYTES / bytes_per_row, 100 + ROWS_A_CLUSTER * n_clusters)
    return 1.0 if wanted >= 0.7 * n_rows else wanted / n_rows

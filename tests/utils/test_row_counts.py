"""Rows are counted where that costs little, and only there."""

import numpy as np
import pytest

import scalml
from scalml.decomposition import PCA
from scalml.utils.row_counts import FEW_CHUNKS, WIDE, rows_if_cheap


def masked(n, chunk_rows, d=2):
    """Rows whose number nobody knows."""
    X = scalml.from_array(np.random.default_rng(0).normal(size=(n, d)), chunk_rows=chunk_rows)
    return X[X[:, 0] < np.inf]


@pytest.mark.parametrize(
    ("chunks", "width", "expected"),
    [(FEW_CHUNKS, WIDE, 3 * FEW_CHUNKS), (FEW_CHUNKS + 1, WIDE, None), (2, WIDE - 1, None)],
)
def test_counts_if_cheap(chunks, width, expected):
    assert rows_if_cheap(masked(3 * chunks, 3).source, width) == expected


def test_pca_of_few_rows_of_unknown_number_forms_no_gram_matrix():
    X = masked(40, 13, 1500)
    found = PCA(n_components=5).fit(X)
    assert not hasattr(found, "gram_")
    exact = np.linalg.svd(X.to_numpy() - X.to_numpy().mean(axis=0), compute_uv=False)[:5]
    np.testing.assert_allclose(found.singular_values_, exact, rtol=1e-9)

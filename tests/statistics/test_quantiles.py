"""Quantiles of distinct values are those of the rows."""

import numpy as np
import pytest

from scalml.statistics.quantiles import quantile


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 8, 41])
def test_averaged_inverted_cdf(share, n_rows):
    rows = np.random.default_rng(n_rows).integers(0, 6, n_rows).astype(float)
    values, masses = np.unique(rows, return_counts=True)
    expected = np.quantile(rows, share, method="averaged_inverted_cdf")
    assert quantile(values, masses, share) == expected
    values = np.append(values, 99.0)  # without weight it counts for nothing
    assert quantile(values, np.append(masses, 0), share) == expected


def test_median_is_numpys():
    rows = np.random.default_rng(0).normal(size=100)
    values, masses = np.unique(rows, return_counts=True)
    assert quantile(values, masses, 0.5) == np.median(rows)
    assert quantile(values, masses * 0.1, 0.5) == pytest.approx(np.median(rows), abs=0.05)

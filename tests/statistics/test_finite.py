import numpy as np
import pytest
from scipy import sparse

from scalml.statistics import require_finite


@pytest.mark.parametrize("make", [np.asarray, np.asfortranarray, sparse.csr_matrix])
def test_places_the_first_nan(make):
    X = np.ones((3000, 60))
    X[2500, 7] = X[2600, 3] = np.nan
    X[0, 0] = np.inf
    with pytest.raises(ValueError, match=r"NaN: at least 2 values, .* row 2500, column 7") as info:
        require_finite(make(X))
    assert (info.value.row, info.value.column, info.value.count) == (2500, 7, 2)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_allow_nan_still_refuses_infinity(make):
    X = np.array([[1.0, np.nan], [-np.inf, 1.0]])
    with pytest.raises(ValueError, match=r"infinity .* row 1, column 'a'"):
        require_finite(make(X), names=["a", "b"], allow_nan=True)
    X[1, 0] = 0.0
    require_finite(make(X), allow_nan=True)


def test_vectors_have_rows_only():
    with pytest.raises(ValueError, match="y contains NaN: at least 1 value, the first in row 1\\."):
        require_finite(np.array([1.0, np.nan]), label="y")


def test_integers_are_finite():
    require_finite(np.arange(4).reshape(2, 2))
    require_finite(np.array(["a"], dtype=object))

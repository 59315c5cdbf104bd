"""Labels are encoded as NumPy's unique does."""

import numpy as np
import pytest

from scalml.statistics.encoding import Encoded, encoded

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "y",
    [
        RNG.integers(-5, 5, 100),
        RNG.integers(-5, 5, 100).astype(np.int8) * 25,
        RNG.integers(0, 2**63, 100, dtype=np.uint64) * 2,
        np.array([2**64 - 1, 2**64 - 3], dtype=np.uint64),
        RNG.integers(-(2**62), 2**62, 100),
        RNG.integers(0, 2, 100).astype(bool),
        RNG.normal(size=100).round(),
        RNG.normal(size=100).round().astype(np.float16),
        RNG.choice(["x", "yy", "a"], 100),
        RNG.choice(["x", "yy", "a"], 100).astype(object),
        np.array([7]),
        np.array([], dtype=int),
        np.array([], dtype=object),
    ],
)
def test_as_unique(y):
    classes, codes = encoded(y)
    expected = np.unique(y, return_inverse=True)
    np.testing.assert_array_equal(classes, expected[0])
    np.testing.assert_array_equal(codes, expected[1])
    assert classes.dtype == y.dtype
    assert codes.dtype == np.int64


@pytest.mark.parametrize("y", [np.array([3, 1, 3]), np.array(["b", "a", "b"]), np.array([], int)])
def test_encoded_among_more_classes(y):
    own = Encoded.of(y)
    assert own.counts.tolist() == np.unique(y, return_counts=True)[1].tolist()
    assert own.among(own.classes) is own
    more = np.union1d(y, np.array([0, 2, 9]).astype(y.dtype))
    among = own.among(more)
    np.testing.assert_array_equal(more[among.codes], y)
    assert among.counts.tolist() == [np.count_nonzero(y == label) for label in more]

import numpy as np
import pytest
import sklearn.cluster
from scipy import sparse

from scalml.cluster.starts import given_start, is_array, start_among


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_the_starts_are_scikit_learns(kind):
    X = np.random.default_rng(0).normal(size=(200, 3))
    centers = start_among(kind(X), None, "k-means++", 4, np.random.RandomState(5))
    expected, _ = sklearn.cluster.kmeans_plusplus(kind(X), 4, random_state=5)
    expected = expected.toarray() if sparse.issparse(expected) else expected
    np.testing.assert_array_equal(centers, expected)
    weight = np.zeros(200)
    weight[7:11] = 1
    centers = start_among(kind(X), weight, "random", 4, np.random.RandomState(5))
    assert set(map(tuple, centers)) == set(map(tuple, X[7:11]))


def test_a_callable_gets_rows_number_and_random_state():
    def last(Z, n_clusters, random_state):
        assert isinstance(random_state, np.random.RandomState)
        return Z[-n_clusters:]

    X = np.arange(12.0).reshape(6, 2)
    np.testing.assert_array_equal(start_among(X, None, last, 2, np.random.RandomState(0)), X[-2:])
    with pytest.raises(ValueError, match=r"centers \(3, 2\) does not match the number of clusters"):
        start_among(X, None, lambda Z, k, random_state: Z[:3], 2, np.random.RandomState(0))


def test_given_centres_are_checked_and_rounded():
    start = given_start([[0.1, 2], [3, 4]], np.float32, (2, 2))
    assert start.dtype == np.float64 and start[0, 0] == np.float64(np.float32(0.1))
    assert given_start(sparse.csr_matrix(np.eye(2)), np.float64, (2, 2)).tolist() == [
        [1, 0],
        [0, 1],
    ]
    with pytest.raises(ValueError, match="number of clusters 3"):
        given_start(np.eye(2), np.float64, (3, 2))
    with pytest.raises(ValueError, match="number of features of the data 3"):
        given_start(np.eye(2), np.float64, (2, 3))
    with pytest.raises(ValueError, match="NaN"):
        given_start([[np.nan, 0.0]], np.float64, (1, 2))


def test_what_is_an_array():
    assert is_array([[1]]) and is_array(np.eye(2))
    assert not is_array("random") and not is_array(lambda Z, k, random_state: Z)

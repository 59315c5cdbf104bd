import numpy as np
import pytest
from scipy import sparse

from scalml.cluster.sample import Sample, sample_share


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_the_sample_does_not_depend_on_chunks(kind):
    X, rows, w = np.arange(20_000.0).reshape(10_000, 2), np.arange(10_000), np.arange(10_000.0)
    options = {"share": 0.1, "seed": 3}
    whole, weights = Sample.of(kind(X), w, rows, **options).gather()
    parts = Sample.of(kind(X[:7]), w[:7], rows[:7], **options)
    parts, _ = (parts + Sample.of(kind(X[7:]), w[7:], rows[7:], **options)).gather()
    dense = [A.toarray() if sparse.issparse(A) else A for A in (whole, parts)]
    np.testing.assert_array_equal(*dense)
    np.testing.assert_array_equal(weights * 2, dense[0][:, 0])
    assert 850 < len(weights) < 1150
    other, _ = Sample.of(kind(X), w, rows, share=0.1, seed=4).gather()
    assert other.shape != whole.shape or (other != whole).sum()


def test_rows_of_no_weight_are_not_sampled():
    w = np.zeros(1000)
    w[::2] = 1
    X = np.arange(1000.0).reshape(-1, 1)
    taken, weights = Sample.of(X, w, np.arange(1000), share=0.5, seed=0).gather()
    assert np.all(taken % 2 == 0) and np.all(weights == 1) and 200 < len(taken) < 300


def test_all_rows_need_no_numbers():
    X, weights = Sample.of(np.asfortranarray(np.eye(3)), None, None, share=1, seed=0).gather()
    assert X.flags.c_contiguous and weights is None
    np.testing.assert_array_equal(X, np.eye(3))


def test_share():
    assert sample_share(1000, 80, 3) == 1.0
    assert sample_share(2_000_000, 800, 3) == pytest.approx(2**26 / 800 / 2e6)
    assert sample_share(10**6, 2**26, 1000) == pytest.approx(10_100 / 1e6)

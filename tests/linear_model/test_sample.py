import numpy as np
import pytest
from scipy import sparse

import scalml
from scalml.linear_model.labels import Labels
from scalml.linear_model.sample import RowSample, sample_share, share_that_fits, sum_over

LABELS = Labels(np.array(["a", "b"]))


def take(X, rows, share, weight=None):
    y = np.where(rows % 2 == 1, "b", "a")
    return RowSample.of(X, y, weight, None, rows, share=share, labels=LABELS)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_the_sample_does_not_depend_on_chunks(make):
    X, rows = np.arange(20_000.0).reshape(10_000, 2), np.arange(10_000)
    whole = take(make(X), rows, 0.1).gather()
    parts = take(make(X[:1]), rows[:1], 0.1) + take(make(X[1:7000]), rows[1:7000], 0.1)
    parts = (parts + take(make(X[7000:]), rows[7000:], 0.1)).gather()
    dense = [A.toarray() if sparse.issparse(A) else A for A in (whole[0], parts[0])]
    np.testing.assert_array_equal(*dense)
    np.testing.assert_array_equal(whole[1], parts[1])
    np.testing.assert_array_equal(whole[1], (dense[0][:, 0] // 2) % 2)
    assert 800 < len(dense[0]) < 1200
    assert whole[2] is parts[2] is None


def test_all_rows_need_no_row_numbers_and_keep_their_weights():
    X, w = np.asfortranarray(np.eye(3)), np.arange(3.0)
    taken = RowSample.of(X, np.array(["a", "b", "a"]), w, None, None, share=1, labels=LABELS)
    A, y, weight = (taken + taken).gather()
    assert A.shape == (6, 3) and A.flags.c_contiguous
    assert y.tolist() == [0, 1, 0] * 2
    assert weight.tolist() == [0, 1, 2] * 2


def test_many_rows_are_added_up_in_parts_with_the_same_bits():
    """By threads, but in an order that does not depend on how many there are."""
    X, w = np.random.default_rng(0).normal(size=(60_000, 80)), np.arange(60_000.0)
    sizes, sums = [], []

    def dot(rows, weight):
        sizes.append(len(rows))
        return np.dot(weight, rows)

    for n_jobs in (1, 3):
        with scalml.config_context(n_jobs=n_jobs):
            sums.append(sum_over(dot, X, w))
    assert sizes == [7500] * 16
    np.testing.assert_array_equal(*sums)
    np.testing.assert_allclose(sums[0], w @ X, rtol=1e-10)
    assert sum_over(lambda rows, nothing: (len(rows), nothing), X[:100], None) == (100, None)


def test_bad_values_are_found():
    X = np.array([[1.0], [np.nan]])
    with pytest.raises(ValueError, match="NaN"):
        RowSample.of(X, np.array(["a", "b"]), None, None, None, share=1, labels=LABELS)


def test_share():
    assert sample_share(1000, 10, 80) == sample_share(100_000, 10, 80) == 1.0
    assert sample_share(200_000, 50, 400) == pytest.approx(1 / 8)
    assert sample_share(2_000_000, 100, 800) == pytest.approx(2**26 / 800 / 2e6)
    assert sample_share(2_000_000, 1000, 8000) == pytest.approx(10_000 / 2e6)
    assert sample_share(2_000_000, 5000, 40_000) == pytest.approx(2**28 / 40_000 / 2e6)


@pytest.mark.parametrize(
    ("room", "beside", "fits"),
    [
        (128, 0, 64),  # as long as it is put together it is there twice
        (264, 200, 64),
        (100, 0, 50),
        (240, 200, 40),
        (16, 0, 8),
    ],
)
def test_a_sample_is_smaller_where_it_would_be_refused(monkeypatch, room, beside, fits):
    monkeypatch.setattr("scalml.linear_model.sample.room_for", lambda n_bytes: room * 2**20)
    share = share_that_fits(2_000_000, 100, 800, beside * 2**20)
    assert share * 2_000_000 * 800 == pytest.approx(fits * 2**20)


def test_a_sample_that_would_be_too_small_is_refused():
    with (
        scalml.config_context(memory_limit="1MiB"),
        pytest.raises(MemoryError, match="A sample of the rows, and its Hessian, needs 58 MiB"),
    ):
        share_that_fits(2_000_000, 100, 800, beside=50 * 2**20)

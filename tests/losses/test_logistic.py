import pickle
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import check_grad
from sklearn.metrics import log_loss

from scalml.losses import LogisticHessian, LogisticLoss


def data(n=2500, d=7, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(1, 2, (n, d)) * (rng.random((n, d)) < 0.5)
    return X, rng.integers(0, 2, n), rng.integers(0, 3, n).astype(float)


def same(a, b, rtol=1e-11):
    np.testing.assert_allclose(a.value, b.value, rtol=rtol)
    np.testing.assert_allclose(a.gradient, b.gradient, rtol=rtol, atol=1e-10)
    assert a.weight == pytest.approx(b.weight)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("intercept", [False, True])
def test_value_is_the_log_loss_and_columns_are_separate(make, intercept):
    X, y, w = data()
    coef = np.random.default_rng(1).normal(size=(7 + intercept, 3))
    loss = LogisticLoss.of(make(X), y, w, coef=coef)
    Z = X @ coef[:7] + (coef[7] if intercept else 0)
    for k in range(3):
        proba = 1 / (1 + np.exp(-Z[:, k]))
        expected = log_loss(y, np.column_stack([1 - proba, proba]), sample_weight=w)
        assert loss.value[k] / loss.weight == pytest.approx(expected, rel=1e-10)
        alone = LogisticLoss.of(make(X), y, w, coef=coef[:, [k]])
        np.testing.assert_allclose(alone.value, loss.value[[k]], rtol=1e-12)
        np.testing.assert_allclose(alone.gradient, loss.gradient[:, [k]], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_derivatives_are_those_of_the_value(make):
    X, y, w = data(200)
    X = make(X)
    coef = np.random.default_rng(1).normal(size=8) / 4

    def value(c):
        return LogisticLoss.of(X, y, w, coef=c[:, None]).value[0]

    def gradient(c):
        return LogisticLoss.of(X, y, w, coef=c[:, None]).gradient[:, 0]

    assert check_grad(value, gradient, coef) < 1e-4
    H = LogisticHessian.of(X, None, w, coef=coef).hessian
    for k in range(8):
        step = np.zeros(8)
        step[k] = 1e-6
        slope = (gradient(coef + step) - gradient(coef - step)) / 2e-6
        np.testing.assert_allclose(H[k], slope, atol=1e-6)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("intercept", [0, 1])
def test_hessian_about_a_shift(make, intercept):
    X, _, w = data(300)
    coef = np.random.default_rng(1).normal(size=7 + intercept) / 4
    shift = X.mean(axis=0)
    H = LogisticHessian.of(make(X), None, w, coef=coef, shift=shift)
    p = 1 / (1 + np.exp(-(X @ coef[:7] + (coef[7] if intercept else 0))))
    A = np.column_stack([X - shift, np.ones((300, intercept))])
    np.testing.assert_allclose(H.hessian, (A.T * (w * p * (1 - p))) @ A, rtol=1e-9, atol=1e-9)
    diagonal = LogisticHessian.of(make(X), None, w, coef=coef, shift=shift, diagonal=True)
    np.testing.assert_allclose(diagonal.hessian, H.hessian.diagonal(), rtol=1e-9)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_blocks_add_and_weights_repeat_rows(make):
    X, y, w = data()
    coef = np.random.default_rng(1).normal(size=(8, 2))
    whole = LogisticLoss.of(make(X), y, w, coef=coef)
    cuts = ((0, 0), (0, 1), (1, 1500), (1500, 2500))
    parts = [LogisticLoss.of(make(X[a:b]), y[a:b], w[a:b], coef=coef) for a, b in cuts]
    same(parts[0] + parts[1] + parts[2] + parts[3], whole)
    same(whole - parts[3], parts[0] + parts[1] + parts[2], rtol=1e-9)
    Xr, yr = (np.repeat(a, w.astype(int), axis=0) for a in (X, y))
    same(LogisticLoss.of(make(Xr), yr, coef=coef), whole)
    assert LogisticHessian.of(make(Xr), coef=coef[:, 0]).hessian == pytest.approx(
        LogisticHessian.of(make(X), None, w, coef=coef[:, 0]).hessian
    )


def test_extreme_margins_are_exact():
    X = np.array([[1000.0], [-1000.0], [1000.0]])
    loss = LogisticLoss.of(X, [1, 0, 0], coef=np.array([[1.0]]))
    assert loss.value.tolist() == [1000.0]
    assert loss.gradient.tolist() == [[1000.0]]


def test_overflow_gives_infinity_without_a_warning():
    loss = LogisticLoss.of(np.array([[1e200]]), [0], coef=np.array([[1e200]]))
    assert not np.isfinite(loss.value).any()


def test_memory_order_does_not_change_a_bit():
    X, y, w = data(3000, 33)
    coef = np.random.default_rng(1).normal(size=(34, 1))
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    assert len({pickle.dumps(LogisticLoss.of(o, y, w, coef=coef)) for o in orders}) == 1
    single = LogisticLoss.of(X.astype(np.float32), y, w, coef=coef)
    same(single, LogisticLoss.of(X, y, w, coef=coef), rtol=1e-4)
    assert single.gradient.dtype == np.float64


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_bits_of_a_model_do_not_depend_on_those_of_other_weightings(make):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(3000, 5)), rng.integers(0, 2, 3000)
    weight = (rng.random((3000, 4)) < 0.8).astype(float)
    weight[:1000, 1] = 0
    coef, weighting = rng.normal(size=(6, 8)), np.repeat(range(4), 2)
    every = LogisticLoss.of(make(X), y, weight, coef=coef, weighting=weighting, width=8)
    for some in ([2, 3], [0, 1, 2, 3], [2, 3, 6]):
        found = LogisticLoss.of(
            make(X), y, weight, coef=coef[:, some], weighting=weighting[some], width=8
        )
        own = [some.index(2), some.index(3)]
        np.testing.assert_array_equal(found.value[own], every.value[[2, 3]])
        np.testing.assert_array_equal(found.gradient[:, own], every.gradient[:, [2, 3]])


def test_a_sparse_hessian_comes_by_columns(monkeypatch):
    monkeypatch.setattr("scalml.losses.blocks.GRAM_COLUMNS", 3)
    X, _, w = data(300)
    coef, shift = np.random.default_rng(1).normal(size=8) / 4, X.mean(axis=0)
    options = {"coef": coef, "shift": shift}
    expected = LogisticHessian.of(X, None, w, **options)
    found = LogisticHessian.of(sparse.csr_matrix(X), None, w, **options)
    np.testing.assert_allclose(found.hessian, expected.hessian, rtol=1e-9, atol=1e-9)


def test_a_sparse_hessian_takes_little_more_than_itself():
    X = sparse.random_array((6000, 1500), density=0.01, format="csr", rng=0)
    tracemalloc.start()
    try:
        H = LogisticHessian.of(X, coef=np.zeros(1500)).hessian
        assert tracemalloc.get_traced_memory()[1] < 1.8 * H.nbytes
    finally:
        tracemalloc.stop()

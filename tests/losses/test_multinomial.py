import pickle

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import check_grad
from sklearn.metrics import log_loss

from scalml.losses import LogisticLoss, MultinomialHessian, MultinomialLoss


def data(n=2500, d=7, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(1, 2, (n, d)) * (rng.random((n, d)) < 0.5)
    return X, rng.integers(0, 4, n), rng.integers(0, 3, n).astype(float)


def coefficients(intercept=1, k=2):
    return np.random.default_rng(1).normal(size=(7 + intercept, 4, k)) / 2


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("intercept", [0, 1])
def test_value_is_the_log_loss_and_models_are_separate(make, intercept):
    X, y, w = data()
    coef = coefficients(intercept)
    loss = MultinomialLoss.of(make(X), y, w, coef=coef)
    assert loss.gradient.shape == coef.shape
    for k in range(2):
        Z = X @ coef[:7, :, k] + (coef[7, :, k] if intercept else 0)
        proba = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
        expected = log_loss(y, proba, sample_weight=w)
        assert loss.value[k] / loss.weight == pytest.approx(expected, rel=1e-10)
        alone = MultinomialLoss.of(make(X), y, w, coef=coef[:, :, [k]])
        np.testing.assert_allclose(alone.gradient, loss.gradient[:, :, [k]], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(loss.gradient.sum(axis=1), 0, atol=1e-8)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_derivatives_are_those_of_the_value(make):
    X, y, w = data(200)
    X, flat = make(X), coefficients(k=1).transpose(1, 0, 2).ravel()  # class after class

    def loss(c):
        return MultinomialLoss.of(X, y, w, coef=c.reshape(4, 8).T[:, :, None])

    def gradient(c):
        return loss(c).gradient[:, :, 0].T.ravel()

    assert check_grad(lambda c: loss(c).value[0], gradient, flat) < 1e-3
    coef = flat.reshape(4, 8).T
    H = MultinomialHessian.of(X, None, w, coef=coef).hessian
    for j in range(32):
        step = np.zeros(32)
        step[j] = 1e-6
        slope = (gradient(flat + step) - gradient(flat - step)) / 2e-6
        np.testing.assert_allclose(H[j], slope, atol=1e-5)
    blocks = MultinomialHessian.of(X, None, w, coef=coef, form="blocks").hessian
    for k in range(4):
        np.testing.assert_allclose(blocks[k], H[8 * k : 8 * k + 8, 8 * k : 8 * k + 8], atol=1e-9)
    diagonal = MultinomialHessian.of(X, None, w, coef=coef, form="diagonal").hessian
    np.testing.assert_allclose(diagonal, H.diagonal(), atol=1e-9)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_hessian_about_a_shift(make):
    X, _, w = data(300)
    coef, shift = coefficients(k=1)[:, :, 0], X.mean(axis=0)
    about = MultinomialHessian.of(make(X), None, w, coef=coef, shift=shift).hessian
    moved = coef.copy()
    moved[7] += shift @ coef[:7]
    expected = MultinomialHessian.of(X - shift, None, w, coef=moved).hessian
    np.testing.assert_allclose(about, expected, rtol=1e-8, atol=1e-8)


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="form must be one of .*, got 'half'"):
        MultinomialHessian.of(np.eye(2), coef=np.zeros((2, 3)), form="half")


@pytest.mark.parametrize("kind", [LogisticLoss, MultinomialLoss])
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_models_with_weights_of_their_own(kind, make):
    X, y, w = data()
    y = y if kind is MultinomialLoss else y % 2
    coef = coefficients(k=3) if kind is MultinomialLoss else coefficients(k=3)[:, 0]
    weights = np.column_stack([w, np.arange(2500) % 2])
    loss = kind.of(make(X), y, weights, coef=coef, weighting=np.array([1, 0, 1]))
    for k, column in enumerate([1, 0, 1]):
        alone = kind.of(make(X), y, weights[:, column], coef=coef[..., [k]])
        np.testing.assert_allclose(loss.value[k], alone.value[0], rtol=1e-11)
        np.testing.assert_allclose(loss.gradient[..., [k]], alone.gradient, rtol=1e-8, atol=1e-8)
        assert loss.weight[k] == alone.weight


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_blocks_add_and_weights_repeat_rows(make):
    X, y, w = data()
    coef = coefficients()
    whole = MultinomialLoss.of(make(X), y, w, coef=coef)
    cuts = ((0, 0), (0, 1), (1, 1500), (1500, 2500))
    parts = [MultinomialLoss.of(make(X[a:b]), y[a:b], w[a:b], coef=coef) for a, b in cuts]
    total = parts[0] + parts[1] + parts[2] + parts[3]
    Xr, yr = (np.repeat(a, w.astype(int), axis=0) for a in (X, y))
    for other in (total, MultinomialLoss.of(make(Xr), yr, coef=coef)):
        np.testing.assert_allclose(other.value, whole.value, rtol=1e-11)
        np.testing.assert_allclose(other.gradient, whole.gradient, rtol=1e-9, atol=1e-9)
        assert other.weight == pytest.approx(whole.weight)


def test_extreme_margins_are_exact_and_overflow_is_infinite():
    X, coef = np.array([[1000.0], [-1000.0]]), np.array([[[0.0], [0.0], [1.0]]])
    loss = MultinomialLoss.of(X, np.array([0, 2]), coef=coef)
    assert loss.value[0] == pytest.approx(2000 + np.log(2), rel=1e-15)
    huge = MultinomialLoss.of(np.array([[1e200]]), np.array([0]), coef=1e200 * coef)
    assert not np.isfinite(huge.value).any()


def test_memory_order_does_not_change_a_bit():
    X, y, w = data(3000, 7)
    orders = (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2])
    found = {pickle.dumps(MultinomialLoss.of(o, y, w, coef=coefficients())) for o in orders}
    assert len(found) == 1

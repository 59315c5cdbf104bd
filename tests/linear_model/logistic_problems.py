"""Data for the tests of logistic regression, and scikit-learn's most exact answer."""

import numpy as np
import sklearn.linear_model

from .problems import norm_difference


def problem(n=3000, d=8, seed=0, mean=2.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, mean, d), rng.uniform(0.3, 3, d), (n, d))
    z = (X - X.mean(axis=0)) @ rng.normal(size=d) / 3 - 0.5
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    return X, y, rng.integers(0, 4, n).astype(float)


def reference(X, y, w=None, **options):
    model = sklearn.linear_model.LogisticRegression(
        solver="newton-cholesky", tol=1e-10, max_iter=1000, **options
    )
    return model.fit(X, y, w)


def assert_parity(ours, theirs, bound=1e-5):
    assert norm_difference(ours.coef_, theirs.coef_) < bound
    assert norm_difference(ours.intercept_, theirs.intercept_) < bound
    assert ours.coef_.shape == theirs.coef_.shape
    assert ours.intercept_.shape == theirs.intercept_.shape
    assert ours.n_iter_.shape == theirs.n_iter_.shape
    assert ours.n_iter_.dtype == theirs.n_iter_.dtype


def multinomial_problem(n=3000, d=6, classes=4, seed=0, mean=2.0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, mean, d), rng.uniform(0.3, 3, d), (n, d))
    Z = (X - X.mean(axis=0)) @ rng.normal(size=(d, classes)) / 3 + rng.normal(size=classes)
    y = (Z + rng.gumbel(size=Z.shape)).argmax(axis=1)
    return X, y, rng.integers(0, 4, n).astype(float)

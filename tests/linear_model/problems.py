"""Data for the tests of linear models, and how their coefficients are compared."""

import numpy as np


def norm_difference(a, b):
    return np.abs(np.asarray(a) - b).max() / max(1.0, np.abs(b).max())


def with_condition(cond, n=600, d=12, seed=0):
    """Rows whose centred columns have this condition number, in columns of equal scale."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.normal(size=(n, d)) - 0.0)[0]
    U = np.linalg.qr(U - U.mean(axis=0))[0]
    V = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (U * np.geomspace(1, 1 / cond, d)) @ V.T * np.sqrt(n) + rng.normal(size=d)


def problem(n=400, d=6, t=None, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(rng.normal(0, 10, d), rng.uniform(0.1, 10, d), (n, d))
    y = X @ rng.normal(size=(d, t or 1)) + rng.normal(size=(n, t or 1)) + 5
    return X, y if t else y[:, 0], rng.integers(0, 4, n).astype(float)

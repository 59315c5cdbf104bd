"""Rows whose principal components are known to be well or ill determined, and a comparison."""

import numpy as np

LEARNT = (
    "components_",
    "explained_variance_",
    "explained_variance_ratio_",
    "singular_values_",
    "mean_",
    "noise_variance_",
    "n_components_",
    "n_samples_",
)


def rows(n=400, d=8, seed=0):
    """Correlated columns about means that are not zero."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(0, 10, d)


def with_condition(cond, n=600, d=12, seed=0):
    """Rows whose centred singular values fall from 25 by a factor `cond`."""
    rng = np.random.default_rng(seed)
    U = np.linalg.qr(rng.normal(size=(n, d)))[0]
    U = np.linalg.qr(U - U.mean(axis=0))[0]
    V = np.linalg.qr(rng.normal(size=(d, d)))[0]
    return (U * np.geomspace(25, 25 / cond, d)) @ V.T + rng.normal(size=d)


def assert_alike(ours, theirs, components=1e-10, variances=1e-12):
    """Same shapes and dtypes; variances relative to the largest, components to one."""
    for name in LEARNT:
        if not hasattr(theirs, name):
            continue
        a, b = getattr(ours, name), getattr(theirs, name)
        assert np.shape(a) == np.shape(b), name
        if name in ("n_components_", "n_samples_"):
            assert a == b, name
            continue
        assert np.asarray(a).dtype == np.asarray(b).dtype, name
        bound = components if name == "components_" else variances
        least = 1.0 if name in ("components_", "mean_") else 1e-300
        size = np.abs(b).max(initial=least)
        if name == "noise_variance_":
            size = np.max(theirs.explained_variance_, initial=theirs.noise_variance_)
        if name == "singular_values_":
            a, b, size = a**2, b**2, size**2
        assert np.abs(a - b).max(initial=0.0) <= bound * size, name


def assert_same_space(A, B, tol=1e-10):
    """The rows of A span what those of B span."""
    assert np.abs(A.T @ A - B.T @ B).max() < tol

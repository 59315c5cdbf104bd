import numpy as np
import pytest
from scipy import sparse

from scalml.losses import SquaredLoss


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_definition_and_adds(make, weighted):
    rng = np.random.default_rng(0)
    X, Y, coef = rng.normal(3, 1, (2500, 60)), rng.normal(size=(2500, 2)), rng.normal(size=(60, 2))
    w = rng.random(2500) if weighted else None
    X_mean, Y_mean = X.mean(axis=0), Y.mean(axis=0)
    options = {"coef": coef, "X_mean": X_mean, "Y_mean": Y_mean}
    R = (Y - Y_mean) - (X - X_mean) @ coef
    v = np.ones(2500) if w is None else w
    parts = [
        SquaredLoss.of(make(X[a:b]), Y[a:b], None if w is None else w[a:b], **options)
        for a, b in ((0, 0), (0, 1000), (1000, 2500))
    ]
    loss = parts[0] + parts[1] + parts[2]
    np.testing.assert_allclose(loss.value, (v[:, None] * R * R).sum(axis=0) / 2)
    np.testing.assert_allclose(loss.gradient, -(X - X_mean).T @ (v[:, None] * R), rtol=1e-9)


def test_one_target_and_no_means():
    loss = SquaredLoss.of(np.eye(2), np.array([1.0, 2.0]), coef=np.zeros((2, 1)))
    assert loss.value.tolist() == [2.5]
    assert loss.gradient.tolist() == [[-1.0], [-2.0]]

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lars,
    Lasso,
    LassoCV,
    LassoLars,
    MultiTaskElasticNet,
    MultiTaskLasso,
    OrthogonalMatchingPursuit,
    Ridge,
)

import scalml
from scalml.linear_model import GramRegressor

from .problems import norm_difference, problem

KNOWN = [
    Lars(),
    Lars(n_nonzero_coefs=4),
    LassoLars(alpha=0.1),
    LassoLars(alpha=0.1, positive=True),
    OrthogonalMatchingPursuit(),
    OrthogonalMatchingPursuit(n_nonzero_coefs=4),
    OrthogonalMatchingPursuit(tol=5e5),
    BayesianRidge(compute_score=True),
    BayesianRidge(alpha_1=3.0, lambda_2=2.0, tol=1e-8),
    ARDRegression(compute_score=True),
    ARDRegression(tol=1e-9),
    Lasso(alpha=0.1),
    ElasticNet(alpha=0.1, selection="random", random_state=0),
    MultiTaskLasso(alpha=0.1),
    MultiTaskElasticNet(alpha=0.1),
]
OF_MANY = (Lars, LassoLars, OrthogonalMatchingPursuit, MultiTaskLasso, MultiTaskElasticNet)


def noisy(d=8, t=None, n=400):
    X, y, w = problem(n=n, d=d, t=t)
    return X, y + 20 * np.random.default_rng(5).normal(size=y.shape), w


def assert_equal_attributes(ours, theirs):
    names = [name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")]
    assert {"coef_", "intercept_"} <= set(names)
    for name in names:
        found, expected = getattr(ours, name), getattr(theirs, name)
        if isinstance(expected, list):  # one path for each target
            assert len(found) == len(expected)
            found, expected = (
                np.concatenate([np.zeros(0), *map(np.ravel, v)]) for v in (found, expected)
            )
        if expected is None:
            assert found is None
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("estimator", KNOWN, ids=str)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("t", [None, 3])
def test_every_attribute_is_that_of_all_rows(estimator, intercept, t):
    if (t is not None and not isinstance(estimator, OF_MANY)) or (
        t is None and "MultiTask" in str(estimator)
    ):
        pytest.skip("takes another number of targets")
    X, y, _ = noisy(t=t)
    estimator = clone(estimator).set_params(fit_intercept=intercept)
    ours = GramRegressor(estimator).fit(scalml.from_array(X, chunk_rows=90), y)
    theirs = clone(estimator).fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-9
    assert_equal_attributes(ours.estimator_, theirs)
    assert ours.n_iter_ == theirs.n_iter_
    plain = ours.to_sklearn()
    assert type(plain) is type(theirs) and plain.get_params() == theirs.get_params()
    np.testing.assert_allclose(plain.predict(X), theirs.predict(X), rtol=1e-8)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-8)
    assert not hasattr(estimator, "coef_")


@pytest.mark.parametrize("estimator", [BayesianRidge(), ARDRegression()])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("n", [6, 9, 30])
def test_evidence_with_few_rows(estimator, intercept, n):
    X, y, _ = noisy(n=n)
    estimator.set_params(fit_intercept=intercept, max_iter=5)
    ours, theirs = GramRegressor(estimator).fit(X, y), clone(estimator).fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-7
    std = [model.predict(X, return_std=True)[1] for model in (ours.to_sklearn(), theirs)]
    np.testing.assert_allclose(*std, rtol=1e-6)


@pytest.mark.parametrize("estimator", [e for e in KNOWN if "MultiTask" not in str(e)], ids=str)
def test_weights_repeat_rows(estimator):
    X, y, w = noisy()
    repeated = clone(estimator).fit(*(np.repeat(a, w.astype(int), axis=0) for a in (X, y)))
    weighted = GramRegressor(estimator).fit(scalml.from_array(X, chunk_rows=90), y, w)
    assert norm_difference(weighted.coef_, repeated.coef_) < 1e-8


def test_weights_of_bayesian_ridge_are_its_own():
    X, y, w = noisy()
    w = w / 7
    ours, theirs = GramRegressor(BayesianRidge()).fit(X, y, w), BayesianRidge().fit(X, y, w)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-9
    assert ours.estimator_.alpha_ == pytest.approx(theirs.alpha_, rel=1e-9)


def test_sparse_and_float32():
    X, y, _ = noisy()
    dense = GramRegressor(LassoLars(0.1)).fit(X, y)
    assert (
        norm_difference(
            GramRegressor(LassoLars(0.1)).fit(sparse.csr_matrix(X), y).coef_, dense.coef_
        )
        < 1e-9
    )
    single = GramRegressor(BayesianRidge()).fit(X.astype(np.float32), y.astype(np.float32))
    assert single.coef_.dtype == np.float32
    assert single.predict(X.astype(np.float32)).dtype == np.float32


def test_partial_fit_adds():
    X, y, _ = noisy()
    model = GramRegressor(ARDRegression()).partial_fit(X[:100], y[:100])
    model.partial_fit(X[100:], y[100:])
    assert norm_difference(model.coef_, ARDRegression().fit(X, y).coef_) < 1e-9


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (HuberRegressor(), "HuberRegressor is not known"),
        (LassoCV(), "LassoCV is not known"),
        (Ridge(), "scalml.linear_model"),
        (Lars(precompute=np.eye(8)), "precompute"),
        (LassoLars(jitter=1e-3, random_state=0), "jitter"),
        (LassoLars(alpha=-1), "alpha"),
    ],
)
def test_refused(estimator, said):
    X, y, _ = noisy()
    with pytest.raises(ValueError, match=said):
        GramRegressor(estimator).fit(scalml.from_array(X, chunk_rows=90), y)


def test_subclasses_are_not_taken_for_their_parents():
    class Weird(Lasso):
        pass

    X, y, _ = noisy()
    with pytest.raises(ValueError, match="Weird is not known"):
        GramRegressor(Weird()).fit(X, y)


class LeastSquares(RegressorMixin, BaseEstimator):
    """Through the origin, with a ridge that does or does not scale with the rows."""

    def __init__(self, penalty=1.0, mean=False):
        self.penalty = penalty
        self.mean = mean

    def fit(self, X, y):
        penalty = self.penalty * (len(X) if self.mean else 1.0)
        self.coef_ = np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y)
        self.intercept_ = 0.0
        return self

    def predict(self, X):
        return X @ self.coef_


@pytest.mark.parametrize("mean", [True, False])
def test_a_class_that_the_user_vouches_for(mean):
    X, y, _ = noisy()
    theirs = LeastSquares(3.0, mean).fit(X, y)
    ours = GramRegressor(LeastSquares(3.0, mean), loss="mean" if mean else "sum").fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-10
    assert ours.intercept_ == 0.0
    with pytest.raises(ValueError, match="loss must be"):
        GramRegressor(LeastSquares(), loss="median").fit(X, y)
    X = X - X.mean(axis=0) + 3
    ridge = GramRegressor(Ridge(3.0), loss="sum").fit(X, y)
    assert norm_difference(ridge.coef_, Ridge(3.0).fit(X, y).coef_) < 1e-10
    assert norm_difference(ridge.intercept_, Ridge(3.0).fit(X, y).intercept_) < 1e-10


def test_searchable_parameters_and_warnings_are_the_estimators():
    model = GramRegressor(LassoLars()).set_params(estimator__alpha=0.25)
    assert model.estimator.alpha == 0.25
    X, y, _ = noisy()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        GramRegressor(Lasso(1e-9, max_iter=1)).fit(X, y)
    assert len(caught) == 1

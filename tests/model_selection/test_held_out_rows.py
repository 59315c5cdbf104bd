"""Held-out rows: no model that is scored on a row has seen it, and shared fits are own fits."""

import numpy as np
import pytest
from scipy import sparse
from scipy.special import logsumexp
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

import scalml
from scalml.linear_model import Lasso, LogisticRegression, Ridge
from scalml.model_selection import GridSearchCV
from scalml.naive_bayes import GaussianNB
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.wrappers import Incremental

STRENGTHS = [1e-6, 1e-3, 1.0, 1e2, 1e4, 1e6]
N_SPLITS = 4


def wide_noise(rng):
    return rng.normal(size=(120, 240)), rng.integers(0, 2, 120)


def noise(rng):
    return rng.normal(size=(300, 100)), rng.integers(0, 2, 300)


def separable(rng):
    X = rng.normal(size=(200, 10))
    return X, (X[:, 0] > 0).astype(int)


def nearly_separable(rng):
    X = rng.normal(size=(300, 5))
    return X, ((X[:, 0] > 0) ^ (rng.random(300) < 0.02)).astype(int)


def one_hot(rng):
    return np.eye(100)[rng.integers(0, 100, 600)], rng.integers(0, 2, 600)


def one_hot_csr(rng):
    X, y = one_hot(rng)
    return sparse.csr_matrix(X), y


def unlike_scales(rng):
    X = rng.normal(size=(500, 8)) * np.logspace(-3, 3, 8)
    return X, (X[:, 3] + rng.normal(size=500) > 0).astype(int)


def three_classes(rng):
    return rng.normal(size=(150, 60)), rng.integers(0, 3, 150)


PROBLEMS = [
    wide_noise,
    noise,
    separable,
    nearly_separable,
    one_hot,
    one_hot_csr,
    unlike_scales,
    three_classes,
]
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]


def folds_of(X, seed):
    fold = np.random.default_rng(seed + 100).permutation(np.arange(X.shape[0]) % N_SPLITS)
    return fold, np.where(fold[:, None] == np.arange(N_SPLITS), 2, 1).astype(np.int8)


def objective(model, X, y):
    """What is minimised, divided by C times the number of rows."""
    margins = model.decision_function(X)
    if margins.ndim == 1:
        margins = np.column_stack([np.zeros(len(y)), margins])
    own = margins[np.arange(len(y)), np.searchsorted(model.classes_, y)]
    penalty = (model.coef_**2).sum() / (2 * model.C * len(y))
    return (logsumexp(margins, axis=1) - own).mean() + penalty


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("tol", [1e-4, 1e-9])
def test_models_fitted_together_are_own_fits(problem, tol, seed):
    X, y = problem(np.random.default_rng(seed))
    fold, memberships = folds_of(X, seed)
    model = LogisticRegression(tol=tol, max_iter=500)
    many = model.fit_many([{"C": C} for C in STRENGTHS], X, y, memberships)
    for C, of_splits in zip(STRENGTHS, many, strict=True):
        for split, one in enumerate(of_splits):
            train, test = fold != split, fold == split
            own = LogisticRegression(**one.get_params()).fit(X[train], y[train])
            # Never worse by more than a millionth; a tolerance is no excuse.
            assert objective(one, X[train], y[train]) <= objective(own, X[train], y[train]) + 1e-6
            if tol == 1e-9:
                scores = [
                    log_loss(y[test], each.predict_proba(X[test]), labels=own.classes_)
                    for each in (one, own)
                ]
                np.testing.assert_allclose(*scores, rtol=1e-6, atol=1e-6, err_msg=f"{C}, {split}")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}])
def test_models_do_not_change_by_a_bit_with_the_labels_held_out(problem, options, seed):
    X, y = problem(np.random.default_rng(seed))
    fold, memberships = folds_of(X, seed)
    classes = np.unique(y)
    other = y.copy()
    other[fold == 1] = np.roll(classes, 1)[np.searchsorted(classes, y[fold == 1])]
    candidates = [{"C": C} for C in STRENGTHS]
    model = LogisticRegression(**options)
    for rows in (X, scalml.from_array(X, chunk_rows=37)):
        before = model.fit_many(candidates, rows, y, memberships)
        after = model.fit_many(candidates, rows, other, memberships)
        for one, same in zip(before, after, strict=True):
            np.testing.assert_array_equal(one[1].coef_, same[1].coef_)
            np.testing.assert_array_equal(one[1].intercept_, same[1].intercept_)
            assert one[1].n_iter_ == same[1].n_iter_


def test_a_sample_of_the_rows_has_no_more_seen_them(monkeypatch):
    """Where the data is more than a sample, starts come of the sample's training rows."""
    monkeypatch.setattr("scalml.linear_model.sample.LEAST_BYTES", 2**14)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 10))
    y = (X[:, 0] + rng.logistic(size=4000) > 0).astype(int)
    fold, memberships = folds_of(X, 0)
    other = np.where(fold == 1, 1 - y, y)
    candidates = [{"C": C} for C in STRENGTHS]
    before = LogisticRegression().fit_many(candidates, X, y, memberships)
    after = LogisticRegression().fit_many(candidates, X, other, memberships)
    for one, same in zip(before, after, strict=True):
        np.testing.assert_array_equal(one[1].coef_, same[1].coef_)
        assert (one[0].coef_ != same[0].coef_).any()


SEARCHES = {
    "batched": (LogisticRegression(), {"C": STRENGTHS}, "neg_log_loss"),
    "batched, behind steps": (
        make_pipeline(StandardScaler(), LogisticRegression()),
        {"logisticregression__C": STRENGTHS},
        "neg_log_loss",
    ),
    "from_grams": (Ridge(), {"alpha": [1e-6, 1.0, 1e6]}, "r2"),
    "from_grams, coordinate descent": (Lasso(), {"alpha": [0.01, 0.1]}, "r2"),
    "solvable": (GaussianNB(), {"var_smoothing": [1e-9, 0.1]}, "neg_log_loss"),
    "stream": (
        Incremental(SGDClassifier(loss="log_loss", random_state=0)),
        {"estimator__alpha": [1e-4, 1e-2]},
        "neg_log_loss",
    ),
}


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("problem", [wide_noise, noise])
def test_scores_of_training_rows_do_not_change_by_a_bit_with_the_labels_held_out(name, problem):
    X, y = problem(np.random.default_rng(0))
    fold, _ = folds_of(X, 0)
    splits = [(np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in range(N_SPLITS)]
    model, grid, scoring = SEARCHES[name]
    search = GridSearchCV(
        model, grid, cv=splits, scoring=scoring, return_train_score=True, refit=False
    )
    rows = scalml.from_array(X, chunk_rows=50)
    results = [
        search.fit(rows, target).cv_results_ for target in (y, np.where(fold == 1, 1 - y, y))
    ]
    before, after = ([one[f"split1_{side}_score"] for one in results] for side in ("train", "test"))
    np.testing.assert_array_equal(*before)
    assert (after[0] != after[1]).any()


def test_noise_is_scored_as_noise():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 240)), rng.integers(0, 2, 120)
    grid = {"C": [1, 100, 1e4]}
    for rows in (X, scalml.from_array(X, chunk_rows=37)):
        search = GridSearchCV(LogisticRegression(), grid, cv=4, scoring="neg_log_loss").fit(rows, y)
        assert search.strategy_ == "batched"
        assert search.best_params_ == {"C": 1}
        np.testing.assert_allclose(
            search.cv_results_["mean_test_score"], [-1.09, -2.04, -3.08], atol=0.06
        )

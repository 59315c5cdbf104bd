"""Linear regressors: one pass, scores of the loop to 1e-9."""

import numpy as np
import pytest
import sklearn.linear_model
import sklearn.preprocessing
from scipy import sparse
from sklearn.datasets import make_regression
from sklearn.exceptions import FitFailedWarning
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

import scalml
from scalml.data import wrap
from scalml.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from scalml.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from scalml.model_selection.question import Question
from scalml.model_selection.scoring import Scoring
from scalml.utils.trial_data import Counting

from .loops import found, naive

CV = KFold(4, shuffle=True, random_state=0)
SPLITS = list(CV.split(np.zeros(300)))


def rows(condition=1.0, seed=0):
    X, y = make_regression(300, 6, noise=20.0, random_state=seed)
    return X * np.geomspace(1, condition, 6) + 10 * condition, y


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (Ridge(), {"alpha": [0.01, 1.0, 100.0], "fit_intercept": [True, False]}),
        (LinearRegression(), {"fit_intercept": [True, False]}),
        (Lasso(), {"alpha": [0.1, 1.0]}),
        (ElasticNet(), {"alpha": [0.1, 1.0], "l1_ratio": [0.2, 0.8]}),
    ],
)
@pytest.mark.parametrize("condition", [1.0, 1e4])
@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error"])
def test_equals_the_loop(estimator, grid, condition, scoring):
    X, y = rows(condition)
    estimator.set_params(**{"tol": 1e-12, "max_iter": 100_000} if "l1" in str(grid) else {})
    search = GridSearchCV(estimator, grid, cv=CV, scoring=scoring, return_train_score=True)
    search.fit(scalml.from_array(X, chunk_rows=70), y)
    assert search.strategy_ == "statistics"
    candidates = search.cv_results_["params"]
    for ours, theirs in zip(
        found(search), naive(estimator, candidates, X, y, SPLITS, scoring), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6 if condition > 1 else 1e-9)
    best = estimator.set_params(**search.best_params_).fit(X, y)
    np.testing.assert_allclose(search.best_estimator_.coef_, best.coef_, rtol=1e-7)


def test_one_pass_serves_all():
    X, y = rows()
    source = Counting(X, lengths=[100, 120, 80])
    search = GridSearchCV(Ridge(), {"alpha": np.geomspace(0.1, 10, 9)}, cv=CV)
    assert scalml.plan(search, wrap(source), y).passes == (1, 3)
    source.reads = 0
    with scalml.config_context(backend="serial"):
        search.fit(wrap(source), y)
    assert source.reads == 3
    other = GridSearchCV(Ridge(), {"alpha": [0.1, 1]}, cv=CV, scoring="neg_mean_absolute_error")
    source.reads = 0
    with scalml.config_context(backend="serial"):
        other.fit(wrap(source), y)
    assert source.reads == 6 + 1  # one looked at to know what answers look like
    expected = naive(Ridge(), other.cv_results_["params"], X, y, SPLITS, "neg_mean_absolute_error")
    np.testing.assert_allclose(
        other.cv_results_["mean_test_score"], expected[0].mean(axis=1), rtol=1e-9
    )


def test_a_pipeline_with_gaps_in_its_rows():
    X, y = rows()
    X[np.random.default_rng(0).random(X.shape) < 0.1] = np.nan
    pipeline = make_pipeline(
        SimpleImputer(), sklearn.preprocessing.StandardScaler(), sklearn.linear_model.Ridge()
    )
    grid = {"ridge__alpha": [0.1, 10.0], "standardscaler__with_mean": [True, False]}
    search = GridSearchCV(pipeline, grid, cv=CV, return_train_score=True).fit(X, y)
    assert search.strategy_ == "statistics"
    expected = naive(pipeline, search.cv_results_["params"], X, y, SPLITS, "r2")
    np.testing.assert_allclose(found(search), expected, rtol=1e-9)
    assert isinstance(search.best_estimator_[-1], sklearn.linear_model.Ridge)
    again = pipeline.set_params(**search.best_params_).fit(X, y)
    np.testing.assert_allclose(search.predict(X), again.predict(X), rtol=1e-9)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_weights(kind):
    X, y = rows()
    weight = np.random.default_rng(1).integers(0, 3, 300).astype(float)
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=CV, return_train_score=True)
    search.fit(kind(X), y, sample_weight=weight)
    assert search.strategy_ == "statistics"
    reference = sklearn.linear_model.Ridge()
    expected = naive(reference, search.cv_results_["params"], X, y, SPLITS, "r2", weight)
    np.testing.assert_allclose(found(search), expected, rtol=1e-9)


def test_several_metrics_of_which_some_need_the_rows():
    X, y = rows()
    scoring = {"a": "r2", "b": "neg_root_mean_squared_error", "c": "neg_max_error"}
    for names in (["a", "b"], ["a", "b", "c"]):
        chosen = {name: scoring[name] for name in names}
        search = RandomizedSearchCV(
            Ridge(), {"alpha": [0.1, 1, 10]}, n_iter=2, random_state=0, cv=CV,
            scoring=chosen, refit="a", return_train_score=True,
        ).fit(scalml.from_array(X, chunk_rows=90), y)  # fmt: skip
        assert search.strategy_ == "statistics"
        for name in names:
            expected = naive(Ridge(), search.cv_results_["params"], X, y, SPLITS, chosen[name])
            np.testing.assert_allclose(found(search, name), expected, rtol=1e-9)


def test_an_invalid_candidate_fails_alone():
    X, y = rows()
    search = GridSearchCV(Ridge(), {"alpha": [1.0, -1.0]}, cv=CV)
    with pytest.warns() as told:
        search.fit(X, y)
    assert any(isinstance(one.message, FitFailedWarning) for one in told)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    with pytest.raises(ValueError, match="alpha"):
        search.set_params(error_score="raise").fit(X, y)


def test_float32_and_overlapping_splits():
    X, y = rows()
    drawn = np.random.default_rng(0)
    splits = []
    for _ in range(5):
        order = drawn.permutation(300)
        splits.append((order[:200], order[200:260]))
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=splits, return_train_score=True)
    search.fit(X, y)
    expected = naive(Ridge(), search.cv_results_["params"], X, y, splits, "r2")
    np.testing.assert_allclose(found(search), expected, rtol=1e-9)
    single = GridSearchCV(Ridge(), {"alpha": [0.1, 10.0]}, cv=CV).fit(X.astype(np.float32), y)
    assert single.strategy_ == "statistics"
    assert single.best_estimator_.coef_.dtype == np.float32


def test_equal_weights_of_fits_and_scores_stay_one():
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(60, 3)), rng.normal(size=60), rng.uniform(size=60)
    scoring = Scoring(Ridge(), None, np.nan)
    given = {"sample_weight": weight}
    splits = [(np.arange(40), np.arange(40, 60))]
    question = Question(Ridge(), [{}], [{}], X, y, splits, scoring, given, given)
    assert question.rows[2] is question.rows[3]
    other = {"sample_weight": weight[::-1]}
    question = Question(Ridge(), [{}], [{}], X, y, splits, scoring, given, other)
    assert question.rows[2] is not question.rows[3]

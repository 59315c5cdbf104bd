"""All candidates and folds in shared passes; scores of the loop to 1e-6."""

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
import sklearn.preprocessing
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import make_pipeline

import scalml
from scalml.linear_model import LogisticRegression
from scalml.model_selection import GridSearchCV, KFold
from scalml.model_selection.membership import TRAIN
from scalml.preprocessing import StandardScaler
from scalml.runtime import reduce_chunks
from scalml.utils.trial_data import Counting

from .loops import found, naive

CV = KFold(3, shuffle=True, random_state=0)
SPLITS = list(CV.split(np.zeros(400)))
REFERENCE = sklearn.linear_model.LogisticRegression(solver="newton-cholesky", tol=1e-10)


@pytest.fixture
def data():
    X, y = make_classification(400, 6, flip_y=0.2, random_state=0)
    return X * [1, 5, 0.2, 1, 1, 1] + 1, np.where(y == 1, "yes", "no")


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_loop(data, in_chunks, weighted):
    X, y = data
    weight = np.random.default_rng(0).random(400) if weighted else None
    rows = scalml.from_array(X, chunk_rows=90) if in_chunks else X
    search = GridSearchCV(
        LogisticRegression(tol=1e-9), {"C": [0.01, 1.0, 100.0]}, cv=CV, scoring="neg_log_loss",
        return_train_score=True,
    ).fit(rows, y, sample_weight=weight)  # fmt: skip
    assert search.strategy_ == "batched"
    expected = naive(REFERENCE, search.cv_results_["params"], X, y, SPLITS, "neg_log_loss", weight)
    np.testing.assert_allclose(found(search), expected, rtol=1e-6)
    best = REFERENCE.set_params(**search.best_params_).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(search.best_estimator_.coef_, best.coef_, rtol=1e-5)


def test_default_scoring_is_accuracy(data):
    X, y = data
    search = GridSearchCV(LogisticRegression(tol=1e-8), {"C": [0.01, 100.0]}, cv=CV).fit(X, y)
    expected = naive(REFERENCE, search.cv_results_["params"], X, y, SPLITS, "accuracy")
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], expected[0].mean(axis=1))
    assert search.score(X, y) == search.best_estimator_.score(X, y)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_behind_steps_of_a_pipeline(data, in_chunks):
    X, y = data
    scaler = StandardScaler if in_chunks else sklearn.preprocessing.StandardScaler
    pipeline = make_pipeline(scaler(), LogisticRegression(tol=1e-9))
    grid = {"logisticregression__C": [0.01, 1.0], "standardscaler__with_mean": [True, False]}
    rows = scalml.from_array(X, chunk_rows=90) if in_chunks else X
    search = GridSearchCV(pipeline, grid, cv=CV, scoring="neg_log_loss", return_train_score=True)
    search.fit(rows, y)
    assert search.strategy_ == "batched"
    plain = make_pipeline(sklearn.preprocessing.StandardScaler(), REFERENCE)
    expected = naive(plain, search.cv_results_["params"], X, y, SPLITS, "neg_log_loss")
    np.testing.assert_allclose(found(search), expected, rtol=1e-6)
    assert search.predict(rows).shape == (400,)


def test_all_candidates_share_the_passes(data):
    X, y = data

    def reads(grid):
        source = Counting(X, lengths=[200, 200])
        with scalml.config_context(backend="serial"):
            GridSearchCV(LogisticRegression(), grid, cv=CV, refit=False).fit(
                scalml.data.wrap(source), y
            )
        return source.reads

    assert reads({"C": np.geomspace(0.1, 10, 8)}) <= 2 * reads({"C": [10.0]})


@pytest.mark.parametrize("in_chunks", [False, True])
def test_the_best_is_fitted_to_all_rows_from_the_models_of_its_splits(data, in_chunks, monkeypatch):
    X, y = pd.DataFrame(data[0], columns=list("abcdef")), data[1]
    started = []
    near = LogisticRegression.fit_near

    def counted(self, models, *rows, **options):
        started.append((self.C, [one.C for one in models]))
        return near(self, models, *rows, **options)

    monkeypatch.setattr(LogisticRegression, "fit_near", counted)
    weight = np.random.default_rng(0).random(400)
    rows = scalml.from_frame(X, chunk_rows=90) if in_chunks else X
    model = LogisticRegression(tol=1e-9)
    search = GridSearchCV(model, {"C": [0.01, 1.0]}, cv=CV, scoring="neg_log_loss")
    search.fit(rows, y, sample_weight=weight)
    best = search.best_params_["C"]
    assert started == [(best, [best] * 3)]
    expected = LogisticRegression(tol=1e-9, C=best).fit(X, y, weight)
    found = search.best_estimator_
    np.testing.assert_allclose(found.coef_, expected.coef_, rtol=1e-5)
    assert found.get_params() == expected.get_params()
    assert search.feature_names_in_.tolist() == list("abcdef")
    assert vars(found).keys() == vars(expected).keys()


def test_an_invalid_candidate_fails_alone(data):
    X, y = data
    search = GridSearchCV(LogisticRegression(), {"C": [1.0, -1.0]}, cv=CV)
    with pytest.warns() as told:
        search.fit(scalml.from_array(X, chunk_rows=90), y)
    assert any(isinstance(one.message, FitFailedWarning) for one in told)
    assert search.strategy_ == "general"
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    assert search.best_params_ == {"C": 1.0}


class Majority(ClassifierMixin, BaseEstimator):
    """An estimator of somebody else's: the commonest class, if `share` of the rows are of it."""

    def __init__(self, share=0.0):
        self.share = share

    def fit_many(self, candidates, X, y, memberships, sample_weight=None):
        counts = reduce_chunks(count, y, memberships)
        return [
            [Majority(**one).solve(counts[:, split]) for split in range(memberships.shape[1])]
            for one in candidates
        ]

    def solve(self, counts):
        self.classes_ = np.array([0, 1])
        self.class_ = int(counts[1] >= self.share * counts.sum())
        return self

    def fit(self, X, y):
        ones = int(np.sum(np.asarray(y)))
        return self.solve(np.array([len(y) - ones, ones]))

    def fit_passes(self):
        return 1, 1

    def predict(self, X):
        return np.full(X.shape[0], self.class_)


def count(y, memberships):
    trains = memberships == TRAIN
    return np.stack([trains[y == label].sum(axis=0) for label in (0, 1)])


def test_a_third_party_joins_by_one_method(data):
    X, y = data[0], (data[1] == "yes").astype(int)
    search = GridSearchCV(Majority(), {"share": [0.1, 0.5, 0.9]}, cv=CV, return_train_score=True)
    search.fit(X, y)
    assert search.strategy_ == "batched"
    expected = naive(Majority(), search.cv_results_["params"], X, y, SPLITS, "accuracy")
    np.testing.assert_array_equal(found(search), expected)
    assert scalml.plan(search, X, y).passes == (3, 3)

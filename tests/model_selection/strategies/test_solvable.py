"""One pass sums a statistic a fold, another scores; estimators of other packages join."""

import numpy as np
import pandas as pd
import pytest
import sklearn.decomposition
import sklearn.naive_bayes
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning

import scalml
from scalml.data import wrap
from scalml.decomposition import PCA
from scalml.model_selection import GridSearchCV, KFold, StratifiedKFold
from scalml.naive_bayes import GaussianNB, MultinomialNB
from scalml.utils.trial_data import Counting

from .loops import found, naive

CV = KFold(4, shuffle=True, random_state=0)
SPLITS = list(CV.split(np.zeros(240)))


@pytest.fixture
def data():
    X, y = make_classification(240, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
    return X + 2, np.array(["low", "mid", "top"])[y]


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "f1_macro"])
@pytest.mark.parametrize("weighted", [False, True])
def test_equals_the_loop(data, scoring, weighted):
    X, y = data
    weight = np.random.default_rng(0).random(240) if weighted else None
    search = GridSearchCV(
        GaussianNB(), {"var_smoothing": [1e-9, 0.1, 1.0]}, cv=CV, scoring=scoring,
        return_train_score=True,
    ).fit(scalml.from_array(X, chunk_rows=50), y, sample_weight=weight)  # fmt: skip
    assert search.strategy_ == "statistics"
    reference = sklearn.naive_bayes.GaussianNB()
    expected = naive(reference, search.cv_results_["params"], X, y, SPLITS, scoring, weight)
    np.testing.assert_allclose(found(search), expected, rtol=1e-9)
    assert search.classes_.tolist() == ["low", "mid", "top"]


def test_frames_and_counts(data):
    X, y = data
    frame = pd.DataFrame(np.floor(np.abs(X)), columns=list("abcde"))
    search = GridSearchCV(MultinomialNB(), {"alpha": [0.1, 1.0, 10.0]}, cv=CV)
    search.fit(scalml.from_frame(frame, chunk_rows=100), pd.Series(y))
    assert search.strategy_ == "statistics"
    assert search.feature_names_in_.tolist() == list("abcde")
    expected = naive(
        sklearn.naive_bayes.MultinomialNB(),
        search.cv_results_["params"],
        frame.to_numpy(),
        y,
        SPLITS,
        "accuracy",
    )
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected[0].mean(axis=1), rtol=1e-9
    )
    predicted = search.predict(scalml.from_frame(frame, chunk_rows=70)).to_numpy()
    np.testing.assert_array_equal(predicted, search.predict(frame))


def test_two_passes_serve_all(data):
    X, y = data
    source = Counting(X, lengths=[100, 60, 80])
    search = GridSearchCV(GaussianNB(), {"var_smoothing": np.geomspace(1e-9, 1, 7)}, cv=CV)
    assert scalml.plan(search, wrap(source), y).passes == (2, 2)
    with scalml.config_context(backend="serial"):
        search.fit(wrap(source), y)
    assert source.reads == 2 * 3 + 1  # one looked at to know what answers look like


def test_workers_do_not_matter(data):
    X, y = data
    for options in ({"backend": "serial"}, {"backend": "threads", "n_jobs": 3}):
        with scalml.config_context(**options):
            search = GridSearchCV(
                GaussianNB(), {"var_smoothing": [1e-9, 0.1]}, cv=StratifiedKFold(3),
                scoring=["accuracy", "neg_log_loss"], refit="accuracy",
            ).fit(scalml.from_array(X, chunk_rows=17), y)  # fmt: skip
        scores = search.cv_results_["mean_test_neg_log_loss"]
        if options["backend"] == "serial":
            before = scores
    np.testing.assert_array_equal(scores, before)


def test_an_invalid_candidate_fails_alone(data):
    X, y = data
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, -1.0]}, cv=CV)
    with pytest.warns() as told:
        search.fit(scalml.from_array(X, chunk_rows=100), y)
    assert any(isinstance(one.message, FitFailedWarning) for one in told)
    assert search.strategy_ == "statistics"
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]


def test_a_transformer_is_scored_by_itself(data):
    X = data[0]
    search = GridSearchCV(PCA(), {"n_components": [1, 3]}, cv=CV)
    search.fit(scalml.from_array(X, chunk_rows=50))
    assert search.strategy_ == "statistics"
    for place, n_components in enumerate([1, 3]):
        for split, (train, test) in enumerate(SPLITS):
            expected = sklearn.decomposition.PCA(n_components).fit(X[train]).score(X[test])
            score = search.cv_results_[f"split{split}_test_score"][place]
            np.testing.assert_allclose(score, expected, rtol=1e-9)
    assert search.transform(scalml.from_array(X, chunk_rows=70)).shape == (240, 3)


class Shrunk(RegressorMixin, BaseEstimator):
    """An estimator of somebody else's: the mean of y, shrunk, or that of its powers."""

    def __init__(self, shrink=0.0, power=1):
        self.shrink = shrink
        self.power = power

    def statistic(self):
        power = self.power
        return lambda X, y, weight: np.array([len(y), (y**power).sum()])

    def solve(self, found):
        if self.shrink < 0:
            raise ValueError("shrink must not be negative")
        self.mean_ = found[1] / (found[0] + self.shrink)
        return self

    def fit(self, X, y):
        return self.solve(self.statistic()(X, y, None))

    def predict(self, X):
        return np.full(X.shape[0], self.mean_)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_third_party_joins_by_two_methods(data, in_chunks):
    X = data[0]
    y = X[:, 0] + 3
    rows = scalml.from_array(X, chunk_rows=90) if in_chunks else X
    grid = {"shrink": [0.0, 10.0], "power": [1, 2]}
    search = GridSearchCV(
        Shrunk(), grid, cv=CV, scoring="neg_mean_squared_error", return_train_score=True
    )
    search.fit(rows, y)
    assert search.strategy_ == "statistics"
    expected = naive(Shrunk(), search.cv_results_["params"], X, y, SPLITS, "neg_mean_squared_error")
    np.testing.assert_allclose(found(search), expected, rtol=1e-9)
    again = Shrunk(**search.best_params_).fit(X, y)
    np.testing.assert_allclose(search.best_estimator_.mean_, again.mean_)
    with pytest.raises(ValueError, match="negative"):
        GridSearchCV(Shrunk(), {"shrink": [-1.0]}, error_score="raise").fit(rows, y)

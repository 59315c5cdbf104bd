"""Any estimator: the loop's scores; what candidates have in common is fitted once."""

import os
import signal
import threading
import warnings

import numpy as np
import pytest
import sklearn.model_selection
import sklearn.preprocessing
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, TargetEncoder
from sklearn.svm import SVC

import scalml
from scalml.linear_model import LogisticRegression, Ridge
from scalml.model_selection import GridSearchCV, KFold
from scalml.model_selection.strategies.general import Shared
from scalml.pipeline import make_pipeline as make_ours
from scalml.preprocessing import StandardScaler

from .loops import found, naive

iris = load_iris()
CV = KFold(3, shuffle=True, random_state=0)
SPLITS = list(CV.split(iris.data))
fits = []


class Scaler(TransformerMixin, BaseEstimator):
    """Divides by a constant, and tells that it was fitted."""

    def __init__(self, by=1.0):
        self.by = by

    def fit(self, X, y=None):
        fits.append((self.by, len(X)))
        self.fitted_ = True
        return self

    def transform(self, X):
        return X / self.by


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_steps_that_candidates_share_are_fitted_once_a_split(backend):
    fits.clear()
    pipeline = make_pipeline(Scaler(), SVC())
    grid = {"svc__C": [0.1, 1, 10], "svc__gamma": [0.1, 1], "scaler__by": [1.0, 3.0]}
    with scalml.config_context(backend=backend, n_jobs=2):
        search = GridSearchCV(pipeline, grid, cv=CV, return_train_score=True, refit=False)
        search.fit(iris.data, iris.target)
    assert search.strategy_ == "general"
    assert sorted(fits) == sorted([(by, 100) for by in (1.0, 3.0)] * 3)
    candidates = search.cv_results_["params"]
    expected = naive(pipeline, candidates, iris.data, iris.target, SPLITS, "accuracy")
    np.testing.assert_array_equal(found(search), expected)


def test_scorers_of_ones_own_see_the_whole_pipeline():
    pipeline = make_pipeline(Scaler(), SVC())

    def score(model, X, y):
        assert model[0].fitted_ and X.shape[1] == 4
        return model.score(X, y)

    search = GridSearchCV(pipeline, {"svc__C": [0.1, 1]}, cv=CV, scoring=score)
    search.fit(iris.data, iris.target)
    expected = naive(
        pipeline, search.cv_results_["params"], iris.data, iris.target, SPLITS, "accuracy"
    )
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected[0].mean(axis=1))


def test_training_rows_are_cross_fitted_as_in_the_pipeline():
    """`fit_transform` of TargetEncoder is not its `transform`."""
    X = np.floor(iris.data)
    pipeline = make_pipeline(
        TargetEncoder(cv=sklearn.model_selection.KFold(3, shuffle=True, random_state=0)), SVC()
    )
    search = GridSearchCV(pipeline, {"svc__C": [0.1, 1, 10]}, cv=CV, return_train_score=True)
    search.fit(X, iris.target)
    expected = naive(pipeline, search.cv_results_["params"], X, iris.target, SPLITS, "accuracy")
    np.testing.assert_array_equal(found(search), expected)


def test_parameters_of_fits_reach_their_steps():
    weight = np.random.default_rng(0).random(150)
    pipeline = make_pipeline(sklearn.preprocessing.StandardScaler(), SVC())
    search = GridSearchCV(pipeline, {"svc__C": [0.1, 1]}, cv=CV).fit(
        iris.data, iris.target, svc__sample_weight=weight, standardscaler__sample_weight=weight
    )
    for split, (train, test) in enumerate(SPLITS):
        model = pipeline.set_params(svc__C=0.1).fit(
            iris.data[train],
            iris.target[train],
            svc__sample_weight=weight[train],
            standardscaler__sample_weight=weight[train],
        )
        expected = model.score(iris.data[test], iris.target[test])
        assert search.cv_results_[f"split{split}_test_score"][0] == expected


@pytest.mark.parametrize("last", [SVC(), Ridge(), LogisticRegression()])
def test_pipelines_refuse_weights_that_are_for_no_step(last):
    pipeline = make_pipeline(sklearn.preprocessing.StandardScaler(), last)
    name = type(last).__name__.lower()
    grid = {f"{name}__alpha" if name == "ridge" else f"{name}__C": [1.0]}
    with pytest.raises(ValueError, match="sample_weight"):
        GridSearchCV(pipeline, grid, cv=CV).fit(
            iris.data, iris.target == 1, sample_weight=np.ones(150)
        )


def test_what_does_not_pickle_is_not_shared_but_works():
    lock = threading.Lock()
    pipeline = make_pipeline(FunctionTransformer(lambda X: X * 2, kw_args={}), SVC())
    pipeline.steps[0][1].lock = lock
    GridSearchCV(pipeline, {"svc__C": [0.1, 1]}, cv=CV).fit(iris.data, iris.target)


def test_the_rows_of_a_split_cannot_be_written_to():
    class Careless(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            X[:] = 0
            return self

        def transform(self, X):
            return X

    before = iris.data.copy()
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        GridSearchCV(make_pipeline(Careless(), SVC()), {"svc__C": [0.1, 1]}, cv=2).fit(
            iris.data, iris.target
        )
    np.testing.assert_array_equal(iris.data, before)


@pytest.mark.parametrize("weighted", [False, True])
def test_chunks(weighted):
    """A pipeline of ours whose steps have no short cut: fits in turn, one pass to score."""
    X, y = make_regression(200, 4, noise=10.0, random_state=0)
    weight = np.random.default_rng(0).random(200) if weighted else None
    splits = list(CV.split(X))
    pipeline = make_ours(StandardScaler(), FunctionTransformer(np.tanh), Ridge())
    search = GridSearchCV(pipeline, {"ridge__alpha": [0.1, 10.0]}, cv=CV, return_train_score=True)
    params = {} if weight is None else {"ridge__sample_weight": weight}
    search.fit(scalml.from_array(X, chunk_rows=60), y, **params)
    assert search.strategy_ == "general"
    for place, candidate in enumerate(search.cv_results_["params"]):
        for split, (train, test) in enumerate(splits):
            own = {} if weight is None else {"ridge__sample_weight": weight[train]}
            model = pipeline.set_params(**candidate).fit(X[train], y[train], **own)
            for side, rows in (("test", test), ("train", train)):
                score = search.cv_results_[f"split{split}_{side}_score"][place]
                np.testing.assert_allclose(score, model.score(X[rows], y[rows]), rtol=1e-9)


class Lethal(SVC):
    """Ends its process for C=13, and leaves a byte in a file each time."""

    def __init__(self, C=1.0, diary=None):
        super().__init__(C=C)
        self.diary = diary

    def fit(self, X, y):
        if self.C == 13:
            with open(self.diary, "ab", buffering=0) as file:
                file.write(b"+")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


@pytest.mark.slow
@pytest.mark.fault("F32")
def test_a_candidate_that_ends_its_worker_fails_alone(tmp_path):
    diary = tmp_path / "diary"
    with scalml.config_context(backend="processes", n_jobs=2), pytest.warns() as told:
        search = GridSearchCV(Lethal(diary=str(diary)), {"C": [1, 13, 10]}, cv=SPLITS[:1])
        search.fit(iris.data, iris.target)
    assert len(diary.read_bytes()) == 4  # deaths: among others, and three alone
    assert any(isinstance(one.message, FitFailedWarning) for one in told)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True, False]


@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_filters_of_warnings_are_left_as_they_were(backend):
    """Which scikit-learn's Parallel, in several threads at once, does not."""

    class Disorderly(SVC):
        def fit(self, X, y):
            warnings.filters = warnings.filters[:1]
            return super().fit(X, y)

    before = warnings.filters
    with scalml.config_context(backend=backend, n_jobs=2):
        GridSearchCV(Disorderly(), {"C": [1, 2]}, cv=CV, refit=False).fit(iris.data, iris.target)
    assert warnings.filters is before


def test_what_threads_share_is_made_once():
    shared, made = Shared(), []

    def make():
        made.append(1)
        return len(made)

    threads = [threading.Thread(target=shared, args=("key", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
    small = Shared(size=1)
    assert [small("a", make), small("b", make), small("a", make)] == [2, 3, 4]

"""One stream of chunks for all models: the bits of the loop, in the passes of one of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB

import scalml
from scalml.data import wrap
from scalml.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from scalml.utils.trial_data import Counting
from scalml.wrappers import Incremental

from .loops import found, naive

CV = KFold(3, shuffle=True, random_state=0)
ALPHAS = {"alpha": [1e-5, 1e-3, 1e-1]}


@pytest.fixture
def data():
    X, y = make_classification(500, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
    return X, np.array(["low", "mid", "top"])[y]


def wrapped(grid):
    return {f"estimator__{name}": values for name, values in grid.items()}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "options", [{}, {"epochs": 3}, {"shuffle_blocks": True, "random_state": 3, "epochs": 2}]
)
@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_same_bits_as_the_loop(data, weighted, options, backend):
    X, y = data
    chunks = scalml.from_array(X, chunk_rows=100)
    weight = np.random.default_rng(0).random(500) if weighted else None
    model = Incremental(SGDClassifier(random_state=0), **options)
    with scalml.config_context(backend=backend, n_jobs=2):
        search = GridSearchCV(model, wrapped(ALPHAS), cv=CV, return_train_score=True)
        search.fit(chunks, y, sample_weight=weight)
        assert search.strategy_ == "stream"
        labels = scalml.from_array(y, chunk_rows=100)
        lazily = None if weight is None else scalml.from_array(weight, chunk_rows=100)
        expected = naive(
            model,
            search.cv_results_["params"],
            chunks,
            labels,
            list(CV.split(chunks)),
            "accuracy",
            lazily,
        )
        np.testing.assert_array_equal(found(search), expected)
        best = clone(model).set_params(**search.best_params_).fit(chunks, labels, lazily)
    np.testing.assert_array_equal(search.best_estimator_.coef_, best.coef_)


def test_chunks_without_weight_are_not_shown(data):
    X, y = data
    weight = np.random.default_rng(0).random(500)
    weight[100:200] = 0
    cv = [(np.arange(250), np.arange(250, 500)), (np.arange(150, 500), np.arange(150))]
    weight[150:250] = 0  # a chunk of which one split has a part
    chunks = scalml.from_array(X, chunk_rows=100)
    search = GridSearchCV(SGDClassifier(random_state=0), ALPHAS, cv=cv, refit=False)
    search.fit(chunks, y, sample_weight=weight)
    for place, alpha in enumerate(ALPHAS["alpha"]):
        for split, (train, test) in enumerate(cv):
            model = SGDClassifier(random_state=0, alpha=alpha)
            for k in range(5):
                rows = train[train // 100 == k]
                if weight[rows].any():
                    model.partial_fit(X[rows], y[rows], np.unique(y), weight[rows])
            score = search.cv_results_[f"split{split}_test_score"][place]
            assert score == pytest.approx(model.score(X[test], y[test], weight[test]))


def test_estimators_with_partial_fit_need_no_wrapper(data):
    X, y = data
    chunks = scalml.from_array(X, chunk_rows=100)
    bare = RandomizedSearchCV(
        SGDClassifier(random_state=0), ALPHAS, n_iter=2, random_state=0, cv=CV
    )
    bare.fit(chunks, y)
    assert bare.strategy_ == "stream"
    assert set(bare.best_params_) == {"alpha"}
    assert list(bare.cv_results_["params"][0]) == ["alpha"]
    assert isinstance(bare.best_estimator_, Incremental)
    given = [params["alpha"] for params in bare.cv_results_["params"]]
    same = GridSearchCV(
        Incremental(SGDClassifier(random_state=0)), wrapped({"alpha": given}), cv=CV
    )
    same.fit(chunks, y)
    np.testing.assert_array_equal(
        bare.cv_results_["mean_test_score"], same.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(bare.predict(chunks).to_numpy(), bare.predict(X))
    assert bare.score(chunks, y) == bare.score(X, y)


def test_candidates_may_differ_in_epochs_order_and_estimator(data):
    X, y = data
    chunks = scalml.from_array(X, chunk_rows=100)
    grid = [
        {"epochs": [1, 2], "shuffle_blocks": [True, False], "random_state": [0, 1]},
        {"estimator": [GaussianNB()]},
    ]
    model = Incremental(SGDClassifier(random_state=0))
    search = GridSearchCV(model, grid, cv=CV, scoring="f1_macro", return_train_score=True)
    search.fit(chunks, y)
    labels = scalml.from_array(y, chunk_rows=100)
    expected = naive(
        model, search.cv_results_["params"], chunks, labels, list(CV.split(chunks)), "f1_macro"
    )
    np.testing.assert_array_equal(found(search), expected)


def test_one_stream_is_read_for_all(data):
    X, y = data
    source = Counting(X, lengths=[100, 0, 250, 150])
    search = GridSearchCV(
        SGDClassifier(random_state=0), {"alpha": np.geomspace(1e-5, 1, 6)}, cv=CV, refit=False
    )
    with scalml.config_context(backend="serial"):
        search.fit(wrap(source), y)
    # To learn and to score, without the empty chunk; and one to know what answers look like.
    assert 2 * 3 + 1 <= source.reads <= 2 * 4 + 1


def test_frames_regression_and_no_target(data):
    X, _ = data
    frame = pd.DataFrame(X, columns=list("abcde"))
    chunks = scalml.from_frame(frame, chunk_rows=120)
    search = GridSearchCV(SGDRegressor(random_state=0), ALPHAS, cv=CV).fit(
        chunks.drop(columns="e"), chunks["e"]
    )
    assert search.strategy_ == "stream"
    assert search.feature_names_in_.tolist() == list("abcd")
    model = Incremental(SGDRegressor(random_state=0))
    kept = chunks.drop(columns="e")
    expected = naive(
        model,
        [{"estimator__alpha": a} for a in ALPHAS["alpha"]],
        kept,
        chunks["e"],
        list(CV.split(kept)),
        "r2",
    )
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected[0].mean(axis=1))
    clusters = GridSearchCV(
        MiniBatchKMeans(random_state=0), {"n_clusters": [2, 3]}, cv=CV,
        scoring=lambda model, X, y=None: -model.to_sklearn().inertia_,
    ).fit(chunks)  # fmt: skip
    assert clusters.strategy_ == "stream"
    assert clusters.best_params_ == {"n_clusters": 3}


def test_a_class_may_be_absent_from_training_rows(data):
    X, y = data
    order = np.argsort(y, kind="stable")
    chunks = scalml.from_array(X[order], chunk_rows=100)
    search = GridSearchCV(SGDClassifier(random_state=0), ALPHAS, cv=KFold(3)).fit(chunks, y[order])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_candidate_that_fails_leaves_the_stream(data):
    X, y = data
    chunks = scalml.from_array(X, chunk_rows=100)
    grid = {"alpha": [1e-3, -1.0]}
    with pytest.warns() as told:
        search = GridSearchCV(SGDClassifier(random_state=0), grid, cv=CV).fit(chunks, y)
    assert any(isinstance(one.message, FitFailedWarning) for one in told)
    assert search.strategy_ == "stream"
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]
    alone = GridSearchCV(SGDClassifier(random_state=0), {"alpha": [1e-3]}, cv=CV).fit(chunks, y)
    assert alone.best_score_ == search.best_score_
    with pytest.raises(ValueError, match="alpha") as caught:
        GridSearchCV(SGDClassifier(), grid, cv=CV, error_score="raise").fit(chunks, y)
    assert caught.value is not None


def test_early_stopping_is_left_to_each_alone(data):
    X, y = data
    chunks = scalml.from_array(X, chunk_rows=100)
    model = Incremental(
        SGDClassifier(random_state=0), early_stopping=True, random_state=0, epochs=2,
        validation_fraction=0.3,
    )  # fmt: skip
    search = GridSearchCV(model, {"tol": [1e-3, 1e-2]}, cv=CV).fit(chunks, y)
    assert search.strategy_ == "general"
    assert search.best_score_ > 0.4


def test_nan_is_seen_by_every_learner(data):
    """Though one model of a kind looks for it on behalf of those that follow in its task."""
    X, y = data
    X[450, 2] = np.nan
    chunks = scalml.from_array(X, chunk_rows=100)
    grid = {"alpha": np.logspace(-5, 0, 20)}
    cv = [(np.arange(100, 500), np.arange(100))]
    with pytest.raises(ValueError, match=r"All the 20 fits failed(.|\n)*NaN"):
        GridSearchCV(SGDClassifier(random_state=0), grid, cv=cv).fit(chunks, y)

"""Incremental is the hand-written loop of partial_fit over the chunks, bit for bit."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

import scalml
from scalml.model_selection import train_test_split
from scalml.wrappers import Incremental


@pytest.fixture
def data():
    X, y = make_classification(500, 5, random_state=0)
    return X, y, np.random.default_rng(0).random(500)


def loop(estimator, X, y, weight=None, order=range(5), epochs=1, **options):
    for _ in range(epochs):
        for k in order:
            rows = slice(100 * k, 100 * k + 100)
            if weight is not None:
                options["sample_weight"] = weight[rows]
            estimator.partial_fit(X[rows], y[rows], **options)
    return estimator


@pytest.mark.parametrize("epochs", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("backend", ["serial", "threads"])
def test_equals_the_loop(data, epochs, weighted, backend):
    X, y, weight = data
    weight = weight if weighted else None
    by_hand = loop(SGDClassifier(random_state=0), X, y, weight, epochs=epochs, classes=np.unique(y))
    with scalml.config_context(backend=backend, n_jobs=2):
        lazy = scalml.from_array(X, chunk_rows=100)
        model = Incremental(SGDClassifier(random_state=0), epochs=epochs).fit(lazy, y, weight)
    np.testing.assert_array_equal(model.coef_, by_hand.coef_)
    np.testing.assert_array_equal(model.to_sklearn().intercept_, by_hand.intercept_)
    assert model.n_iter_ == epochs
    assert model.classes_.tolist() == [0, 1]


@pytest.mark.parametrize("estimator", [SGDClassifier(random_state=0), GaussianNB()])
@pytest.mark.parametrize("empty", [0, 2, 4])
def test_a_chunk_without_weight_is_not_shown(data, estimator, empty):
    X, y, weight = data
    weight[100 * empty : 100 * empty + 100] = 0
    order = [k for k in range(5) if k != empty]
    by_hand = loop(clone(estimator), X, y, weight, order, classes=[0, 1])
    lazy = scalml.from_array(X, chunk_rows=100)
    expected = pickle.dumps(by_hand)
    assert pickle.dumps(Incremental(estimator).fit(lazy, y, weight).estimator_) == expected
    again = Incremental(estimator)
    for k in range(5):  # the first call tells the classes, whatever its rows weigh
        rows = slice(100 * k, 100 * k + 100)
        again.partial_fit(X[rows], y[rows], weight[rows], classes=None if k else [0, 1])
    assert pickle.dumps(again.estimator_) == expected


def test_weights_that_are_all_zero_teach_nothing(data):
    X, y, _ = data
    with pytest.raises(ValueError, match="no rows, or their weights are all zero"):
        Incremental(SGDClassifier()).fit(X, y, np.zeros(500))
    model = Incremental(SGDClassifier()).partial_fit(X, y, np.zeros(500), classes=[0, 1])
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_in_memory_input_is_one_stream_too(data):
    X, y, _ = data
    model = Incremental(SGDClassifier(random_state=0)).fit(X, y)
    by_hand = SGDClassifier(random_state=0).partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(model.coef_, by_hand.coef_)


def test_frames_keep_their_names(data):
    X, y, _ = data
    frame = pd.DataFrame(X, columns=list("abcde")).assign(y=np.where(y == 1, "yes", "no"))
    lazy = scalml.from_frame(frame, chunk_rows=100)
    model = Incremental(GaussianNB()).fit(lazy.drop(columns="y"), lazy["y"])
    assert model.feature_names_in_.tolist() == list("abcde")
    predicted = model.predict(lazy.drop(columns="y"))
    expected = model.to_sklearn().predict(frame.drop(columns="y"))
    np.testing.assert_array_equal(predicted.to_numpy(), expected)


def test_a_class_may_be_absent_from_chunks(data):
    X, y, _ = data
    order = np.argsort(y)
    lazy = scalml.from_array(X[order], chunk_rows=100)
    model = Incremental(GaussianNB()).fit(lazy, y[order])
    np.testing.assert_allclose(model.theta_, GaussianNB().fit(X, y).theta_)
    given = Incremental(GaussianNB()).fit(lazy, y[order], classes=[0, 1])
    np.testing.assert_array_equal(given.theta_, model.theta_)


def test_unsupervised_and_regression(data):
    X, _, weight = data
    lazy = scalml.from_array(X, chunk_rows=100)
    scaler = Incremental(StandardScaler()).fit(lazy)
    np.testing.assert_allclose(scaler.transform(lazy).to_numpy(), StandardScaler().fit_transform(X))
    assert not hasattr(scaler, "predict")
    kmeans = Incremental(MiniBatchKMeans(3, random_state=0, n_init=1)).fit(lazy)
    assert kmeans.predict(lazy).shape == (500,)
    assert not hasattr(kmeans, "labels_")
    model = Incremental(SGDRegressor(random_state=0)).fit(lazy, weight)
    by_hand = loop(SGDRegressor(random_state=0), X, weight)
    np.testing.assert_array_equal(model.coef_, by_hand.coef_)
    assert model.score(lazy, weight) == pytest.approx(by_hand.score(X, weight))


def test_shuffled_blocks(data):
    X, y, _ = data
    lazy = scalml.from_array(X, chunk_rows=100)
    model = Incremental(SGDClassifier(random_state=0), shuffle_blocks=True, random_state=7)
    order = np.random.RandomState(7).permutation(5)
    by_hand = loop(SGDClassifier(random_state=0), X, y, order=order, classes=[0, 1])
    np.testing.assert_array_equal(model.fit(lazy, y).coef_, by_hand.coef_)


def test_partial_fit_goes_on(data):
    X, y, _ = data
    model = Incremental(SGDClassifier(random_state=0))
    for rows in (slice(0, 200), slice(200, 500)):
        lazy = scalml.from_array(X[rows], chunk_rows=100)
        model.partial_fit(lazy, y[rows], classes=[0, 1])
    by_hand = loop(SGDClassifier(random_state=0), X, y, classes=[0, 1])
    np.testing.assert_array_equal(model.coef_, by_hand.coef_)
    assert model.n_iter_ == 2


def test_early_stopping_holds_rows_out(data):
    X, y, _ = data
    found = []
    for chunk_rows in (100, 500):
        model = Incremental(
            GaussianNB(), epochs=20, early_stopping=True, n_iter_no_change=2, random_state=0
        ).fit(scalml.from_array(X, chunk_rows=chunk_rows), y)
        found.append(model)
    assert found[0].n_iter_ == len(found[0].validation_scores_) == 3
    assert found[0].validation_scores_ == pytest.approx(found[1].validation_scores_)
    assert 3 * 400 < found[0].class_count_.sum() < 3 * 490


def test_held_out_rows_are_independent_of_a_split_with_the_same_seed(data):
    X, y, _ = data
    lazy = scalml.from_array(X, chunk_rows=100)
    X_train, _, y_train, _ = train_test_split(lazy, y, test_size=0.3, random_state=0)
    model = Incremental(GaussianNB(), early_stopping=True, random_state=0).fit(X_train, y_train)
    held = len(X_train) - model.class_count_.sum()
    assert abs(held - len(X_train) * 0.1) < 5 * np.sqrt(len(X_train) * 0.09)


def test_failure_leaves_the_model_of_before(data):
    X, y, _ = data
    model = Incremental(GaussianNB()).fit(scalml.from_array(X, chunk_rows=100), y)
    before = pickle.dumps(model)
    bad = X.copy()
    bad[450, 0] = np.nan
    for method in ("fit", "partial_fit"):
        with pytest.raises(ValueError, match="NaN"):
            getattr(model, method)(scalml.from_array(bad, chunk_rows=100), y)
    assert pickle.dumps(model) == before


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"epochs": 0}, "epochs must be"),
        ({"epochs": 1.5}, "epochs must be"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be"),
        ({"early_stopping": True, "validation_fraction": 1.0}, "validation_fraction must be"),
    ],
)
def test_parameters_are_checked(data, parameters, message):
    with pytest.raises(ValueError, match=message):
        Incremental(GaussianNB(), **parameters).fit(*data[:2])


def test_needs_partial_fit(data):
    X, y, _ = data
    with pytest.raises(TypeError, match=r"has no partial_fit.*ParallelPostFit"):
        Incremental(LogisticRegression()).fit(X, y)


def test_plain_estimators_point_here(data):
    X, y, _ = data
    lazy = scalml.from_array(X, chunk_rows=100)
    with pytest.raises(TypeError, match=r"(?s)Incremental.*ParallelPostFit"):
        SGDClassifier().fit(lazy + 0, y)


def test_passes():
    assert Incremental(GaussianNB(), epochs=3).fit_passes() == (3, 4)
    assert Incremental(StandardScaler()).fit_passes() == (1, 1)


@pytest.mark.parametrize(
    ("fraction", "purpose"), [(1e-9, "to validate with"), (1 - 1e-12, "for training")]
)
def test_a_hold_out_that_leaves_one_side_empty_is_a_clear_error(data, fraction, purpose):
    X, y, _ = data
    model = Incremental(
        SGDClassifier(), epochs=3, early_stopping=True, validation_fraction=fraction, random_state=0
    )
    with pytest.raises(ValueError, match=rf"validation_fraction=.* leaves no rows {purpose}"):
        model.fit(scalml.from_array(X, chunk_rows=100), y)


def test_no_rows_at_all_are_refused():
    with pytest.raises(ValueError, match="has no rows"):
        Incremental(SGDRegressor()).fit(scalml.from_array(np.empty((0, 2))), np.empty(0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": "little"}, "tol must be a number, got 'little'"),
        ({"shuffle_blocks": "no"}, "shuffle_blocks must be True or False, got 'no'"),
        ({"early_stopping": True, "validation_fraction": "x"}, "between 0 and 1, got 'x'"),
        ({"scoring": "nonsense"}, "'nonsense' is not a valid scoring value"),
    ],
)
def test_parameters_are_refused_before_any_data_is_read(options, message):
    with pytest.raises(ValueError, match=message):
        Incremental(SGDRegressor(), **options).fit(None, None)


def test_early_stopping_without_a_score_is_refused_before_training():
    with pytest.raises(TypeError, match="early_stopping needs scoring="):
        Incremental(MiniBatchKMeans(), early_stopping=True).fit(None)

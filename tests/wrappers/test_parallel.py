"""ParallelPostFit applies what is fitted to chunks as to memory."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import scalml
from scalml.wrappers import Incremental, ParallelPostFit


@pytest.fixture
def data():
    return make_classification(300, 5, random_state=0)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
@pytest.mark.parametrize("fitted_before", [False, True])
def test_forest(data, method, fitted_before):
    X, y = data
    forest = RandomForestClassifier(5, random_state=0)
    model = ParallelPostFit(forest.fit(X, y) if fitted_before else forest)
    model = model if fitted_before else model.fit(X, y)
    expected = getattr(clone(forest).fit(X, y), method)
    with np.errstate(divide="ignore"):
        lazy = getattr(model, method)(scalml.from_array(X, chunk_rows=70))
        assert scalml.data.is_chunked(lazy)
        np.testing.assert_array_equal(lazy.to_numpy(), expected(X))
        np.testing.assert_array_equal(getattr(model, method)(X), expected(X))


def test_score(data):
    X, y = data
    lazy = scalml.from_array(X, chunk_rows=70)
    weight = np.arange(300.0)
    for estimator in (LogisticRegression(), LinearRegression()):
        model = ParallelPostFit(estimator).fit(X, y)
        expected = model.estimator_.score(X, y, weight)
        assert model.score(X, y, weight) == expected
        assert model.score(lazy, y, weight) == pytest.approx(expected, rel=1e-12)
    model = ParallelPostFit(LogisticRegression(), scoring="roc_auc").fit(X, y)
    assert model.score(lazy, y) == pytest.approx(model.score(X, y), abs=1e-12)
    with pytest.raises(TypeError, match="give scoring="):
        ParallelPostFit(KMeans(2, n_init=1)).fit(X).score(lazy)


def test_methods_are_those_of_the_estimator(data):
    model = ParallelPostFit(StandardScaler())
    assert not hasattr(model, "predict") and hasattr(model, "transform")
    assert not hasattr(ParallelPostFit(LinearRegression()), "predict_proba")
    assert not hasattr(ParallelPostFit(LogisticRegression()), "transform")


def test_transform_and_back(data):
    X, _ = data
    lazy = scalml.from_array(X, chunk_rows=70)
    model = ParallelPostFit(StandardScaler()).fit(X)
    np.testing.assert_allclose(model.inverse_transform(model.transform(lazy)).to_numpy(), X)
    frames = model.set_output(transform="pandas").transform(lazy)
    assert isinstance(frames, scalml.ChunkedFrame)
    assert frames.columns.tolist() == model.get_feature_names_out().tolist()


def test_sparse(data):
    X, y = data
    X = sparse.csr_matrix(np.where(X > 1, X, 0))
    model = ParallelPostFit(LogisticRegression()).fit(X, y)
    lazy = scalml.from_array(X, chunk_rows=70)
    np.testing.assert_array_equal(model.predict(lazy).to_numpy(), model.predict(X))


@pytest.mark.parametrize("cached", [False, True])
def test_sparse_rows_reach_compiled_code_that_writes(data, cached):
    X = sparse.csr_matrix(np.where(np.abs(data[0]) > 1, data[0], 0))
    chunked = scalml.from_array(X, chunk_rows=80)
    if cached:
        (chunked,) = scalml.cache(chunked)
    means = KMeans(2, random_state=0).fit(X.copy())
    found = ParallelPostFit(means).predict(chunked).to_numpy()
    np.testing.assert_array_equal(found, means.labels_)
    batches = MiniBatchKMeans(2, random_state=0)
    trained = Incremental(batches).fit(chunked)
    for first in range(0, 300, 80):
        batches.partial_fit(X[first : first + 80])
    np.testing.assert_array_equal(trained.cluster_centers_, batches.cluster_centers_)


def test_frames_with_text(data):
    X, y = data
    frame = pd.DataFrame({"a": X[:, 0], "b": np.where(X[:, 1] > 0, "hot", "cold")})
    encode = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    model = ParallelPostFit(make_pipeline(encode, LogisticRegression())).fit(frame, y)
    lazy = scalml.from_frame(frame, chunk_rows=70)
    np.testing.assert_array_equal(model.predict(lazy).to_numpy(), model.predict(frame))
    with pytest.raises(ValueError, match="columns are missing"):
        model.predict(lazy.rename(columns={"a": "z"})).to_numpy()


def test_predictions_are_snapshots(data):
    X, y = data
    model = ParallelPostFit(LogisticRegression()).fit(X, y)
    before = model.predict(X)
    lazy = model.predict(scalml.from_array(X, chunk_rows=70))
    model.fit(X, 1 - y)
    np.testing.assert_array_equal(lazy.to_numpy(), before)


def test_chunked_fit_says_what_to_do(data):
    X, y = data
    with pytest.raises(TypeError, match="Incremental"):
        ParallelPostFit(LogisticRegression()).fit(scalml.from_array(X), y)


def test_unfitted(data):
    for X in (data[0], scalml.from_array(data[0])):
        with pytest.raises(NotFittedError):
            ParallelPostFit(LogisticRegression()).predict(X)


def test_predictions_stay_when_the_wrapped_estimator_is_fitted_again(data):
    X, y = data
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    lazy = ParallelPostFit(model).predict_proba(scalml.from_array(X, chunk_rows=100))
    before = model.predict_proba(X)
    model.fit(X * 3 + 1, 1 - y)
    np.testing.assert_allclose(lazy.to_numpy(), before)

"""Steps of others in a ColumnTransformer or a Pipeline: without set_output, names or a fit."""

import numpy as np
import pandas as pd
import pytest
import sklearn.compose
import sklearn.pipeline
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import FunctionTransformer, Normalizer

import scalml
from scalml.compose import ColumnTransformer
from scalml.linear_model import LogisticRegression
from scalml.model_selection import GridSearchCV
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.wrappers import ParallelPostFit

rng = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "a": rng.normal(size=40),
        "b": rng.normal(size=40),
        "text": ["red fish", "blue fish", "old boat", "boat"] * 10,
    }
)
y = np.tile([0, 1], 20)


class Doubled(BaseEstimator):
    """Neither set_output nor names, and nothing learnt."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.asarray(X) * 2


class DoubledToo(TransformerMixin, Doubled):
    """As a user writes it, without a tag that says that it needs no fit."""


class Centred(TransformerMixin, BaseEstimator):
    """One that learns."""

    def fit(self, X, y=None):
        self.mean_ = np.asarray(X).mean(axis=0)
        return self

    def transform(self, X):
        return np.asarray(X) - self.mean_


counted = CountVectorizer().fit(FRAME["text"])
STEPS = {
    "hashing": (HashingVectorizer(n_features=8), "text"),
    "frozen counts": (FrozenEstimator(counted), "text"),
    "frozen tf-idf": (FrozenEstimator(TfidfVectorizer().fit(FRAME["text"])), "text"),
    "ParallelPostFit": (ParallelPostFit(counted), "text"),
    "bare": (Doubled(), ["a", "b"]),
    "without a tag": (DoubledToo(), ["a", "b"]),
    "function": (FunctionTransformer(np.abs), ["a", "b"]),
    "normalizer": (Normalizer(), ["a", "b"]),
    "frozen scaler": (FrozenEstimator(StandardScaler().fit(FRAME[["a", "b"]])), ["a", "b"]),
    "bare in a pipeline": (make_pipeline(Doubled(), StandardScaler()), ["a", "b"]),
}


def dense(rows):
    rows = rows.to_numpy() if hasattr(rows, "to_numpy") else rows
    return rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("name", STEPS)
def test_in_a_column_transformer(name, in_chunks):
    step, columns = STEPS[name]
    specs = [("step", step, columns), ("scaler", StandardScaler(), ["a"])]
    expected = dense(sklearn.compose.ColumnTransformer(specs).fit_transform(FRAME))
    rows = scalml.from_frame(FRAME, chunk_rows=15) if in_chunks else FRAME
    transformer = ColumnTransformer(specs)
    np.testing.assert_allclose(dense(transformer.fit_transform(rows)), expected)
    np.testing.assert_allclose(dense(transformer.fit(rows).transform(rows)), expected)
    np.testing.assert_allclose(dense(transformer.transform(FRAME)), expected)


@pytest.mark.parametrize("name", STEPS)
def test_in_a_pipeline_and_a_search(name):
    step, columns = STEPS[name]
    rows = scalml.from_frame(FRAME, chunk_rows=15)[columns]
    pipeline = make_pipeline(step, LogisticRegression()).fit(rows, y)
    assert pipeline.predict(rows).shape == (40,)
    search = GridSearchCV(
        make_pipeline(step, LogisticRegression()), {"logisticregression__C": [0.1, 1]}, cv=2
    )
    assert np.isfinite(search.fit(rows, y).cv_results_["mean_test_score"]).all()


def test_an_output_that_a_step_cannot_give_is_refused_when_it_is_chosen():
    transformer = ColumnTransformer([("step", Doubled(), ["a"])])
    with pytest.raises(ValueError, match=r"Unable to configure output for Doubled\(\)"):
        transformer.set_output(transform="pandas")


def test_one_that_learns_needs_rows_in_memory():
    transformer = ColumnTransformer([("step", Centred(), ["a"])])
    np.testing.assert_allclose(transformer.fit_transform(FRAME).mean(), 0, atol=1e-15)
    with pytest.raises(TypeError, match="to_numpy"):
        transformer.fit(scalml.from_frame(FRAME, chunk_rows=15))


def test_a_clone_of_a_wrapper_keeps_what_was_fitted_in_it():
    from sklearn.base import clone

    wrapper = clone(ParallelPostFit(counted))
    assert wrapper.transform(["red fish"]).sum() == 2
    assert wrapper.estimator is not counted
    unfitted = clone(ParallelPostFit(CountVectorizer(), scoring="accuracy"))
    assert unfitted.scoring == "accuracy" and not hasattr(unfitted.estimator, "vocabulary_")

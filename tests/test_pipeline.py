"""Pipelines stream, share passes, add up and give scikit-learn's results."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.impute
import sklearn.pipeline
import sklearn.preprocessing
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression as PlainLogisticRegression
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import scalml
from scalml.compose import ColumnTransformer
from scalml.impute import SimpleImputer
from scalml.linear_model import LogisticRegression, Ridge
from scalml.pipeline import Pipeline, make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler

# The namesake fails these too: it replaces its list of steps, and its imputer takes NaN.
NAMESAKE_FAILS = dict.fromkeys(
    [
        "check_estimators_overwrite_params",
        "check_dont_overwrite_parameters",
        "check_estimators_nan_inf",
    ],
    "scikit-learn's Pipeline fails it too",
)


@parametrize_with_checks(
    [make_pipeline(SimpleImputer(), StandardScaler())],
    expected_failed_checks=lambda estimator: NAMESAKE_FAILS,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(303, 4)) * [1, 5, 10, 1] + [0, 3, 100, 7]
    y = (X @ [1, -0.3, 0.1, 0.5] + rng.logistic(size=303) > 13).astype(int)
    X[rng.random(X.shape) < 0.1] = np.nan
    return X, y


def chunked(X, y):
    return scalml.from_array(X, chunk_rows=40), scalml.from_array(y, chunk_rows=40)


def reference(X):
    return sklearn.pipeline.make_pipeline(
        sklearn.impute.SimpleImputer(), sklearn.preprocessing.StandardScaler()
    ).fit(X)


@pytest.mark.parametrize("build", [make_pipeline, sklearn.pipeline.make_pipeline])
def test_transformers_in_turn(build, passes):
    X, y = rows()
    C, _ = chunked(X, y)
    ours = build(SimpleImputer(), StandardScaler()).fit(C)
    assert len(passes) == (1 if build is make_pipeline else 2)
    assert_allclose(ours.transform(C).to_numpy(), reference(X).transform(X), rtol=1e-9, atol=1e-12)
    assert_allclose(ours.transform(X), reference(X).transform(X), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("build", [make_pipeline, sklearn.pipeline.make_pipeline])
def test_a_classifier_at_the_end(build):
    X, y = rows()
    C, target = chunked(X, y)
    ours = build(SimpleImputer(), StandardScaler(), LogisticRegression(tol=1e-8)).fit(C, target)
    theirs = sklearn.pipeline.make_pipeline(
        sklearn.impute.SimpleImputer(),
        sklearn.preprocessing.StandardScaler(),
        PlainLogisticRegression(tol=1e-10, solver="newton-cholesky"),
    ).fit(X, y)
    proba = ours.predict_proba(C)
    assert isinstance(proba, scalml.ChunkedArray)
    assert_allclose(proba.to_numpy(), theirs.predict_proba(X), atol=1e-5)
    assert_array_equal(ours.predict(C).to_numpy(), theirs.predict(X))
    assert ours.score(C, target) == pytest.approx(theirs.score(X, y))
    assert_array_equal(ours.classes_, [0, 1])


def test_the_plain_one_holds_nothing_of_ours():
    X, y = rows()
    ours = make_pipeline(SimpleImputer(), StandardScaler()).fit(chunked(X, y)[0])
    plain = ours.to_sklearn()
    assert type(plain) is sklearn.pipeline.Pipeline
    assert b"scalml" not in pickle.dumps(plain)
    assert_allclose(plain.transform(X), reference(X).transform(X), rtol=1e-9, atol=1e-12)


def test_indicators_do_not_cost_a_pass(passes):
    X, y = rows()
    ours = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    ours.fit(chunked(X, y)[0])
    theirs = sklearn.pipeline.make_pipeline(
        sklearn.impute.SimpleImputer(add_indicator=True), sklearn.preprocessing.StandardScaler()
    ).fit(X)
    assert len(passes) == 1
    assert_allclose(ours[-1].scale_, theirs[-1].scale_, rtol=1e-12)
    assert ours.fit_passes() == (1, 1)


def test_weights_of_a_step():
    X, y = rows()
    C, _ = chunked(X, y)
    weight = np.random.default_rng(1).integers(0, 3, len(X))
    ours = make_pipeline(SimpleImputer(), StandardScaler())
    ours.fit(C, standardscaler__sample_weight=weight)
    theirs = reference(X).fit(X, standardscaler__sample_weight=weight)
    assert_allclose(ours[-1].mean_, theirs[-1].mean_, rtol=1e-11)
    with pytest.raises(ValueError, match="step__parameter"):
        ours.fit(C, sample_weight=weight)


def test_stateless_steps_of_scikit_learn():
    X, y = rows()
    C, _ = chunked(X, y)
    ours = make_pipeline(FunctionTransformer(np.abs), SimpleImputer(), "passthrough").fit(C)
    assert_allclose(
        ours.transform(C).to_numpy(),
        sklearn.impute.SimpleImputer().fit_transform(np.abs(X)),
        rtol=1e-12,
    )


def test_partial_fit():
    X, y = rows()
    ours = make_pipeline(SimpleImputer(), StandardScaler())
    ours.partial_fit(X[:200]).partial_fit(chunked(X[200:], y)[0])
    assert_allclose(ours[0].statistics_, reference(X)[0].statistics_, rtol=1e-12)
    assert ours[1].n_samples_seen_ == 303
    assert not hasattr(make_pipeline(StandardScaler(), PlainLogisticRegression()), "partial_fit")


def test_pandas_output():
    X, _ = rows()
    frame = pd.DataFrame(X, columns=list("abcd"))
    C = scalml.from_frame(frame, chunk_rows=40)
    ours = make_pipeline(SimpleImputer(), StandardScaler()).set_output(transform="pandas").fit(C)
    out = ours.transform(C)
    assert isinstance(out, scalml.ChunkedFrame)
    expected = reference(frame).set_output(transform="pandas").fit_transform(frame)
    pd.testing.assert_frame_equal(out.to_pandas(), expected, rtol=1e-9)


def test_errors():
    X, y = rows()
    C, target = chunked(X, y)
    with pytest.raises(TypeError, match="Incremental"):
        make_pipeline(MinMaxScaler(), StandardScaler()).fit(C * 1)
    with pytest.raises(ValueError, match="not unique"):
        Pipeline([("a", StandardScaler()), ("a", StandardScaler())]).fit(C)
    with pytest.raises(ValueError, match="empty"):
        Pipeline([]).fit(C)
    with pytest.raises(TypeError, match="intermediate steps"):
        Pipeline([("a", LogisticRegression()), ("b", StandardScaler())]).fit(C, target)


def test_one_hot_in_front():
    frame = pd.DataFrame({"town": ["Ulm", "Bonn", "Ulm", "Wien"] * 5})
    C = scalml.from_frame(frame, chunk_rows=6)
    ours = make_pipeline(OneHotEncoder(), StandardScaler(with_mean=False)).fit(C)
    theirs = sklearn.pipeline.make_pipeline(
        sklearn.preprocessing.OneHotEncoder(),
        sklearn.preprocessing.StandardScaler(with_mean=False),
    ).fit(frame)
    assert_allclose(
        ours.transform(C).to_numpy().toarray(), theirs.transform(frame).toarray(), rtol=1e-12
    )


@pytest.mark.parametrize("where", ["memory", "chunks"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_fit_that_fails_leaves_every_step_as_it_was(where, method):
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer([("numbers", numbers, ["a"]), ("words", OneHotEncoder(), ["w"])])
    pipeline = make_pipeline(columns, Ridge())

    def rows(values):
        frame = pd.DataFrame({"a": values, "w": ["x", "y"] * 3})
        return scalml.from_frame(frame, chunk_rows=2) if where == "chunks" else frame

    before = np.arange(6.0)
    plain = pd.DataFrame({"a": before, "w": ["x", "y"] * 3})
    pipeline.fit(rows(before), before)
    expected = pipeline.to_sklearn().predict(plain)
    with pytest.raises(ValueError, match="NaN"):
        getattr(pipeline, method)(rows(before + 100), np.append(before[:5], np.nan))
    assert_array_equal(pipeline.to_sklearn().predict(plain), expected)

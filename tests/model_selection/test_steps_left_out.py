"""Searches over pipelines some of whose steps are "passthrough" or None."""

import numpy as np
import pytest
import sklearn.model_selection
import sklearn.pipeline

import scalml
from scalml.linear_model import LogisticRegression, Ridge
from scalml.model_selection import GridSearchCV
from scalml.naive_bayes import GaussianNB
from scalml.pipeline import Pipeline
from scalml.preprocessing import MinMaxScaler, StandardScaler

MODELS = {
    "logistic": (LogisticRegression(tol=1e-9), {"model__C": [0.1, 10]}),
    "ridge": (Ridge(), {"model__alpha": [0.1, 10]}),
    "bayes": (GaussianNB(), {"model__var_smoothing": [1e-9, 0.1]}),
}


@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("nothing", ["passthrough", None])
@pytest.mark.parametrize("where", ["first", "middle", "alone", "in the grid", "all in the grid"])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("kind", [Pipeline, sklearn.pipeline.Pipeline])
def test_steps_left_out(kind, name, where, nothing, in_chunks):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3)) * [1, 5, 2]
    y = (X[:, 0] + rng.normal(size=120) > 0).astype(int)
    last, grid = MODELS[name]
    scaler = StandardScaler()
    steps, more = {
        "first": ([("a", nothing), ("b", scaler)], {}),
        "middle": ([("a", scaler), ("b", nothing)], {}),
        "alone": ([("a", nothing)], {}),
        "in the grid": ([("a", scaler)], {"a": [nothing, StandardScaler(), MinMaxScaler()]}),
        "all in the grid": ([("a", scaler), ("b", scaler)], {"a": [nothing], "b": [nothing]}),
    }[where]
    model, grid = kind([*steps, ("model", last)]), grid | more
    rows = scalml.from_array(X, chunk_rows=37) if in_chunks else X
    splits = list(sklearn.model_selection.KFold(3).split(X))
    search = GridSearchCV(model, grid, cv=splits)
    plan = scalml.plan(search, rows, y)
    assert plan.passes[0] >= 1
    search.fit(rows, y)
    expected = sklearn.model_selection.GridSearchCV(model, grid, cv=splits).fit(X, y)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"],
        expected.cv_results_["mean_test_score"],
        rtol=1e-7,
        atol=1e-12,
    )
    answers = search.predict(rows)
    np.testing.assert_allclose(
        answers.to_numpy() if in_chunks else answers, expected.predict(X), rtol=1e-6
    )

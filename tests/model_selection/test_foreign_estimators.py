"""Searches of estimators that are not ours: fitted in memory, or that lack something."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics
import sklearn.model_selection
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC

import scalml
from scalml import metrics
from scalml.linear_model import LogisticRegression
from scalml.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from scalml.pipeline import Pipeline, make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.wrappers import ParallelPostFit

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 3))
y = (X[:, 0] + rng.normal(size=90) / 2 > 0).astype(int)
SPLITS = list(sklearn.model_selection.KFold(3).split(X))


def chunked(rows):
    if isinstance(rows, pd.DataFrame):
        return scalml.from_frame(rows, chunk_rows=25)
    return scalml.from_array(rows, chunk_rows=25)


class ReturnsNothing(ClassifierMixin, BaseEstimator):
    """An estimator whose ``fit`` forgets to return itself."""

    def __init__(self, label=0):
        self.label = label

    def fit(self, X, y):
        self.classes_ = np.array([0, 1])

    def predict(self, X):
        return np.full(X.shape[0], self.label)


@pytest.mark.parametrize(
    ("model", "grid"),
    [
        (SVC(), {"C": [0.1, 1.0]}),
        (RandomForestClassifier(n_estimators=5, random_state=0), {"max_depth": [1, 3]}),
        (make_pipeline(StandardScaler(), SVC()), {"svc__C": [0.1, 1.0]}),
        (ParallelPostFit(SVC()), {"estimator__C": [0.1, 1.0]}),
    ],
    ids=["SVC", "forest", "pipeline", "ParallelPostFit"],
)
@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix, pd.DataFrame])
@pytest.mark.parametrize("scoring", [None, "accuracy", "own"])
def test_rows_are_gathered_for_estimators_in_memory(model, grid, make, scoring):
    if make is sparse.csr_matrix and isinstance(model, type(make_pipeline(SVC()))):
        pytest.skip("StandardScaler centres no sparse rows")
    rows = make(X)

    def own(estimator, X, y):
        return float((estimator.predict(X) == y).mean())

    options = {"cv": SPLITS, "scoring": own if scoring == "own" else scoring}
    search = GridSearchCV(model, grid, **options).fit(chunked(rows), y)
    expected = sklearn.model_selection.GridSearchCV(model, grid, **options).fit(rows, y)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    assert search.best_params_ == expected.best_params_
    np.testing.assert_array_equal(search.best_estimator_.predict(rows), expected.predict(rows))


@pytest.mark.parametrize("turned", [False, True])
def test_candidates_of_both_kinds_in_any_order(turned):
    def own(estimator, X, y):
        return float((np.asarray(estimator.predict(X)) == np.asarray(y)).mean())

    kinds = [LogisticRegression(tol=1e-8), SVC()]
    grid = {"model": kinds[::-1] if turned else kinds}
    pipeline = Pipeline([("nothing", "passthrough"), ("model", SVC())])
    options = {"cv": SPLITS, "scoring": own}
    search = GridSearchCV(pipeline, grid, **options).fit(chunked(X), y)
    expected = sklearn.model_selection.GridSearchCV(pipeline, grid, **options).fit(X, y)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_rows_beyond_the_limit_are_refused_before_anything_runs(monkeypatch):
    monkeypatch.setattr(SVC, "fit", None)
    many = scalml.from_array(np.zeros((1_000_000, 30)), chunk_rows=100_000)
    with (
        scalml.config_context(memory_limit="300MiB"),
        pytest.raises(MemoryError, match=r"SVC, which is fitted in memory.*partial_fit") as caught,
    ):
        monkeypatch.undo()
        GridSearchCV(SVC(), {"C": [1.0]}).fit(many, np.arange(1_000_000) % 2)
    assert "sample" in str(caught.value)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_fit_that_returns_nothing(in_chunks):
    rows, model = (chunked(X) if in_chunks else X), ReturnsNothing()
    search = GridSearchCV(model, {"label": [0, 1]}, cv=SPLITS, scoring="accuracy").fit(rows, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert isinstance(search.best_estimator_, ReturnsNothing)
    if not in_chunks:
        assert np.isfinite(cross_val_score(model, rows, y, cv=SPLITS, scoring="accuracy")).all()
        assert cross_val_predict(model, rows, y, cv=SPLITS).tolist() == [0] * 90
        pipeline = make_pipeline(StandardScaler(), model)
        grid = {"returnsnothing__label": [0, 1]}
        assert GridSearchCV(pipeline, grid, cv=SPLITS).fit(rows, y).best_score_ > 0.4
    wrapper = ParallelPostFit(model)
    assert wrapper.fit(X, y) is wrapper
    assert wrapper.predict(chunked(X)).to_numpy().tolist() == [0] * 90


@pytest.mark.parametrize("metric", [sklearn.metrics.accuracy_score, metrics.accuracy_score])
@pytest.mark.parametrize("several", [False, True])
def test_a_metric_function_is_no_scorer(metric, several, monkeypatch):
    monkeypatch.setattr(LogisticRegression, "fit_many", None)  # nothing is trained
    scoring = {"one": metric} if several else metric
    for rows in (X, chunked(X)):
        with pytest.raises(ValueError, match="looks like it is a metric function"):
            GridSearchCV(LogisticRegression(), {"C": [1.0]}, scoring=scoring, refit=False).fit(
                rows, y
            )


def test_a_method_that_is_absent_names_the_model_inside():
    model = ParallelPostFit(SVC(C=3)).fit(X, y)
    with pytest.raises(AttributeError, match=r"no attribute 'transform', as SVC\(C=3\) has none"):
        model.transform(X)
    assert not hasattr(model, "predict_proba")


TOOLS = sklearn.model_selection


@pytest.mark.parametrize(
    "tool",
    [
        TOOLS.cross_val_score,
        TOOLS.cross_validate,
        TOOLS.cross_val_predict,
        TOOLS.learning_curve,
        TOOLS.permutation_test_score,
        TOOLS.train_test_split,
        lambda model, X, y: TOOLS.GridSearchCV(model, {"C": [1.0]}).fit(X, y),
        lambda model, X, y: TOOLS.RandomizedSearchCV(model, {"C": [1.0]}, n_iter=1).fit(X, y),
        lambda model, X, y: TOOLS.validation_curve(
            model, X, y, param_name="C", param_range=[1.0, 2.0]
        ),
    ],
)
@pytest.mark.parametrize("frames", [False, True])
def test_tools_of_scikit_learn_say_where_ours_are(tool, frames):
    table = pd.DataFrame(X, columns=list("abc")).assign(y=y)
    rows = chunked(table)[["a", "b", "c"]] if frames else chunked(X)
    target = chunked(table)["y"] if frames else chunked(y)
    arguments = (rows, target) if tool is TOOLS.train_test_split else (SVC(), rows, target)
    with pytest.raises((TypeError, IndexError), match=r"scalml\.model_selection"):
        tool(*arguments)

"""Shared fits and scores: only a declared refusal leads to separate ones, a bug is raised."""

import numpy as np
import pytest
import sklearn.model_selection
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import SGDClassifier

import scalml
from scalml.linear_model import LogisticRegression, Ridge
from scalml.model_selection import GridSearchCV, score_pass
from scalml.naive_bayes import GaussianNB
from scalml.utils.sharing import CannotShare
from scalml.wrappers import Incremental

SEARCHES = {
    "batched": (LogisticRegression(), {"C": [0.1, 1.0]}),
    "from_grams": (Ridge(), {"alpha": [0.1, 1.0]}),
    "solvable": (GaussianNB(), {"var_smoothing": [1e-9, 0.1]}),
    "stream": (Incremental(SGDClassifier(random_state=0)), {"estimator__alpha": [1e-4, 1e-2]}),
}
BUGS = [AttributeError, TypeError, ValueError, ZeroDivisionError, KeyError]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    return scalml.from_array(X, chunk_rows=40), (X[:, 0] + rng.normal(size=90) > 0).astype(int)


@pytest.mark.parametrize("kind", BUGS)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_bug_in_a_shared_fit_surfaces(name, kind, rows, monkeypatch):
    def planted(*args, **options):
        raise kind("planted")

    monkeypatch.setattr(f"scalml.model_selection.strategies.{name}.answer", planted)
    with pytest.raises(kind, match="planted"):
        GridSearchCV(*SEARCHES[name], cv=3).fit(*rows)


@pytest.mark.parametrize("kind", BUGS)
@pytest.mark.parametrize("name", SEARCHES)
def test_a_bug_in_the_score_pass_surfaces(name, kind, rows, monkeypatch):
    def planted(*args, **options):
        raise kind("planted")

    monkeypatch.setattr(score_pass, "score_models", planted)
    scoring = "neg_mean_absolute_error" if name == "from_grams" else "accuracy"
    with pytest.raises(kind, match="planted"):
        GridSearchCV(*SEARCHES[name], cv=3, scoring=scoring).fit(*rows)


def test_a_declared_refusal_has_each_fitted_alone(rows, monkeypatch):
    def refused(*args, **options):
        raise CannotShare("not today")

    monkeypatch.setattr(LogisticRegression, "fit_many", refused)
    search = GridSearchCV(*SEARCHES["batched"], cv=3).fit(*rows)
    assert search.strategy_ == "general"
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_split_whose_training_rows_lack_a_class_is_fitted_on_its_own(rows):
    X, _ = rows
    y = np.repeat([0, 1, 2], 30)
    search = GridSearchCV(
        LogisticRegression(), {"C": [0.1, 1.0]}, cv=scalml.model_selection.KFold(3)
    )
    search.fit(X, y)
    assert search.strategy_ == "general"
    expected = sklearn.model_selection.GridSearchCV(
        LogisticRegression(), {"C": [0.1, 1.0]}, cv=sklearn.model_selection.KFold(3)
    ).fit(X.to_numpy(), y)
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


def test_a_score_that_fails_is_that_of_its_scorer(rows):
    X, y = rows
    scoring = {"good": "accuracy", "bad": "roc_auc_ovr"}
    models = {"C": [0.1, 1.0]}
    labels = np.where(np.arange(90) < 45, y, 0)  # no two classes in the last test rows
    with pytest.warns(UserWarning):
        search = GridSearchCV(
            LogisticRegression(),
            models,
            cv=scalml.model_selection.KFold(3),
            scoring=scoring,
            refit=False,
        ).fit(X, labels)
    assert np.isfinite(search.cv_results_["mean_test_good"]).all()


def test_candidates_that_are_invalid_fail_alone(rows):
    with (
        pytest.warns(FitFailedWarning, match="3 fits failed out of a total of 6"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search = GridSearchCV(LogisticRegression(), {"C": [1.0, -1.0]}, cv=3).fit(*rows)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True]

"""What `scoring=` means, and what a scorer that fails scores."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import scalml.linear_model
from scalml.data import wrap
from scalml.metrics import make_scorer
from scalml.model_selection import GridSearchCV, cross_validate
from scalml.model_selection.scoring import Scoring, usual_scoring
from scalml.model_selection.trial import Rows
from scalml.utils.trial_data import Counting
from scalml.wrappers import Incremental

X = np.arange(12.0).reshape(6, 2)
y = np.array([0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (Ridge(), "r2"),
        (LogisticRegression(), "accuracy"),
        (scalml.linear_model.Ridge(), "r2"),
        (scalml.linear_model.LogisticRegression(), "accuracy"),
        (make_pipeline(StandardScaler(), Ridge()), "r2"),
        (Incremental(SGDClassifier()), "accuracy"),
        (Incremental(SGDClassifier(), scoring="f1"), None),
        (PoissonRegressor(), None),
        (KMeans(), None),
        (StandardScaler(), None),
    ],
)
def test_the_usual_score(estimator, expected):
    assert usual_scoring(estimator) == expected


def test_which_scorers_share_a_pass():
    ridge = Ridge()
    assert list(Scoring(ridge, None, np.nan).shareable) == ["score"]
    assert list(Scoring(ridge, ["r2", "neg_max_error"], np.nan).shareable) == [
        "r2",
        "neg_max_error",
    ]
    assert not Scoring(ridge, lambda model, X, y: 0.0, np.nan).shareable
    assert not Scoring(ridge, lambda model, X, y: 0.0, np.nan).answers_only
    ours = make_scorer(sklearn.metrics.mean_absolute_error)
    assert Scoring(ridge, ours, np.nan).shareable
    theirs = sklearn.metrics.make_scorer(sklearn.metrics.mean_absolute_error)
    assert not Scoring(ridge, theirs, np.nan).shareable
    assert Scoring(ridge, theirs, np.nan).answers_only
    assert not Scoring(KMeans(), None, np.nan).shareable


@pytest.mark.parametrize("several", [False, True])
def test_scikit_learns_scorers_of_chunks_are_refused_before_any_is_read(several):
    source = Counting(X, chunk_rows=2)
    chunks = wrap(source)
    scorer = sklearn.metrics.make_scorer(sklearn.metrics.f1_score, average="macro")
    scoring = {"f1": scorer} if several else scorer
    estimator = Incremental(SGDClassifier())
    for fit in (
        lambda: GridSearchCV(estimator, {}, scoring=scoring, refit=False).fit(chunks, y),
        lambda: cross_validate(estimator, chunks, y, scoring=scoring),
        lambda: cross_validate(Incremental(SGDClassifier(), scoring=scorer), chunks, y),
        lambda: Incremental(SGDClassifier(), scoring=scorer, early_stopping=True).fit(chunks, y),
    ):
        with pytest.raises(TypeError, match=r"f1_score.*scalml\.metrics\.make_scorer"):
            fit()
    assert source.reads == 0


def test_a_failing_scorer_gives_the_error_score():
    model = Ridge().fit(X, y)
    rows = Rows(X, y, {}, {})
    with pytest.warns(UserWarning, match="will be set to -1(.|\n)*predict_proba"):
        assert Scoring(model, "neg_log_loss", -1)(model, rows) == -1
    with pytest.warns(UserWarning, match="Scoring failed"):
        found = Scoring(model, ["r2", "neg_log_loss"], -1)(model, rows)
    assert found == {"r2": model.score(X, y), "neg_log_loss": -1}
    with pytest.raises(AttributeError, match="predict_proba"):
        Scoring(model, "neg_log_loss", "raise")(model, rows)
    with pytest.raises(AttributeError, match="predict_proba"):
        Scoring(model, ["r2", "neg_log_loss"], "raise")(model, rows)


def test_scores_are_numbers():
    model = Ridge().fit(X, y)
    rows = Rows(X, y, {}, {})
    assert type(Scoring(model, lambda *_: np.float32(0.5), np.nan)(model, rows)) is float
    assert Scoring(model, lambda *_: {"a": np.int64(3)}, np.nan)(model, rows) == {"a": 3}
    with pytest.raises(ValueError, match="must return a number"):
        Scoring(model, lambda *_: [0.5, 0.5], np.nan)(model, rows)


def test_who_takes_weights():
    ridge = Ridge()
    assert Scoring(ridge, None, np.nan).takes_weights(ridge)
    assert Scoring(ridge, "r2", np.nan).takes_weights(ridge)
    assert Scoring(ridge, lambda m, X, y, sample_weight=None: 0, np.nan).takes_weights(ridge)
    with pytest.warns(UserWarning, match="neg_max_error=.* does not support sample_weight"):
        assert Scoring(ridge, ["r2", "neg_max_error"], np.nan).takes_weights(ridge)

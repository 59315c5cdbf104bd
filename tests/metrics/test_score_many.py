"""Several scores of a model come from one pass and are those of each scorer."""

import pickle

import numpy as np
import pytest
import sklearn.metrics
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression

import scalml
from scalml.metrics import (
    SharedScores,
    check_scoring,
    get_scorer,
    make_scorer,
    rank_groups,
    score_many,
)
from scalml.runtime import reduce_chunks
from scalml.wrappers import ParallelPostFit

CLASSIFIER = [
    *("accuracy", "balanced_accuracy", "f1_macro", "precision_weighted", "recall_micro"),
    *("neg_log_loss", "matthews_corrcoef", "roc_auc_ovr", "roc_auc_ovo"),
]
BINARY = [*("f1", "roc_auc", "average_precision", "neg_brier_score", "neg_log_loss", "jaccard")]
REGRESSOR = [
    *("r2", "neg_mean_squared_error", "neg_root_mean_squared_error", "explained_variance"),
    *("neg_mean_absolute_error", "neg_median_absolute_error", "neg_max_error"),
]


def classes(n_classes):
    X, y = make_classification(200, n_informative=5, n_classes=n_classes, random_state=0)
    return X, y, LogisticRegression().fit(X, y)


def numbers():
    X, y = make_regression(200, 5, noise=1, random_state=0)
    return X, y, LinearRegression().fit(X, y)


CASES = {
    "classifier": (lambda: classes(3), CLASSIFIER),
    "binary": (lambda: classes(2), BINARY),
    "regressor": (numbers, REGRESSOR),
}


class Counted:
    """Passes a block on and notes that it was read."""

    def __init__(self):
        self.reads = 0

    def __call__(self, block):
        self.reads += len(block) > 0
        return block


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_one_pass_for_all(kind, weighted):
    make, names = CASES[kind]
    X, y, model = make()
    if weighted:
        names = [name for name in names if "ovo" not in name]
    weight = {"sample_weight": np.random.default_rng(0).random(200)} if weighted else {}
    plain = sklearn.metrics.check_scoring(model, names)
    expected = plain(model, X, y, **weight)
    counted = Counted()
    lazy = scalml.from_array(X, chunk_rows=50).map_chunks(counted, empty=X[:0])
    found = score_many(ParallelPostFit(model), lazy, y, {name: name for name in names}, **weight)
    assert list(found) == names
    assert found == pytest.approx(expected, rel=1e-12)
    assert counted.reads == 4
    in_memory = score_many(model, X, y, {name: name for name in names}, **weight)
    assert in_memory == expected


def test_equal_statistics_are_summed_once():
    X, y, model = numbers()
    shared = SharedScores(
        ParallelPostFit(model), scalml.from_array(X), y, {name: name for name in REGRESSOR}
    )
    found = reduce_chunks(shared, *shared.rows)
    assert len(found) == 5  # squares for three of the seven
    assert not shared.alone
    X, y, model = classes(2)
    scorers = {name: name for name in ("f1", "f1_macro", "recall", "roc_auc", "average_precision")}
    shared = SharedScores(ParallelPostFit(model), scalml.from_array(X), y, scorers)
    assert len(reduce_chunks(shared, *shared.rows)) == 2


def test_parts_of_the_rows_in_a_pass_of_ones_own():
    X, y, model = numbers()
    lazy = scalml.from_array(X, chunk_rows=50)
    scorers = {"r2": "r2", "median": "neg_median_absolute_error"}
    shared = SharedScores(ParallelPostFit(model), lazy, y, scorers)
    fold = np.arange(200) % 3
    found = None
    for start in range(0, 200, 50):
        rows = np.flatnonzero(fold[start : start + 50] == 1) + start
        part = pickle.loads(pickle.dumps(shared))(y[rows], None, model.predict(X[rows]))
        found = part if found is None else found + part
    expected = {
        name: get_scorer(scorer)(model, X[fold == 1], y[fold == 1])
        for name, scorer in scorers.items()
    }
    assert shared.finish(found) == pytest.approx(expected, rel=1e-12)


def test_scorers_that_are_no_statistics_score_alone(monkeypatch):
    def biggest(estimator, X, y):
        return float(estimator.predict(X).max())

    X, y, model = numbers()
    monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 10)
    lazy, wrapped = scalml.from_array(X, chunk_rows=50), ParallelPostFit(model)
    scorers = {
        "biggest": biggest,
        "mine": make_scorer(lambda y, p: float((p - y).max())),
        "median": "neg_median_absolute_error",
        "r2": "r2",
    }
    weight = np.ones(200)
    shared = SharedScores(wrapped, lazy, y, scorers, weight)
    assert set(shared.alone) == {"biggest", "mine", "median"}
    lazy_y = scalml.from_array(y, chunk_rows=50)
    found = score_many(wrapped, lazy, lazy_y, scorers, weight)
    assert list(found) == list(scorers)
    expected = score_many(model, X, y, scorers, weight)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found["biggest"] == model.predict(X).max()


def test_errors_are_those_of_the_scorers():
    X, y, model = classes(3)
    lazy, wrapped = scalml.from_array(X, chunk_rows=50), ParallelPostFit(model)
    for scoring in ({"f1": "f1"}, {"auc": "roc_auc"}):
        with pytest.raises(ValueError):
            score_many(wrapped, lazy, y, scoring)
    with pytest.raises(ValueError, match=r"\[199, 200\]|\[200, 199\]"):
        score_many(wrapped, lazy, y[1:], {"accuracy": "accuracy"})
    with pytest.raises(ValueError, match="nonsense"):
        score_many(wrapped, lazy, y, {"accuracy": "nonsense"})


def test_check_scoring():
    X, y, model = classes(2)
    lazy, wrapped = scalml.from_array(X, chunk_rows=50), ParallelPostFit(model)
    assert check_scoring(wrapped, "f1")(wrapped, lazy, y) == get_scorer("f1")(model, X, y)
    assert check_scoring(wrapped)(wrapped, lazy, y) == model.score(X, y)
    assert check_scoring(scoring=len) is len
    assert check_scoring(object.__new__(NoScore), allow_none=True) is None
    several = check_scoring(wrapped, ["f1", "accuracy"])(wrapped, lazy, y)
    assert several["accuracy"] == model.score(X, y)
    named = check_scoring(wrapped, {"a": get_scorer("accuracy")})(wrapped, lazy, y)
    assert named == {"a": model.score(X, y)}


class NoScore:
    def fit(self, X):
        return self


@pytest.mark.parametrize("scoring", [[], ["f1", "f1"], [len], {}, {1: "f1"}, "no_such", 3])
def test_check_scoring_refuses_what_scikit_learn_refuses(scoring):
    with pytest.raises(ValueError):
        sklearn.metrics.check_scoring(LogisticRegression(), scoring)
    with pytest.raises(ValueError):
        check_scoring(LogisticRegression(), scoring)


def test_check_scoring_refuses_metrics_and_estimators_without_score():
    for metric in (scalml.metrics.f1_score, sklearn.metrics.f1_score):
        with pytest.raises(ValueError, match="looks like it is a metric"):
            check_scoring(LogisticRegression(), metric)
    with pytest.raises(TypeError, match="should have a 'score' method"):
        check_scoring(NoScore())


def test_a_failing_scorer_may_give_its_traceback():
    X, y, model = classes(3)
    lazy, wrapped = scalml.from_array(X, chunk_rows=50), ParallelPostFit(model)
    scorer = check_scoring(wrapped, ["accuracy", "f1"], raise_exc=False)
    found = scorer(wrapped, lazy, y)
    assert found["accuracy"] == model.score(X, y)
    assert "average='binary'" in found["f1"]

"""One linear model asked about the margins of all answers as each of them about the rows."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor

import scalml.linear_model
from scalml.model_selection import margins
from scalml.model_selection.margins import kind_of, through_margins, with_coefficients

METHODS = ["predict", "decision_function", "predict_proba", "predict_log_proba"]


def rows(dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4)).astype(dtype)
    return X, (X @ [1, -1, 2, 0] + rng.normal(size=200)).round().clip(-1, 1)


def assert_same_answers(models, X, methods=METHODS, groups=1):
    places: list[int] = []
    n_groups = 0
    for some, asked, seen in through_margins(models, X):
        places += some
        n_groups += 1
        assert seen is not X and len(seen) == len(some) * X.shape[0]
        before = seen.copy()
        for method in methods:
            own = [getattr(models[place], method)(X) for place in some]
            expected, found = np.concatenate(own), getattr(asked, method)(seen)
            assert found.dtype == expected.dtype and found.shape == expected.shape
            rtol = 1e-4 if X.dtype == np.float32 else 1e-12
            if method == "predict" and found.dtype.kind in "OU":
                np.testing.assert_array_equal(found, expected)
            else:
                np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)
        np.testing.assert_array_equal(seen, before)  # for the next method
    assert sorted(places) == list(range(len(models)))
    assert n_groups == groups


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("at_once", [1, 1200, 10**6])
def test_logistic_regressions(make, dtype, classes, at_once, monkeypatch):
    monkeypatch.setattr(margins, "MOST_NUMBERS", at_once)
    X, y = rows(dtype)
    labels = np.array(["a", "b", "c"])[(y if classes == 3 else np.maximum(y, 0)).astype(int)]
    models = [LogisticRegression(C=C).fit(X, labels) for C in (0.01, 1.0)]
    models.append(LogisticRegression(fit_intercept=False).fit(X, labels))
    groups = {1: 3, 1200: 1 if classes == 2 else 2, 10**6: 1}[at_once]
    assert_same_answers(models, make(X), groups=groups)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", ["log_loss", "modified_huber", "hinge"])
def test_models_learnt_by_stochastic_descent(classes, loss):
    X, y = rows()
    y = y if classes == 3 else np.maximum(y, 0)
    of_classes = [SGDClassifier(loss, alpha=a, random_state=0).fit(X, y) for a in (1e-3, 1e-2)]
    methods = METHODS[:2] if loss == "hinge" else METHODS[:3]
    assert_same_answers(of_classes, X, methods)
    of_numbers = [SGDRegressor(alpha=a, random_state=0).fit(X, y) for a in (1e-3, 1e-2)]
    assert_same_answers(of_numbers, X, ["predict"])


def test_each_kind_is_asked_apart():
    X, y = rows()
    two = np.maximum(y, 0)
    kinds = [
        lambda C: LogisticRegression(C=C).fit(X, y),
        lambda C: LogisticRegression(C=C).fit(X, two),
        lambda C: LogisticRegression(C=C).fit(X, two + 1),
        lambda C: LogisticRegression(C=C).fit(X, two.astype(str)),
        lambda C: SGDClassifier("log_loss", alpha=C, random_state=0).fit(X, two),
        lambda C: SGDClassifier("modified_huber", alpha=C, random_state=0).fit(X, two),
    ]
    models = [make(C) for C in (0.01, 0.1) for make in kinds]
    assert len({kind_of(model) for model in models}) == len(kinds)
    assert_same_answers(models, X, METHODS[:3], groups=len(kinds))


def test_others_are_asked_as_they_are():
    X, y = rows()
    linear = LogisticRegression().fit(X, y)
    forest = RandomForestClassifier(2, random_state=0).fit(X, y)
    frame = pd.DataFrame(X, columns=list("abcd"))
    sparsified = LogisticRegression().fit(X, y).sparsify()
    of_frames = [LogisticRegression().fit(frame, y), LogisticRegression().fit(frame, y)]
    for models, block in (
        ([linear], X),
        ([linear, forest], X),
        ([linear, sparsified], X),
        (of_frames, frame),
        ([], X),
    ):
        found = list(through_margins(models, block))
        assert [places for places, _, _ in found] == [[place] for place in range(len(models))]
        assert all(one is models[place] for (place,), one, _ in found)
        assert all(seen is block for _, _, seen in found)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_models_say_themselves_what_is_wrong_with_rows(value):
    X, y = rows()
    models = [LogisticRegression(C=C).fit(X, y) for C in (0.1, 1.0)]
    X[3, 1] = value
    found = list(through_margins(models, X))
    assert [one for _, one, _ in found] == models and all(seen is X for _, _, seen in found)
    with pytest.raises(ValueError, match="Input X contains"):
        found[0][1].predict_proba(found[0][2])


def test_models_stay_as_they_are():
    X, y = rows()
    frame = pd.DataFrame(X, columns=list("abcd"))
    models = [LogisticRegression(C=C).fit(frame, y) for C in (0.1, 1.0)]
    for _, one, seen in through_margins(models, X):
        one.predict(seen)
    for model in models:
        assert type(model) is LogisticRegression
        assert model.coef_.shape == (3, 4) and model.feature_names_in_.tolist() == list("abcd")


def test_coefficients_of_another_model():
    X, y = rows()
    ours = [scalml.linear_model.LogisticRegression(C=C).fit(X, y) for C in (0.1, 1.0)]
    plain = ours[0].to_sklearn()
    other = with_coefficients(plain, ours[1])
    assert kind_of(ours[0]) == kind_of(ours[1]) and type(other) is LogisticRegression
    np.testing.assert_array_equal(other.predict_proba(X), ours[1].to_sklearn().predict_proba(X))
    np.testing.assert_array_equal(plain.predict_proba(X), ours[0].predict_proba(X))
    assert pickle.loads(pickle.dumps(other)).coef_.tolist() == ours[1].coef_.tolist()

"""Linear models asked about their margins answer as if asked about the rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor

from scalml.model_selection import margins
from scalml.model_selection.margins import through_margins

METHODS = ["predict", "decision_function", "predict_proba", "predict_log_proba"]


def rows(dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4)).astype(dtype)
    return X, (X @ [1, -1, 2, 0] + rng.normal(size=200)).round().clip(-1, 1)


def assert_same_answers(models, X, methods=METHODS):
    pairs = list(through_margins(models, X))
    assert len(pairs) == len(models)
    for model, (one, seen) in zip(models, pairs, strict=True):
        assert seen is not X
        for method in methods:
            expected, found = getattr(model, method)(X), getattr(one, method)(seen)
            assert found.dtype == expected.dtype and found.shape == expected.shape
            rtol = 1e-4 if X.dtype == np.float32 else 1e-12
            if method == "predict" and found.dtype.kind in "OU":
                np.testing.assert_array_equal(found, expected)
            else:
                np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("at_once", [1, 500, 10**6])
def test_logistic_regressions(make, dtype, classes, at_once, monkeypatch):
    monkeypatch.setattr(margins, "MOST_NUMBERS", at_once)
    X, y = rows(dtype)
    labels = np.array(["a", "b", "c"])[(y if classes == 3 else np.maximum(y, 0)).astype(int)]
    models = [LogisticRegression(C=C).fit(X, labels) for C in (0.01, 1.0)]
    models.append(LogisticRegression(fit_intercept=False).fit(X, labels))
    assert_same_answers(models, make(X))


def test_models_learnt_by_stochastic_descent():
    X, y = rows()
    of_classes = [SGDClassifier("log_loss", alpha=a).fit(X, y) for a in (1e-3, 1e-2)]
    assert_same_answers(of_classes, X)
    of_numbers = [SGDRegressor(alpha=a).fit(X, y) for a in (1e-3, 1e-2)]
    assert_same_answers(of_numbers, X, ["predict"])


def test_others_are_asked_as_they_are():
    X, y = rows()
    linear = LogisticRegression().fit(X, y)
    forest = RandomForestClassifier(2, random_state=0).fit(X, y)
    frame = pd.DataFrame(X, columns=list("abcd"))
    sparsified = LogisticRegression().fit(X, y).sparsify()
    of_frames = [LogisticRegression().fit(frame, y)] * 2
    for models, block in (
        ([linear], X),
        ([linear, forest], X),
        ([linear, sparsified], X),
        (of_frames, frame),
        ([], X),
    ):
        pairs = list(through_margins(models, block))
        assert [one for one, _ in pairs] == models
        assert all(seen is block for _, seen in pairs)


def test_models_stay_as_they_are():
    X, y = rows()
    frame = pd.DataFrame(X, columns=list("abcd"))
    models = [LogisticRegression(C=C).fit(frame, y) for C in (0.1, 1.0)]
    for model, (one, seen) in zip(models, through_margins(models, X), strict=True):
        one.predict(seen)
        assert model.coef_.shape == (3, 4) and model.feature_names_in_.tolist() == list("abcd")

"""Scorers by name give scikit-learn's values on chunked data."""

import numpy as np
import pytest
import sklearn.metrics
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression

import scalml
from scalml.metrics import get_scorer, get_scorer_names
from scalml.wrappers import ParallelPostFit


@pytest.mark.parametrize("name", get_scorer_names())
@pytest.mark.parametrize("weighted", [False, True])
def test_equal_scikit_learn(name, weighted):
    if name in ("accuracy", "neg_log_loss", "roc_auc"):
        X, y = make_classification(200, random_state=0)
        model = LogisticRegression().fit(X, y)
    else:
        X, y = make_regression(200, 5, noise=1, random_state=0)
        model = LinearRegression().fit(X, y)
    weight = {"sample_weight": np.random.default_rng(0).random(200)} if weighted else {}
    expected = sklearn.metrics.get_scorer(name)(model, X, y, **weight)
    scorer, wrapped = get_scorer(name), ParallelPostFit(model)
    assert scorer(model, X, y, **weight) == expected
    lazy = scalml.from_array(X, chunk_rows=33)
    assert scorer(wrapped, lazy, y, **weight) == pytest.approx(expected, rel=1e-12)


def test_other_names():
    assert get_scorer("f1") is not None
    assert get_scorer(len) is len
    with pytest.raises(ValueError, match="no_such"):
        get_scorer("no_such")

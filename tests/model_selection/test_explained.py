import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    HuberRegressor,
    Lars,
    Lasso,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    Ridge,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import scalml
import scalml.linear_model as ours
from scalml.model_selection.explained import Refusal, as_ours, explains, steps_of
from scalml.model_selection.question import configured


@pytest.mark.parametrize(
    ("estimator", "candidates"),
    [
        (Ridge(), [{"alpha": 1.0}, {"solver": "svd"}]),
        (ours.Lasso(), [{"alpha": 1.0}]),
        (ours.GramRegressor(LassoLars()), [{"estimator__alpha": 1.0}]),
        (LassoLars(), [{}]),
        (make_pipeline(SimpleImputer(), StandardScaler(), PCA(), Ridge()), [{"pca": None}]),
        (scalml.pipeline.make_pipeline(StandardScaler(), ours.Ridge()), [{"ridge__alpha": 2.0}]),
        (make_pipeline(StandardScaler(), Ridge()), [{"ridge": Lasso()}, {"ridge": Ridge(3)}]),
        (Pipeline([("one", "passthrough"), ("last", LinearRegression())]), [{}]),
    ],
)
def test_explained(estimator, candidates):
    models = [configured(estimator, params) for params in candidates]
    assert explains(models) is True
    assert explains(models, np.ones((2, 2))) is True


@pytest.mark.parametrize(
    ("estimator", "candidates", "said"),
    [
        (HuberRegressor(), [{}], "no linear regressor"),
        (LogisticRegression(), [{}], "no linear regressor"),
        (StandardScaler(), [{}], "no linear regressor"),
        (make_pipeline(MinMaxScaler(), Ridge()), [{}], "MinMaxScaler"),
        (make_pipeline(StandardScaler(), SimpleImputer(), Ridge()), [{}], "not the first step"),
        (
            make_pipeline(SimpleImputer(), Ridge()),
            [{"simpleimputer__strategy": "median"}],
            "median",
        ),
        (make_pipeline(StandardScaler(), Ridge()), [{}, {"ridge": HuberRegressor()}], "Huber"),
        (make_pipeline(StandardScaler(), "passthrough"), [{}], "no linear regressor"),
        (Lars(jitter=1e-3), [{}], "jitter"),
        (Pipeline([("m", Ridge())], transform_input=["X"]), [{}], "more than its steps"),
    ],
)
def test_refused(estimator, candidates, said):
    found = explains(configured(estimator, params) for params in candidates)
    assert not found and isinstance(found, Refusal) and said in found


def test_columns_must_be_numbers():
    piped = make_pipeline(StandardScaler(), Ridge())
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    for X in (frame, scalml.from_frame(frame)):
        assert "'b'" in explains([Ridge()], X)
        assert explains([Ridge()], X[["a"]])
    X = sparse.csr_matrix(np.eye(3))
    for rows in (X, scalml.from_array(X)):
        assert explains([Ridge()], rows)
        assert "sparse" in explains([piped], rows)


def test_parts_of_a_model():
    before, last = steps_of(make_pipeline(None, StandardScaler(), "passthrough", Ridge(3)))
    assert [name for name, _ in before] == ["standardscaler"] and last.alpha == 3
    assert steps_of(last) == ([], last)
    assert type(as_ours(last)) is ours.Ridge and as_ours(last).alpha == 3
    assert type(as_ours(Lars())) is ours.GramRegressor
    model = ours.Ridge()
    assert as_ours(model) is model

"""Pipelines are cut before their last step where that changes nothing."""

import numpy as np
import pytest
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from scalml.model_selection.pipelines import Cut, cuts_of


def test_equal_prefixes_have_equal_keys():
    models = [
        make_pipeline(StandardScaler(), PCA(2), Ridge(alpha=1)),
        make_pipeline(StandardScaler(), PCA(2), Ridge(alpha=2)),
        make_pipeline(StandardScaler(), PCA(3), Ridge(alpha=1)),
    ]
    one, two, other = (Cut.of(model) for model in models)
    assert one.key == two.key != other.key
    assert [cut.prefix is None for cut in cuts_of(models)] == [False, False, True]


@pytest.mark.parametrize(
    "model",
    [
        Ridge(),
        make_pipeline(Ridge()),
        make_pipeline(StandardScaler(), "passthrough"),
        make_pipeline(StandardScaler(), Ridge(), memory="somewhere"),
        make_pipeline(StandardScaler(), Ridge(), verbose=True),
        make_pipeline(FunctionTransformer(lambda X: X), Ridge()),
    ],
)
def test_others_are_left_whole(model):
    cut = Cut.of(model)
    assert cut.prefix is None and cut.last is model
    assert cut.joined(None, "fitted") == "fitted"
    assert cut.shares({"a": 1}) == ({}, {"a": 1})


def test_with_metadata_routing_nothing_is_cut():
    with sklearn.config_context(enable_metadata_routing=True):
        assert Cut.of(make_pipeline(StandardScaler(), Ridge())).prefix is None


def test_parts_make_the_whole_again():
    X = np.arange(12.0).reshape(6, 2) % 5
    y = np.arange(6.0)
    model = make_pipeline(StandardScaler(), Ridge())
    cut = Cut.of(model)
    first, last = cut.shares({"standardscaler__sample_weight": 1, "ridge__sample_weight": 2})
    assert (first, last) == ({"standardscaler__sample_weight": 1}, {"sample_weight": 2})
    prefix = cut.prefix.fit(X)
    whole = cut.joined(prefix, cut.last.fit(prefix.transform(X), y))
    np.testing.assert_array_equal(whole.predict(X), model.fit(X, y).predict(X))
    assert whole.get_params()["steps"][0][0] == "standardscaler"

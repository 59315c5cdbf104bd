"""What merge and forget refuse; that they work is a law of the estimators that have them."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import scalml
from scalml.linear_model import LinearRegression, Ridge
from scalml.naive_bayes import GaussianNB
from scalml.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

X = np.random.default_rng(0).normal(size=(60, 3))
y = X @ [1.0, 2.0, 3.0] + 4


def test_a_model_of_another_class_is_refused():
    with pytest.raises(TypeError, match="another Ridge, got LinearRegression"):
        Ridge().fit(X, y).merge(LinearRegression().fit(X, y))


def test_other_parameters_are_refused():
    with pytest.raises(ValueError, match=r"alpha=1.0 and alpha=2.0"):
        Ridge().fit(X, y).merge(Ridge(alpha=2.0).fit(X, y))


def test_other_columns_are_refused():
    with pytest.raises(ValueError, match="n_features_in_ is 3 and 2"):
        StandardScaler().fit(X).merge(StandardScaler().fit(X[:, :2]))


def test_both_must_be_fitted():
    with pytest.raises(NotFittedError):
        StandardScaler().merge(StandardScaler().fit(X))
    with pytest.raises(NotFittedError):
        StandardScaler().fit(X).merge(StandardScaler())


def test_a_refused_merge_changes_nothing():
    model = Ridge().fit(X, y)
    before = model.coef_.copy(), model.gram_
    with pytest.raises(ValueError, match="agree in number"):
        model.merge(Ridge().fit(X, np.column_stack([y, y])))
    assert model.gram_ is before[1]
    np.testing.assert_array_equal(model.coef_, before[0])


def test_extrema_merge_but_cannot_be_forgotten():
    one = MinMaxScaler().fit(X[:20]).merge(MinMaxScaler().fit(X[20:]))
    np.testing.assert_array_equal(one.data_max_, X.max(axis=0))
    assert not hasattr(one, "forget")


def test_weights_are_forgotten_as_they_were_learnt():
    weight = np.arange(60.0)
    model = (
        Ridge()
        .fit(X, y + X[:, 0] ** 2, weight)
        .forget(scalml.from_array(X[:25], chunk_rows=10), (y + X[:, 0] ** 2)[:25], weight[:25])
    )
    rest = Ridge().fit(X[25:], (y + X[:, 0] ** 2)[25:], weight[25:])
    np.testing.assert_allclose(model.coef_, rest.coef_, rtol=1e-9)
    with pytest.raises(TypeError, match="takes no sample_weight"):
        OneHotEncoder().fit([["a"]]).forget([["a"]], sample_weight=[1.0])


def test_values_that_were_never_counted_cannot_be_forgotten():
    encoder = OneHotEncoder().fit([["a"], ["b"], ["b"]])
    with pytest.raises(ValueError, match="never counted"):
        encoder.forget([["c"]])
    assert encoder.forget([["b"], ["b"]]).categories_[0].tolist() == ["a"]


def test_declared_classes_of_both_are_those_of_the_whole():
    labels = np.repeat([0, 1], 30)
    one = GaussianNB().partial_fit(X[:40], labels[:40], classes=[0, 1, 2])
    two = GaussianNB().partial_fit(X[40:], labels[40:], classes=[0, 1, 3])
    assert one.merge(two).classes_.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(one.theta_[:2], GaussianNB().fit(X, labels).theta_)

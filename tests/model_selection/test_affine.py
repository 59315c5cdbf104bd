import warnings

import numpy as np
import pytest
import sklearn.decomposition
import sklearn.impute
import sklearn.preprocessing
from sklearn.base import clone

from scalml.decomposition import PCA
from scalml.impute import SimpleImputer
from scalml.model_selection.affine import Filling, Rotation, Scaling, kind_of, moved
from scalml.preprocessing import StandardScaler
from scalml.statistics import Gram
from scalml.statistics.gaps import GapGram


def rows(gaps=False, n=200, d=6):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.normal(0, 10, d)
    X[:, 2] = 7.3
    if gaps:
        X[rng.random((n, d)) < 0.2] = np.nan
        X[:, 4] = np.nan
        X[:, 5] = np.nan_to_num(X[:, 5])
    return X, rng.normal(size=n)


def assert_same_gram(a, b):
    np.testing.assert_allclose(a.mean, b.mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(a.cross, b.cross, rtol=1e-9, atol=1e-9 * np.abs(b.cross).max())


def assert_same_step(found, expected):
    assert type(found) is type(expected)
    for name, value in vars(expected).items():
        if name.endswith("_") and not name.startswith("_") and not hasattr(value, "get_params"):
            other = getattr(found, name)
            if value is None or isinstance(value, (str, bool)):
                assert other == value, name
            elif getattr(value, "dtype", None) == object:
                assert other.tolist() == value.tolist(), name
            elif not hasattr(value, "__dataclass_fields__") and not isinstance(value, dict):
                small = 1e-6 * np.nanmax(np.abs(value)) if name == "singular_values_" else 1e-9
                np.testing.assert_allclose(other, value, rtol=1e-9, atol=small, err_msg=name)


def test_moved():
    X, y = rows()
    origin, matrix = np.arange(6.0), np.random.default_rng(1).normal(size=(6, 3))
    assert_same_gram(moved(Gram.of(X, y), origin, matrix), Gram.of((X - origin) @ matrix, y))
    scale = np.geomspace(1, 100, 6)
    assert_same_gram(moved(Gram.of(X, y), origin, scale), Gram.of((X - origin) * scale, y))


FILLINGS = [
    {},
    {"add_indicator": True},
    {"keep_empty_features": True},
    {"keep_empty_features": True, "add_indicator": True},
    {"strategy": "constant"},
    {"strategy": "constant", "fill_value": 3},
    {"strategy": "constant", "fill_value": 3.5, "keep_empty_features": True},
]
ROTATIONS = [{}, {"n_components": 3}, {"n_components": 0.7}, {"whiten": True, "n_components": 2}]
SCALINGS = [{}, {"with_mean": False}, {"with_std": False}, {"with_mean": False, "with_std": False}]
CASES = [
    *((Filling, sklearn.impute.SimpleImputer, SimpleImputer, options) for options in FILLINGS),
    *(
        (Scaling, sklearn.preprocessing.StandardScaler, StandardScaler, options)
        for options in SCALINGS
    ),
    *((Rotation, sklearn.decomposition.PCA, PCA, options) for options in ROTATIONS),
]


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values")
@pytest.mark.parametrize(("Kind", "Theirs", "Ours", "options"), CASES)
def test_a_step_is_learnt_applied_and_rebuilt(Kind, Theirs, Ours, options):
    X, y = rows(gaps=Kind is Filling)
    train, test = slice(0, 150), slice(150, 200)
    observe = GapGram.of if Kind is Filling else Gram.of
    for step in (Theirs(**options), Ours(**options)):
        assert kind_of(step) is Kind and Kind.refusal(step) is None
        expected = clone(step).fit(X[train])
        found = Kind(step, observe(X[train], y[train]))
        for part in (train, test):
            made = found(observe(X[part], y[part]))
            assert_same_gram(made, Gram.of(expected.transform(X[part]), y[part]))
        fitted = found.fitted(step)
        assert_same_step(fitted, expected)
        np.testing.assert_allclose(
            fitted.transform(X[test]), expected.transform(X[test]), rtol=1e-8, atol=1e-8
        )
        if Ours is type(step) and not options.get("keep_empty_features"):
            more = clone(step).fit(X[train]).partial_fit(X[test])
            assert_same_step(fitted.partial_fit(X[test]), more)


def test_gaps_that_training_rows_lack_are_filled_with_their_mean():
    X, y = rows()
    Z = X.copy()
    Z[180:, 1] = np.nan
    step = sklearn.impute.SimpleImputer(add_indicator=True).fit(Z[:150])
    found = Filling(step, GapGram.of(Z[:150], y[:150]))
    assert_same_gram(found(GapGram.of(Z[150:], y[150:])), Gram.of(step.transform(Z[150:]), y[150:]))


@pytest.mark.parametrize(
    "step",
    [
        sklearn.impute.SimpleImputer(strategy="median"),
        sklearn.impute.SimpleImputer(strategy="most_frequent"),
        sklearn.impute.SimpleImputer(missing_values=-1),
        sklearn.impute.SimpleImputer(strategy="constant", fill_value="x"),
        sklearn.decomposition.PCA(svd_solver="randomized"),
    ],
)
def test_refused(step):
    assert kind_of(step).refusal(step)


def test_a_subclass_is_no_known_step():
    class Odd(sklearn.preprocessing.StandardScaler):
        pass

    assert kind_of(Odd()) is None


def test_more_components_than_there_can_be_fail_as_the_namesake():
    X, y = rows(n=4)
    for fit in (
        lambda: Rotation(sklearn.decomposition.PCA(5), Gram.of(X, y)),
        lambda: sklearn.decomposition.PCA(5).fit(X),
    ):
        with pytest.raises(ValueError, match="n_components"), warnings.catch_warnings():
            fit()

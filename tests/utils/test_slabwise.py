"""Numbers transformed slab by slab are those that scikit-learn gives, bit for bit."""

import numpy as np
import pandas as pd
import pytest
import sklearn.pipeline

import scalml
from scalml.impute import SimpleImputer
from scalml.preprocessing import StandardScaler
from scalml.utils.slabwise import Slabwise


def fitted(X):
    imputer = SimpleImputer().fit(X)
    scaler = StandardScaler().fit(imputer.transform(X))
    plain = sklearn.pipeline.make_pipeline(imputer.to_sklearn(), scaler.to_sklearn())
    return Slabwise([imputer.slabwise(), scaler.slabwise()], plain), plain


@pytest.mark.parametrize("n_rows", [0, 1, 7, 5000], ids="{} rows".format)
@pytest.mark.parametrize("kind", ["array", "fortran", "frame"])
@pytest.mark.parametrize("n_columns", [40, 70], ids="{} columns".format)
def test_the_bits_are_the_namesakes(n_rows, n_columns, kind):
    rng = np.random.default_rng(0)
    X = rng.normal(5, 3, size=(max(n_rows, 7), n_columns))
    X[rng.random(X.shape) < 0.1] = np.nan
    work, plain = fitted(X)
    X = X[:n_rows]
    block = {"array": X, "fortran": np.asfortranarray(X), "frame": pd.DataFrame(X)}[kind]
    found = work(block)
    expected = plain.transform(X) if n_rows else X
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_rows_go_between_other_columns(kind):
    X = np.random.default_rng(0).normal(size=(9000, 12))
    X[::5, 3] = np.nan
    work, plain = fitted(X)
    wider = np.full((9000, 14), 7.0)
    found = work(pd.DataFrame(X) if kind == "frame" else X, wider[:, 1:13])
    assert np.shares_memory(found, wider)
    np.testing.assert_array_equal(wider[:, 1:13], plain.transform(X))
    assert (wider[:, [0, 13]] == 7).all()


def test_infinity_is_refused_in_the_namesakes_words():
    X = np.arange(12.0).reshape(6, 2)
    work, _ = fitted(X)
    X[3, 1] = np.inf
    with pytest.raises(ValueError, match="contains infinity"):
        work(X)


def test_gaps_are_not_mistaken_for_infinity():
    X = np.arange(12.0).reshape(6, 2)
    scaler = StandardScaler().fit(X)
    X[3, 1] = np.nan
    chunks = scalml.from_array(X, chunk_rows=4)
    found = scaler.transform(chunks)
    assert isinstance(found.source.func, Slabwise)
    np.testing.assert_array_equal(found.to_numpy(), scaler.to_sklearn().transform(X))


def test_a_scaler_that_changes_nothing_copies():
    X = np.random.default_rng(0).normal(size=(9, 3))
    scaler = StandardScaler(with_mean=False, with_std=False).fit(X)
    found = Slabwise([scaler.slabwise()], scaler.to_sklearn())(X)
    assert found is not X and found.tobytes() == X.tobytes()


def test_float32_is_left_to_the_namesake():
    X = np.arange(12.0, dtype=np.float32).reshape(6, 2)
    scaler = StandardScaler().fit(X)
    found = scaler.transform(scalml.from_array(X, chunk_rows=4))
    assert not isinstance(found.source.func, Slabwise)
    assert found.to_numpy().dtype == np.float32

"""What a fitted estimator makes of chunks is lazy, a snapshot, and what scikit-learn makes."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import scalml
from scalml.preprocessing import StandardScaler
from scalml.utils.application import apply, example_rows

X = np.arange(12.0).reshape(6, 2)


def chunks():
    return scalml.from_array(X, chunk_rows=4)


def test_lazily_what_scikit_learn_does():
    scaler = StandardScaler().fit(chunks())
    plain = scaler.to_sklearn()
    lazy = scaler.transform(chunks())
    assert isinstance(lazy, scalml.ChunkedArray) and lazy.shape == (6, 2)
    np.testing.assert_array_equal(lazy.to_numpy(), plain.transform(X))
    np.testing.assert_allclose(scaler.inverse_transform(lazy).to_numpy(), X)
    np.testing.assert_array_equal(scaler.transform(X), plain.transform(X))
    np.testing.assert_array_equal(
        apply(scaler, "transform", chunks()).to_numpy(), plain.transform(X)
    )


def test_a_result_is_a_snapshot():
    scaler = StandardScaler().fit(chunks())
    lazy, expected = scaler.transform(chunks()), scaler.transform(X)
    scaler.fit(X * 100)
    np.testing.assert_array_equal(lazy.to_numpy(), expected)


def test_containers():
    frame = pd.DataFrame(X, columns=["a", "b"])
    scaler = StandardScaler().set_output(transform="pandas").fit(frame)
    lazy = scaler.transform(scalml.from_frame(frame, chunk_rows=4))
    assert isinstance(lazy, scalml.ChunkedFrame)
    pd.testing.assert_frame_equal(lazy.to_pandas(), scaler.transform(frame))
    copy = clone(scaler).fit(frame)
    assert isinstance(copy.transform(scalml.from_frame(frame)), scalml.ChunkedFrame)
    scaler.set_output(transform="polars")
    with pytest.raises(ValueError, match="Chunked frames are pandas"):
        scaler.transform(scalml.from_frame(frame))
    with pytest.raises(ValueError, match="got 'numpy'"):
        scaler.set_output(transform="numpy")
    with pytest.raises(ValueError, match="Chunked frames are pandas"):
        scaler.set_output(transform=None).transform(scalml.from_frame(frame))


def test_an_unfitted_estimator_stays_unfitted_with_a_container():
    scaler = StandardScaler().set_output(transform="pandas")
    for data in (X, chunks()):
        with pytest.raises(NotFittedError):
            scaler.transform(data)


def test_one_dimension_is_refused():
    scaler = StandardScaler().fit(X)
    with pytest.raises(ValueError, match="Expected 2D array, got 1D"):
        scaler.transform(chunks()[:, 0])


def test_example_rows():
    frame = pd.DataFrame(
        {
            "i": [1],
            "s": ["x"],
            "c": pd.Categorical(["u"]),
            "t": pd.date_range("2020", periods=1),
            "I": pd.Series([1], dtype="Int64"),
        }
    )
    assert example_rows(frame[:0]).dtypes.equals(frame.dtypes)
    assert example_rows(np.empty((0, 3), dtype="float32")).dtype == np.float32
    assert example_rows(sparse.csr_array((0, 3))).shape == (1, 3)

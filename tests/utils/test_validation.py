"""Input in memory fails as in scikit-learn; chunked input fails with the place of the bad value."""

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
import sklearn.preprocessing
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import validate_data

import scalml
from scalml.linear_model import LinearRegression
from scalml.utils.validation import validate_chunks


class Plain(RegressorMixin, BaseEstimator):
    """An estimator that only validates."""


X = np.arange(12.0).reshape(6, 2)
Y = np.arange(6.0)


def chunks(array, rows=4):
    maker = scalml.from_frame if isinstance(array, pd.DataFrame) else scalml.from_array
    return maker(array, chunk_rows=rows)


def with_value(value):
    x = X.copy()
    x[4, 1] = value
    return x


@pytest.mark.parametrize(
    "x, y",
    [
        (with_value(np.nan), Y),
        (with_value(np.inf), Y),
        (X[:, 0], Y),
        (X, Y[:3]),
        (np.array([["a", "b"]] * 6), Y),
        (np.empty((0, 2)), Y[:0]),
        (np.empty((6, 0)), Y),
        (X, np.where(Y == 2, np.nan, Y)),
        (X[None], Y),
        (sparse.csr_array(X), Y),
        (X, None),
        ("text", Y),
    ],
)
def test_in_memory_errors_are_scikit_learns(x, y):
    with pytest.raises((ValueError, TypeError)) as expected:
        if y is None:
            sklearn.linear_model.LinearRegression().fit(x, y)
        validate_data(Plain(), x, y, dtype=np.float64)
    with pytest.raises(type(expected.value)) as found:
        validate_chunks(Plain(), x, y)
    if y is not None:
        assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("finite", ["chunk", "statistic"])
def test_what_comes_back(finite):
    found = validate_chunks(Plain(), chunks(X), Y.tolist(), [1, 2, 3, 4, 5, 6], finite=finite)
    for mine, expected in zip(found, (X, Y, Y + 1), strict=True):
        np.testing.assert_array_equal(mine.to_numpy(), expected)
        assert mine.source.lengths == (4, 2)


def test_frames_become_arrays_and_set_names():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [True, False, True], "c": [0.5, None, 1]})
    estimator = Plain()
    found, _, _ = validate_chunks(
        estimator, chunks(frame, 2), np.ones(3), ensure_all_finite="allow-nan"
    )
    assert found.dtype == np.float64 and found.shape == (3, 3)
    np.testing.assert_array_equal(found.to_numpy(), frame.to_numpy(dtype=float))
    assert estimator.feature_names_in_.tolist() == ["a", "b", "c"]
    kept, _, _ = validate_chunks(estimator, chunks(frame, 2), np.ones(3), keep_frames=True)
    assert isinstance(kept, scalml.ChunkedFrame)
    kept, _, _ = validate_chunks(estimator, frame, np.ones(3), keep_frames=True)
    assert isinstance(kept, scalml.ChunkedFrame)


@pytest.mark.parametrize("wanted, given, expected", [
    (np.float64, "float32", "float64"),
    ([np.float64, np.float32], "float32", "float32"),
    ([np.float64, np.float32], "int8", "float64"),
    ("numeric", "int8", "int8"),
    ("numeric", "float32", "float32"),
    (None, "bool", "bool"),
])  # fmt: skip
def test_dtypes(wanted, given, expected):
    found, _, _ = validate_chunks(Plain(), chunks(X.astype(given)), Y, dtype=wanted)
    assert found.dtype == expected == found.to_numpy().dtype


@pytest.mark.fault("F09")
@pytest.mark.parametrize("value, words", [(np.nan, "NaN"), (-np.inf, "infinity")])
def test_bad_values_are_located(tmp_path, value, words):
    np.save(tmp_path / "x.npy", with_value(value))
    found, _, _ = validate_chunks(Plain(), scalml.read_npy(tmp_path / "x.npy", chunk_rows=3), Y)
    with pytest.raises(ValueError, match=f"X contains {words}.*row 4 of x.npy, column 1") as c:
        found.sum()
    assert "while reading rows 3:6 of x.npy" in c.value.__notes__
    frame = pd.DataFrame(with_value(value), columns=["a", "late"])
    found, _, _ = validate_chunks(Plain(), chunks(frame), Y)
    with pytest.raises(ValueError, match="row 4 of data in memory, column 'late'"):
        found.sum()


def test_places_are_those_of_the_file_behind_filters():
    found = chunks(with_value(np.nan))
    found = found[found[:, 0] != 2]
    found, _, _ = validate_chunks(Plain(), found, np.ones(5))
    with pytest.raises(ValueError, match="NaN.* row 4 of data in memory"):
        found.sum()


@pytest.mark.parametrize("as_chunks", [False, True])
@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.where(Y == 5, np.nan, Y), "Input y contains NaN"),
        (np.where(Y == 5, np.inf, Y), "Input y contains infinity"),
        (pd.Series(["a", "b", None, "a", "b", "a"]), "Input y contains NaN"),
        (np.ones((6, 2)), "should be a 1d array"),
        (Y[:5], "6 .* and 5|6 rows .* and 5"),
    ],
)
def test_bad_targets(y, words, as_chunks):
    if as_chunks:
        y = scalml.from_frame(y, chunk_rows=3) if isinstance(y, pd.Series) else chunks(y, 3)
    with pytest.raises(ValueError, match=words):
        _, found, _ = validate_chunks(Plain(), chunks(X), y)
        found.to_numpy()


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (pd.Series([1, 2, 3, 4, 5, 6], dtype="Int64"), np.dtype("int64")),
        (pd.Series(list("ababab")), np.dtype(object)),
        (pd.Series(pd.Categorical(list("ababab"))), np.dtype(object)),
        (np.array([True, False] * 3), np.dtype(bool)),
    ],
)
def test_targets_in_pandas(y, expected):
    for given in (y, scalml.from_frame(pd.Series(y), chunk_rows=5)):
        _, found, _ = validate_chunks(Plain(), chunks(X), given)
        assert found.to_numpy().tolist() == list(y)
        assert found.dtype == expected == found.to_numpy().dtype


def test_columns_of_targets():
    _, found, _ = validate_chunks(Plain(), chunks(X), chunks(Y.reshape(-1, 1), 3))
    assert found.shape == (6,)
    _, found, _ = validate_chunks(Plain(), chunks(X), np.ones((6, 2)), multi_output=True)
    assert found.shape == (6, 2)
    _, found, _ = validate_chunks(Plain(), chunks(X), np.arange(6), y_numeric=True)
    assert found.dtype == np.float64
    _, found, _ = validate_chunks(Plain(), X, chunks(Y, 2))
    assert found.to_numpy().tolist() == Y.tolist()


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ([1, 1, 1, -1, 1, 1], "Negative values in data passed to sample_weight"),
        ([1, 1, 1, np.nan, 1, 1], "Input sample_weight contains NaN"),
        ([1, 1], r"sample_weight.shape == \(2,\), expected \(6,\)"),
        ([[1, 1]] * 6, "1D array or scalar, got 2D"),
    ],
)
def test_bad_weights(weight, words):
    for x in (X, chunks(X)):
        with pytest.raises(ValueError, match=words):
            validate_chunks(Plain(), x, Y, weight)
        if len(weight) == 6:
            with pytest.raises(ValueError, match=words):
                late = validate_chunks(Plain(), x, Y, chunks(np.array(weight, dtype=float), 5))
                late[2].to_numpy()


def test_a_scalar_weight():
    _, _, weight = validate_chunks(Plain(), chunks(X), Y, 2)
    assert weight.to_numpy().tolist() == [2] * 6


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: chunks(Y), ValueError, "Expected 2D data"),
        (lambda: chunks(np.empty((6, 0))), ValueError, "a minimum of 1 is required"),
        (lambda: chunks(sparse.csr_array(X)), TypeError, "needs dense data"),
        (
            lambda: chunks(pd.DataFrame({"s": list("abcdef")})),
            ValueError,
            "could not convert column 's' of str to float",
        ),
        (
            lambda: chunks(pd.DataFrame({"c": pd.Categorical(list("abcdef"))})),
            ValueError,
            "column 'c' of category",
        ),
    ],
)
def test_chunked_errors_come_before_any_reading(make, error, words):
    with pytest.raises(error, match=words):
        validate_chunks(Plain(), make(), Y)


@pytest.mark.fault("F47")
def test_columns_must_be_those_that_were_fitted():
    frame = pd.DataFrame(X, columns=["a", "b"])
    scaler = scalml.preprocessing.StandardScaler().fit(chunks(frame))
    with pytest.raises(ValueError, match="(?s)same order"):
        scaler.transform(chunks(frame[["b", "a"]]))
    with pytest.raises(ValueError, match="(?s)unseen at fit time:\n- c"):
        scaler.transform(chunks(frame.rename(columns={"a": "c"})))
    with pytest.raises(ValueError, match="X has 1 features"):
        scalml.preprocessing.StandardScaler().fit(X).transform(chunks(X[:, :1]))


def test_plain_estimators_given_chunks_name_what_to_use(tmp_path):
    np.save(tmp_path / "x.npy", X)
    lazy = [
        scalml.read_npy(tmp_path / "x.npy"),
        chunks(X) * 2,
        chunks(pd.DataFrame(X, columns=["a", "b"])) * 2,
    ]
    for data in lazy:
        for plain in (
            sklearn.preprocessing.StandardScaler(),
            sklearn.linear_model.LinearRegression(),
        ):
            with pytest.raises(TypeError, match=r"Incremental.*ParallelPostFit"):
                plain.fit(data, Y)


@pytest.mark.parametrize("values", [[np.inf, -np.inf], [1e308, 1e308]])
def test_infinity_is_told_from_totals_that_overflow(values):
    column = np.array([values, values]).reshape(-1, 1)
    source = validate_chunks(Plain(), chunks(column), Y[:4])[0]
    if np.isfinite(values).all():
        assert source.to_numpy().shape == (4, 1)
    else:
        with pytest.raises(ValueError, match="infinity"):
            source.to_numpy()


def test_lengths_are_named():
    X = scalml.from_array(np.zeros((6, 2)), chunk_rows=4)
    for y in (np.zeros(5), scalml.from_array(np.zeros(5), chunk_rows=4)):
        with pytest.raises(ValueError, match="X and y must have as many rows, got 6 of .* and 5"):
            LinearRegression().fit(X, y)
    weight = scalml.from_array(np.ones(5))
    with pytest.raises(ValueError, match="X and sample_weight must have as many rows"):
        LinearRegression().fit(X, np.zeros(6), sample_weight=weight)

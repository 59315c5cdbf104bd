"""ChunkedArray gives what NumPy gives on the same rows, however they are cut."""

import operator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import scalml
from scalml.data import wrap
from scalml.sources.memory import MemorySource

few = settings(max_examples=8)


@st.composite
def cuts(draw, max_chunks=5):
    """Lengths of chunks, among them empty ones and single rows."""
    lengths = draw(st.lists(st.integers(0, 4), min_size=1, max_size=max_chunks))
    return lengths if sum(lengths) else [*lengths, 1]


def chunked(data, lengths):
    return wrap(MemorySource(data, lengths=lengths))


def values(lengths, dtype, n_columns=3, seed=0):
    rng = np.random.default_rng(seed)
    shape = (sum(lengths),) if n_columns is None else (sum(lengths), n_columns)
    if dtype == bool:
        return rng.random(shape) < 0.5
    return (rng.normal(size=shape) * 20).astype(dtype)


DTYPES = st.sampled_from(["float64", "float32", "int64", "int8", "uint16", bool])
WIDTHS = st.sampled_from([None, 1, 3])


@few
@given(cuts(), DTYPES, WIDTHS)
def test_reductions_are_numpys(lengths, dtype, width):
    x = values(lengths, dtype, width)
    X = chunked(x, lengths)
    for name in ("sum", "mean", "min", "max", "var", "std"):
        for axis in (None, 0, -1):
            expected = getattr(x, name)(axis=axis)
            found = getattr(X, name)(axis=axis)
            if width and axis == -1:
                found = found.to_numpy()
            np.testing.assert_allclose(found, expected, rtol=3e-4, atol=1e-4)
            assert np.asarray(found).dtype == np.asarray(expected).dtype or name in ("var", "std")
    assert X.any() == x.any()
    assert X.all() == x.all()
    assert X.count_nonzero() == np.count_nonzero(x)


@few
@given(cuts(), st.sampled_from(["float64", "float32", "int64"]))
def test_operators_are_numpys(lengths, dtype):
    x, y = values(lengths, dtype), values(lengths, dtype, seed=1)
    X, Y = chunked(x, lengths), chunked(y, lengths)
    row, column = np.array([1, 2, 3]), y[:, :1]
    for op in (operator.add, operator.sub, operator.mul, operator.lt, operator.eq, operator.ge):
        for mine, theirs in (
            (op(X, Y), op(x, y)),
            (op(X, 2), op(x, 2)),
            (op(2, X), op(2, x)),
            (op(X, row), op(x, row)),
            (op(row, X), op(row, x)),
            (op(y, X), op(y, x)),
            (op(X[:, 0], y[:, 0]), op(x[:, 0], y[:, 0])),
            (op(np.float64(2), X), op(np.float64(2), x)),
        ):
            assert mine.dtype == theirs.dtype
            np.testing.assert_array_equal(mine.to_numpy(), theirs)
        if len(x) != 1:
            np.testing.assert_array_equal(op(X, column).to_numpy(), op(x, column))
    np.testing.assert_array_equal((-X).to_numpy(), -x)
    np.testing.assert_array_equal(abs(X).to_numpy(), abs(x))
    np.testing.assert_array_equal(np.hypot(X, Y).to_numpy(), np.hypot(x, y))
    np.testing.assert_allclose((X @ np.eye(3)[:, :2]).to_numpy(), x @ np.eye(3)[:, :2])
    np.testing.assert_allclose((X @ row).to_numpy(), x @ row, atol=1e-5)


@few
@given(cuts(), st.data())
def test_selections_are_numpys(lengths, data):
    x = values(lengths, "float64")
    X = chunked(x, lengths)
    start, stop = data.draw(st.integers(-25, 25)), data.draw(st.integers(-25, 25))
    np.testing.assert_array_equal(X[start:stop].to_numpy(), x[start:stop])
    np.testing.assert_array_equal(X[start:stop, 1].to_numpy(), x[start:stop, 1])
    mask = x[:, 0] > data.draw(st.floats(-40, 40))
    np.testing.assert_array_equal(X[mask].to_numpy(), x[mask])
    np.testing.assert_array_equal(X[chunked(mask, lengths), 1:].to_numpy(), x[mask, 1:])
    np.testing.assert_array_equal(X[mask][1:].to_numpy(), x[mask][1:])
    for columns in ([2, 0], slice(None, None, 2), np.array([True, False, True]), -1, []):
        np.testing.assert_array_equal(X[:, columns].to_numpy(), x[:, columns])
    np.testing.assert_array_equal(X.head(3), x[:3])
    assert len(X[mask]) == mask.sum()


@few
@given(cuts(), cuts())
def test_different_cuts_meet_on_the_grid_of_the_first(lengths, other):
    n = max(sum(lengths), sum(other))
    lengths, other = [*lengths, n - sum(lengths)], [*other, n - sum(other)]
    x = values(lengths, "float64")
    X, Y = chunked(x, lengths), chunked(x, other)
    total = X + np.log1p(abs(Y))[:]
    np.testing.assert_array_equal(total.to_numpy(), x + np.log1p(abs(x)))
    assert total.source.lengths == tuple(lengths)
    rows = Y[1:]  # a slice is cut again, too
    np.testing.assert_array_equal((X[1:] * rows).to_numpy(), x[1:] * x[1:])


@few
@given(cuts())
def test_csr_chunks(lengths):
    x = values(lengths, "float64")
    x[x < 5] = 0
    X = chunked(sparse.csr_array(x), lengths)
    assert X.issparse
    np.testing.assert_allclose(X.sum(axis=0), x.sum(axis=0))
    np.testing.assert_allclose(X.mean(axis=0), x.mean(axis=0))
    np.testing.assert_allclose(X.var(axis=0), x.var(axis=0), atol=1e-12)
    np.testing.assert_array_equal(X.max(axis=0), x.max(axis=0))
    np.testing.assert_array_equal(X.min(axis=1).to_numpy(), x.min(axis=1))
    np.testing.assert_array_equal(X[:, [2, 0]].to_numpy().toarray(), x[:, [2, 0]])
    np.testing.assert_array_equal(X[:, 1].to_numpy(), x[:, 1])
    np.testing.assert_array_equal((X * 2).to_numpy().toarray(), x * 2)
    np.testing.assert_array_equal(X[x[:, 0] > 0].to_numpy().toarray(), x[x[:, 0] > 0])
    assert X.any() == x.any() and X.all() == x.all()
    assert X.astype("float32").dtype == np.float32


def test_an_int_column_of_a_csr_matrix_is_a_vector():
    X = scalml.from_array(sparse.csr_matrix(np.eye(4)), chunk_rows=3)
    assert X[:, 1].to_numpy().tolist() == [0, 1, 0, 0]


def test_nan_and_infinity_spread_as_in_numpy():
    x = np.array([[1, np.nan], [np.inf, 2], [3, 4.0]])
    X = scalml.from_array(x, chunk_rows=1)
    with np.errstate(invalid="ignore"):
        for name in ("sum", "mean", "min", "max", "var"):
            np.testing.assert_array_equal(getattr(X, name)(axis=0), getattr(x, name)(axis=0))
            np.testing.assert_array_equal(getattr(X, name)(), getattr(x, name)())


def test_means_of_large_integers_do_not_overflow():
    x = np.full(4, 2**62)
    assert scalml.from_array(x, chunk_rows=2).mean() == x.mean()


def test_no_rows():
    X = scalml.from_array(np.empty((0, 2)))
    assert X.shape == (0, 2) and X.n_chunks == 0
    assert X.to_numpy().shape == (0, 2)
    assert X.sum(axis=0).tolist() == [0, 0]
    assert X.head().shape == (0, 2)
    with pytest.raises(ValueError, match="zero-size"):
        X.min()
    none = scalml.from_array(np.arange(6.0), chunk_rows=2)
    none = none[none > 10]
    assert none.sum() == 0 and none.to_numpy().size == 0 and not none.any() and none.all()


def test_functions_of_numpy():
    x = np.arange(6.0).reshape(3, 2)
    X = scalml.from_array(x, chunk_rows=2)
    assert np.sum(X) == 15 and np.mean(X, axis=0).tolist() == [2, 3]
    assert np.shape(X) == (3, 2) and np.ndim(X) == 2
    assert np.std(X, axis=0, ddof=1).tolist() == x.std(axis=0, ddof=1).tolist()
    with pytest.raises(TypeError, match=r"np\.unique does not work.*map_chunks"):
        np.unique(X)
    with pytest.raises(TypeError):
        np.add.reduce(X)
    with pytest.raises(TypeError, match="are reductions"):
        np.ones((2, 3)) @ X
    with pytest.raises(TypeError, match="are reductions"):
        X @ X


def test_reflected_pandas_operands():
    x = np.arange(4.0)
    X = scalml.from_frame(pd.Series(x), chunk_rows=3)
    assert (pd.Series(x) * X).to_pandas().tolist() == (x * x).tolist()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda X, y: X * y, ValueError, "as many dimensions, got 2 and 1"),
        (lambda X, y: X * np.arange(5.0), ValueError, "as many dimensions"),
        (lambda X, y: y * np.ones(4), ValueError, "as many, got 5 .* and 4"),
        (lambda X, y: X[3], IndexError, "slice or by a boolean mask"),
        (lambda X, y: X[::2], IndexError, "step 1"),
        (lambda X, y: X[X > 0], IndexError, "slice or by a boolean mask"),
        (lambda X, y: X[[True]], ValueError, "as many, got 5"),
        (lambda X, y: X[0, 0, 0], IndexError, "3 indices"),
        (lambda X, y: X.sum(axis=2), np.exceptions.AxisError, "axis 2"),
        (lambda X, y: X.reshape(5, 3), ValueError, r"\(-1, 1\)"),
        (lambda X, y: bool(X), ValueError, "ambiguous"),
        (lambda X, y: list(X), TypeError, "read_chunks"),
        (lambda X, y: X.head(-1), ValueError, "at least 0"),
        (lambda X, y: X.compute, AttributeError, "to_numpy"),
        (lambda X, y: X.nonsense, AttributeError, "nonsense"),
        (lambda X, y: np.asarray(X * 2), TypeError, "Incremental.*ParallelPostFit"),
    ],
)
def test_errors_say_what_to_do(make, error, words):
    X = scalml.from_array(np.ones((5, 3)), chunk_rows=2)
    with pytest.raises(error, match=words):
        make(X, X[:, 0])


def test_blocks_cannot_change_the_callers_array():
    x = np.zeros((4, 2))

    def double(block):
        block *= 2
        return block

    with pytest.raises(ValueError, match="read-only"):
        scalml.from_array(x, chunk_rows=2).map_chunks(double).to_numpy()
    copied = np.array(scalml.from_array(x), copy=True)
    copied[:] = 1
    assert x.sum() == 0


def test_columns_and_vectors():
    y = scalml.from_array(np.arange(5), chunk_rows=2)
    column = y.reshape(-1, 1)
    assert column.shape == (5, 1)
    assert column.ravel().to_numpy().tolist() == list(range(5))
    assert y.ravel() is y


def test_repr():
    X = scalml.from_array(np.ones((5, 3)), chunk_rows=2)
    assert (
        repr(X) == "ChunkedArray(shape=(5, 3), dtype=float64; 5 rows, 3 chunks of data in memory)"
    )
    assert "shape=(?,)" in repr(X[X[:, 0] > 0][:, 0])
    assert X.nbytes == 120 and X[X[:, 0] > 0].nbytes is None


@pytest.mark.parametrize("chunk_rows", [3, 7, 40])
@pytest.mark.parametrize(
    "rows", [[0, 1, 5, 5, 39], np.arange(40), [-40, -3, -1], np.array([7], dtype=np.uint8)], ids=str
)
def test_rows_by_number(rows, chunk_rows):
    X = np.arange(80.0).reshape(40, 2)
    y = pd.Series(np.arange(40), name="y")
    lazy = scalml.from_array(X, chunk_rows=chunk_rows)
    taken = lazy[rows]
    assert taken.shape == (len(rows), 2)
    np.testing.assert_array_equal(taken.to_numpy(), X[rows])
    np.testing.assert_array_equal(lazy[rows, 1].to_numpy(), X[rows, 1])
    csr = scalml.from_array(sparse.csr_matrix(X), chunk_rows=chunk_rows)
    np.testing.assert_array_equal(csr[rows].to_numpy().toarray(), X[rows])
    series = scalml.from_frame(y, chunk_rows=chunk_rows)[rows]
    assert series.to_pandas().tolist() == y.to_numpy()[rows].tolist()
    assert scalml.data.row_numbers(taken).to_numpy().tolist() == np.arange(40)[rows].tolist()
    with scalml.config_context(backend="processes", n_jobs=2):
        np.testing.assert_array_equal((taken + 1).to_numpy(), X[rows] + 1)


def test_rows_by_number_of_filtered_rows():
    X = np.arange(40.0)
    lazy = scalml.from_array(X, chunk_rows=7)
    kept = lazy[lazy % 2 == 1]
    assert kept[[0, 3, 19]].to_numpy().tolist() == [1, 7, 39]
    assert scalml.data.row_numbers(kept[[0, 3]]).to_numpy().tolist() == [1, 7]


def test_rows_by_number_must_ascend_and_exist():
    lazy = scalml.from_array(np.arange(40.0), chunk_rows=7)
    with pytest.raises(IndexError, match="must ascend.*scalml.model_selection"):
        lazy[[3, 1]]
    for row in (40, -41):
        with pytest.raises(IndexError, match=f"no row {row} among 40 rows"):
            lazy[[row]]


@pytest.mark.parametrize("chunk_rows", [None, 3])
@pytest.mark.parametrize("kind", [np.array, sparse.csr_matrix])
def test_rows_in_memory_may_be_written_to(kind, chunk_rows):
    rows = kind(np.eye(8))
    found = scalml.from_array(rows, chunk_rows=chunk_rows).to_numpy()
    found[0, 0] = 5.0
    assert (found[0, 0], rows[0, 0]) == (5.0, 1.0)

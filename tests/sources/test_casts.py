"""A number that is too large for a dtype is named; what fits is cast as NumPy and pandas do."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scalml
from scalml.sources.casts import Cast
from scalml.sources.csv import CsvSource

TABLE = np.array([[1.0, -2.5, np.inf], [0.0, np.nan, 3.4e38], [-np.inf, 7.0, 1e-300]])
KINDS = {
    "array": np.array,
    "csr": sparse.csr_matrix,
    "frame": lambda table: pd.DataFrame(table, columns=list("abc")),
    "nullable": lambda table: pd.DataFrame(table, columns=list("abc")).astype("Float64"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_fits_is_cast(kind):
    block = KINDS[kind](TABLE)
    found, expected = Cast(np.float32)(block), block.astype(np.float32)
    dense = (b.toarray() if kind == "csr" else np.asarray(b) for b in (found, expected))
    np.testing.assert_array_equal(*dense)
    assert Cast(np.float64)(np.array(TABLE)).dtype == np.float64


@pytest.mark.fault("F07")
@pytest.mark.parametrize("kind", KINDS)
def test_the_first_number_that_does_not_fit_is_named(kind):
    table = TABLE.copy()
    table[1, 1] = table[2, 0] = 1e39
    named = "'b'" if kind in ("frame", "nullable") else "1"
    message = rf"2 values do not fit float32: the first is 1e\+39 in row 1, column {named}\. Keep"
    with pytest.raises(ValueError, match=message) as caught:
        Cast("Float32" if kind == "nullable" else "float32")(KINDS[kind](table))
    assert (caught.value.row, caught.value.column, caught.value.count) == (1, 1, 2)


@pytest.mark.fault("F07")
@pytest.mark.parametrize(
    ("column", "dtype", "value"),
    [
        (pd.Series([1, 2, 70000]), "float16", "70000.0"),
        (pd.Series(["1", "2", "1e39"], dtype=object), "float32", "1e+39"),
        (pd.Series([1.0, None, 1e39], dtype=object), "Float32", "1e+39"),
        (pd.Series([1.0, None, 1e39]).astype("category"), "float32", "1e+39"),
        (np.array([1, None, 1e39], dtype=object), "float32", "1e+39"),
        (np.array(["1", "2", "1e39"]), "float32", "1e+39"),
        (np.array([1, 2, 1e39j]), "complex64", "1e+39j"),
    ],
)
def test_numbers_of_any_dtype_are_named(column, dtype, value):
    blocks = [column] if isinstance(column, np.ndarray) else [column, column.to_frame("a")]
    for block in blocks:
        with pytest.raises(ValueError, match=f"the first is {re.escape(value)} in row 2"):
            Cast(dtype)(block)


@pytest.mark.fault("F07")
@pytest.mark.parametrize("wide", ["float64", "Float64", "double[pyarrow]"])
def test_a_number_that_does_not_fit_a_dtype_of_arrow_is_named(wide):
    pytest.importorskip("pyarrow")
    column = pd.Series([1.0, None, 1e39], dtype=wide)
    with pytest.raises(ValueError, match=r"not fit float32: the first is 1e\+39 in row 2"):
        Cast("float[pyarrow]")(column)
    assert Cast("float[pyarrow]")(column[:2]).tolist()[0] == 1.0


@pytest.mark.parametrize("dtype", ["float32", "Float32"])
def test_numbers_that_no_row_has_are_no_overflow(dtype):
    masked = pd.array([1e39, 2.0], dtype="Float64")
    masked[0] = pd.NA  # its mask hides the number, which stays
    some = pd.Categorical([None, 2.0], categories=[2.0, 1e39])
    for block in (pd.Series(masked), pd.Series(some)):
        found = Cast(dtype)(block)
        assert found.dtype == dtype
        assert found.isna().tolist() == [True, False]
        assert found[1] == 2.0


@pytest.mark.fault("F07")
@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_collections_say_where(tmp_path, backend):
    values = np.ones((300, 2))
    values[217, 1] = -1e300
    frame = pd.DataFrame(values, columns=["a", "b"])
    frame.to_csv(tmp_path / "x.csv", index=False)
    df = scalml.read_csv(tmp_path / "x.csv", chunk_rows=50)
    y = scalml.from_array(values[:, 1], chunk_rows=50)
    with scalml.config_context(backend=backend, n_jobs=2):
        for lazy, where in (
            (df.astype(np.float32), "line 219 of x.csv, column 'b'"),
            (df.astype({"b": "float16"}), "line 219 of x.csv, column 'b'"),
            (df["b"].astype("float32"), "line 219 of x.csv, column 'b'"),
            (df.to_array(dtype="float32"), "line 219 of x.csv, column 'b'"),
            (df.to_array().astype("float32"), "line 219 of x.csv, column 1"),
            (y.astype("float32"), "row 217 of data in memory"),
        ):
            with pytest.raises(ValueError, match=f"the first is -1e\\+300 in {where}\\."):
                scalml.reduce_chunks(len, lazy)


@pytest.mark.fault("F07")
@pytest.mark.parametrize(
    ("dtype", "cell", "wide"),
    [
        ("float32", "1e39", "float64"),
        ("float16", "-70000.0", "float64"),
        ("Float32", "1e39", "float64"),
        ("int8", "128", "int64"),
        ("uint16", "-1", "int64"),
        ("Int16", "40000", "int64"),
    ],
)
@pytest.mark.parametrize("row", [5, 23_000])  # in the sample; and where only its chunk is read
def test_a_cell_of_text_that_does_not_fit_is_named(tmp_path, dtype, cell, wide, row):
    rows = [f"{i % 100},{'x' * 400}" for i in range(30_000)]
    rows[row] = f"{cell},"
    path = tmp_path / "x.csv"
    path.write_text("\n".join(["a,b", *rows, ""]))
    message = (
        f"Column 'a' is {dtype}, which {cell!r} on line {row + 2} of x.csv does not fit. Open it "
        f"with dtype={{'a': {wide!r}}}."
    )

    def read():
        return CsvSource.open(path, usecols=["a"], dtype={"a": dtype}, chunk_rows=5000)

    if row == 5:
        with pytest.raises(ValueError, match=re.escape(message)):
            read()
    else:
        source = read()
        with pytest.raises(ValueError, match=re.escape(message)):
            source.chunks[row // 5000].read()


@pytest.mark.fault("F07")
def test_infinity_that_is_written_so_is_no_overflow(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a\n1.5\ninf\n-inf\n3.4e38\n")
    block = CsvSource.open(path, dtype={"a": "float32"}).chunks[0].read()
    assert np.isinf(block["a"]).tolist() == [False, True, True, False]

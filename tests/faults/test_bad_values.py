"""NaN, infinity and rows that are not there: named where they are, or without effect."""

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.sources.base import Mapped
from tests.faults.tools import CHUNK_ROWS, FAMILIES, N_ROWS, bits, chunked, numbers

X, y = numbers()
ROW = N_ROWS - 70  # in a late chunk

NAN_FAMILIES = ["LinearRegression", "Ridge", "LogisticRegression", "Pipeline"]
INF_FAMILIES = [*NAN_FAMILIES, "StandardScaler", "SimpleImputer"]


@pytest.fixture(params=["npy", "csv", "parquet"])
def opened(request, tmp_path):
    """Writes data to a file and opens it; says how the file's row ROW is named."""
    if request.param == "parquet":
        pytest.importorskip("pyarrow")

    def write(values):
        path = tmp_path / f"bad.{request.param}"
        frame = pd.DataFrame(values, columns=list("abc"))
        if request.param == "npy":
            np.save(path, values)
            return scalml.read_npy(path, chunk_rows=CHUNK_ROWS), rf"row {ROW} of (.*)bad\.npy"
        if request.param == "csv":
            frame.to_csv(path, index=False)
            place = rf"(line {ROW + 2} of bad\.csv|row {ROW} of the cache of bad\.csv)"
            return scalml.read_csv(path, chunk_bytes=2000), place
        frame.to_parquet(path, row_group_size=CHUNK_ROWS, index=False)
        return scalml.read_parquet(path), rf"row {ROW} of (.*)bad\.parquet"

    return write


def refused(family, data, message):
    model = FAMILIES[family]()
    with pytest.raises(ValueError, match=message):
        model.fit(data, y)
    assert [name for name in vars(model) if name.endswith("_")] == []


@pytest.mark.fault("F06")
@pytest.mark.parametrize("family", NAN_FAMILIES)
def test_nan_is_named_with_file_row_column_and_count(family, opened):
    bad = X.copy()
    bad[ROW, 1] = bad[ROW + 1, 2] = np.nan
    data, place = opened(bad)
    refused(family, data, rf"contains NaN: at least 2 values, the first in {place}, column (1|'b')")


@pytest.mark.fault("F06")
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_nan_is_named_by_workers_as_well(backend, opened):
    bad = X.copy()
    bad[ROW, 1] = np.nan
    data, place = opened(bad)
    with scalml.config_context(backend=backend, n_jobs=2):
        refused("LinearRegression", data, rf"NaN: at least 1 value, the first in {place}")


@pytest.mark.fault("F06")
def test_nan_in_what_learns_by_itself_is_an_error_too():
    bad = X.copy()
    bad[ROW, 1] = np.nan
    refused("Incremental", chunked(bad), "Input X contains NaN")


@pytest.mark.fault("F07")
@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("family", INF_FAMILIES)
def test_infinity_is_told_from_nan(family, value, opened):
    bad = X.copy()
    bad[ROW, 1] = value
    data, place = opened(bad)
    refused(
        family,
        data,
        rf"contains infinity .*: at least 1 value, the first in {place}, column (1|'b')",
    )


@pytest.mark.fault("F07")
@pytest.mark.parametrize("backend", ["threads", "processes"])
@pytest.mark.parametrize("family", INF_FAMILIES)
def test_an_overflow_in_a_cast_is_told_from_infinity(family, backend, opened):
    bad = X.copy()
    bad[ROW, 1] = 1e300
    data, place = opened(bad)
    message = rf"1 value does not fit float32: the first is 1e\+300 in {place}, column (1|'b')"
    with scalml.config_context(backend=backend, n_jobs=2):
        refused(family, data.astype(np.float32), message)


# -- rows that are not there --------------------------------------------------------------------
@pytest.mark.fault("F12")
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("lost", [[0], [5], [11], [0, 1, 6, 11]], ids=str)
def test_empty_chunks_have_no_effect(family, lost):
    """A filter that leaves nothing of a chunk, against the same chunks without it."""
    rows = np.arange(N_ROWS) // CHUNK_ROWS
    kept = ~np.isin(rows, lost)
    data = scalml.from_array(np.column_stack([X, y, kept]), chunk_rows=CHUNK_ROWS)
    source = Mapped(lambda block: block[block[:, 4] == 1], [data.source], keeps_rows=False)
    some = scalml.ChunkedArray(source)
    found = FAMILIES[family]().fit(some[:, [0, 1, 2]], some[:, 3])
    expected = FAMILIES[family]().fit(chunked(X[kept]), y[kept].astype(float))
    assert bits(found) == bits(expected)
    len(some)  # counts the rows: now it is known which chunks are empty
    assert bits(FAMILIES[family]().fit(some[:, [0, 1, 2]], some[:, 3])) == bits(expected)


@pytest.mark.fault("F12")
def test_empty_files_of_a_glob_are_skipped(tmp_path):
    for name, values in [("a", X[:0]), ("b", X[:300]), ("c", X[:0]), ("d", X[300:]), ("e", X[:0])]:
        pd.DataFrame(values, columns=list("abc")).to_csv(tmp_path / f"{name}.csv", index=False)
    frame = scalml.read_csv(str(tmp_path / "*.csv"))
    assert len(frame) == N_ROWS
    found = FAMILIES["StandardScaler"]().fit(frame)
    full = scalml.read_csv([tmp_path / "b.csv", tmp_path / "d.csv"])
    assert bits(found.mean_) == bits(FAMILIES["StandardScaler"]().fit(full).mean_)


@pytest.mark.fault("F12")
@pytest.mark.parametrize("family", FAMILIES)
def test_no_rows_at_all_is_a_clear_error(family):
    empty = scalml.from_array(np.empty((0, 3)))
    model = FAMILIES[family]()
    with pytest.raises(ValueError, match=r"no rows|0 sample"):
        model.fit(empty, np.empty(0, int))
    assert [name for name in vars(model) if name.endswith("_")] == []

"""Integers beyond 2**53, which float64 rounds: identifiers, and nanoseconds."""

import numpy as np
import pandas as pd
import pytest
import sklearn.metrics

import scalml
from scalml import metrics
from scalml.linear_model import LogisticRegression
from scalml.preprocessing import OneHotEncoder

BIG = 2**53
IDS = [BIG, BIG + 1, None, BIG, BIG + 1, BIG + 2]


@pytest.fixture(params=["Int64", "UInt64"])
def frame(request, tmp_path):
    pytest.importorskip("pyarrow")
    rows = pd.DataFrame({"id": pd.array(IDS, dtype=request.param), "v": np.arange(6.0)})
    rows.iloc[:4].to_parquet(tmp_path / "a.parquet")
    rows.iloc[4:].to_parquet(tmp_path / "b.parquet")  # without a missing value
    return scalml.read_parquet(str(tmp_path / "*.parquet"), chunk_rows=2)


def test_identifiers_of_parquet_keep_their_digits(frame):
    ids = frame["id"]
    assert ids.dtype in (pd.Int64Dtype(), pd.UInt64Dtype())
    assert ids.to_pandas().dropna().tolist() == [one for one in IDS if one is not None]
    assert ids.nunique() == 3
    assert [one for one in ids.unique() if not pd.isna(one)] == [BIG, BIG + 1, BIG + 2]
    counts = ids.value_counts(dropna=False)
    assert counts[BIG] == 2 and counts[BIG + 1] == 2 and counts[BIG + 2] == 1
    assert counts.dtype == np.int64 and counts.index.dtype == ids.dtype
    assert (ids.min(), ids.max()) == (BIG, BIG + 2)


def test_joins_and_filters_by_identifier(frame):
    other = pd.DataFrame({"id": pd.array([BIG, BIG + 1], dtype=frame["id"].dtype), "w": [1, 2]})
    joined = frame.merge(other, on="id", how="left").to_pandas()
    expected = frame.to_pandas().merge(other, on="id", how="left")
    pd.testing.assert_frame_equal(joined, expected, check_dtype=False)
    assert frame[frame["id"] == BIG + 1].to_pandas()["v"].tolist() == [1.0, 4.0]
    assert frame[frame["id"].isin([BIG + 1])].to_pandas()["v"].tolist() == [1.0, 4.0]


def test_labels_and_categories_are_exact_or_refused(frame):
    known = frame[frame["id"].notna()]
    model = LogisticRegression().fit(known[["v"]], known["id"])
    assert model.classes_.tolist() == [BIG, BIG + 1, BIG + 2]
    with pytest.raises(ValueError, match=r"Column 'id' is U?Int64 with numbers beyond 2\*\*53"):
        OneHotEncoder().fit(frame[["id"]])
    text = frame.assign(id=frame["id"].astype("str"))
    assert len(OneHotEncoder().fit(text[["id"]]).categories_[0]) == 4


def test_short_integers_with_missing_values_stay_float(tmp_path):
    pytest.importorskip("pyarrow")
    rows = pd.DataFrame({"n": pd.array([1, None, BIG], dtype="Int64")})
    rows.to_parquet(tmp_path / "a.parquet")
    assert scalml.read_parquet(tmp_path / "a.parquet")["n"].dtype == np.float64


STAMPS = np.array([1, 2, 3, 4]) + 1_700_000_000_000_000_000
OUTCOMES = np.array([0, 1, 0, 1])


@pytest.mark.parametrize("stamps", [STAMPS, -STAMPS, STAMPS.astype(np.uint64), STAMPS - BIG * 200])
@pytest.mark.parametrize("name", ["roc_auc_score", "average_precision_score"])
def test_rankings_by_nanoseconds(name, stamps):
    rows = scalml.from_array(OUTCOMES, chunk_rows=3), scalml.from_array(stamps, chunk_rows=3)
    exact = getattr(sklearn.metrics, name)(OUTCOMES, np.argsort(np.argsort(stamps)))
    assert getattr(metrics, name)(*rows) == pytest.approx(exact)
    last = -5 if stamps.dtype.kind == "i" else 5
    mixed = np.concatenate([stamps, np.array([0, 1, last], dtype=stamps.dtype)])
    truth = np.concatenate([OUTCOMES, [1, 0, 1]])
    exact = getattr(sklearn.metrics, name)(truth, np.argsort(np.argsort(mixed)))
    rows = scalml.from_array(truth, chunk_rows=3), scalml.from_array(mixed, chunk_rows=3)
    assert getattr(metrics, name)(*rows) == pytest.approx(exact)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
@pytest.mark.parametrize("name", ["max_error", "median_absolute_error"])
def test_errors_of_nanoseconds(name, dtype):
    y_true = STAMPS.astype(dtype)
    y_pred = y_true + np.array([0, 1, 3, 1], dtype=dtype)
    for pair in ((y_true, y_pred), (y_pred, y_true)):
        rows = [scalml.from_array(one, chunk_rows=3) for one in pair]
        expected = {"max_error": 3.0, "median_absolute_error": 1.0}[name]
        assert getattr(metrics, name)(*rows) == expected

"""Errors of scikit-learn's methods say which row of a file they are about."""

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing
from sklearn.linear_model import SGDClassifier

import scalml
from scalml.compose import ColumnTransformer
from scalml.compose.steps import transformed
from scalml.impute import SimpleImputer
from scalml.linear_model import LinearRegression, LogisticRegression
from scalml.pipeline import make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler
from scalml.utils.refusals import naming_the_row
from scalml.wrappers import ParallelPostFit

N, ROW = 120, 87


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    town = pd.Series(rng.choice(["Bonn", "Ulm"], N), dtype="str")
    month = rng.integers(1, 4, N)
    return pd.DataFrame({"town": town, "month": month, "size": rng.normal(size=N)})


@pytest.fixture
def spoilt(frame, tmp_path):
    """Opens the rows with another value at ROW and the row after, as a CSV file."""

    def write(column, value):
        bad = frame.astype({column: object})
        bad.loc[[ROW, ROW + 1], column] = value
        bad.to_csv(tmp_path / "bad.csv", index=False)
        return scalml.read_csv(tmp_path / "bad.csv", chunk_rows=50)

    return write


def columns(encoder):
    return ColumnTransformer([("t", encoder, ["town", "month"]), ("n", StandardScaler(), ["size"])])


def named(column, value):
    number = ["town", "month"].index(column)
    return rf"{value}.* in column {number} during transform, the first in line {ROW + 2} of bad"


FILLED = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
ENCODERS = {
    "codes": lambda: columns(OneHotEncoder()),
    "dense": lambda: columns(OneHotEncoder(sparse_output=False)),
    "pandas": lambda: columns(OneHotEncoder(sparse_output=False)).set_output(transform="pandas"),
    "filled": lambda: columns(FILLED),
}


@pytest.mark.fault("F44")
@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize(("column", "value"), [("town", "Oz"), ("month", 9)])
def test_an_unknown_category_is_named_with_its_line(
    frame, spoilt, encoder, filtered, column, value
):
    model = make_pipeline(ENCODERS[encoder](), LogisticRegression())
    model.fit(scalml.from_frame(frame, chunk_rows=50), np.arange(N) % 2)
    bad = spoilt(column, value)
    if filtered:
        bad = bad[bad["size"] > frame["size"].min()]
    with pytest.raises(ValueError, match=named(column, value)):
        model.predict(bad).to_numpy()


@pytest.mark.fault("F44")
@pytest.mark.parametrize(("column", "value"), [("town", "Oz"), ("month", 9)])
def test_encoders_of_scikit_learn_name_it_too(frame, spoilt, column, value):
    known = frame[["town", "month"]]
    plain = sklearn.preprocessing.OrdinalEncoder().fit(known)
    bad = spoilt(column, value)[["town", "month"]]
    with pytest.raises(ValueError, match=named(column, value)):
        ParallelPostFit(plain).transform(bad).to_numpy()
    with pytest.raises(ValueError, match=named(column, value)):
        transformed(plain, bad).to_numpy()


@pytest.mark.fault("F06")
@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_numbers_that_are_none_are_named_where_they_are(frame, spoilt, value, word):
    known, y = scalml.from_frame(frame, chunk_rows=50), np.arange(N) % 2
    numbers = frame[["size", "month"]]
    models = [
        LinearRegression().fit(known[["size", "month"]], y),
        make_pipeline(StandardScaler(), LogisticRegression()).fit(known[["size", "month"]], y),
        ParallelPostFit(SGDClassifier().fit(numbers, y)),
        make_pipeline(ENCODERS["codes"](), LogisticRegression()).fit(known, y),
    ]
    bad = spoilt("size", value if word == "NaN" else "inf")
    for model in models:
        X = bad if "town" in model.feature_names_in_ else bad[["size", "month"]]
        with pytest.raises(
            ValueError,
            match=rf"{word}.*: at least 2 values, the first in line {ROW + 2} of bad.csv, column",
        ):
            model.predict(X).to_numpy()


@pytest.mark.parametrize("row", [0, 3, 6])
def test_the_first_row_that_is_refused_is_found(row):
    def call(block):
        if (block > 0).any():
            raise ValueError("no number of this kind.\nRead the manual.")
        return block

    block = np.zeros(7)
    assert naming_the_row(call, block) is block
    block[row:6] = block[row] = 1
    with pytest.raises(ValueError, match=rf"kind, the first in row {row}\.\nRead") as caught:
        naming_the_row(call, block)
    assert caught.value.row == row


def test_what_every_row_suffers_from_is_no_rows_fault():
    def call(block):
        raise ValueError("wrong number of columns")

    with pytest.raises(ValueError, match="^wrong number of columns$") as caught:
        naming_the_row(call, np.zeros((5, 2)))
    assert not hasattr(caught.value, "row")

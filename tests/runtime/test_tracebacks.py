"""Errors show the user's frames and the one that failed, not those in between."""

import logging
import traceback

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin

import scalml
from scalml.linear_model import LinearRegression
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.setattr("scalml.sources.csv.SAMPLE_BYTES", 300)
    path = tmp_path / "rows.csv"
    path.write_text("x,y\n" + "1,2\n" * 500 + "oops,2\n" + "1,2\n" * 1500)
    return scalml.read_csv(path, dtype={"x": "float64", "y": "float64"}, chunk_rows=100)


def frames_of(error):
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


CALLS = {
    "fit": lambda rows: LinearRegression().fit(rows[["x"]], rows["y"]),
    "pipeline": lambda rows: make_pipeline(StandardScaler(), LinearRegression()).fit(
        rows[["x"]], rows["y"]
    ),
    "mean": lambda rows: rows["x"].mean(),
    "to_pandas": lambda rows: rows.to_pandas(),
}


@pytest.mark.parametrize("backend", ["serial", "threads"])
@pytest.mark.parametrize("name", CALLS)
def test_few_frames_lead_to_the_message(rows, name, backend):
    with scalml.config_context(backend=backend), pytest.raises(ValueError) as caught:
        CALLS[name](rows)
    assert "'oops' on line 502 of rows.csv" in str(caught.value)
    frames = frames_of(caught.value)
    assert frames[0] == "test_few_frames_lead_to_the_message" and frames[1] == "<lambda>"
    assert len(frames) <= 10
    logging.getLogger("scalml").setLevel(logging.DEBUG)
    try:
        with scalml.config_context(backend=backend), pytest.raises(ValueError) as caught:
            CALLS[name](rows)
    finally:
        logging.getLogger("scalml").setLevel(logging.NOTSET)
    assert len(frames_of(caught.value)) > len(frames)


class Broken(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return self.helped(X)

    def helped(self, X):
        raise KeyError("mine")


def test_frames_of_the_user_stay():
    rows = scalml.from_array(np.ones((30, 2)), chunk_rows=10)
    with pytest.raises(KeyError, match="mine") as caught:
        make_pipeline(Broken(), StandardScaler()).fit(rows)
    assert frames_of(caught.value)[-2:] == ["transform", "helped"]

"""One candidate on one split, in memory."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from scalml.model_selection.scoring import Scoring
from scalml.model_selection.trial import attempt, length, rows_of, side_of


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, pd.DataFrame])
def test_rows_of_any_kind(kind):
    data = kind(np.arange(6.0).reshape(3, 2))
    taken = rows_of(data, np.array([2, 0, 2]))
    dense = taken.toarray() if sparse.issparse(taken) else np.asarray(taken)
    assert dense.tolist() == [[4, 5], [0, 1], [4, 5]]
    assert length(taken) == 3


def test_lists_none_and_what_many_share():
    assert rows_of(["a", "b", "c"], np.array([2, 1])) == ["c", "b"]
    assert rows_of(None, np.array([0])) is None
    with pytest.raises(ValueError, match="read-only"):
        rows_of(np.zeros(3), np.array([0, 1]))[:] = 1


def test_parameters_are_cut_by_rows():
    X, rows = np.zeros((4, 2)), np.array([0, 3])
    given = {"w": np.arange(4), "n": [5, 6, 7, 8], "name": "text", "k": 4, "pair": (1, 2)}
    side = side_of(Ridge(), X, None, (given, {}), rows)
    assert side.fit_params["w"].tolist() == [0, 3] and side.fit_params["n"] == [5, 8]
    assert [side.fit_params[name] for name in ("name", "k", "pair")] == ["text", 4, (1, 2)]
    assert side.target == ()


def test_kernels():
    kernel = np.arange(9.0).reshape(3, 3)
    train, test = np.array([0, 2]), np.array([1])
    model = SVC(kernel="precomputed")
    assert side_of(model, kernel, None, ({}, {}), train).X.tolist() == [[0, 2], [6, 8]]
    assert side_of(model, kernel, None, ({}, {}), test, train).X.tolist() == [[3, 5]]
    with pytest.raises(ValueError, match="square kernel matrix"):
        side_of(model, kernel[:2], None, ({}, {}), test)


def test_failures_are_told():
    def fails():
        raise RuntimeError("boom")

    told = attempt(fails, None, Scoring(Ridge(), ["r2"], 0.5), True)
    assert "RuntimeError: boom" in told["fit_error"]
    assert told["test_scores"] == told["train_scores"] == {"r2": 0.5}
    with pytest.raises(RuntimeError, match="boom"):
        attempt(fails, None, Scoring(Ridge(), None, "raise"), False)

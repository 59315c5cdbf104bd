"""Columns by name, number, slice and mask, of frames and arrays."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scalml
from scalml.compose.columns import as_collection, first_rows, positions, take

FRAME = pd.DataFrame({"a": [1, 2, 3], "b": [4, 5, 6], "c": [7, 8, 9]})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("b", [1]),
        (["c", "a"], [2, 0]),
        (slice("a", "b"), [0, 1]),
        ([True, False, True], [0, 2]),
        (-1, [2]),
    ],
)
def test_positions(columns, expected):
    found = positions([("some", "passthrough", columns)], FRAME[:0])
    assert found["some"] == expected
    assert found["remainder"] == sorted({0, 1, 2} - set(expected))


def test_one_column_named_alone_is_a_vector():
    head, rows = FRAME[:0], scalml.from_frame(FRAME, chunk_rows=2)
    assert take(rows, head, "b", [1]).to_pandas().tolist() == [4, 5, 6]
    assert list(take(rows, head, ["b"], [1]).columns) == ["b"]
    X = scalml.from_array(FRAME.to_numpy(), chunk_rows=2)
    assert take(X, X.source.empty(), 1, [1]).ndim == 1
    assert take(X, X.source.empty(), [1], [1]).shape == (3, 1)


@pytest.mark.parametrize(
    "rows", [FRAME, FRAME.to_numpy(), FRAME.to_numpy().tolist(), sparse.coo_matrix(FRAME)]
)
def test_first_rows(rows):
    found = first_rows(rows)
    found = found.toarray() if sparse.issparse(found) else np.asarray(found)
    assert found.tolist() == FRAME.to_numpy()[:2].tolist()


def test_collections_of_frames_and_arrays():
    assert list(as_collection(FRAME).columns) == ["a", "b", "c"]
    assert as_collection(FRAME.to_numpy()).shape == (3, 3)

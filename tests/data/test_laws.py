"""Laws of lazy collections: one reading, only columns in use, aligned rows, one count."""

import pickle

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.data import row_numbers, wrap
from scalml.runtime import read_chunks, reduce_chunks
from scalml.sources.memory import MemorySource


class Recording(MemorySource):
    """Rows in memory that keep a list of who read which chunk with which columns."""

    def __init__(self, data, chunk_rows=None, *, lengths=None):
        super().__init__(data, chunk_rows, lengths=lengths)
        self.reads = []

    def evaluate(self, index, reader):
        columns = reader.columns(self)
        self.reads.append((index, None if columns is None else sorted(columns)))
        return super().evaluate(index, reader)


def recorded(chunk_rows=4):
    frame = pd.DataFrame(
        {"a": np.arange(10), "b": np.arange(10) % 3, "late": np.arange(10) % 2 == 0, "z": 1.0}
    )
    source = Recording(frame, chunk_rows)
    return frame, wrap(source), source


def test_aligned_collections_read_each_chunk_once_and_only_their_columns():
    frame, df, source = recorded()
    X, y = df[["a", "b"]].to_array(float), df["late"]
    total = reduce_chunks(lambda X, y: X[y.to_numpy()].sum(), X, y)
    assert total == frame.loc[frame.late, ["a", "b"]].to_numpy().sum()
    assert source.reads == [
        (0, ["a", "b", "late"]),
        (1, ["a", "b", "late"]),
        (2, ["a", "b", "late"]),
    ]


def test_columns_are_pushed_through_every_operation():
    _, df, source = recorded()
    made = df.assign(a=df["b"] * 2, n=df["z"]).rename(columns={"n": "m"}).isna()
    made = made[["a", "m"]][df["late"]].merge(pd.DataFrame({"m": [False], "w": [1]}), on="m")
    assert made.to_pandas().columns.tolist() == ["a", "m", "w"]
    assert {tuple(columns) for _, columns in source.reads} == {("b", "late", "z")}


def test_rows_stay_aligned_through_filters():
    frame, df, source = recorded()
    mask = df["a"] > 2
    X, y = df[mask].drop("late"), df[mask]["late"]
    blocks = list(read_chunks(X, y))
    assert len(source.reads) == 3  # and nothing was counted
    kept = frame[frame.a > 2]
    assert np.concatenate([b["a"] for b, _ in blocks]).tolist() == kept.a.tolist()
    assert np.concatenate([y for _, y in blocks]).tolist() == kept.late.tolist()
    assert X.shape == (None, 3)
    assert len(y) == 7
    assert X.shape == (7, 3) and df[mask]["b"].shape == (7,)  # known to all with these rows
    assert y.shape == (7,) and X["a"].rename("c").shape == (7,)


def test_two_masks_that_were_made_alike_fit_together():
    frame, df, _ = recorded()
    total = df[df["a"] > 2]["a"] + df[df["a"] > 2]["b"]
    kept = frame[frame.a > 2]
    assert total.to_pandas().tolist() == (kept.a + kept.b).tolist()
    with pytest.raises(ValueError, match="same length, got 7 rows .* and 6"):
        df[df["a"] > 2]["a"] + df[df["a"] > 3]["b"]


def test_filters_of_filters_and_slices():
    frame, df, _ = recorded()
    twice = df[df["a"] > 1]
    twice = twice[twice["b"] == 0][1:]
    expected = frame[(frame.a > 1) & (frame.b == 0)][1:]
    assert twice["a"].to_pandas().tolist() == expected.a.tolist()
    assert row_numbers(twice).to_numpy().tolist() == expected.index.tolist()


def test_counting_happens_once():
    _, df, source = recorded()
    kept = df[df["a"] > 2]
    for words in (repr, lambda k: k.shape, lambda k: k.nbytes, lambda k: k.source.max_rows):
        words(kept)
    assert source.reads == []
    assert len(kept) == 7
    reads = len(source.reads)
    assert len(kept["a"]) == 7 and kept[2:].shape == (5, 4)
    assert len(source.reads) == reads


@pytest.mark.parametrize("chunk_rows", [1, 3, 10])
def test_row_numbers_do_not_depend_on_chunks(chunk_rows):
    _, df, source = recorded(chunk_rows)
    assert row_numbers(df).to_numpy().tolist() == list(range(10))
    assert source.reads == []
    assert row_numbers(df[df["b"] == 1]["a"]).to_numpy().tolist() == [1, 4, 7]
    assert row_numbers(df[2:7][::1]).to_numpy().tolist() == [2, 3, 4, 5, 6]
    kept = df[df["b"] == 1]
    assert len(kept) == 3
    assert wrap(row_numbers(kept).source.regrid([2, 1])).to_numpy().tolist() == [1, 4, 7]


def test_sources_pickle_small_and_keep_their_identity():
    X = scalml.from_array(np.zeros((1000, 10)), chunk_rows=10)
    source = (X + 1).source
    copy = pickle.loads(pickle.dumps(source))
    assert copy.token == source.token
    assert len(pickle.dumps(copy)) < 150_000


def test_a_long_chain_is_planned_in_no_time():
    df = scalml.from_frame(pd.DataFrame({"a": [1.0, 2.0]}), chunk_rows=1)
    for _ in range(30):  # each step uses the one before twice
        df = df.assign(a=lambda frame: frame["a"] * 1)
    with scalml.config_context(n_jobs=2, backend="threads"):
        assert df["a"].sum() == 3
    from scalml.sources.base import payloads_for

    assert len(payloads_for([df.source], 0)) == 1


def test_functions_must_keep_rows():
    X = scalml.from_array(np.arange(6.0), chunk_rows=2)
    with pytest.raises(ValueError, match="must keep their rows: 2 went in, 1 came out") as caught:
        X.map_chunks(lambda block: block[:1]).to_numpy()
    assert "while reading rows 0:2 of data in memory" in caught.value.__notes__
    halved = X.map_chunks(lambda block: block[:1], keeps_rows=False)
    assert halved.shape == (None,) and len(halved) == 3
    assert row_numbers(halved).to_numpy().tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match="got tuple"):
        X.map_chunks(lambda block: (block, block))


def test_functions_get_other_rows_and_arguments():
    X = scalml.from_array(np.arange(6.0).reshape(3, 2), chunk_rows=2)
    y = scalml.from_array(np.arange(3.0), chunk_rows=1)
    found = X.map_chunks(lambda X, y, w, k: X[:, 0] * y + w * k, y, [1, 2, 3], k=10)
    assert found.to_numpy().tolist() == [10, 22, 38]
    assert X.map_chunks(lambda X: np.asfortranarray(X)).chunks[0].read().flags.c_contiguous
    frames = X.map_chunks(lambda X: pd.DataFrame(X, columns=["a", "b"], index=[5] * len(X)))
    assert frames.to_pandas().index.tolist() == [0, 1, 2]


def test_what_is_read_by_whom():
    X = scalml.from_array(np.arange(6.0).reshape(3, 2), chunk_rows=2)
    assert repr(X.chunks[1]) == "Chunk(rows 2:3 of data in memory)"
    assert [chunk.n_rows for chunk in X[1:].chunks] == [1, 1]
    assert X[1:].chunks[0].read().tolist() == [[2, 3]]
    assert "rows 1:2 of rows 0:2" in repr(X[1:].chunks[0])

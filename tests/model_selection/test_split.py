"""Chunked splits depend on the seed and the row numbers alone."""

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection

import scalml
from scalml.model_selection import train_test_split

N = 3_000


@pytest.fixture
def X():
    return np.column_stack([np.arange(N), np.random.default_rng(0).normal(size=N)])


def rows_of(part):
    return part.to_numpy()[:, 0].astype(int)


@pytest.mark.parametrize(
    "sizes",
    [{}, {"test_size": 0.1}, {"train_size": 0.3, "test_size": 0.2}, {"train_size": 0.6}],
    ids=str,
)
def test_fractions(X, sizes):
    found = []
    for chunk_rows in (17, 1_000, N):
        lazy = scalml.from_array(X, chunk_rows=chunk_rows)
        parts = train_test_split(lazy, random_state=1, **sizes)
        found.append([rows_of(part).tolist() for part in parts])
    assert found[0] == found[1] == found[2]
    train, test = found[0]
    assert train == sorted(train) and test == sorted(test)
    assert not set(train) & set(test)
    p_test = sizes.get("test_size", 1 - sizes.get("train_size", 0.75))
    p_train = sizes.get("train_size", 1 - p_test)
    for part, p in ((train, p_train), (test, p_test)):
        assert abs(len(part) - N * p) < 5 * np.sqrt(N * p * (1 - p))
    if len(sizes) < 2:
        assert len(train) + len(test) == N


@pytest.mark.parametrize(
    "sizes",
    [{"test_size": 7}, {"test_size": 1_000, "train_size": 0.1}, {"train_size": 2_999}],
    ids=str,
)
def test_exact_sizes(X, sizes):
    found = []
    for chunk_rows in (17, N):
        lazy = scalml.from_array(X, chunk_rows=chunk_rows)
        parts = train_test_split(lazy, random_state=1, **sizes)
        found.append([rows_of(part).tolist() for part in parts])
    assert found[0] == found[1]
    expected = sklearn.model_selection.train_test_split(X, random_state=1, **sizes)
    assert [len(part) for part in found[0]] == [len(part) for part in expected]
    assert not set(found[0][0]) & set(found[0][1])


@pytest.mark.parametrize("sizes", [{}, {"test_size": 500, "train_size": 100}], ids=str)
@pytest.mark.parametrize("kind", [int, str])
def test_strata_keep_their_proportions(X, sizes, kind):
    y = np.random.default_rng(0).choice(4, N, p=[0.7, 0.2, 0.09, 0.01]).astype(kind)
    options = {"random_state": 0, **sizes}
    found = []
    for chunk_rows in (17, N):
        *parts, y_train, y_test = train_test_split(
            scalml.from_array(X, chunk_rows=chunk_rows), y, stratify=y, **options
        )
        found.append([rows_of(part).tolist() for part in parts])
    assert found[0] == found[1]
    *_, s_train, s_test = sklearn.model_selection.train_test_split(X, y, stratify=y, **options)
    for ours, theirs in ((y_train, s_train), (y_test, s_test)):
        counts = [np.unique(part, return_counts=True)[1] for part in (ours.to_numpy(), theirs)]
        assert counts[0].sum() == counts[1].sum()
        assert abs(counts[0] - counts[1]).max() <= 1


def test_unshuffled(X):
    for sizes in ({}, {"test_size": 10, "train_size": 20}):
        lazy = scalml.from_array(X, chunk_rows=17)
        ours = train_test_split(lazy, X[:, 1], shuffle=False, **sizes)
        theirs = sklearn.model_selection.train_test_split(X, X[:, 1], shuffle=False, **sizes)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one.to_numpy(), other)


def test_mixed_inputs_are_split_alike(X):
    frame = pd.DataFrame({"row": np.arange(N), "text": "a"})
    lazy = scalml.from_array(X, chunk_rows=170)
    parts = train_test_split(lazy, frame, frame["row"], X[:, 0], random_state=3)
    for side in (0, 1):
        rows = rows_of(parts[side])
        assert parts[2 + side].to_pandas()["row"].tolist() == rows.tolist()
        assert parts[4 + side].to_numpy().tolist() == rows.tolist()
        assert parts[6 + side].to_numpy().tolist() == rows.tolist()


def test_numpy_first_is_wrapped(X):
    ours = train_test_split(X[:, 0], scalml.from_array(X, chunk_rows=170), random_state=3)
    assert ours[0].to_numpy().tolist() == rows_of(ours[2]).tolist()


def test_filtered_rows_stay_on_their_side(X):
    lazy = scalml.from_array(X, chunk_rows=170)
    _, test = train_test_split(lazy, random_state=5)
    _, kept = train_test_split(lazy[lazy[:, 1] > 0], random_state=5)
    assert set(rows_of(kept)) == {row for row in rows_of(test) if X[row, 1] > 0}


def test_appended_rows_move_nobody(X):
    fewer = train_test_split(scalml.from_array(X[:1_000], chunk_rows=170), random_state=5)[1]
    more = train_test_split(scalml.from_array(X, chunk_rows=170), random_state=5)[1]
    assert rows_of(fewer).tolist() == [row for row in rows_of(more) if row < 1_000]


def test_splitting_again_with_the_same_seed_is_independent(X):
    train, _ = train_test_split(scalml.from_array(X, chunk_rows=170), test_size=0.5, random_state=0)
    parts = train_test_split(train, test_size=0.5, random_state=0)
    assert abs(len(parts[1]) - len(train) / 2) < 5 * np.sqrt(len(train) / 4)
    assert sorted([*rows_of(parts[0]), *rows_of(parts[1])]) == rows_of(train).tolist()


def test_seeds_differ_and_none_draws_one(X):
    lazy = scalml.from_array(X, chunk_rows=170)
    one, other = (rows_of(train_test_split(lazy, random_state=seed)[1]) for seed in (0, 1))
    assert one.tolist() != other.tolist()
    train, test = train_test_split(lazy)
    assert sorted([*rows_of(train), *rows_of(test)]) == list(range(N))
    assert rows_of(test).tolist() == rows_of(test).tolist()


def test_in_memory_is_scikit_learn(X):
    ours = train_test_split(X, random_state=0)
    theirs = sklearn.model_selection.train_test_split(X, random_state=0)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "options",
    [
        {"test_size": 1.0},
        {"test_size": 0},
        {"test_size": N},
        {"test_size": -0.1},
        {"train_size": 1.5},
        {"test_size": "a"},
        {"test_size": 0.6, "train_size": 0.6},
        {"test_size": 2_000, "train_size": 2_000},
        {"test_size": 2_000, "train_size": 0.6},
        {"shuffle": False, "stratify": np.zeros(N)},
        {"stratify": np.arange(N)},
        {"stratify": np.arange(N) % 10, "test_size": 5},
    ],
    ids=str,
)
def test_errors_are_those_of_scikit_learn(X, options):
    with pytest.raises(ValueError):
        sklearn.model_selection.train_test_split(X, **options)
    with pytest.raises(ValueError):
        train_test_split(scalml.from_array(X, chunk_rows=170), **options)


def test_nothing_or_unequal_lengths(X):
    with pytest.raises(ValueError, match="At least one array"):
        train_test_split()
    with pytest.raises(ValueError, match="3000"):
        train_test_split(scalml.from_array(X, chunk_rows=170), X[:5])


def test_none_is_refused(X):
    for rows in (X, scalml.from_array(X, chunk_rows=170)):
        with pytest.raises(TypeError, match="number 1 is; leave it out"):
            train_test_split(rows, None)


def test_several_labels_a_row(X):
    y = np.column_stack([X[:, 1] > 0, X[:, 1] > 1])
    lazy = scalml.from_array(X, chunk_rows=170)
    _, _, _, y_test = train_test_split(lazy, y, stratify=y, random_state=0)
    assert abs(y_test.to_numpy().sum(axis=0) - y.sum(axis=0) / 4).max() <= 2


def test_lengths_are_named(X):
    lazy = scalml.from_array(X, chunk_rows=170)
    with pytest.raises(ValueError, match="X and y must have as many rows, got 3000 and 5"):
        train_test_split(lazy, X[:5])
    with pytest.raises(ValueError, match="X and stratify must have as many rows"):
        train_test_split(lazy, stratify=X[:5, 0])

import cloudpickle
import numpy as np
import pytest
from sklearn.model_selection import (
    KFold,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)

import scalml
from scalml.model_selection.fold_sums import TEST, TRAIN, FoldSums, SplitBlock, parts_of
from scalml.statistics import Gram

N = 240


def memberships_of(cv, n=N):
    found = np.zeros((n, cv.get_n_splits()), dtype=np.int8)
    for split, (train, test) in enumerate(cv.split(np.zeros(n))):
        found[train, split], found[test, split] = TRAIN, TEST
    return found


SPLITTERS = [
    KFold(5),
    KFold(3, shuffle=True, random_state=0),
    ShuffleSplit(4, train_size=0.5, test_size=0.2, random_state=0),
    ShuffleSplit(45, random_state=0),
    TimeSeriesSplit(4),
    RepeatedKFold(n_splits=3, n_repeats=4, random_state=0),
    PredefinedSplit(np.arange(N) % 4 - 1),
]


@pytest.mark.parametrize("cv", SPLITTERS, ids=str)
@pytest.mark.parametrize("chunk_rows", [1, 37, N])
def test_sides_are_those_of_the_splits(cv, chunk_rows):
    X = np.random.default_rng(0).normal(size=(N, 1))
    w = np.arange(N) % 3 + 1.0
    codes = memberships_of(cv)
    chunked, y, weight, members = (
        scalml.from_array(a, chunk_rows=chunk_rows) for a in (X, X[:, 0] * 2, w, codes)
    )
    sums = FoldSums.over(total, chunked, y, members, (None, weight))
    for split in range(codes.shape[1]):
        for code in (TRAIN, TEST):
            rows = codes[:, split] == code
            assert sums.side(split, code) == pytest.approx(3 * X[rows].sum())
            assert sums.side(split, code, 1) == pytest.approx(3 * (w @ (X[:, 0] * rows)))
    assert sums.all() == pytest.approx(3 * X.sum())
    assert sums.all(1) == pytest.approx(3 * w @ X[:, 0])


def total(X, y, weight):
    return float((X[:, 0] + y) @ (np.ones(len(X)) if weight is None else weight))


def test_folds_are_worked_through_once():
    seen = []

    def watched(X, y, weight):
        seen.append(len(X))
        return len(X)

    with scalml.config_context(backend="serial"):
        FoldSums.over(
            watched,
            scalml.from_array(np.zeros((N, 2)), chunk_rows=N),
            None,
            scalml.from_array(memberships_of(KFold(5, shuffle=True, random_state=0))),
        )
    assert sorted(seen) == [N // 5] * 5


def test_a_side_without_rows_is_none():
    members = scalml.from_array(np.array([[1, 0], [1, 2]], dtype=np.int8))
    X = scalml.from_array(np.ones((2, 1)))
    sums = FoldSums.over(total, X, X[:, 0], members)
    assert sums.side(0, TEST) is None and sums.side(1, TRAIN) is None
    assert sums.side(1, TEST) == 2.0 and sums.all() == 4.0


def test_consecutive_rows_are_not_copied():
    found = parts_of(memberships_of(KFold(3), 9), 0)
    assert [rows for _, rows in found] == [slice(0, 3), slice(3, 6), slice(6, 9)]


def test_manifold_memberships_are_summed_by_side():
    members = memberships_of(ShuffleSplit(6, random_state=0))
    assert {part[0] for part, _ in parts_of(members, 0)} == {"all", "side"}
    assert {part[0] for part, _ in parts_of(members, N)} == {"set"}
    members = memberships_of(ShuffleSplit(45, random_state=0))
    assert {part[0] for part, _ in parts_of(members, N)} == {"all", "side"}


def test_sums_pickle():
    block = cloudpickle.loads(cloudpickle.dumps(SplitBlock(Gram.of, 2)))
    X = np.arange(4.0).reshape(4, 1)
    found = block(X, X[:, 0], memberships_of(KFold(2), 4), None)
    assert len(found) == 2

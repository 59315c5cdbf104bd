"""Chunked splits are scikit-learn's very splits while they fit, and hashes of rows beyond."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection as theirs

import scalml
from scalml import model_selection as ours
from scalml.model_selection import memberships, splitter

N = 203
CHUNKS = (7, 60, N)

PLAIN = [
    ("KFold", {}),
    ("KFold", {"n_splits": 7}),
    ("KFold", {"n_splits": 41}),
    ("KFold", {"n_splits": 4, "shuffle": True, "random_state": 3}),
    ("ShuffleSplit", {"random_state": 0}),
    ("ShuffleSplit", {"n_splits": 3, "test_size": 31, "train_size": 0.3, "random_state": 1}),
    ("ShuffleSplit", {"n_splits": 2, "train_size": 0.5, "random_state": 2}),
    ("TimeSeriesSplit", {}),
    ("TimeSeriesSplit", {"n_splits": 3, "gap": 4, "max_train_size": 50}),
    ("TimeSeriesSplit", {"n_splits": 3, "test_size": 11, "max_train_size": 20}),
    ("PredefinedSplit", {"test_fold": np.arange(N) % 4 - 1}),
    ("PredefinedSplit", {"test_fold": np.where(np.arange(N) < 9, 40, 2)}),
]
STRATIFIED = [
    ("StratifiedKFold", {}),
    ("StratifiedKFold", {"n_splits": 3}),
    ("StratifiedKFold", {"n_splits": 4, "shuffle": True, "random_state": 3}),
    ("StratifiedShuffleSplit", {"random_state": 0}),
    ("StratifiedShuffleSplit", {"n_splits": 4, "test_size": 50, "train_size": 101}),
    ("StratifiedShuffleSplit", {"n_splits": 2, "train_size": 0.4, "random_state": 2}),
]
GROUPED = [
    ("GroupKFold", {}),
    ("GroupKFold", {"n_splits": 3}),
    ("GroupKFold", {"n_splits": 3, "shuffle": True, "random_state": 0}),
]


def data(seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.arange(N), rng.normal(size=N)])
    y = rng.choice(3, N, p=[0.6, 0.3, 0.1])
    groups = rng.integers(0, 17, N) * 3
    return X, y, groups


def made(module, name, options):
    options = {"random_state": 5, **options} if name == "StratifiedShuffleSplit" else options
    return getattr(module, name)(**options)


def rows_of(part):
    return part.to_numpy()[:, 0].astype(int).tolist()


def same_splits(expected, found, X):
    expected, found = list(expected), list(found)
    assert len(expected) == len(found)
    for (train, test), (ours_train, ours_test) in zip(expected, found, strict=True):
        assert rows_of(X[ours_train]) == sorted(train.tolist())
        assert rows_of(X[ours_test]) == sorted(test.tolist())


@pytest.mark.parametrize("chunk_rows", CHUNKS)
@pytest.mark.parametrize(("name", "options"), PLAIN, ids=str)
def test_plain_splits_are_those_of_scikit_learn(name, options, chunk_rows):
    X, _, _ = data()
    lazy = scalml.from_array(X, chunk_rows=chunk_rows)
    expected = made(theirs, name, options).split(X)
    same_splits(expected, made(ours, name, options).split(lazy), lazy)


@pytest.mark.parametrize("chunk_rows", CHUNKS)
@pytest.mark.parametrize("kind", [int, str, float, bool, object, "category", "2-D"])
@pytest.mark.parametrize(("name", "options"), STRATIFIED, ids=str)
def test_stratified_splits_are_those_of_scikit_learn(name, options, kind, chunk_rows):
    X, y, _ = data()
    y = {
        "category": lambda: pd.Series(y.astype(str)).astype("category"),
        "2-D": lambda: y[:, None],
        bool: lambda: y > 1,
    }.get(kind, lambda: y.astype(str).astype(object) if kind is object else y.astype(kind))()
    lazy = scalml.from_array(X, chunk_rows=chunk_rows)
    expected = list(made(theirs, name, options).split(X, y))
    same_splits(expected, made(ours, name, options).split(lazy, y), lazy)
    in_memory = list(made(ours, name, options).split(X, y))
    for pair, other in zip(expected, in_memory, strict=True):
        np.testing.assert_array_equal(pair[0], other[0])
        np.testing.assert_array_equal(pair[1], other[1])


@pytest.mark.parametrize("seed", range(4))
def test_stratified_folds_of_sorted_and_rare_classes(seed):
    X, _, _ = data()
    rng = np.random.default_rng(seed)
    y = np.repeat([5, 1, 3, 2], [3, 100, 7, N - 110])
    if seed:
        rng.shuffle(y)
    lazy = scalml.from_array(X, chunk_rows=10)
    for options in ({}, {"shuffle": True, "random_state": seed}):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = list(theirs.StratifiedKFold(**options).split(X, y))
        with pytest.warns(UserWarning, match="only 3 members, which is less than n_splits=5"):
            found = list(ours.StratifiedKFold(**options).split(lazy, y))
        same_splits(expected, found, lazy)


def test_multilabel_strata():
    X, y, _ = data()
    y = np.column_stack([y > 0, y > 1])
    lazy = scalml.from_array(X, chunk_rows=10)
    splits = {"n_splits": 2, "random_state": 0}
    expected = theirs.StratifiedShuffleSplit(**splits).split(X, y)
    same_splits(expected, ours.StratifiedShuffleSplit(**splits).split(lazy, y), lazy)


@pytest.mark.parametrize("chunk_rows", CHUNKS)
@pytest.mark.parametrize("kind", [int, str, float, object, "series"])
@pytest.mark.parametrize(("name", "options"), GROUPED, ids=str)
def test_grouped_splits_are_those_of_scikit_learn(name, options, kind, chunk_rows):
    X, y, groups = data()
    if kind == "series":
        groups = pd.Series(groups.astype(str))
    else:
        groups = groups.astype(str).astype(object) if kind is object else groups.astype(kind)
    lazy = scalml.from_array(X, chunk_rows=chunk_rows)
    expected = made(theirs, name, options).split(X, y, groups)
    same_splits(expected, made(ours, name, options).split(lazy, y, groups), lazy)


@pytest.mark.parametrize(("name", "options"), PLAIN + STRATIFIED + GROUPED, ids=str)
def test_memberships_of_memory_and_chunks_agree(name, options):
    X, y, groups = data()
    groups = groups if (name, options) in GROUPED else None
    cv = made(theirs, name, options)
    expected = np.zeros((N, cv.get_n_splits(X, y, groups)), dtype=np.int8)
    for split, (train, test) in enumerate(cv.split(X, y, groups)):
        expected[train, split], expected[test, split] = 1, 2
    for rows in (X, pd.DataFrame(X), scalml.from_array(X, chunk_rows=20)):
        codes = memberships(cv, rows, y, groups)
        assert codes.dtype == np.int8
        np.testing.assert_array_equal(codes.to_numpy(), expected)


@pytest.mark.parametrize(
    "cv",
    [
        theirs.RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
        theirs.StratifiedGroupKFold(3),
        theirs.LeaveOneGroupOut(),
        theirs.GroupShuffleSplit(3, random_state=0),
    ],
    ids=lambda cv: type(cv).__name__,
)
def test_other_splitters_of_scikit_learn(cv):
    X, y, groups = data()
    lazy = scalml.from_array(X, chunk_rows=30)
    if isinstance(cv, theirs.RepeatedKFold):
        groups = None
    expected = memberships(cv, X, y, groups).to_numpy()
    np.testing.assert_array_equal(memberships(cv, lazy, y, groups).to_numpy(), expected)
    y_lazy = scalml.from_array(y, chunk_rows=11)
    np.testing.assert_array_equal(memberships(cv, lazy, y_lazy, groups).to_numpy(), expected)


def test_splits_made_before():
    X, _, _ = data()
    lazy = scalml.from_array(X, chunk_rows=30)
    rows = list(theirs.KFold(3).split(X))
    expected = memberships(3, lazy).to_numpy()
    masks = [tuple(np.isin(np.arange(N), side) for side in pair) for pair in rows]
    for cv in (rows, masks, list(ours.KFold(3).split(lazy))):
        np.testing.assert_array_equal(memberships(cv, lazy).to_numpy(), expected)
    np.testing.assert_array_equal(memberships(rows, X).to_numpy(), expected)


def test_splits_with_a_row_twice_are_refused():
    X, _, _ = data()
    lazy = scalml.from_array(X, chunk_rows=30)
    for train, test in (([0, 0], [1]), ([0, 1], [1]), (np.arange(N), np.arange(N))):
        for rows in (X, lazy):
            with pytest.raises(ValueError, match="split 0 has some twice"):
                memberships([(train, test)], rows)
    mask = lazy[:, 0] >= 0
    with pytest.raises(ValueError, match="not in both"):
        memberships([(mask, mask)], lazy).to_numpy()
    with pytest.raises(ValueError, match="at least one split"):
        memberships([], lazy)


def test_other_collections_are_filtered_alike():
    X, y, _ = data()
    lazy = scalml.from_array(X, chunk_rows=30)
    for labels in (scalml.from_array(y, chunk_rows=50), scalml.from_frame(pd.Series(y))):
        for (train, test), (a, b) in zip(
            ours.KFold(3).split(lazy, labels), theirs.KFold(3).split(X), strict=True
        ):
            assert labels[train].to_numpy().tolist() == y[a].tolist()
            assert labels[test].to_numpy().tolist() == y[b].tolist()


def test_filtered_rows_are_split_by_their_position():
    X, y, _ = data()
    lazy, labels = scalml.from_array(X, chunk_rows=30), scalml.from_array(y, chunk_rows=30)
    keep = labels > 0
    assert lazy[keep].shape[0] is None
    for name, options in (PLAIN[0], PLAIN[3], STRATIFIED[0], STRATIFIED[3]):
        expected = made(theirs, name, options).split(X[y > 0], y[y > 0])
        found = made(ours, name, options).split(lazy[keep], labels[keep])
        for (train, test), (a, b) in zip(found, expected, strict=True):
            assert rows_of(lazy[keep][train]) == X[y > 0][np.sort(a), 0].astype(int).tolist()
            assert rows_of(lazy[keep][test]) == X[y > 0][np.sort(b), 0].astype(int).tolist()


def test_text_files_are_counted_and_split(tmp_path):
    X, y, _ = data()
    frame = pd.DataFrame(X, columns=["row", "x"]).assign(label=y.astype(str))
    frame.to_csv(tmp_path / "rows.csv", index=False)
    lazy = scalml.read_csv(tmp_path / "rows.csv", chunk_rows=30)
    for name, options in (PLAIN[0], STRATIFIED[0]):
        expected = made(theirs, name, options).split(X, y)
        found = list(made(ours, name, options).split(lazy[["row"]], lazy["label"]))
        for (train, test), (a, b) in zip(found, expected, strict=True):
            assert lazy[train]["row"].to_numpy().tolist() == a.tolist()
            assert lazy["row"][test].to_numpy().tolist() == b.tolist()


@pytest.fixture
def no_room(monkeypatch):
    monkeypatch.setattr(splitter, "memory_limit", lambda: 0)


@pytest.mark.usefixtures("no_room")
def test_hashed_folds():
    n = 4_000
    X, y = np.arange(n), np.random.default_rng(0).choice(3, n, p=[0.8, 0.19, 0.01])
    for name in ("KFold", "StratifiedKFold"):
        cv = getattr(ours, name)(4, shuffle=True, random_state=0)
        found = []
        for chunk_rows in (170, 1_111):
            lazy = scalml.from_array(X, chunk_rows=chunk_rows)
            codes = memberships(cv, lazy, y).to_numpy()
            assert ((codes == 2).sum(axis=1) == 1).all() and codes.min() == 1
            found.append(codes)
        np.testing.assert_array_equal(*found)
        sizes = (codes == 2).sum(axis=0)
        assert abs(sizes - n / 4).max() < 5 * np.sqrt(n * 3 / 16)
        other = memberships(getattr(ours, name)(4, shuffle=True, random_state=1), lazy, y)
        assert (other.to_numpy() != codes).any()
    counts = [np.bincount(y[codes[:, fold] == 2], minlength=3) for fold in range(4)]
    assert np.ptp(counts, axis=0).max() <= 1
    fewer = memberships(ours.KFold(4, shuffle=True, random_state=0), scalml.from_array(X[:999]))
    np.testing.assert_array_equal(
        fewer.to_numpy(),
        memberships(ours.KFold(4, shuffle=True, random_state=0), lazy).to_numpy()[:999],
    )


@pytest.mark.usefixtures("no_room")
def test_hashed_random_splits():
    n = 4_000
    X, y = np.arange(n), np.random.default_rng(0).choice(3, n, p=[0.8, 0.19, 0.01])
    lazy = scalml.from_array(X, chunk_rows=170)
    sizes = {"n_splits": 3, "test_size": 1_000, "train_size": 500, "random_state": 0}
    for name in ("ShuffleSplit", "StratifiedShuffleSplit"):
        codes = memberships(getattr(ours, name)(**sizes), lazy, y).to_numpy()
        assert (codes == 2).sum(axis=0).tolist() == [1_000] * 3
        assert (codes == 1).sum(axis=0).tolist() == [500] * 3
        assert (codes[:, 0] != codes[:, 1]).any()
    counts = [np.bincount(y[codes[:, split] == 2]) for split in range(3)]
    assert abs(np.array(counts) - np.bincount(y) / 4).max() <= 1
    by_chance = memberships(ours.ShuffleSplit(2, random_state=0), lazy).to_numpy()
    assert abs((by_chance == 2).sum(axis=0) - n / 10).max() < 5 * np.sqrt(n * 0.09)


@pytest.mark.usefixtures("no_room")
def test_hashed_folds_within_hashed_folds_are_independent():
    lazy = scalml.from_array(np.arange(4_000), chunk_rows=170)
    lazy, _ = ours.train_test_split(lazy, test_size=0.5, random_state=0)
    for _ in range(2):
        (train, _), *_ = ours.KFold(2, shuffle=True, random_state=0).split(lazy)
        n_train = len(lazy[train])
        assert abs(n_train - len(lazy) / 2) < 5 * np.sqrt(len(lazy) / 4)
        lazy = lazy[train]


@pytest.mark.usefixtures("no_room")
def test_unshuffled_folds_need_no_room():
    X, y, _ = data()
    lazy = scalml.from_array(X, chunk_rows=7)
    for cv in (theirs.KFold(4), theirs.StratifiedKFold(4), theirs.TimeSeriesSplit(4)):
        np.testing.assert_array_equal(
            memberships(cv, lazy, y).to_numpy(), memberships(cv, X, y).to_numpy()
        )


@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_workers_are_sent_their_rows_alone(backend):
    X, y, _ = data()
    lazy = scalml.from_array(X, chunk_rows=60)
    with scalml.config_context(backend=backend, n_jobs=2):
        for cv in (ours.KFold(3, shuffle=True, random_state=0), ours.StratifiedKFold(3)):
            expected = memberships(cv, X, y).to_numpy()
            np.testing.assert_array_equal(memberships(cv, lazy, y).to_numpy(), expected)


def test_the_permutation_is_not_broadcast():
    n = 100_000
    lazy = scalml.from_array(np.zeros(n), chunk_rows=1_000)
    codes = memberships(ours.KFold(3, shuffle=True, random_state=0), lazy)
    roots = [root for root in codes.source.roots() if hasattr(root, "without_data")]
    assert len(roots) == 1
    assert len(pickle.dumps(roots[0].without_data())) < 10_000
    assert roots[0].payload(3).nbytes == 1_000


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("KFold", {"n_splits": N + 1}, "greater than the number of samples"),
        ("StratifiedKFold", {"n_splits": N}, "cannot be greater than the number of members"),
        ("StratifiedKFold", {"n_splits": N + 1}, "greater than the number of samples"),
        ("GroupKFold", {"n_splits": 18}, "greater than the number of groups"),
        ("TimeSeriesSplit", {"n_splits": N}, "greater than the number of samples"),
        ("TimeSeriesSplit", {"n_splits": 3, "gap": 200}, "Too many splits"),
        ("ShuffleSplit", {"test_size": N}, "test_size"),
        ("StratifiedShuffleSplit", {"test_size": 2}, "number of classes"),
    ],
)
def test_errors_are_those_of_scikit_learn(name, options, problem):
    X, y, groups = data()
    groups = groups if name == "GroupKFold" else None
    lazy = scalml.from_array(X, chunk_rows=30)
    for module, rows in ((theirs, X), (ours, lazy)):
        with pytest.raises(ValueError, match=problem):
            list(made(module, name, options).split(rows, y, groups))


def test_errors_name_what_is_wrong():
    X, y, groups = data()
    lazy = scalml.from_array(X, chunk_rows=30)
    with pytest.raises(ValueError, match="X and y must have as many rows, got 203 and 5"):
        list(ours.KFold().split(lazy, y[:5]))
    with pytest.raises(ValueError, match="X and groups must have as many rows, got 203 and 5"):
        list(ours.GroupKFold().split(lazy, y, groups[:5]))
    with pytest.raises(ValueError, match="X and test_fold must have as many rows"):
        list(ours.PredefinedSplit([0, 1]).split(lazy))
    with pytest.raises(ValueError, match="'groups' parameter should not be None"):
        list(ours.GroupKFold().split(lazy))
    with pytest.raises(ValueError, match="needs y"):
        list(ours.StratifiedKFold().split(lazy, None))
    with pytest.raises(ValueError, match="needs y"):
        list(ours.StratifiedShuffleSplit().split(lazy, None))
    with pytest.raises(ValueError, match="continuous"):
        list(ours.StratifiedKFold().split(lazy, X[:, 1]))
    with pytest.raises(ValueError, match="multilabel"):
        list(ours.StratifiedKFold().split(lazy, X > 0))
    with pytest.raises(ValueError, match="groups"):
        list(ours.GroupKFold().split(lazy, y, np.where(y > 1, np.nan, y)))
    with pytest.warns(UserWarning, match="groups parameter is ignored by KFold"):
        list(ours.KFold().split(lazy, y, groups))


def test_classes_are_counted_in_one_pass(tmp_path):
    X, y, _ = data()
    np.save(tmp_path / "y.npy", np.sort(y))
    labels = scalml.read_npy(tmp_path / "y.npy", chunk_rows=10)
    read = []
    watched = labels.map_chunks(lambda block: read.append(len(block)) or block, empty=y[:0])
    with scalml.config_context(backend="serial"):
        codes = memberships(ours.StratifiedKFold(3), scalml.from_array(X, chunk_rows=10), watched)
    assert N <= sum(read) <= N + 6 * 10  # and the chunks with a cut: two for each class
    assert codes.shape == (N, 3)


def test_check_cv():
    y = np.array([0, 1, 1, 0, 1, 0])
    lazy = {
        "classes": scalml.from_array(y, chunk_rows=4),
        "whole": scalml.from_array(y.astype(float), chunk_rows=4),
        "text": scalml.from_frame(pd.Series(y.astype(str)), chunk_rows=4),
        "column": scalml.from_frame(pd.DataFrame({"y": y}), chunk_rows=4),
        "continuous": scalml.from_array(y + 0.5, chunk_rows=4),
        "indicator": scalml.from_array(np.column_stack([y, 1 - y]), chunk_rows=4),
    }
    for name, labels in lazy.items():
        strata = name not in ("continuous", "indicator")
        found = ours.check_cv(3, labels, classifier=True)
        assert type(found) is (ours.StratifiedKFold if strata else ours.KFold)
        assert found.n_splits == 3
        assert type(ours.check_cv(None, labels)) is ours.KFold
    found = ours.check_cv(4, y, classifier=True, shuffle=True, random_state=2)
    assert type(found) is ours.StratifiedKFold
    assert (found.n_splits, found.shuffle, found.random_state) == (4, True, 2)
    generator = np.random.RandomState(0)
    found = ours.check_cv(theirs.ShuffleSplit(3, test_size=0.2, random_state=generator))
    assert type(found) is ours.ShuffleSplit and found.random_state is generator
    assert repr(found) == repr(theirs.ShuffleSplit(3, test_size=0.2, random_state=generator))
    folds = ours.check_cv(theirs.PredefinedSplit([0, 1, -1]))
    assert type(folds) is ours.PredefinedSplit and folds.get_n_splits() == 2
    other = theirs.LeaveOneOut()
    assert ours.check_cv(other) is other
    for wrong in ("lolo", 2.5):
        with pytest.raises(ValueError, match="Expected `cv`"):
            ours.check_cv(wrong)


def test_generators_move_on_as_scikit_learn_does():
    X, y, _ = data()
    lazy = scalml.from_array(X, chunk_rows=30)
    for name in ("KFold", "StratifiedKFold", "ShuffleSplit", "StratifiedShuffleSplit"):
        options = {"shuffle": True} if "KFold" in name else {"test_size": 50}
        one, other = np.random.RandomState(7), np.random.RandomState(7)
        for _ in range(2):
            expected = getattr(theirs, name)(3, random_state=one, **options).split(X, y)
            found = getattr(ours, name)(3, random_state=other, **options).split(lazy, y)
            same_splits(expected, found, lazy)


def test_metadata_requests_are_those_of_scikit_learn():
    for name in ("KFold", "GroupKFold", "StratifiedKFold", "ShuffleSplit"):
        one, other = getattr(ours, name)(), getattr(theirs, name)()
        requests = [cv.get_metadata_routing().split.requests for cv in (one, other)]
        assert requests[0] == requests[1]

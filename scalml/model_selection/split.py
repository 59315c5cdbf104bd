"""Training and test rows of chunked data, chosen by hash, so that nothing is moved or counted."""

from __future__ import annotations

from functools import partial
from math import ceil, floor

import numpy as np
import sklearn.model_selection
from sklearn.utils import check_random_state

from scalml.data import row_numbers
from scalml.metrics.inputs import any_chunked
from scalml.model_selection.folds import SideByHash
from scalml.model_selection.rows import same_rows
from scalml.model_selection.splitter import hashed_before
from scalml.model_selection.strata import labels_in
from scalml.runtime import reduce_chunks
from scalml.statistics.row_hashes import HashCounts, HashesAt, allocate

_ALL = 2**64 - 1


FEWEST_BY_CHANCE = 50  # rows of a side; chance might leave fewer of them none


def train_test_split(
    *arrays, test_size=None, train_size=None, random_state=None, shuffle=True, stratify=None
):
    """Split arrays, frames or chunked collections into training and test rows.

    In-memory inputs are split by scikit-learn's function. Chunked ones give lazy collections that
    keep the order of the rows: whether a row is in the test set follows from a hash of
    `random_state` and its number in the root source, so the split is the same for every chunk size
    and number of workers, and rows appended later do not move the old ones. Splitting the training
    rows again with the same seed is an independent choice, unless `cache()` came in between: then
    give the second split another seed.

    ============================== ===================================================== =========
    sizes                          rows of the test set                                  passes
    ============================== ===================================================== =========
    fractions                      each row by chance: the size is binomial, its         0
                                   standard deviation sqrt(n * p * (1 - p))
    fractions that leave a side    exactly as many as in scikit-learn                    2
    fewer than 50 rows
    integers                       exactly as many, those with the smallest hashes       2
    any, with `stratify`           exact, and proportional in each class                 2
    any, with `shuffle=False`      the last rows                                         0
    ============================== ===================================================== =========

    The passes read row numbers and `stratify` only; data of unknown length (text, filters) is
    counted first. Memory: 32 KiB per class, and a few thousandths of the hashes.

    Parameters
    ----------
    *arrays : array-likes or chunked collections with the same number of rows
        As soon as one of them is chunked all results are; row numbers are those of the first
        chunked one.
    test_size, train_size : float in (0, 1) or int, default=None
        Share or number of rows. By default each is what the other leaves, and a quarter is for
        testing if neither is given.
    random_state : int, RandomState or None, default=None
        None draws a seed once, so the results of one call always fit each other.
    shuffle : bool, default=True
        If False, the first rows are for training and the last for testing.
    stratify : array-like or chunked, of shape (n_rows,), default=None
        Class labels whose proportions both sides keep.

    Returns
    -------
    list of length 2 * len(arrays)
        Training and test rows of each.

    Raises
    ------
    ValueError
        If sizes are out of range or leave a side empty, lengths differ, or a class of `stratify`
        has a single row.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import train_test_split
    >>> X = scalml.from_array(np.arange(10.0).reshape(-1, 1), chunk_rows=3)
    >>> train, test = train_test_split(X, test_size=3, random_state=0)
    >>> len(train), len(test)
    (7, 3)
    """
    if not arrays:
        raise ValueError("At least one array required as input")
    for place, array in enumerate(arrays):
        if array is None:
            raise TypeError(
                f"Arrays to split must not be None, but number {place} is; leave it out."
            )
    if not any_chunked(*arrays, stratify):
        return sklearn.model_selection.train_test_split(
            *arrays,
            test_size=test_size,
            train_size=train_size,
            random_state=random_state,
            shuffle=shuffle,
            stratify=stratify,
        )
    names = ["X", "y", *(f"array {place}" for place in range(2, len(arrays)))]
    named = dict(zip(names, arrays, strict=False)) | {"stratify": stratify}
    *collections, labels = same_rows(**named)
    lead = next(item for item in collections if item is not None)
    if not shuffle:
        if labels is not None:
            raise ValueError("Stratified train/test split is not implemented for shuffle=False")
        n_train, n_test = split_sizes(len(lead), test_size, train_size)
        sides = slice(None, n_train), slice(n_train, n_train + n_test)
    else:
        # Splitting what a split gave, with the same seed, must choose afresh: one stream a depth.
        stream = hashed_before(lead) << 32
        seed = stream + int(check_random_state(random_state).randint(2**31 - 1))
        numbers = row_numbers(lead)
        labels = None if labels is None else labels_in(labels, "stratify")
        limits = hash_limits(numbers, labels, seed, test_size, train_size)
        strata = () if labels is None else (labels,)
        side = numbers.map_chunks(
            SideByHash(seed, limits), *strata, empty=np.empty(0, dtype=np.uint8)
        )
        sides = side == 1, side == 0
    return [item[rows] for item in collections for rows in sides]


def hash_limits(numbers, labels, seed, test_size, train_size):
    """The last hash of the test rows and of the training rows, for each class.

    Parameters
    ----------
    numbers, labels : collections
        Row numbers, and labels or None.
    seed : int
    test_size, train_size : as in `train_test_split`

    Returns
    -------
    dict
        label -> (last hash for testing, last hash for training); for the label None without labels.
    """
    kinds = {np.asarray(size).dtype.kind for size in (test_size, train_size) if size is not None}
    if labels is None and kinds <= {"f"}:
        split_sizes(None, test_size, train_size)
        test = 1 - train_size if test_size is None and train_size is not None else test_size
        test = 0.25 if test is None else test
        both = 1.0 if train_size is None or test_size is None else test + train_size
        n_rows = numbers.shape[0]
        if n_rows is None or n_rows * min(test, both - test) >= FEWEST_BY_CHANCE:
            return {None: (_last_hash(test), _last_hash(both))}
    n_train, n_test = split_sizes(len(numbers), test_size, train_size)

    def ranks(sizes):
        if labels is not None:
            check_strata(sizes, n_train, n_test)
        train = allocate(sizes, n_train)
        test = allocate({label: size - train[label] for label, size in sizes.items()}, n_test)
        return {label: (test[label], test[label] + train[label]) for label in sizes}

    return last_hashes(numbers, labels, seed, ranks, "train_test_split")


def last_hashes(numbers, labels, seed, ranks_of, name):
    """The hashes that have given ranks within their class; two passes over numbers and labels.

    Parameters
    ----------
    numbers, labels : collections
        Row numbers, and labels or None.
    seed : int
    ranks_of : callable
        From a dict of label -> number of rows to one of label -> ranks, which count from 1. Rank 0
        stands for a hash before all, that of the last row for one after all.
    name : str
        Of the passes.

    Returns
    -------
    dict
        label -> tuple of int
    """
    counts = reduce_chunks(partial(HashCounts.of, seed=seed), numbers, labels, name=name)
    sizes = counts.sizes
    ranks = ranks_of(sizes)
    places = {
        (label, rank): counts.place(label, rank)
        for label, wanted in ranks.items()
        for rank in wanted
        if 0 < rank < sizes[label]
    }
    heads = {label: [] for label in sizes}
    for (label, _), (head, _) in places.items():
        heads[label].append(head)
    found = reduce_chunks(partial(HashesAt.of, seed=seed, wanted=heads), numbers, labels, name=name)

    def last(label, rank):
        if rank in (0, sizes[label]):
            return _ALL if rank else -1
        return found.pick(label, *places[label, rank])

    return {label: tuple(last(label, rank) for rank in wanted) for label, wanted in ranks.items()}


def _last_hash(fraction):
    """Last of the hashes that make up this expected fraction of the rows."""
    return min(_ALL, round(fraction * 2**64) - 1)


def check_strata(sizes, n_train, n_test):
    """Refuse classes that a stratified split cannot share out, as scikit-learn does."""
    rare = [label for label, size in sizes.items() if size < 2]
    if rare:
        raise ValueError(
            "The least populated classes in y have only 1 member, which is too few. The minimum "
            f"number of groups for any class cannot be less than 2. Classes with too few members "
            f"are: {rare}"
        )
    for name, size in (("train_size", n_train), ("test_size", n_test)):
        if size < len(sizes):
            raise ValueError(
                f"The {name} = {size} should be greater or equal to the number of classes = "
                f"{len(sizes)}"
            )


def split_sizes(n_rows, test_size, train_size):
    """Rows for training and for testing, by scikit-learn's rules.

    Without `n_rows` only the fractions are checked, and nothing is returned.
    """
    for name, size in (("test_size", test_size), ("train_size", train_size)):
        kind = np.asarray(size).dtype.kind
        if size is not None and kind not in "if":
            raise ValueError(f"Invalid value for {name}: {size}")
        if (kind == "i" and not 0 < size < n_rows) or (kind == "f" and not 0 < size < 1):
            raise ValueError(
                f"{name}={size} should be either positive and smaller than the number of samples "
                f"{'' if n_rows is None else f'{n_rows} '}or a float in the (0, 1) range"
            )
    if test_size is None and train_size is None:
        test_size = 0.25
    fractions = [np.asarray(size).dtype.kind == "f" for size in (test_size, train_size)]
    if all(fractions) and test_size + train_size > 1:
        raise ValueError(
            f"The sum of test_size and train_size = {test_size + train_size}, should be in the "
            "(0, 1) range. Reduce test_size and/or train_size."
        )
    if n_rows is None:
        return None
    n_test = ceil(test_size * n_rows) if fractions[0] else test_size
    n_train = floor(train_size * n_rows) if fractions[1] else train_size
    n_test = n_rows - n_train if n_test is None else int(n_test)
    n_train = n_rows - n_test if n_train is None else int(n_train)
    if n_train + n_test > n_rows:
        raise ValueError(
            f"The sum of train_size and test_size = {n_train + n_test}, should be smaller than the "
            f"number of samples {n_rows}. Reduce test_size and/or train_size."
        )
    if n_train == 0:
        raise ValueError(
            f"With n_samples={n_rows}, test_size={test_size} and train_size={train_size}, the "
            "resulting train set will be empty. Adjust any of the aforementioned parameters."
        )
    return n_train, n_test

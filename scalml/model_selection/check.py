"""What `cv=` means: a number of folds, a splitter, or splits that somebody has made."""

from __future__ import annotations

import inspect

import numpy as np
import sklearn.model_selection

from scalml.data import is_chunked
from scalml.model_selection.kfold import GroupKFold, KFold, StratifiedKFold
from scalml.model_selection.ordered import PredefinedSplit, TimeSeriesSplit
from scalml.model_selection.shuffle_split import ShuffleSplit, StratifiedShuffleSplit
from scalml.runtime import read_chunks

_OURS = {
    ours.__bases__[1]: ours
    for ours in (
        GroupKFold,
        KFold,
        PredefinedSplit,
        ShuffleSplit,
        StratifiedKFold,
        StratifiedShuffleSplit,
        TimeSeriesSplit,
    )
}


def check_cv(cv=5, y=None, *, classifier=False, shuffle=False, random_state=None):
    """The splitter that `cv` stands for, as `sklearn.model_selection.check_cv`.

    Parameters
    ----------
    cv : int, splitter, iterable of (train, test) or None, default=5
        A number of folds (None: 5); a splitter, of which scikit-learn's become those of scalml
        where it has them; or training and test rows, as row numbers, masks or chunked masks.
    y : array-like or chunked, of shape (n_rows,), default=None
    classifier : bool, default=False
        Whether a number of folds means `StratifiedKFold`, if `y` holds classes.
    shuffle, random_state
        For a number of folds.

    Returns
    -------
    splitter

    Raises
    ------
    ValueError
        If `cv` is none of these.

    Notes
    -----
    Chunked floats, which may be classes or not, are read until one is not whole; nothing else is.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.model_selection import check_cv
    >>> y = scalml.from_array(np.array([0, 1, 1]), chunk_rows=2)
    >>> check_cv(3, y, classifier=True)
    StratifiedKFold(n_splits=3, random_state=None, shuffle=False)
    """
    counted = cv is None or isinstance(cv, (int, np.integer))
    if is_chunked(y):
        # What scikit-learn wants to know of y is the kind of its values.
        y = np.array([0, 1] if classifier and counted and _holds_classes(y) else [0.5, 1.5])
    found = sklearn.model_selection.check_cv(
        cv, y, classifier=classifier, shuffle=shuffle, random_state=random_state
    )
    ours = _OURS.get(type(found))
    if ours is None:
        return found
    names = inspect.signature(ours).parameters
    return ours(**{name: getattr(found, name) for name in names})


def _holds_classes(y):
    head = y.source.empty()
    if head.ndim == 2 and head.shape[1] != 1:
        return False
    dtype = head.dtype if hasattr(head, "dtype") else head.dtypes.iloc[0]
    if getattr(dtype, "kind", "O") != "f":
        return True
    return all(read_chunks(y, func=_is_whole, name="check_cv"))


def _is_whole(block):
    values = np.asarray(block)
    return bool((values == np.trunc(values)).all())

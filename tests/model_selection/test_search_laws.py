"""Searches obey the laws of chunks, by each of their strategies."""

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

from scalml.config import config_context
from scalml.linear_model import LogisticRegression, Ridge
from scalml.model_selection import GridSearchCV, KFold
from scalml.naive_bayes import GaussianNB
from scalml.pipeline import make_pipeline
from scalml.preprocessing import MinMaxScaler
from scalml.utils import estimator_checks as laws
from scalml.utils.comparison import assert_close, assert_same_bits
from scalml.utils.trial_data import chunked

CV = KFold(3, shuffle=True, random_state=0)
OPTIONS = {"cv": CV, "return_train_score": True}
SUMS = {
    "from_grams": laws.Laws(GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, **OPTIONS)),
    "solvable": laws.Laws(GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 0.1]}, **OPTIONS)),
    "batched": laws.Laws(
        GridSearchCV(LogisticRegression(tol=1e-8), {"C": [0.1, 1.0]}, **OPTIONS), chunk_rtol=1e-6
    ),
    "general": laws.Laws(
        GridSearchCV(make_pipeline(MinMaxScaler(), Ridge()), {"ridge__alpha": [0.1, 1]}, **OPTIONS)
    ),
}
STREAM = laws.Laws(
    GridSearchCV(SGDClassifier(random_state=0), {"alpha": [1e-4, 1e-2]}, **OPTIONS), streamed=True
)
SEARCHES = {**SUMS, "stream": STREAM}
CHECKS = [
    laws.check_caller_data_is_untouched,
    laws.check_failed_fit_leaves_nothing,
    laws.check_model_holds_no_rows,
]


def scores(search):
    """All that a search found but the times."""
    results = search.cv_results_
    return {
        name: column
        for name, column in results.items()
        if "_score" in name and "rank" not in name and "time" not in name
    }


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_law(name, check):
    check(SEARCHES[name])


@pytest.mark.parametrize("name", SUMS)
def test_application_is_lazy_and_equal(name):
    laws.check_application_is_lazy_and_equal(SUMS[name])


@pytest.mark.parametrize("name", SEARCHES)
def test_workers_agree_bit_for_bit(name):
    owed = SEARCHES[name]
    X, y = owed.make_data()
    cut = chunked(X, [20, 37, 1, 50, 49]), chunked(y, [20, 37, 1, 50, 49])
    with config_context(backend="serial"):
        alone = owed.fitted(*cut)
    for n_jobs in (2, 3):
        with config_context(backend="threads", n_jobs=n_jobs):
            found = owed.fitted(*cut)
        for name, column in scores(alone).items():
            np.testing.assert_array_equal(column, scores(found)[name], err_msg=name)
        assert_same_bits(alone.best_estimator_, found.best_estimator_)


@pytest.mark.parametrize("name", SUMS)
def test_chunkings_and_rows_in_memory_agree(name):
    owed = SUMS[name]
    X, y = owed.make_data()
    in_memory = owed.fitted(X, y)
    for lengths in ([157], [1] * 157, [50, 0, 1, 60, 46]):
        found = owed.fitted(chunked(X, lengths), chunked(y, lengths))
        for name, column in scores(in_memory).items():
            np.testing.assert_allclose(scores(found)[name], column, rtol=owed.chunk_rtol)
        assert_close(in_memory.best_estimator_, found.best_estimator_, owed.chunk_rtol)


@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_in_memory_trials_agree_bit_for_bit(backend):
    owed = laws.Laws(
        GridSearchCV(SGDClassifier(random_state=0), {"alpha": [1e-4, 1e-2]}, **OPTIONS)
    )
    X, y = owed.make_data()
    with config_context(backend="serial"):
        alone = owed.fitted(X, y)
    assert alone.strategy_ == "general"
    with config_context(backend=backend, n_jobs=2):
        found = owed.fitted(X, y)
    for name, column in scores(alone).items():
        np.testing.assert_array_equal(column, scores(found)[name], err_msg=name)

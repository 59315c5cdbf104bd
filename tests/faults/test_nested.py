"""scalml inside somebody's parallelism uses the one core that it was given."""

import os

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as InMemory
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import scalml
from scalml.preprocessing import StandardScaler
from tests.faults.tools import FAMILIES, bits, chunked, numbers, workers_of

X, y = numbers()


def fit(family):
    """Bits of a fit, workers it had to itself, and BLAS threads while a chunk was computed."""
    from threadpoolctl import threadpool_info

    threads = []

    def watch(block):
        if len(block):  # in a pass, not while the output's type is found
            threads.extend(i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas")
        return block

    model = FAMILIES[family]().fit(chunked(X, func=watch), y)
    return bits(model), len(workers_of(os.getpid())), set(threads)


@pytest.mark.fault("F29")
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_inside_joblib(backend):
    before = len(workers_of(os.getpid()))
    families = ["StandardScaler", "LinearRegression", "LogisticRegression", "OneHotEncoder"]
    with scalml.config_context(backend="serial"):
        expected = [bits(FAMILIES[name]().fit(chunked(X), y)) for name in families]
    found = joblib.Parallel(2, backend=backend)(joblib.delayed(fit)(name) for name in families)
    assert [each for each, _, _ in found] == expected
    assert all(threads == {1} for _, _, threads in found)
    if backend == "loky":
        assert all(workers == 0 for _, workers, _ in found)
    else:
        assert all(workers == before for _, workers, _ in found)


@pytest.mark.fault("F29")
def test_inside_a_grid_search():
    steps = make_pipeline(StandardScaler(), InMemory())
    grid = {"logisticregression__C": [0.1, 1.0]}
    alone = GridSearchCV(steps, grid, cv=3).fit(X, y)
    together = GridSearchCV(steps, grid, cv=3, n_jobs=2).fit(X, y)
    for name in ("mean_test_score", "split0_test_score", "split2_test_score"):
        assert np.array_equal(alone.cv_results_[name], together.cv_results_[name])
    assert bits(alone.best_estimator_[-1].coef_) == bits(together.best_estimator_[-1].coef_)


@pytest.mark.fault("F29")
@pytest.mark.parametrize("backend", ["threads", "processes"])
def test_inside_itself(backend):
    """A fit for each item of imap: the fits are serial."""
    with scalml.config_context(backend="serial"):
        expected = bits(FAMILIES["Ridge"]().fit(chunked(X), y))

    def one(_):
        with scalml.config_context(backend="processes", n_jobs=2):
            found = bits(FAMILIES["Ridge"]().fit(chunked(X), y))
        return found, len(workers_of(os.getpid())) if backend == "processes" else 0

    with scalml.config_context(backend=backend, n_jobs=2):
        assert list(scalml.imap(one, range(4))) == [(expected, 0)] * 4

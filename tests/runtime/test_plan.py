import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.linear_model import LogisticRegression
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler


@pytest.fixture
def X():
    return scalml.from_array(np.zeros((1000, 4)), chunk_rows=100)


def test_one_pass(X):
    plan = scalml.plan(StandardScaler(), X)
    assert plan.passes == (1, 1)
    assert (plan.n_rows, plan.n_chunks, plan.input_bytes) == (1000, 10, 32_000)
    assert plan.cache_bytes == 0
    assert 0 < plan.peak_bytes <= plan.memory_limit


def test_a_pipeline_adds_up(X):
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=7))
    plan = scalml.plan(estimator, X, np.zeros(1000))
    low, high = plan.passes
    assert 2 <= low < high
    assert "together" in str(plan)
    assert repr(plan) == str(plan)


def test_data_in_memory_is_planned_too():
    assert scalml.plan(StandardScaler(), np.zeros((10, 2))).n_rows == 10
    assert scalml.plan(StandardScaler(), pd.DataFrame({"a": [1.0]})).n_rows == 1
    assert scalml.plan(StandardScaler(), [[1.0, 2.0]]).n_rows == 1


def test_groups_are_for_searches(X):
    with pytest.raises(TypeError, match=r"splitter of a search, .* StandardScaler"):
        scalml.plan(StandardScaler(), X, groups=np.zeros(1000))


def test_no_rows_are_read():
    def refuse(block):
        assert len(block) == 0
        return block

    X = scalml.from_array(np.zeros((100, 2)), chunk_rows=10).map_chunks(refuse)
    assert scalml.plan(StandardScaler(), X).n_chunks == 10


def test_text_is_cached_while_iterating(tmp_path):
    path = tmp_path / "x.csv"
    pd.DataFrame({"a": np.arange(50.0), "b": np.arange(50) % 2}).to_csv(path, index=False)
    frame = scalml.read_csv(path)
    plan = scalml.plan(LogisticRegression(), frame[["a"]], frame["b"])
    assert plan.cache_bytes > 0
    assert plan.input_bytes == path.stat().st_size
    assert "on disk while fitting" in str(plan)


def test_what_cannot_be_planned_is_named(X):
    with pytest.raises(TypeError, match="dict does not say how many passes"):
        scalml.plan({}, X)


def test_what_does_not_fit_is_refused():
    X = scalml.from_array(np.zeros((1000, 4)), chunk_rows=1000)
    with scalml.config_context(memory_limit="1MiB"), pytest.raises(MemoryError):
        scalml.plan(StandardScaler(), X)

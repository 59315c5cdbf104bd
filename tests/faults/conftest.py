import os

import pytest

import scalml
from scalml.runtime import stop_workers
from tests.faults.tools import assert_clean, shared_memory, workers_of


@pytest.fixture
def two_processes(tmp_path):
    """Two worker processes, and nothing left when the test is over."""
    stop_workers()
    before = shared_memory()
    others = workers_of(os.getpid())  # of joblib's, where another test has used it
    with scalml.config_context(backend="processes", n_jobs=2):
        yield
        assert_clean(before, 2 + len(others))

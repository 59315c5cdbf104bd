import pytest
import scalml

from tests.faults.tools import assert_clean, shared_memory


@pytest.fixture
def two_processes(tmp_path):
    """Two worker processes, and nothing left when the test is over."""
    before = shared_memory()
    with scalml.config_context(backend="processes", n_jobs=2):
        yield
        assert_clean(before)

"""What every test shares: reproducible property-based tests and a private cache directory."""

import os

import pytest
from hypothesis import HealthCheck, settings

import scalml.utils.sums

# The machines that run these tests are shared and slow at times: no deadline per example.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session", autouse=True)
def one_display():
    """Give doctests and error messages the same look in every terminal."""
    patch = pytest.MonkeyPatch()
    patch.setenv("COLUMNS", "100")
    patch.setenv("NO_COLOR", "1")
    yield
    patch.undo()


@pytest.fixture
def passes(monkeypatch):
    """Count the passes that compositions make: a list that each of them adds its arguments to."""
    made = []

    def counted(*args, **kwargs):
        made.append(args)
        return original(*args, **kwargs)

    original = scalml.utils.sums.reduce_chunks
    monkeypatch.setattr(scalml.utils.sums, "reduce_chunks", counted)
    return made

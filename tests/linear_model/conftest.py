"""Fixtures of the tests of logistic regression."""

import pytest

import scalml
from scalml.linear_model import logistic_fits, logistic_problem, sample


@pytest.fixture(params=["all rows", "a sample"])
def sampling(request, monkeypatch):
    """With all rows as the sample, and with a sample of about a sixth."""
    if request.param == "a sample":
        monkeypatch.setattr(sample, "SAMPLE_BYTES", 32_000)
        monkeypatch.setattr(sample, "LEAST_BYTES", 32_000)
    return request.param


@pytest.fixture
def passes(monkeypatch):
    """Names of the passes made."""
    made = []

    def counted(func, *aligned, name="pass"):
        made.append(name)
        return scalml.reduce_chunks(func, *aligned, name=name)

    monkeypatch.setattr(logistic_fits, "reduce_chunks", counted)
    monkeypatch.setattr(logistic_problem, "reduce_chunks", counted)
    return made

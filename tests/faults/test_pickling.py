"""Lambdas and classes of a script reach the workers; what cannot is named before any work."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression

import scalml
from scalml.preprocessing import StandardScaler
from scalml.wrappers import ParallelPostFit
from tests.faults.tools import Child, chunked, numbers

X, y = numbers()

SCRIPT = """
from dataclasses import dataclass

@dataclass(frozen=True)
class Largest:
    value: float
    def __add__(self, other):
        return max(self, other, key=lambda one: one.value)

def largest(block):
    return Largest(float(block.max()))

X = scalml.from_array(np.arange(100.0).reshape(50, 2), chunk_rows=7)
with scalml.config_context(backend="processes"):
    assert scalml.reduce_chunks(largest, X) == Largest(99.0)
    power = 2
    squares = scalml.reduce_chunks(lambda block: (block ** power).sum(), X)
    assert squares == (np.arange(100.0) ** 2).sum()
    assert [block[0, 0] for (block,) in scalml.read_chunks(X.map_chunks(lambda b: -b))][1] == -14
mark("done")
"""


@pytest.mark.fault("F27")
def test_a_script_needs_no_main_guard(tmp_path):
    child = Child(tmp_path, SCRIPT)
    assert child.run() == (0, "")
    assert (tmp_path / "done").exists()


@pytest.mark.fault("F27")
def test_a_program_that_is_not_a_file(tmp_path):
    code = (
        "import numpy as np, scalml\n"
        "class Here: pass\n"
        "def f(block): return len([Here()] * len(block))\n"
        f"scalml.set_config(backend='processes', n_jobs=2, cache_dir={str(tmp_path)!r})\n"
        "print(scalml.reduce_chunks(f, scalml.from_array(np.zeros(40), chunk_rows=10)))\n"
    )
    for arguments, stdin in [(["-c", code], None), (["-"], code)]:
        run = subprocess.run(
            [sys.executable, *arguments], input=stdin, capture_output=True, text=True, check=False
        )
        assert (run.stdout, run.stderr) == ("40\n", "")


class Connection:
    """Can be copied here and not be sent elsewhere."""

    def __deepcopy__(self, memo):
        return self

    def __reduce__(self):
        raise TypeError("a connection stays where it is")


class Picky(BaseEstimator):
    """Holds what cannot be sent."""

    def __init__(self, connection=None):
        self.connection = connection

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, X):
        return np.zeros(len(X))


@pytest.mark.fault("F27")
def test_the_parameter_that_does_not_pickle_is_named_before_any_work(tmp_path):
    read = tmp_path / "read"

    def note(block):
        if len(block):
            read.touch()
        return block

    model = ParallelPostFit(Picky(Connection())).fit(X, y)
    with scalml.config_context(backend="processes", n_jobs=2):
        predicted = model.predict(chunked(X, func=note))
        with pytest.raises(TypeError, match=r"parameter 'connection' of Picky .*cannot be sent"):
            predicted.to_numpy()
    assert not read.exists()
    with scalml.config_context(backend="threads", n_jobs=2):
        assert not predicted.to_numpy().any()


@pytest.mark.fault("F27")
def test_a_mapped_lambda_goes_through_a_fit():
    with scalml.config_context(backend="processes", n_jobs=2):
        found = StandardScaler().fit(chunked(X, func=lambda block: block * 2))
    np.testing.assert_allclose(found.mean_, 2 * X.mean(axis=0), atol=1e-12)


@pytest.mark.fault("F27")
def test_a_plain_estimator_is_applied_by_workers():
    model = ParallelPostFit(LinearRegression()).fit(X, y)
    with scalml.config_context(backend="processes", n_jobs=2):
        found = model.predict(chunked(X)).to_numpy()
    np.testing.assert_allclose(found, LinearRegression().fit(X, y).predict(X))

"""Ctrl-C, SIGTERM and SIGKILL end a fit at once, and nothing of it is left."""

import os
import signal
import time

import pytest

from tests.faults.tools import Child, workers_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")

FIT = """
from scalml.linear_model import LinearRegression
from scalml.preprocessing import StandardScaler
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

class Slow:
    def __init__(self, wait): self.wait = wait
    def __call__(self, block):
        if len(block) and block[0, 0] >= 40:
            open(FOLDER + "/busy", "w").close()
            time.sleep(self.wait)
        return block

X = scalml.from_array(np.repeat(np.arange(200.0), 30_000).reshape(200, -1), chunk_rows=20)
slow = X.map_chunks(Slow({wait}))
scaler = StandardScaler()
large = scalml.from_array(np.zeros((40, 30_000)) + np.arange(40.0)[:, None], chunk_rows=1)
with scalml.config_context(backend={backend!r}):
    scaler.partial_fit(X[:10])
    before = scaler.n_samples_seen_
    for block in scalml.read_chunks(large):  # results in files
        pass
    try:
        scaler.partial_fit(slow)
    except KeyboardInterrupt:
        assert scaler.n_samples_seen_ == before
        check_is_fitted(scaler)
        mark("restored")
        raise
"""


def fit(backend, wait=30):
    return FIT.replace("{wait}", str(wait)).replace("{backend!r}", repr(backend))


@pytest.mark.fault("F14")
@pytest.mark.parametrize(("backend", "wait"), [("processes", 30), ("threads", 0.5), ("serial", 30)])
def test_ctrl_c(backend, wait, tmp_path):
    child = Child(tmp_path, fit(backend, wait))
    workers = child.started("busy")
    assert len(workers) == (2 if backend == "processes" else 0)
    status, errors, seconds = child.send(signal.SIGINT)
    assert status == -signal.SIGINT
    assert errors.count("KeyboardInterrupt") == 1
    assert seconds < 3  # 2 on a machine that does nothing else
    assert (tmp_path / "restored").exists()
    child.assert_nothing_left()


@pytest.mark.fault("F14")
def test_ctrl_c_of_a_terminal_reaches_the_workers_as_well(tmp_path):
    child = Child(tmp_path, fit("processes"))
    for worker in child.started("busy"):
        os.kill(worker, signal.SIGINT)
    assert child.process.poll() is None
    status, errors, _ = child.send(signal.SIGINT)
    assert (status, errors.count("KeyboardInterrupt")) == (-signal.SIGINT, 1)
    child.assert_nothing_left()


@pytest.mark.fault("F14")
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.3, 0.7, 1.2])
def test_ctrl_c_while_the_pool_starts(delay, tmp_path):
    code = """
    with scalml.config_context(backend="processes"):
        mark("starting")
        for _ in scalml.imap(time.sleep, [1.0] * 60):
            pass
    """
    child = Child(tmp_path, code)
    child.started("starting")
    time.sleep(delay)
    child.workers = workers_of(child.process.pid)
    for worker in child.workers:  # a terminal tells them all
        os.kill(worker, signal.SIGINT)
    status, errors, seconds = child.send(signal.SIGINT)
    assert status == -signal.SIGINT, errors
    assert errors.count("KeyboardInterrupt") == 1, errors
    assert seconds < 3
    child.assert_nothing_left()


@pytest.mark.fault("F15")
@pytest.mark.parametrize(("backend", "wait"), [("processes", 30), ("threads", 0.5), ("serial", 30)])
def test_sigterm(backend, wait, tmp_path):
    child = Child(tmp_path, fit(backend, wait))
    child.started("busy")
    status, errors, seconds = child.send(signal.SIGTERM)
    assert status == 143
    assert "Traceback" not in errors
    assert seconds < 3
    child.assert_nothing_left()


@pytest.mark.fault("F15")
def test_sigterm_while_chunks_are_consumed(tmp_path):
    code = """
    X = scalml.from_array(np.zeros((100, 50_000)), chunk_rows=1)
    with scalml.config_context(backend="processes"):
        for block in scalml.read_chunks(X):
            mark("busy")
            time.sleep(30)
    """
    child = Child(tmp_path, code)
    child.started("busy")
    status, _, seconds = child.send(signal.SIGTERM)
    assert (status, seconds < 3) == (143, True)
    child.assert_nothing_left()


@pytest.mark.fault("F15")
@pytest.mark.parametrize("backend", ["processes", "serial"])
def test_a_parent_that_is_killed_takes_its_workers_along(backend, tmp_path):
    child = Child(tmp_path, fit(backend))
    child.started("busy")
    status, _, _ = child.send(signal.SIGKILL)
    assert status == -signal.SIGKILL
    if backend == "processes":
        child.assert_nothing_left()

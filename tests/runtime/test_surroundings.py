import numpy as np
import pytest
import sklearn

import scalml
from scalml.runtime import imap
from scalml.runtime.surroundings import Surrounded


@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_settings_reach_the_workers(backend):
    def settings(_):
        return scalml.get_config()["memory_limit"], sklearn.get_config()["assume_finite"]

    with (
        scalml.config_context(backend=backend, n_jobs=2, memory_limit="3GiB"),
        sklearn.config_context(assume_finite=True),
    ):
        assert set(imap(settings, range(4))) == {(3 * 2**30, True)}


def test_executors_do_not_travel():
    with scalml.config_context(backend="threads"):
        work = Surrounded(np.sum)
    assert work.config.backend is None
    assert work([1, 2]) == 3

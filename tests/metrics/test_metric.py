"""Metrics have scikit-learn's signatures, read the data as often as they say, and add up."""

import inspect
import pickle

import numpy as np
import pytest
import sklearn.metrics

import scalml
from scalml import metrics
from scalml.metrics import rank_groups
from scalml.metrics.metric import STREAMED

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 60)
PROBA = RNG.random(60)
RENAMED = {"log_loss", "d2_log_loss_score"}  # scikit-learn also takes a deprecated y_pred

NAMES = sorted(metric.__name__ for metric in STREAMED.values())


def inputs(name):
    """Targets and predictions that suit a metric."""
    parameters = inspect.signature(getattr(metrics, name)).parameters
    if {"y_proba", "y_score"} & set(parameters):
        return Y, PROBA
    if "deviance" in name:
        return Y + 0.5, PROBA + 0.5
    return Y, (PROBA > 0.5).astype(int)


def options(name):
    return {"beta": 2.0} if name == "fbeta_score" else {}


class Counted:
    """Passes a block on and notes that it was read."""

    def __init__(self):
        self.reads = 0

    def __call__(self, block):
        self.reads += len(block) > 0
        return block


@pytest.mark.parametrize("name", NAMES)
def test_signature(name):
    ours = inspect.signature(getattr(metrics, name)).parameters
    theirs = dict(inspect.signature(getattr(sklearn.metrics, name)).parameters)
    if name in RENAMED:
        del theirs["y_pred"]
    assert list(ours) == list(theirs)
    for key, parameter in ours.items():
        if not (name in RENAMED and key == "y_proba"):
            assert repr(parameter.default) == repr(theirs[key].default)
            assert parameter.kind == theirs[key].kind


@pytest.mark.parametrize("name", NAMES)
def test_one_pass(name):
    y, p = inputs(name)
    counted = Counted()
    lazy = scalml.from_array(y, chunk_rows=20).map_chunks(counted, empty=y[:0])
    getattr(metrics, name)(lazy, p, **options(name))
    assert counted.reads == 3


@pytest.mark.parametrize(
    ("name", "passes"),
    [("median_absolute_error", 2), ("d2_absolute_error_score", 3), ("roc_auc_score", 2)],
)
def test_passes_over_long_data(monkeypatch, name, passes):
    monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 0)
    y, p = inputs(name)
    counted = Counted()
    lazy = scalml.from_array(y, chunk_rows=20).map_chunks(counted, empty=y[:0])
    getattr(metrics, name)(lazy, p)
    assert counted.reads == 3 * passes


@pytest.mark.parametrize("name", NAMES)
def test_statistics_of_blocks_add_up(name):
    metric, (y, p) = getattr(metrics, name).metric, inputs(name)
    rows = [scalml.from_array(y), scalml.from_array(p), None]
    parameters = metric.defaults | options(name)
    parameters |= metric.prepare(rows, parameters)
    observe = pickle.loads(pickle.dumps(metric.statistic(**parameters)))
    found = observe(y[:20], p[:20], None) + observe(y[20:], p[20:], None)
    found = metric.score(pickle.loads(pickle.dumps(found)), **parameters)
    expected = getattr(sklearn.metrics, name)(y, p, **options(name))
    if isinstance(expected, str):
        assert found == expected
    else:
        expected, found = (
            [x for x in np.atleast_1d(z) if x is not None] for z in (expected, found)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_every_metric_is_public():
    assert set(NAMES) <= set(metrics.__all__)


@pytest.mark.parametrize("backend", ["serial", "threads"])
@pytest.mark.parametrize("name", NAMES)
def test_backends_change_no_bit(name, backend):
    y, p = inputs(name)
    lazy = scalml.from_array(y, chunk_rows=7)
    expected = getattr(metrics, name)(lazy, p, **options(name))
    with scalml.config_context(backend=backend, n_jobs=2):
        found = getattr(metrics, name)(lazy, p, **options(name))
    assert str(found) == str(expected)

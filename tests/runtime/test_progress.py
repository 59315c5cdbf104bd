import contextvars
import os
import threading

import numpy as np
import pytest
from sklearn.linear_model import SGDClassifier

import scalml
from scalml.linear_model import LogisticRegression
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.runtime.progress import listener
from scalml.wrappers import Incremental


class Listener:
    """Writes down what it hears, and where."""

    def __init__(self):
        self.heard = []
        self.places = set()

    def begin_pass(self, name, n_tasks):
        self.note("begin", name, n_tasks)
        return self

    def chunk_done(self):
        self.note("chunk")

    def end(self):
        self.note("end")

    def note(self, *what):
        self.heard.append(what)
        self.places.add((os.getpid(), threading.get_ident()))


@pytest.fixture
def ear():
    ear = Listener()
    token = listener.set(ear)
    yield ear
    listener.reset(token)


def nested(block):
    return scalml.reduce_chunks(np.sum, scalml.from_array(block, chunk_rows=2))


@pytest.mark.parametrize("backend", ["serial", "threads", "processes"])
def test_passes_are_heard_in_the_parent_alone(ear, backend):
    X = scalml.from_array(np.ones((20, 2)), chunk_rows=5)
    with scalml.config_context(backend=backend, n_jobs=2):
        assert scalml.reduce_chunks(nested, X, name="mean") == 40
    assert ear.heard == [("begin", "mean", 4), *[("chunk",)] * 4, ("end",)]
    assert ear.places == {(os.getpid(), threading.get_ident())}


def test_nobody_hears_of_what_is_no_pass_over_the_data(ear):
    assert scalml.reduce_chunks(np.sum, scalml.from_array(np.ones(20)), local=True) == 20
    assert list(scalml.imap(abs, [-1, 2], silent=True)) == [1, 2]
    assert ear.heard == []


def test_the_end_is_heard_after_an_error_too(ear):
    X = scalml.from_array(np.ones((20, 2)), chunk_rows=5)
    with pytest.raises(ZeroDivisionError):
        scalml.reduce_chunks(lambda block: 1 // 0, X)
    assert ear.heard[-1] == ("end",)


class Recorder:
    """A callback of scikit-learn's protocol."""

    def __init__(self):
        self.tasks = []

    def setup(self, estimator, context):
        self.tasks.append("setup")

    def teardown(self, estimator, context):
        self.tasks.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.tasks.append(context.task_name)

    def on_fit_task_end(self, estimator, context):
        pass


@pytest.mark.parametrize(
    "make", [StandardScaler, lambda: Incremental(SGDClassifier(random_state=0))]
)
def test_scikit_learns_callbacks_hear_of_passes_and_chunks(make):
    rng = np.random.default_rng(0)
    X = scalml.from_array(rng.random((20, 2)), chunk_rows=5)
    y = rng.integers(0, 2, 20)
    recorder = Recorder()
    estimator = make()
    estimator.set_callbacks(recorder)
    contextvars.copy_context().run(estimator.fit, X, y)
    assert recorder.tasks[:2] == ["setup", "fit"]
    assert recorder.tasks[-1] == "teardown"
    assert recorder.tasks.count("chunk") >= 4


def test_scikit_learns_progress_bar_takes_part(capsys):
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    X = scalml.from_array(np.random.default_rng(0).random((20, 2)), chunk_rows=5)
    scaler = StandardScaler()
    scaler.set_callbacks(ProgressBar())
    with scalml.config_context(backend="threads", n_jobs=2):
        scaler.fit(X)
    assert scaler.mean_.shape == (2,)
    assert "100%" in capsys.readouterr().out


def test_a_pipeline_hears_the_passes_of_its_steps():
    recorder = Recorder()
    X = scalml.from_array(np.arange(40.0).reshape(20, 2) % 7, chunk_rows=5)
    model = make_pipeline(StandardScaler(), LogisticRegression()).set_callbacks(recorder)
    model.fit(X, np.arange(20) % 2)
    assert {"classes", "sample"} <= set(recorder.tasks)
    assert (recorder.tasks.count("setup"), recorder.tasks.count("teardown")) == (1, 1)

import numpy as np
import pytest

import scalml
from scalml.cluster.lloyd import MOST_LABELS, lloyd, most_labels
from scalml.statistics import Assignments


@pytest.fixture
def passes(monkeypatch):
    made = []
    reduce_chunks = scalml.cluster.lloyd.reduce_chunks

    def counted(*args, name):
        made.append(name)
        return reduce_chunks(*args, name=name)

    monkeypatch.setattr(scalml.cluster.lloyd, "reduce_chunks", counted)
    return made


def run(rows, centers, **options):
    X = scalml.from_array(np.array(rows, dtype=float).reshape(-1, 1), chunk_rows=2)
    centers = np.array(centers, dtype=float).reshape(-1, 1)
    return lloyd(X, None, centers, **{"shift": None, "tol": 0.0, "max_iter": 9, **options})


def test_stops_when_no_row_changes_its_cluster(passes):
    found = run([0, 2, 10, 12], [0, 2], keep_labels=True)
    assert found.centers.ravel().tolist() == [1, 11]
    assert (found.inertia, found.weight.tolist(), found.n_iter) == (4.0, [2.0, 2.0], 3)
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert passes == ["assign"] * 3 + ["inertia"]


def test_stops_at_the_tolerance_and_at_max_iter(passes):
    assert run([0, 2, 10, 12], [0, 2], tol=1e9).n_iter == 1
    assert passes == ["assign", "inertia"]
    found = run([0, 2, 10, 12], [0, 2], max_iter=1)
    assert found.n_iter == 1 and found.labels is None
    assert found.inertia == 24.0  # of the rows assigned anew to the last centres: 0 and 8


def test_an_empty_cluster_costs_a_pass(passes):
    found = run([0, 1, 10], [0, 1, 900])
    assert found.centers.ravel().tolist() == [0, 1, 10]
    assert passes == ["assign", "relocate", "assign", "inertia"]


def test_a_cluster_that_is_nearly_left_is_summed_anew(passes):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, 50), [40.0], rng.normal(60, 1, 50)])
    weight = np.ones(101)
    weight[:50], weight[50] = 1e9, 0.1
    X, w = (scalml.from_array(a, chunk_rows=9) for a in (rows.reshape(-1, 1), weight))
    # The middle cluster has the left one's rows at first, and is left with one light row.
    centers = np.array([[-500.0], [1.0], [90.0]])
    options = {"shift": None, "tol": 0.0, "max_iter": 30}
    found = lloyd(X, w, centers, **options)
    assert "relocate" in passes
    whole = Assignments.of(rows.reshape(-1, 1), None, weight, centers=found.centers)
    np.testing.assert_allclose(found.centers, whole.means(), rtol=1e-14)
    np.testing.assert_allclose(found.weight, whole.weight, rtol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
def test_labels_that_take_too_much_room_are_not_kept(passes, monkeypatch, weighted):
    rng = np.random.default_rng(0)
    X = scalml.from_array(rng.normal(size=(3000, 3)), chunk_rows=700)
    w = scalml.from_array(rng.uniform(size=3000)) if weighted else None
    start = X.to_numpy()[:5]
    options = {"shift": None, "tol": 0.0, "max_iter": 50, "keep_labels": True}
    kept, made = lloyd(X, w, start, **options), passes.copy()
    monkeypatch.setattr(scalml.cluster.lloyd, "MOST_LABELS", 2999)
    passes.clear()
    found = lloyd(X, w, start, **options)
    assert passes == made and len(passes) > 9
    np.testing.assert_allclose(found.centers, kept.centers, rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(found.labels, kept.labels)


def test_labels_take_a_share_of_the_memory_limit():
    with scalml.config_context(memory_limit="32MB"):
        assert most_labels() == 1_000_000
    assert most_labels() == MOST_LABELS


def test_verbose_prints_the_moves(capsys):
    run([0, 2, 10, 12], [0, 2], verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[-1].startswith("Iteration 3, centers moved by 0 ")

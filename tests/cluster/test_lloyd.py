import numpy as np
import pytest
from scipy import sparse

import scalml
from scalml.cluster.lloyd import MOST_LABELS, _Rows, lloyd, most_labels
from scalml.statistics.assignments import nearest


class Passes(list):
    with_labels = 0


@pytest.fixture
def passes(monkeypatch):
    made = Passes()
    reduce_chunks = scalml.cluster.lloyd.reduce_chunks

    def counted(assign, X, labels, weight, name):
        made.append(name)
        made.with_labels += labels is not None
        return reduce_chunks(assign, X, labels, weight, name=name)

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
    # Two heavy rows on both sides of a light one leave it alone in its cluster.
    X = scalml.from_array(np.array([[0.4], [0.6], [4.05], [7.4], [7.6]]), chunk_rows=3)
    w = scalml.from_array(np.array([1e9, 1e9, 0.1, 1e9, 1e9]), chunk_rows=3)
    wide, close = np.array([[-3.0], [4.0], [11.0]]), np.array([[0.4], [4.0], [7.6]])
    rows = _Rows(X, w, None)
    for centers in (wide, wide, wide, close, close):
        found = rows.assign(centers)
    assert passes == ["assign"] * 4 + ["relocate", "assign"]
    assert passes.with_labels == 3
    np.testing.assert_allclose(found.means().ravel(), [0.5, 4.05, 7.5], rtol=1e-15)
    np.testing.assert_allclose(found.weight, [2e9, 0.1, 2e9], rtol=1e-15)


def test_all_csr_rows_are_summed_for_zeros_to_stay_zeros(passes):
    rng = np.random.default_rng(0)
    rows = rng.uniform(size=(400, 30)) * (rng.random((400, 30)) < 0.05)
    X = scalml.from_array(sparse.csr_matrix(rows), chunk_rows=70)
    found = lloyd(X, None, rows[:6], shift=None, tol=0.0, max_iter=50)
    assert len(passes) > 4 and passes.with_labels == 0
    labels = nearest(rows, centers=found.centers)
    empty = [(rows[labels == k] == 0).all(axis=0) for k in range(6)]
    np.testing.assert_array_equal(found.centers == 0, empty)


@pytest.mark.parametrize("weighted", [False, True])
def test_labels_that_take_too_much_room_are_not_kept(passes, monkeypatch, weighted):
    rng = np.random.default_rng(0)
    X = scalml.from_array(rng.normal(size=(3000, 3)), chunk_rows=700)
    w = scalml.from_array(rng.uniform(size=3000)) if weighted else None
    start = X.to_numpy()[:5]
    options = {"shift": None, "tol": 0.0, "max_iter": 50, "keep_labels": True}
    kept, made = lloyd(X, w, start, **options), passes.copy()
    assert passes.with_labels == len(made) - 2 > 7
    passes.clear()
    passes.with_labels = 0
    monkeypatch.setattr(scalml.cluster.lloyd, "MOST_LABELS", 2999)
    found = lloyd(X, w, start, **options)
    assert passes == made and passes.with_labels == 0
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

import numpy as np
import pytest

import scalml
from scalml.cluster.lloyd import lloyd


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


def test_verbose_prints_the_moves(capsys):
    run([0, 2, 10, 12], [0, 2], verbose=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and lines[-1].startswith("Iteration 3, centers moved by 0 ")

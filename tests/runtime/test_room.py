import pytest

import scalml
from scalml.runtime import executors, imap, require_room, room, room_for, tree_memory
from scalml.runtime.worker import run_here

MIB = 2**20


@pytest.fixture
def holding(monkeypatch):
    """What the process tree seems to hold: by itself, free already, and in idle workers."""
    held = {"own": 100 * MIB, "free": 20 * MIB, "workers": 80 * MIB}

    def give_back(name):
        found, held[name] = held[name] > 0, 0
        return found

    monkeypatch.setattr(room, "tree_memory", lambda: sum(held.values()))
    monkeypatch.setattr(room, "release_free_memory", lambda: give_back("free"))
    monkeypatch.setattr(room, "stop_idle_workers", lambda: give_back("workers"))
    with scalml.config_context(memory_limit=300 * MIB):
        yield held


@pytest.mark.parametrize(
    ("needed", "kept"),
    [(100, {"free", "workers"}), (101, {"workers"}), (120, {"workers"}), (121, set())],
)
def test_only_what_is_in_the_way_goes(holding, needed, kept):
    assert room_for(needed * MIB) >= needed * MIB
    assert {name for name, held in holding.items() if held} == kept | {"own"}


def test_what_does_not_fit_is_refused_with_the_sum(holding):
    require_room(200 * MIB, "A matrix")
    with pytest.raises(MemoryError) as caught:
        require_room(201 * MIB, "A matrix")
    expected = "A matrix needs 201 MiB beside the 100 MiB that are held already, of the 300 MiB"
    assert str(caught.value).startswith(expected)


def test_little_is_not_asked_for(holding):
    holding["own"] = 1000 * MIB
    require_room(1 * MIB, "A vector")
    assert holding["workers"]


def test_a_worker_is_not_limited(holding):
    run_here(require_room, 1e12, "A matrix")


def test_idle_workers_end_where_their_memory_is_needed(monkeypatch):
    monkeypatch.setattr(room, "release_free_memory", lambda: None)  # of other tests
    with scalml.config_context(backend="processes", n_jobs=2):
        list(imap(abs, range(4)))
    with scalml.config_context(memory_limit=tree_memory() + 40 * MIB):
        room_for(20 * MIB)
        assert executors.running_workers() == 2
        assert room_for(80 * MIB) > 80 * MIB
        assert executors.running_workers() == 0

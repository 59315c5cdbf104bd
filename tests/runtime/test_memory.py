import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import scalml
from scalml.runtime import available_memory, memory_limit, tree_memory
from scalml.runtime.memory import (
    _cgroup_available,
    chunk_nbytes,
    plan_pass,
    process_tree,
)
from scalml.sources.base import Mapped
from scalml.sources.memory import MemorySource
from scalml.sources.select import Columns

MIB = 2**20


@pytest.fixture
def source():
    # A mapped column block of 8 MiB a chunk, from one byte a row in memory.
    data = np.zeros(4 * MIB, np.int8)
    return Mapped(lambda block: block.astype(np.float64), [MemorySource(data, MIB)])


@pytest.fixture(autouse=True)
def held(request, monkeypatch):
    """Plans start from a process that holds 100 MiB, whatever other tests have left."""
    if "source" in request.fixturenames:
        monkeypatch.setattr("scalml.runtime.memory.tree_memory", lambda: 100 * MIB)


def planned(source, limit_mib, backend="processes", workers=4, **options):
    with scalml.config_context(memory_limit=(100 + limit_mib) * MIB):
        return plan_pass([source], backend, workers, **options)


def test_a_chunk_is_all_that_is_computed_for_it(source):
    assert chunk_nbytes([source]) == 8 * MIB
    assert chunk_nbytes([Mapped(np.sqrt, [source])]) == 16 * MIB


def test_rows_in_memory_cost_something_only_where_they_are_sent():
    source = MemorySource(np.zeros(MIB), MIB)
    assert chunk_nbytes([source]) == 0
    assert chunk_nbytes([source], shares_memory=False) == 16 * MIB


@pytest.mark.parametrize(
    ("limit", "backend", "workers", "window"),
    [
        (1000, "processes", 4, 6),
        (680, "processes", 4, 4),  # the window first
        (500, "processes", 2, 4),  # then workers
        (90, "threads", 4, 6),  # then threads, which import nothing
        (70, "threads", 4, 4),
        (36, "threads", 2, 2),
        (20, "serial", 1, 1),
    ],
)
def test_window_then_workers_then_threads_then_serial(source, limit, backend, workers, window):
    plan = planned(source, limit, result_bytes=8 * MIB)
    assert (plan.backend, plan.n_workers, plan.window) == (backend, workers, window)
    assert plan.peak <= plan.limit


def test_workers_that_are_up_cost_no_more(source):
    assert planned(source, 100, running_workers=4).backend == "processes"


def test_room_is_made_before_a_pass_shrinks(source, monkeypatch):
    holding = [500 * MIB]
    monkeypatch.setattr("scalml.runtime.memory.tree_memory", lambda: holding[0])

    def make_room():
        holding[0] = 100 * MIB
        return True

    def never():
        raise AssertionError("there was room")

    plan = planned(source, 410, "threads", make_room=make_room)
    assert (plan.backend, plan.n_workers, plan.held) == ("threads", 4, 100 * MIB)
    assert planned(source, 410, "threads", make_room=never).n_workers == 4
    with pytest.raises(MemoryError, match="500 MiB are held already"):
        holding[0] = 500 * MIB
        planned(source, 350, "threads", make_room=lambda: False)


def test_only_columns_in_use_count():
    frame = pd.DataFrame({"a": np.zeros(MIB), "b": np.zeros(MIB), "c": np.zeros(MIB)})
    copied = Mapped(lambda block: block + 1, [MemorySource(frame, MIB)], columnwise=True)
    assert chunk_nbytes([copied]) == 24 * MIB
    assert chunk_nbytes([Columns(copied, ["b"])]) == 8 * MIB


def test_a_foreign_engine_keeps_its_own_memory(source):
    assert planned(source, 1, "foreign").backend == "foreign"


def test_the_refusal_does_the_sum_and_names_chunk_rows_that_fit(source):
    with pytest.raises(MemoryError) as caught:
        planned(source, 4)
    text = str(caught.value)
    assert "MiB allowed" in text and "a chunk of 1048576 rows needs 8 MiB" in text
    rows = int(text.split("chunk_rows=")[1].split(" ")[0])
    assert 0.49 * MIB < rows <= 0.5 * MIB
    assert planned(source.regrid([rows]), 4.5).backend == "serial"


def test_a_process_that_is_too_large_already_is_told_so(source):
    with (
        scalml.config_context(memory_limit="1MiB"),
        pytest.raises(MemoryError, match="process alone holds more"),
    ):
        plan_pass([source], "serial", 1)


def test_tree_memory_counts_what_is_touched():
    before = tree_memory()
    held = np.ones(32 * MIB, np.int8)
    assert 30 * MIB < tree_memory() - before < 40 * MIB
    del held


def test_tree_memory_counts_children_and_not_mapped_files(tmp_path):
    code = "x = bytearray(b'1') * (64 << 20); print('up', flush=True); input()"
    before = tree_memory()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert child.pid in process_tree(os.getpid())
        during = tree_memory()
        child.communicate(b"\n")
    assert during - before > 50 * MIB  # the parent's own pages may be shared with it by now
    np.save(tmp_path / "x.npy", np.ones(4 * MIB))
    before = tree_memory()
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert mapped.sum() == 4 * MIB
    assert tree_memory() - before < 8 * MIB


def test_the_default_limit_is_above_what_is_held():
    assert tree_memory() < memory_limit() < tree_memory() + available_memory() + MIB


def cgroup(tmp_path, lines, **files):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text(lines)
    for name, text in files.items():
        path = tmp_path / "sys/fs/cgroup" / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return _cgroup_available(str(tmp_path))


@pytest.mark.parametrize("lines", ["", "\n", "garbage", "0::", "1:name=systemd:/x\n", "::\n:"])
def test_strange_cgroups_tell_nothing(tmp_path, lines):
    assert cgroup(tmp_path, lines) == []


def test_cgroup_2_takes_every_limit_on_the_way(tmp_path):
    found = cgroup(
        tmp_path,
        "0::/a/b\n",
        a__b__memory_DOT_max="max\n",
        a__memory_DOT_max="1000\n",
        a__memory_DOT_current="400\n",
        memory_DOT_max="",
    )
    assert found == [600]


def test_cached_pages_of_files_are_not_in_use(tmp_path):
    found = cgroup(
        tmp_path,
        "0::/a\n",
        a__memory_DOT_max="1000",
        a__memory_DOT_current="990",
        a__memory_DOT_stat="anon 300\nactive_file 200\ninactive_file 400\n",
    )
    assert found == [610]


def test_cgroup_1_in_a_hybrid(tmp_path):
    found = cgroup(
        tmp_path,
        "12:cpu,cpuacct:/x\n5:memory:/x\n0::/\n",
        memory__x__memory_DOT_limit_in_bytes="5000",
        memory__x__memory_DOT_usage_in_bytes="1000",
        memory__memory_DOT_limit_in_bytes=str(2**63 - 4096),
    )
    assert found == [4000]

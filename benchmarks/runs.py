"""One system doing one workload in a process of its own, and what was measured of it."""

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import environments
from benchmarks.watcher import watch

ROOT = Path(__file__).parent.parent


def one(files, workload, system, timeout):
    """Run one system once, for `timeout` seconds at most, and return what was measured."""
    # By its own name, lest a second ``python -m benchmarks`` at the same time mixes the results.
    result = files.scratch(f"result-{os.getpid()}.json")
    log = files.scratch(f"{workload}-{system}.log")
    python = environments.python(system)
    born = time.monotonic()
    task = {"files": asdict(files), "workload": workload, "system": system, "born": born}
    watched = watch(
        [python, "-m", "benchmarks.child", json.dumps(task | {"result": str(result)})],
        env=environments.environment(system),
        cwd=ROOT,
        log=log,
        timeout=timeout,
    )
    run = {"workload": workload, "system": system}
    if watched.returncode is None:
        held, mapped = watched.peaks(until=float("inf"))
        run |= {"failure": f"stopped after {timeout:.0f} s", "at_least": timeout}
    elif watched.returncode or not result.exists():
        held, mapped = watched.peaks(until=float("inf"))
        said = log.read_text(errors="replace").strip().splitlines()
        last = [line for line in said if "Error" in line][-1:] or said[-1:]
        run["failure"] = f"failed: {''.join(last) or watched.returncode}"
    else:
        record = json.loads(result.read_text())
        result.unlink()
        held, mapped = watched.peaks(until=record["end"])
        run |= record | {"failure": None}
    return run | {"memory": held, "mapped": mapped, "samples": len(watched.samples)}

"""``python -m benchmarks``: runs the systems in turn on each workload and reports."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import environments, registry, report
from benchmarks.data import Files, prepare
from benchmarks.watcher import watch

ROOT = Path(__file__).parent.parent


def main():
    options = parse()
    folder = str(Path(options.data_dir).resolve())
    files = Files(folder, options.rows, options.csv_rows, options.flight_copies)
    runs = []
    for workload in options.only:
        systems = [name for name in registry.systems_of(workload) if name in options.systems]
        runs += measure(files, workload, systems, options)
        report.write(options.output, runs, files, options)
    if options.big:
        files = files.longer(4)
        for workload in options.only:
            big = measure(files, workload, ["scalml-2"], options)
            runs += [run | {"system": "scalml-2 (4x rows)"} for run in big]
            report.write(options.output, runs, files, options)
    print(Path(options.output).read_text())


def parse():
    """Return the command line's options."""

    def names(known):
        def split(text):
            chosen = text.split(",")
            for name in chosen:
                if name not in known:
                    raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
            return chosen

        return split

    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    rows = "rows of the 100-column array; searches take the first tenth"
    add("--rows", type=int, default=2_000_000, help=rows)
    add("--csv-rows", type=int, default=5_000_000, help="rows of the CSV file")
    copies = "copies of the 327,346 flights of 2013 in their CSV file"
    add("--flight-copies", type=float, default=30.0, help=copies)
    add("--only", type=names(registry.WORKLOADS), default=[*registry.WORKLOADS], metavar="NAME,…")
    add("--systems", type=names(registry.SYSTEMS), default=registry.SYSTEMS, metavar="SYSTEM,…")
    add("--repeat", type=int, default=3, help="runs of each; the median counts")
    add("--timeout", type=float, default=600.0, help="seconds for one run")
    add("--big", action="store_true", help="also scalml on files four times as long")
    add("--data-dir", default=ROOT / "benchmarks" / "data")
    add("--output", default=ROOT / "benchmarks" / "results.md")
    return parser.parse_args()


def measure(files, workload, systems, options):
    """Return the runs of one workload, the systems taking turns in every round."""
    prepare(files, workload)
    runs, hopeless = [], set()
    for turn in range(options.repeat):
        for system in systems[turn % len(systems) :] + systems[: turn % len(systems)]:
            if system in hopeless:
                continue
            run = one(files, workload, system, options)
            runs.append(run)
            print(report.line(run), flush=True)
            if run["failure"]:
                hopeless.add(system)  # it would fail, or take its whole time, again
    return runs


def one(files, workload, system, options):
    """Run one system once in a process of its own, and return what was measured."""
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
        timeout=options.timeout,
    )
    run = {"workload": workload, "system": system}
    if watched.returncode is None:
        held, mapped = watched.peaks(until=float("inf"))
        run |= {"failure": f"stopped after {options.timeout:.0f} s", "at_least": options.timeout}
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


if __name__ == "__main__":
    sys.exit(main())

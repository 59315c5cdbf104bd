"""``python -m benchmarks``: runs the systems in turn on each workload and reports."""

import argparse
import json
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
    files = Files(str(Path(options.data_dir).resolve()), options.rows, options.csv_rows)
    runs = []
    for workload in options.only:
        systems = [name for name in registry.systems_of(workload) if name in options.systems]
        runs += measure(files, workload, systems, options)
        report.write(options.output, runs, files, options)
    if options.big:
        files = Files(files.data_dir, 4 * files.rows, 4 * files.csv_rows)
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
    add("--rows", type=int, default=2_000_000, help="rows of the 100-column array")
    add("--csv-rows", type=int, default=5_000_000, help="rows of the CSV file")
    add("--only", type=names(registry.WORKLOADS), default=registry.WORKLOADS, metavar="WORKLOAD,…")
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
    result, log = files.scratch("result.json"), files.scratch(f"{workload}-{system}.log")
    result.unlink(missing_ok=True)
    python = environments.python(system)
    born = time.monotonic()
    task = asdict(files) | {"workload": workload, "system": system, "born": born}
    watched = watch(
        [python, "-m", "benchmarks.child", json.dumps(task | {"result": str(result)})],
        env=environments.environment(system),
        cwd=ROOT,
        log=log,
        timeout=options.timeout,
    )
    run = {"workload": workload, "system": system, "rows": files.rows, "csv_rows": files.csv_rows}
    if watched.returncode is None:
        held, mapped = watched.peaks(until=float("inf"))
        run |= {"failure": f"stopped after {options.timeout:.0f} s", "at_least": options.timeout}
    elif watched.returncode or not result.exists():
        held, mapped = watched.peaks(until=float("inf"))
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        run["failure"] = f"failed: {''.join(last) or watched.returncode}"
    else:
        record = json.loads(result.read_text())
        held, mapped = watched.peaks(until=record["end"])
        run |= record | {"failure": None}
    return run | {"memory": held, "mapped": mapped, "samples": len(watched.samples)}


if __name__ == "__main__":
    sys.exit(main())

"""``python -m benchmarks``: runs the systems in turn on each workload and reports."""

import argparse
import sys
from pathlib import Path

from benchmarks import registry, report
from benchmarks.data import Files, prepare
from benchmarks.runs import ROOT, one
from benchmarks.targets import FOUNDATION

SHORT, TURNS = 1.0, 3  # where a run takes less than so many seconds, so many runs are made


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
        for workload in [name for name in options.only if name in FOUNDATION]:
            rows = files.csv_rows if workload == "csv_pipeline" else files.rows
            big = measure(files, workload, ["scalml-2"], options)
            name = f"scalml-2, {rows:,} rows"
            runs += [run | {"system": name, "big": rows} for run in big]
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
    repeat = (
        f"runs of each, whose median counts: {TURNS} if any takes less than {SHORT:g} s, else 1"
    )
    add("--repeat", type=int, help=repeat)
    add("--timeout", type=float, default=600.0, help="seconds for one run")
    add(
        "--big",
        action="store_true",
        help="also five workloads by scalml alone on files four times as long",
    )
    add("--data-dir", default=ROOT / "benchmarks" / "data")
    add("--output", default=ROOT / "benchmarks" / "results.md")
    return parser.parse_args()


def measure(files, workload, systems, options):
    """Return the runs of one workload, the systems taking turns in every round."""
    prepare(files, workload)
    runs, hopeless, turn, turns = [], set(), 0, options.repeat or 1
    while turn < turns:
        for system in systems[turn % len(systems) :] + systems[: turn % len(systems)]:
            if system in hopeless:
                continue
            run = one(files, workload, system, options.timeout)
            runs.append(run)
            print(report.line(run), flush=True)
            if run["failure"]:
                hopeless.add(system)  # it would fail, or take its whole time, again
            elif run["time"] < SHORT and options.repeat is None:
                turns = TURNS
        turn += 1
    return runs


if __name__ == "__main__":
    sys.exit(main())

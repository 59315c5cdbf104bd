"""``python -m benchmarks.big``: flights from a CSV larger than the memory, by scalml alone."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.data import Files, repeat_flights, write_flights
from benchmarks.runs import ROOT, one

WORKLOAD = "flights_from_disk"
USUAL = 40e9  # bytes of CSV, if there is room
PIECE = 30  # copies of the flights that are different; more are these again
COPY = 26_010_000  # bytes of one copy as CSV
# Fit writes codes, numbers, targets and row numbers of nine tenths of the rows: 108 bytes a row of
# the file, whose text has 79. It reads the text in every pass instead where that would leave less
# than a fifth of the room free.
CACHE = 108 / 79
LEFT = 0.2
SPARE = 10e9  # bytes of disk to leave alone


def main():
    options = parse()
    usual = Path(options.data_dir).resolve()
    usual.mkdir(parents=True, exist_ok=True)
    folder = usual / "big"  # may be deleted, unlike the files of ``make bench``
    kept = {path: path.stat().st_size for path in folder.glob("flights-*.csv")}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = shutil.disk_usage(usual).free + sum(kept.values())
    if not Files(str(usual), 0, 0, PIECE).flights.exists():
        free -= PIECE * COPY
    try:
        copies = choose(options.flight_copies, free, memory)
    except ValueError as error:
        return str(error)
    files = Files(str(folder), 0, 0, copies)
    for path in kept.keys() - {files.flights}:
        path.unlink()
    try:
        write(files, piece=Files(str(usual), 0, 0, min(copies, PIECE)))
        size = files.flights.stat().st_size
        print(f"{size / 1e9:.3f} GB of CSV, {memory / 1e9:.1f} GB of memory", flush=True)
        run = one(files, WORKLOAD, "scalml-2", options.timeout)
        print(files.scratch(f"{WORKLOAD}-scalml-2.log").read_text(), end="")
    finally:
        if options.keep and files.flights.exists():
            shutil.rmtree(files.scratch(""), ignore_errors=True)
        else:
            shutil.rmtree(folder)
    print(report.line(run))
    if run["failure"]:
        return run["failure"]
    print(f"{run['quality']['rows'] / run['time']:,.0f} rows a second")


def parse():
    """Return the command line's options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.big", description=__doc__)
    add = parser.add_argument
    copies = f"copies of the flights, if more than {PIECE} then a multiple of it; the default is "
    copies += f"{USUAL / 1e9:.0f} GB of them, or what the disk has room for"
    add("--flight-copies", type=float, help=copies)
    add("--timeout", type=float, default=10_000.0, help="seconds for the run")
    add("--keep", action="store_true", help="leave the file for another run")
    add("--data-dir", default=ROOT / "benchmarks" / "data")
    return parser.parse_args()


def choose(copies, free, memory):
    """Return how many copies to write: those asked for, or many if None.

    Raises
    ------
    ValueError
        If so many do not fit, or what fits is no larger than the memory.
    """
    if copies is None:
        room = min(USUAL, (free - SPARE) / (1 + CACHE), free / (1 + CACHE / (1 - LEFT)))
        copies = max(room // (PIECE * COPY), 1) * PIECE
        if copies * COPY <= memory:
            copies = (memory // (PIECE * COPY) + 1) * PIECE
    elif copies > PIECE and copies % PIECE:
        raise ValueError(f"More than {PIECE} copies must be a multiple of {PIECE}, got {copies:g}.")
    csv = copies * COPY
    cache = CACHE * csv
    needed = csv + max(cache + SPARE, cache / (1 - LEFT))
    if needed > free:
        raise ValueError(
            f"{copies:g} copies are {csv / 1e9:.1f} GB of CSV and {cache / 1e9:.1f} GB of cache; "
            f"with what must stay free that is {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are "
            "free. Make room, give another --data-dir or fewer --flight-copies."
        )
    return copies


def write(files, piece):
    """Make the file, of as many copies of `piece` as it takes, unless it is there."""
    if files.flights.exists():
        return
    if not piece.flights.exists():
        print(f"writing {piece.flights}", flush=True)
        write_flights(piece)
    print(f"writing {files.flights}", flush=True)
    repeat_flights(files, piece)


if __name__ == "__main__":
    sys.exit(main())

"""The benchmark process: runs one function and leaves its times and quality in a JSON file."""

import json
import sys
import time
from importlib.metadata import PackageNotFoundError, version

from benchmarks import registry
from benchmarks.data import Files

PACKAGES = (
    "scalml", "numpy", "scipy", "scikit-learn", "pandas", "polars", "pyarrow", "glum", "tabmat",
    "dask", "distributed", "dask-ml", "dask-glm", "joblib",
    "scikit-learn-intelex", "faiss-cpu", "cvmatrix", "vowpalwabbit", "h2o",
)  # fmt: skip


class Clock:
    """Tells imports, pool start and work apart; the work is what stands in the with-block.

    Times are those of the monotonic clock, which parent and child share, so that
    the parent can tell which memory samples belong to the work.
    """

    def __init__(self, born):
        self.born = born
        self.import_end = born
        self.laps = {}

    def imported(self):
        self.import_end = time.monotonic()

    def __enter__(self):
        self.start = self._last = time.monotonic()
        return self

    def __exit__(self, *exception):
        self.end = time.monotonic()

    def lap(self, name):
        """Name the time since the last lap (or the start)."""
        now = time.monotonic()
        self.laps[name] = now - self._last
        self._last = now

    def record(self):
        return {
            "imports": self.import_end - self.born,
            "pool": self.start - self.import_end,
            "time": self.end - self.start,
            "laps": self.laps,
            "end": self.end,
        }


def installed():
    """Return the versions of the packages that matter, as installed where this runs."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def main():
    task = json.loads(sys.argv[1])
    files = Files(**task["files"])
    function = registry.find(task["workload"], task["system"])
    clock = Clock(task["born"])
    quality = function(files, clock)
    record = clock.record() | {"quality": quality, "versions": installed()}
    with open(task["result"], "w") as file:
        json.dump(record, file)


if __name__ == "__main__":
    main()

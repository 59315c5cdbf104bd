"""A benchmark is a function of (files, clock), registered under a workload and a system."""

from functools import partial
from importlib import import_module

SYSTEMS = (
    "scalml-2",
    "scalml-1",
    "scikit-learn",
    "glum",
    "dask-threads",
    "dask-distributed",
    "bare-2",
    "bare-1",
)
WORKLOADS = (
    "standard_scaler",
    "linear_regression",
    "logistic_regression",
    "logistic_predict",
    "csv_pipeline",
)

_functions = {}


def benchmark(workload, system, **arguments):
    """Register the decorated function, with these arguments, as what `system` does."""

    def register(function):
        _functions[workload, system] = partial(function, **arguments)
        return function

    return register


def find(workload, system):
    """Return the function for this workload and system, None where there is none."""
    import_module(f"benchmarks.workloads.{workload}")
    return _functions.get((workload, system))


def systems_of(workload):
    """Return the systems, in the order of `SYSTEMS`, that do this workload."""
    return [system for system in SYSTEMS if find(workload, system) is not None]

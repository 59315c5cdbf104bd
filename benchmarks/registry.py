"""A benchmark is a function of (files, clock), registered under a workload and a system."""

from functools import partial
from importlib import import_module

SYSTEMS = (
    "scalml-2",
    "scalml-1",
    "scalml-in-turn",
    "scalml-in-turn-cached",
    "scikit-learn",
    "scikit-learn-cv",
    "scikit-learn-intelex",
    "faiss",
    "cvmatrix",
    "glum",
    "vowpal-wabbit",
    "h2o",
    "dask-threads",
    "dask-distributed",
    "bare-2",
    "bare-1",
)
WORKLOADS = {  # name: its file in benchmarks/workloads
    "standard_scaler": "standard_scaler",
    "linear_regression": "linear_regression",
    "logistic_regression": "logistic_regression",
    "logistic_predict": "logistic_predict",
    "pca": "pca",
    "kmeans": "kmeans",
    "kmeans_100": "kmeans",
    "gaussian_nb": "gaussian_nb",
    "csv_pipeline": "csv_pipeline",
    "flights": "flights",
    "flights_tail": "flights",
    "ridge_search": "ridge_search",
    "pipeline_search": "pipeline_search",
    "logistic_search": "logistic_search",
    "sgd_search": "sgd_search",
}
APART = {"flights_from_disk": "flights_from_disk"}  # by ``make bench-big`` alone

_functions = {}


def benchmark(workload, system, **arguments):
    """Register the decorated function, with these arguments, as what `system` does."""

    def register(function):
        _functions[workload, system] = partial(function, **arguments)
        return function

    return register


def find(workload, system):
    """Return the function for this workload and system, None where there is none."""
    import_module(f"benchmarks.workloads.{(WORKLOADS | APART)[workload]}")
    return _functions.get((workload, system))


def systems_of(workload):
    """Return the systems, in the order of `SYSTEMS`, that do this workload."""
    return [system for system in SYSTEMS if find(workload, system) is not None]

"""StandardScaler: fit, then the column sums of the scaled data."""

from benchmarks import quality
from benchmarks.registry import benchmark

WORKLOAD = "standard_scaler"


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.preprocessing import StandardScaler

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        scaler = StandardScaler().fit(X)
        clock.lap("fit")
        sums = scaler.transform(X).sum(axis=0)
        clock.lap("transform")
    return quality.moments(files, scaler.mean_, scaler.scale_, sums)


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    import numpy as np
    from sklearn.preprocessing import StandardScaler

    clock.imported()
    with clock:
        X = np.load(files.X)
        scaler = StandardScaler().fit(X)
        clock.lap("fit")
        sums = scaler.transform(X).sum(axis=0)
        clock.lap("transform")
    return quality.moments(files, scaler.mean_, scaler.scale_, sums)


@benchmark(WORKLOAD, "dask-threads", scheduler="threads")
@benchmark(WORKLOAD, "dask-distributed", scheduler="distributed")
def with_dask_ml(files, clock, scheduler):
    from dask_ml.preprocessing import StandardScaler

    from benchmarks import dask_tools

    clock.imported()
    with dask_tools.scheduler(scheduler), clock:
        X = dask_tools.read_npy(files.X)
        scaler = StandardScaler().fit(X)
        clock.lap("fit")
        sums = scaler.transform(X).sum(axis=0).compute()
        clock.lap("transform")
    return quality.moments(files, scaler.mean_, scaler.scale_, sums)


@benchmark(WORKLOAD, "bare-1", threads=1)
@benchmark(WORKLOAD, "bare-2", threads=2)
def bare(files, clock, threads):
    """Sum all entries, as a limit for fit: hardly anything reads the data faster."""
    from benchmarks.blocks import sum_blocks

    def total(block):
        return block.sum()

    clock.imported()
    with clock:
        entries = sum_blocks(files.X, total, threads)
        clock.lap("fit")
    return {"sum": float(entries)}

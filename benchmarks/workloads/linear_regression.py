"""LinearRegression: ordinary least squares with an intercept."""

from benchmarks import quality
from benchmarks.registry import benchmark

WORKLOAD = "linear_regression"


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.linear_model import LinearRegression

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        y = scalml.read_npy(files.y_regression)
        model = LinearRegression().fit(X, y)
    return quality.linear(files, model.coef_, model.intercept_)


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    """Solves by LAPACK's gelsd; scikit-learn's Ridge(alpha=0) would be a Cholesky."""
    import numpy as np
    from sklearn.linear_model import LinearRegression

    clock.imported()
    with clock:
        X = np.load(files.X)
        y = np.load(files.y_regression)
        model = LinearRegression().fit(X, y)
    return quality.linear(files, model.coef_, model.intercept_)


@benchmark(WORKLOAD, "dask-threads", scheduler="threads")
@benchmark(WORKLOAD, "dask-distributed", scheduler="distributed")
def with_dask_ml(files, clock, scheduler):
    """Solves by Newton: of dask-ml's solvers the fastest, and without a penalty."""
    from dask_ml.linear_model import LinearRegression

    from benchmarks import dask_tools

    clock.imported()
    with dask_tools.scheduler(scheduler), clock:
        X = dask_tools.read_npy(files.X)
        y = dask_tools.read_npy(files.y_regression)
        model = LinearRegression(solver="newton").fit(X, y)
    return quality.linear(files, model.coef_, model.intercept_)


@benchmark(WORKLOAD, "bare-1", threads=1)
@benchmark(WORKLOAD, "bare-2", threads=2)
def bare(files, clock, threads):
    """Compute `X.T @ X` alone: the arithmetic that least squares cannot do without."""
    from benchmarks.blocks import sum_blocks

    def gram_of(block):
        return block.T @ block

    clock.imported()
    with clock:
        gram = sum_blocks(files.X, gram_of, threads)
    return {"trace": float(gram.trace())}

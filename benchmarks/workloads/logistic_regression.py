"""LogisticRegression: C = 1, a free intercept, every solver to the same objective.

Each has the default tolerance of its own. All are of Newton's kind, whose last step
overshoots any tolerance; the table shows objective and gradient, and one
of the targets is an objective equal to the best of all.
"""

from benchmarks import quality
from benchmarks.registry import benchmark

WORKLOAD = "logistic_regression"


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.linear_model import LogisticRegression

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        y = scalml.read_npy(files.y_binary)
        model = LogisticRegression(C=1.0).fit(X, y)
    return quality.logistic(files, model.coef_, model.intercept_)


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    """The fastest of its solvers for many rows and few columns, as its guide says."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    clock.imported()
    with clock:
        X = np.load(files.X)
        y = np.load(files.y_binary)
        model = LogisticRegression(C=1.0, solver="newton-cholesky").fit(X, y)
    return quality.logistic(files, model.coef_, model.intercept_)


@benchmark(WORKLOAD, "glum")
def with_glum(files, clock):
    """glum's penalty is on the mean loss: alpha = 1 / (C rows)."""
    import numpy as np
    from glum import GeneralizedLinearRegressor

    clock.imported()
    with clock:
        X = np.load(files.X)
        y = np.load(files.y_binary).astype(np.float64)
        model = GeneralizedLinearRegressor(
            family="binomial", alpha=1.0 / len(X), l1_ratio=0.0, fit_intercept=True
        ).fit(X, y)
    return quality.logistic(files, model.coef_, model.intercept_)


@benchmark(WORKLOAD, "dask-threads", scheduler="threads")
@benchmark(WORKLOAD, "dask-distributed", scheduler="distributed")
def with_dask_ml(files, clock, scheduler):
    """Newton: of dask-ml's solvers the fastest; it leaves the penalty out, hence the gradient."""
    from dask_ml.linear_model import LogisticRegression

    from benchmarks import dask_tools

    clock.imported()
    with dask_tools.scheduler(scheduler), clock:
        X = dask_tools.read_npy(files.X)
        y = dask_tools.read_npy(files.y_binary)
        model = LogisticRegression(C=1.0, solver="newton").fit(X, y)
    return quality.logistic(files, model.coef_, model.intercept_)

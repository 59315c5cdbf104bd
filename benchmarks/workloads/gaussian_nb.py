"""GaussianNB: fit, then the accuracy over all rows."""

from benchmarks.registry import benchmark

WORKLOAD = "gaussian_nb"


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.naive_bayes import GaussianNB

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        y = scalml.read_npy(files.y_binary)
        model = GaussianNB().fit(X, y)
        clock.lap("fit")
        accuracy = (model.predict(X) == y).mean()
        clock.lap("predict")
    return {"accuracy": float(accuracy)}


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    import numpy as np
    from sklearn.naive_bayes import GaussianNB

    clock.imported()
    with clock:
        X = np.load(files.X)
        y = np.load(files.y_binary)
        model = GaussianNB().fit(X, y)
        clock.lap("fit")
        accuracy = (model.predict(X) == y).mean()
        clock.lap("predict")
    return {"accuracy": float(accuracy)}


@benchmark(WORKLOAD, "dask-threads", scheduler="threads")
@benchmark(WORKLOAD, "dask-distributed", scheduler="distributed")
def with_dask_ml(files, clock, scheduler):
    import numpy as np
    from dask_ml.naive_bayes import GaussianNB

    from benchmarks import dask_tools

    clock.imported()
    with dask_tools.scheduler(scheduler), clock:
        X = dask_tools.read_npy(files.X)
        y = dask_tools.read_npy(files.y_binary)
        model = GaussianNB(classes=np.array([0, 1])).fit(X, y)
        clock.lap("fit")
        accuracy = (model.predict(X) == y).mean().compute()
        clock.lap("predict")
    return {"accuracy": float(accuracy)}

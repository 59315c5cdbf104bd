"""predict of a given logistic model, the classes written to a .npy file."""

from benchmarks import quality
from benchmarks.registry import benchmark

WORKLOAD = "logistic_predict"


def fitted(estimator, files):
    """Give `estimator` the coefficients in the file of the true model."""
    import numpy as np

    with np.load(files.truth) as truth:
        estimator.coef_ = truth["coef"].reshape(1, -1)
        estimator.intercept_ = truth["intercept"].reshape(1)
    estimator.classes_ = np.array([0, 1])
    estimator.n_features_in_ = estimator.coef_.shape[1]
    return estimator


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.linear_model import LogisticRegression

    clock.imported()
    path = files.scratch("predicted.npy")
    path.unlink(missing_ok=True)
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        model = fitted(LogisticRegression(), files)
        model.predict(X).to_npy(path)
    return quality.predictions(files, path)


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    clock.imported()
    path = files.scratch("predicted.npy")
    with clock:
        X = np.load(files.X)
        model = fitted(LogisticRegression(), files)
        np.save(path, model.predict(X))
    return quality.predictions(files, path)


@benchmark(WORKLOAD, "dask-threads", scheduler="threads")
@benchmark(WORKLOAD, "dask-distributed", scheduler="distributed")
def with_dask_ml(files, clock, scheduler):
    """dask-ml's way to predict with a model of scikit-learn's, block by block."""
    import numpy as np
    from dask_ml.wrappers import ParallelPostFit
    from sklearn.linear_model import LogisticRegression

    from benchmarks import dask_tools

    clock.imported()
    path = files.scratch("predicted.npy")
    with dask_tools.scheduler(scheduler), clock:
        X = dask_tools.read_npy(files.X)
        model = ParallelPostFit(fitted(LogisticRegression(), files))
        np.save(path, model.predict(X).compute())
    return quality.predictions(files, path)

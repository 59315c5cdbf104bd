"""Ridge by cross-validation, 20 penalties x 5 folds, on 200,000 rows in memory."""

from benchmarks import data
from benchmarks.registry import benchmark
from benchmarks.workers import start_joblib

WORKLOAD = "ridge_search"


def alphas():
    import numpy as np

    return np.logspace(-3, 4, 20)


def found(search):
    return {"best alpha": search.best_params_["alpha"], "mean test R2": search.best_score_}


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.linear_model import Ridge
    from scalml.model_selection import GridSearchCV

    clock.imported()
    X, y = data.in_memory(files, 100, files.y_regression)
    with scalml.config_context(n_jobs=n_jobs), clock:
        search = GridSearchCV(Ridge(), {"alpha": alphas()}, cv=5).fit(X, y)
    return found(search)


@benchmark(WORKLOAD, "scikit-learn", n_jobs=2)
def with_scikit_learn(files, clock, n_jobs):
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV

    clock.imported()
    X, y = data.in_memory(files, 100, files.y_regression)
    start_joblib(n_jobs)
    with clock:
        search = GridSearchCV(Ridge(), {"alpha": alphas()}, cv=5, n_jobs=n_jobs).fit(X, y)
    return found(search)


@benchmark(WORKLOAD, "scikit-learn-cv")
def with_ridge_cv(files, clock):
    from sklearn.linear_model import RidgeCV

    clock.imported()
    X, y = data.in_memory(files, 100, files.y_regression)
    with clock:
        search = RidgeCV(alphas(), cv=5).fit(X, y)
    return {"best alpha": search.alpha_, "mean test R2": search.best_score_}


@benchmark(WORKLOAD, "cvmatrix")
def with_cvmatrix(files, clock):
    """The Gram matrix of each training set by cvmatrix; eigenvectors and scores by NumPy."""
    import numpy as np
    from cvmatrix import CVMatrix, Partitioner

    clock.imported()
    X, y = data.in_memory(files, 100, files.y_regression)
    with clock:
        folds = Partitioner(np.arange(len(X)) // -(-len(X) // 5))
        matrices = CVMatrix(scale_X=False, scale_Y=False, copy=False)
        matrices.fit(X, y)
        scores = []
        for fold in folds.folds_dict:
            test = folds.get_validation_indices(fold)
            (gram, products), (mean, _, target, _) = matrices.training_XTX_XTY(test)
            values, vectors = np.linalg.eigh(gram)
            coefs = vectors @ (vectors.T @ products / (values[:, None] + alphas()))
            errors = y[test, None] - (X[test] - mean) @ coefs - target
            scores.append(1 - (errors**2).sum(axis=0) / ((y[test] - y[test].mean()) ** 2).sum())
        scores = np.mean(scores, axis=0)
    return {"best alpha": alphas()[scores.argmax()], "mean test R2": scores.max()}

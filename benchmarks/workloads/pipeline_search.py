"""Imputer, scaler, PCA and Ridge refitted in each of 5 folds for 20 penalties.

200,000 rows in memory, of whose entries one in twenty is missing.
"""

from benchmarks import data
from benchmarks.registry import benchmark
from benchmarks.workers import start_joblib

WORKLOAD = "pipeline_search"


def with_gaps(files):
    import numpy as np

    X, y = data.in_memory(files, 100, files.y_regression)
    X[np.random.default_rng(data.SEED).random(X.shape) < 0.05] = np.nan
    return X, y


def grid():
    import numpy as np

    return {"ridge__alpha": np.logspace(-3, 4, 20)}


def found(search):
    return {"best alpha": search.best_params_["ridge__alpha"], "mean test R2": search.best_score_}


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.decomposition import PCA
    from scalml.impute import SimpleImputer
    from scalml.linear_model import Ridge
    from scalml.model_selection import GridSearchCV
    from scalml.pipeline import make_pipeline
    from scalml.preprocessing import StandardScaler

    clock.imported()
    X, y = with_gaps(files)
    with scalml.config_context(n_jobs=n_jobs), clock:
        model = make_pipeline(SimpleImputer(), StandardScaler(), PCA(20), Ridge())
        search = GridSearchCV(model, grid(), cv=5).fit(X, y)
    return found(search)


@benchmark(WORKLOAD, "scikit-learn", n_jobs=2)
def with_scikit_learn(files, clock, n_jobs):
    from sklearn.decomposition import PCA
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    clock.imported()
    X, y = with_gaps(files)
    start_joblib(n_jobs)
    with clock:
        model = make_pipeline(SimpleImputer(), StandardScaler(), PCA(20), Ridge())
        search = GridSearchCV(model, grid(), cv=5, n_jobs=n_jobs).fit(X, y)
    return found(search)

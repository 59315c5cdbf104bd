"""LogisticRegression by cross-validation, 10 values of C x 5 folds, 200,000x50 in memory.

The score is the log-loss, as accuracies tie.
"""

from benchmarks import data
from benchmarks.registry import benchmark
from benchmarks.workers import start_joblib

WORKLOAD = "logistic_search"
COLUMNS = 50
SCORING = "neg_log_loss"
SOLVER = "newton-cholesky"  # of scikit-learn's the fastest here


def values():
    import numpy as np

    return np.logspace(-5, 4, 10)


def found(search):
    return {"best C": search.best_params_["C"], "mean test log-loss": -search.best_score_}


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.linear_model import LogisticRegression
    from scalml.model_selection import GridSearchCV

    clock.imported()
    X, y = data.in_memory(files, COLUMNS, files.y_binary)
    with scalml.config_context(n_jobs=n_jobs), clock:
        search = GridSearchCV(LogisticRegression(), {"C": values()}, scoring=SCORING, cv=5)
        search.fit(X, y)
    return found(search)


@benchmark(WORKLOAD, "scikit-learn", n_jobs=2)
def with_scikit_learn(files, clock, n_jobs):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    clock.imported()
    X, y = data.in_memory(files, COLUMNS, files.y_binary)
    start_joblib(n_jobs)
    with clock:
        model = LogisticRegression(solver=SOLVER)
        search = GridSearchCV(model, {"C": values()}, scoring=SCORING, cv=5, n_jobs=n_jobs)
        search.fit(X, y)
    return found(search)


@benchmark(WORKLOAD, "scikit-learn-cv", n_jobs=2)
def with_logistic_cv(files, clock, n_jobs):
    from sklearn.linear_model import LogisticRegressionCV

    clock.imported()
    X, y = data.in_memory(files, COLUMNS, files.y_binary)
    start_joblib(n_jobs)
    with clock:
        search = LogisticRegressionCV(
            Cs=values(),
            l1_ratios=(0,),
            cv=5,
            scoring=SCORING,
            solver=SOLVER,
            n_jobs=n_jobs,
            use_legacy_attributes=False,
        ).fit(X, y)
    return {"best C": search.C_, "mean test log-loss": -search.scores_.mean(axis=0).max()}

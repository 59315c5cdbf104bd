"""100 SGDClassifiers, one epoch each, from a CSV of 200,000 x 50: on one stream, or in turn.

The stream is decoded once for all; in turn, every model reads the text anew, or all read the
cache that was made of it first.
"""

from benchmarks.registry import benchmark
from benchmarks.workers import start_scalml

WORKLOAD = "sgd_search"
TEST = 0.2  # of the rows, the last


def grid():
    import numpy as np

    return {"alpha": np.logspace(-7, 0, 50), "penalty": ["l2", "l1"]}


def read(files):
    import scalml

    return scalml.read_csv(files.search_csv)


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_search(files, clock, n_jobs):
    import numpy as np
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import train_test_split

    import scalml
    from scalml.model_selection import GridSearchCV

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"):
        start_scalml(n_jobs)
        with clock:
            frame = read(files)
            X, y = frame.drop(columns="target").to_array(), frame["target"].to_array()
            split = train_test_split(np.arange(len(X)), test_size=TEST, shuffle=False)
            model = SGDClassifier(loss="log_loss", random_state=0)
            search = GridSearchCV(model, grid(), cv=[split], refit=False).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    return {"best accuracy": scores.max(), "mean accuracy": scores.mean()}


@benchmark(WORKLOAD, "scalml-in-turn", cached=False)
@benchmark(WORKLOAD, "scalml-in-turn-cached", cached=True)
def in_turn(files, clock, cached):
    import numpy as np
    from sklearn.linear_model import SGDClassifier
    from sklearn.model_selection import ParameterGrid

    import scalml
    from scalml.model_selection import train_test_split
    from scalml.wrappers import Incremental

    clock.imported()
    with scalml.config_context(n_jobs=2, memory_limit="700MB"):
        start_scalml(2)
        with clock:
            frame = read(files).cache() if cached else read(files)
            X, y = frame.drop(columns="target").to_array(), frame["target"].to_array()
            X, X_test, y, y_test = train_test_split(X, y, test_size=TEST, shuffle=False)
            scores = []
            for candidate in ParameterGrid(grid()):
                model = SGDClassifier(loss="log_loss", random_state=0, **candidate)
                learner = Incremental(model).fit(X, y, classes=[0, 1])
                scores.append(learner.score(X_test, y_test))
    return {"best accuracy": np.max(scores), "mean accuracy": np.mean(scores)}

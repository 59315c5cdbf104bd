"""KMeans from given centres: 20 iterations for 10 clusters, 5 iterations for 100.

The data has no clusters, so nothing converges early and everybody does all iterations.
"""

from benchmarks import quality
from benchmarks.registry import benchmark

FEW = {"workload": "kmeans", "k": 10, "iterations": 20}
MANY = {"workload": "kmeans_100", "k": 100, "iterations": 5}


def centers(files, k):
    """Return k rows spread over the file, where every system starts."""
    import numpy as np

    X = np.load(files.X, mmap_mode="r")
    return np.array(X[:: len(X) // k][:k])


def both(system, **arguments):
    """Register the decorated function for both numbers of clusters."""

    def register(function):
        for task in (FEW, MANY):
            options = {name: value for name, value in task.items() if name != "workload"}
            benchmark(task["workload"], system, **options, **arguments)(function)
        return function

    return register


@both("scalml-1", n_jobs=1)
@both("scalml-2", n_jobs=2)
def with_scalml(files, clock, k, iterations, n_jobs):
    import scalml
    from scalml.cluster import KMeans

    clock.imported()
    start = centers(files, k)
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        model = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0).fit(X)
    return quality.inertia(files, model.cluster_centers_)


@both("scikit-learn")
def with_scikit_learn(files, clock, k, iterations):
    import numpy as np
    from sklearn.cluster import KMeans

    clock.imported()
    start = centers(files, k)
    with clock:
        X = np.load(files.X)
        model = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0).fit(X)
    return quality.inertia(files, model.cluster_centers_)


@both("scikit-learn-intelex")
def with_intelex(files, clock, k, iterations):
    import numpy as np
    from sklearnex.cluster import KMeans

    clock.imported()
    start = centers(files, k)
    with clock:
        X = np.load(files.X)
        model = KMeans(k, init=start, n_init=1, max_iter=iterations, tol=0).fit(X)
    return quality.inertia(files, model.cluster_centers_)


@both("faiss")
def with_faiss(files, clock, k, iterations):
    """In single precision, as it knows no other; without its limit on points per cluster."""
    import faiss
    import numpy as np

    clock.imported()
    start = centers(files, k).astype(np.float32)
    with clock:
        X = np.load(files.X).astype(np.float32)
        model = faiss.Kmeans(X.shape[1], k, niter=iterations, max_points_per_centroid=len(X))
        model.train(X, init_centroids=start)
    return quality.inertia(files, model.centroids) | {"in": "float32"}

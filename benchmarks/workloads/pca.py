"""PCA: the ten directions of largest variance, from the whole array."""

from benchmarks import quality
from benchmarks.registry import benchmark

WORKLOAD = "pca"
COMPONENTS = 10


@benchmark(WORKLOAD, "scalml-1", n_jobs=1)
@benchmark(WORKLOAD, "scalml-2", n_jobs=2)
def with_scalml(files, clock, n_jobs):
    import scalml
    from scalml.decomposition import PCA

    clock.imported()
    with scalml.config_context(n_jobs=n_jobs, memory_limit="700MB"), clock:
        X = scalml.read_npy(files.X)
        model = PCA(n_components=COMPONENTS).fit(X)
    return quality.components(files, model.components_, model.explained_variance_)


@benchmark(WORKLOAD, "scikit-learn")
def with_scikit_learn(files, clock):
    """Chooses the eigenvectors of the covariance, as it does for many rows and few columns."""
    import numpy as np
    from sklearn.decomposition import PCA

    clock.imported()
    with clock:
        X = np.load(files.X)
        model = PCA(n_components=COMPONENTS).fit(X)
    return quality.components(files, model.components_, model.explained_variance_)


@benchmark(WORKLOAD, "bare-1", threads=1)
@benchmark(WORKLOAD, "bare-2", threads=2)
def bare(files, clock, threads):
    """Sums and products of the columns about the first row, then the eigenvectors."""
    import numpy as np

    from benchmarks.blocks import sum_blocks

    def sums_of(block):
        shifted = block - shift
        return np.vstack([shifted.T @ shifted, shifted.sum(axis=0)])

    clock.imported()
    with clock:
        X = np.load(files.X, mmap_mode="r")
        shift = X[0].copy()
        sums = sum_blocks(files.X, sums_of, threads)
        gram, mean = sums[:-1], sums[-1] / len(X)
        covariance = (gram - len(X) * np.outer(mean, mean)) / (len(X) - 1)
        values, vectors = np.linalg.eigh(covariance)
    top = slice(-1, -COMPONENTS - 1, -1)
    return quality.components(files, vectors[:, top].T, values[top])

"""Worker processes, started with their imports before the clock: both show apart from the work."""

from importlib import import_module


def start_scalml(n_jobs):
    """Start scalml's worker processes."""
    import scalml

    with scalml.config_context(backend="processes"):
        list(scalml.imap(import_libraries, range(2 * n_jobs)))


def start_joblib(n_jobs):
    """Start joblib's worker processes, which scikit-learn's searches use."""
    from joblib import Parallel, delayed

    Parallel(n_jobs)(delayed(import_libraries)(task) for task in range(2 * n_jobs))


def start_dask(client, n_workers):
    """Wait for the workers of a cluster of Dask's."""
    client.wait_for_workers(n_workers)
    client.run(import_libraries)
    client.run(import_dask_ml)


def import_libraries(_=None):
    for name in ("pandas", "sklearn.compose", "sklearn.linear_model", "sklearn.model_selection"):
        import_module(name)


def import_dask_ml():
    for name in ("dask_ml.linear_model", "dask_ml.preprocessing", "dask_ml.wrappers"):
        import_module(name)

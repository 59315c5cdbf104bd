"""What the dask-ml benchmarks share: a scheduler, and .npy files as dask arrays."""

from contextlib import contextmanager

from benchmarks.workers import start_dask

CHUNK = 100_000  # rows: 80 MB, which is what Dask recommends


@contextmanager
def scheduler(name):
    """Threads in this process, or a local cluster of two worker processes of one thread."""
    import dask

    if name == "threads":
        with dask.config.set(scheduler="threads", num_workers=2):
            yield
    else:
        from dask.distributed import Client

        with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
            start_dask(client, 2)
            yield


def read_npy(path):
    """Return the file as a dask array whose tasks hold a path, not the data."""
    import dask.array as da
    import numpy as np

    header = np.load(path, mmap_mode="r")
    rows = [min(CHUNK, len(header) - start) for start in range(0, len(header), CHUNK)]
    chunks = (tuple(rows), *((size,) for size in header.shape[1:]))
    return da.map_blocks(_read, str(path), chunks=chunks, dtype=header.dtype)


def _read(path, block_info=None):
    import numpy as np

    start, stop = block_info[None]["array-location"][0]
    return np.load(path, mmap_mode="r")[start:stop]

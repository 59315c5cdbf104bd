"""The limit of the machine: a bare NumPy loop over memory-mapped blocks, by threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

ROWS = 4096  # of 100 float64 columns: 3.3 MB
TASK = 10 * ROWS


def sum_blocks(path, func, threads):
    """Return the sum of `func(block)` over the blocks of a .npy file."""
    X = np.load(path, mmap_mode="r")

    def task(start):
        stop = min(start + TASK, len(X))
        return sum(func(np.asarray(X[k : min(k + ROWS, stop)])) for k in range(start, stop, ROWS))

    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(task, range(0, len(X), TASK)))

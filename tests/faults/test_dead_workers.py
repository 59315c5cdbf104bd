"""Workers that are killed cost time and nothing else."""

import os
import signal
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

import scalml
from scalml.runtime import ChunkFailedError, imap
from tests.faults.tools import (
    CHUNK_ROWS,
    FAMILIES,
    N_CHUNKS,
    Faulty,
    KillAlways,
    KillOnce,
    bits,
    chunked,
    numbers,
)

X, y = numbers()


def trigger(chunk):
    return X[chunk * CHUNK_ROWS, 0]


def fitted(family, func=None):
    return bits(FAMILIES[family]().fit(chunked(X, func=func), y))


@pytest.mark.fault("F01")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_fit_survives_a_kill_bit_for_bit(family, tmp_path, two_processes):
    expected = fitted(family)
    for chunk in (0, N_CHUNKS // 2, N_CHUNKS - 1):
        marker = tmp_path / f"{chunk}"
        assert fitted(family, Faulty(KillOnce(marker), trigger(chunk))) == expected
        assert marker.exists()


@pytest.mark.fault("F01")
def test_a_kill_costs_at_most_two_seconds_and_the_chunk(tmp_path, two_processes):
    scalml.reduce_chunks(np.sum, chunked(X))  # the pool is warm
    began = time.monotonic()
    scalml.reduce_chunks(np.sum, chunked(X, func=Faulty(KillOnce(tmp_path / "m"), trigger(3))))
    assert time.monotonic() - began < 8  # 2 on a machine that does nothing else


@pytest.mark.fault("F01")
def test_large_results_of_survivors_are_not_left_behind(tmp_path, two_processes):
    wide = np.zeros((12, 50_000))
    wide[:, 0] = range(12)
    blocks = scalml.read_chunks(chunked(wide, 1, Faulty(KillOnce(tmp_path / "m"), 5.0)))
    assert [block[0, 0] for (block,) in blocks] == list(range(12))


@pytest.mark.fault("F01")
def test_a_worker_that_dies_between_passes_is_not_missed(two_processes):
    pids = set(imap(lambda _: (time.sleep(0.02), os.getpid())[1], range(8)))
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert scalml.reduce_chunks(np.size, chunked(X)) == X.size
    time.sleep(0.3)  # and once the pool has noticed
    assert scalml.reduce_chunks(np.size, chunked(X)) == X.size


@pytest.mark.fault("F02")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_chunk_that_always_kills_is_named_and_no_other(number, tmp_path, two_processes):
    path = tmp_path / "numbers.npy"
    np.save(path, X)
    lethal = scalml.read_npy(path, chunk_rows=CHUNK_ROWS).map_chunks(
        Faulty(KillAlways(number), trigger(5))
    )
    began = time.monotonic()
    with pytest.raises(ChunkFailedError) as caught:
        scalml.reduce_chunks(np.sum, lethal)
    assert time.monotonic() - began < 20  # 10 on a machine that does nothing else
    assert "rows 250:300 of numbers.npy ended its worker process 3 times" in str(caught.value)
    assert signal.Signals(number).name in str(caught.value)
    assert scalml.reduce_chunks(np.size, chunked(X)) == X.size


@pytest.mark.slow
@pytest.mark.fault("F01")
def test_an_outsider_who_kills_workers_ends_no_fit(two_processes):
    """Deaths that no chunk is to blame for cost time, however many they are."""
    rng, stop, killed = np.random.default_rng(0), threading.Event(), []

    def kill():
        while not stop.wait(rng.exponential(1.0)):
            workers = [child.pid for child in psutil.Process().children(recursive=True)]
            busy = [pid for pid in workers if "popen_loky" in " ".join(_command(pid))]
            if busy:
                pid = int(rng.choice(busy))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

    psutil = pytest.importorskip("psutil")

    def _command(pid):
        try:
            return psutil.Process(pid).cmdline()
        except psutil.Error:
            return []

    expected = fitted("StandardScaler")
    thread = threading.Thread(target=kill)
    thread.start()
    try:
        ends = time.monotonic() + 40
        while time.monotonic() < ends:
            assert fitted("StandardScaler") == expected
    finally:
        stop.set()
        thread.join()
    assert len(killed) > 5

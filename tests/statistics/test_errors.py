"""Sums and extremes of errors."""

import pickle

import numpy as np

from scalml.statistics import Largest, Losses


def test_losses_add_and_weigh():
    losses = np.random.default_rng(0).random((10, 2))
    weight = np.array([0, 1] * 5)
    found = Losses.of(losses[:4], weight[:4]) + Losses.of(losses[4:], weight[4:])
    np.testing.assert_allclose(found.mean, losses[1::2].mean(axis=0))
    assert (found.n_rows, found.total) == (10, 5)
    assert pickle.loads(pickle.dumps(found - Losses.of(losses[:4], weight[:4]))).n_rows == 6
    np.testing.assert_allclose(Losses.of(losses).mean, losses.mean(axis=0))


def test_float32_is_summed_in_float64():
    losses = np.full((100_000, 1), 0.1, dtype=np.float32)
    assert Losses.of(losses).losses[0] == 100_000 * float(np.float32(0.1))


def test_largest():
    assert (Largest.of(np.array([1.0, 3.0])) + Largest.of(np.array([2.0]))).value == 3.0

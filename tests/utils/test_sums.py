"""Fits that ask for sums: run alone, merged, nested."""

import numpy as np

import scalml
from scalml.utils.sums import Sum, run, together


def total(block):
    return block.sum()


def asks(found, name, X, times):
    found[name] = []
    for _ in range(times):
        found[name].append((yield Sum(total, (X,))))


def test_each_question_is_a_pass_alone(passes):
    found = {}
    run(asks(found, "a", scalml.from_array(np.arange(5.0), chunk_rows=2), 3))
    assert found == {"a": [10.0] * 3}
    assert len(passes) == 3


def test_together_as_many_passes_as_the_longest(passes):
    X, found = scalml.from_array(np.arange(5.0), chunk_rows=2), {}
    inner = together({"b": asks(found, "b", X * 2, 1), "c": asks(found, "c", X * 3, 3)})
    run(together({"a": asks(found, "a", X, 2), "inner": inner, "none": asks(found, "none", X, 0)}))
    assert found == {"a": [10.0] * 2, "b": [20.0], "c": [30.0] * 3, "none": []}
    assert len(passes) == 3

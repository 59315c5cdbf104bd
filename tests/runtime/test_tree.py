import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalml.runtime.tree import TreeSum, merge


class Shape(str):
    """Adds up to a picture of the tree that added it."""

    def __add__(self, other):
        return Shape(f"({self!s} {other!s})")


def tree_of(values, level):
    """The sum, as tasks of 2**level chunks each compute it."""
    total = TreeSum()
    for first in range(0, len(values), 2**level):
        group = TreeSum()
        for value in values[first : first + 2**level]:
            group.add(value)
        total.add(group.result(), level)
    return total.result()


@given(n=st.integers(1, 70), level=st.integers(0, 7), data=st.data())
def test_every_grouping_gives_the_same_tree(n, level, data):
    empty = data.draw(st.sets(st.integers(0, n - 1)))
    values = [None if i in empty else Shape(i) for i in range(n)]
    assert tree_of(values, level) == tree_of(values, 0)


def test_the_tree_is_balanced():
    assert tree_of([Shape(i) for i in range(6)], 0) == "(((0 1) (2 3)) (4 5))"


def test_only_log2_values_are_held():
    total = TreeSum()
    for i in range(1000):
        total.add(i)
        assert len(total._stack) <= 10
    assert total.result() == sum(range(1000))


def test_nothing_sums_to_none():
    assert TreeSum().result() is None


@pytest.mark.parametrize(
    ("left", "right", "expected"), [(None, 1, 1), (1, None, 1), (None, None, None), (1, 2, 3)]
)
def test_none_has_no_rows(left, right, expected):
    assert merge(left, right) == expected

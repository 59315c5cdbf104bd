import pytest
from hypothesis import given
from hypothesis import strategies as st

from scalml.runtime.tree import TreeSum


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


@given(n=st.integers(1, 70), level=st.integers(0, 7))
def test_every_grouping_gives_the_same_tree(n, level):
    values = [Shape(i) for i in range(n)]
    assert tree_of(values, level) == tree_of(values, 0)


@pytest.mark.fault("F12")
@given(values=st.lists(st.one_of(st.none(), st.integers(0, 9).map(Shape)), max_size=70))
def test_no_rows_take_no_place_in_the_tree(values):
    assert tree_of(values, 0) == tree_of([value for value in values if value is not None], 0)


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

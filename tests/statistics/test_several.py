import pickle

import pytest

from scalml.statistics import Several


def test_adds_key_by_key_and_a_missing_key_is_an_identity():
    a, b = Several({0: 1, "x": 2}), Several({0: 5, "y": 7})
    assert a + b == {0: 6, "x": 2, "y": 7}
    assert isinstance(a + b, Several)
    assert a == {0: 1, "x": 2}


def test_subtracts_what_was_added():
    a, b = Several(x=1, y=2), Several(x=3)
    assert a + b - b == a
    with pytest.raises(KeyError):
        b - a


def test_does_not_add_to_a_plain_dict():
    with pytest.raises(TypeError):
        Several(x=1) + {"x": 1}


def test_pickles():
    assert pickle.loads(pickle.dumps(Several(x=1))) == Several(x=1)

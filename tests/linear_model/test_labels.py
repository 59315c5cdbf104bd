import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from scalml.linear_model.labels import ClassTotals, Labels


def test_totals_of_chunks_are_those_of_the_whole():
    y = np.array(["b", "a", "c", "b", "a", "b"])
    w = np.arange(6.0)
    parts = ClassTotals.of(y[:2], w[:2]) + ClassTotals.of(y[2:3], w[2:3])
    parts = parts + ClassTotals.of(y[3:], w[3:])
    whole = ClassTotals.of(y, w)
    for totals in (parts, whole):
        assert totals.classes.tolist() == ["a", "b", "c"]
        assert totals.rows.tolist() == [2, 3, 1]
        assert totals.weight.tolist() == [5.0, 8.0, 2.0]


@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 2.0}])
def test_multipliers_are_those_of_scikit_learn(class_weight):
    y = np.array([0, 0, 0, 1])
    totals = ClassTotals.of(y)
    labels = Labels(totals.classes, ((None, totals.multipliers(class_weight)),))
    ones, weight = labels.encode(y, None)
    assert ones.tolist() == [0.0, 0.0, 0.0, 1.0]
    expected = compute_sample_weight(class_weight, y)
    np.testing.assert_allclose(np.ones(4) if weight is None else weight, expected)
    weighted = labels.encode(y, np.array([1.0, 2.0, 0.0, 3.0]))[1]
    np.testing.assert_allclose(weighted, expected * [1, 2, 0, 3])


def test_a_class_without_weight_is_left_out_of_the_balance():
    totals = ClassTotals.of(np.array([0, 1]), np.array([0.0, 4.0]))
    assert totals.multipliers("balanced").tolist() == [0.0, 0.5]


def test_continuous_targets_are_refused():
    with pytest.raises(ValueError, match="Unknown label type"):
        ClassTotals.of(np.array([0.5, 1.5]))


def test_totals_by_split_end_with_all_rows():
    y, w = np.array(["b", "a", "b", "c"]), np.array([1.0, 2.0, 3.0, 4.0])
    memberships = np.array([[1, 2], [2, 1], [1, 0], [0, 1]], dtype=np.int8)
    totals = ClassTotals.of(y[:3], w[:3], memberships[:3]) + ClassTotals.of(
        y[3:], w[3:], memberships[3:]
    )
    assert totals.rows.tolist() == [[0, 1, 1], [2, 0, 2], [0, 1, 1]]
    assert totals.of_split(1).weight.tolist() == [2.0, 0.0, 4.0]
    assert totals.of_split(None).weight.tolist() == [2.0, 4.0, 4.0]
    assert ClassTotals.of(y).of_split(None).rows.tolist() == [1, 2, 1]


def test_codes_of_many_classes_and_weights_by_split():
    y, memberships = np.array(["b", "a", "c"]), np.array([[1], [2], [1]], dtype=np.int8)
    labels = Labels(np.array(["a", "b", "c"]), ((0, np.array([1.0, 2.0, 3.0])), (None, None)))
    codes, weight = labels.encode(y, None, memberships)
    assert codes.tolist() == [1, 0, 2]
    assert weight.tolist() == [[2.0, 1.0], [0.0, 1.0], [3.0, 1.0]]
    weight = labels.encode(y, np.array([1.0, 1.0, 5.0]), memberships)[1]
    assert weight.tolist() == [[2.0, 1.0], [0.0, 1.0], [15.0, 5.0]]

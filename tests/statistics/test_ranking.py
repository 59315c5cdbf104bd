"""Ranked scores merge to what ranking all rows at once gives."""

import functools
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scalml.statistics.ranking import RankedScores, coarsen, roc_area

rows = st.lists(
    st.tuples(st.booleans(), st.sampled_from([-2.5, -1.0, -0.0, 0.0, 0.3, 0.31, 1.0, 1e300])),
    min_size=2,
    max_size=40,
).filter(lambda pairs: len({label for label, _ in pairs}) == 2)


@settings(deadline=None, max_examples=100)
@given(rows, st.lists(st.integers(0, 40), max_size=4), st.sampled_from([None, 0.05, 0.5, 1.0]))
def test_any_cuts_give_the_auc_of_scikit_learn(pairs, cuts, max_fpr):
    y, scores = (np.array(column) for column in zip(*pairs, strict=True))
    whole = RankedScores.of(y, scores)
    cuts = sorted(min(cut, len(y)) for cut in cuts)
    blocks = zip(np.split(y, cuts), np.split(scores, cuts), strict=True)
    parts = [RankedScores.of(*block) for block in blocks]
    merged = functools.reduce(operator.add, parts)
    assert merged.auc(max_fpr) == whole.auc(max_fpr)
    assert merged.auc(max_fpr) == pytest.approx(
        roc_auc_score(y, scores, max_fpr=max_fpr), abs=1e-12
    )
    np.testing.assert_array_equal(merged.masses, whole.masses)


def test_weights():
    rng = np.random.default_rng(0)
    y, scores = rng.integers(0, 2, 500), rng.normal(size=500).round(1)
    weight = rng.random(500) * rng.integers(0, 2, 500)
    merged = RankedScores.of(y[:200], scores[:200], weight[:200])
    merged = merged + RankedScores.of(y[200:], scores[200:], weight[200:])
    for max_fpr in (None, 0.3):
        expected = roc_auc_score(y, scores, sample_weight=weight, max_fpr=max_fpr)
        assert merged.auc(max_fpr) == pytest.approx(expected, abs=1e-12)


def test_coarse_scores_keep_the_order():
    scores = np.sort(np.random.default_rng(0).normal(size=10_000) * 10.0 ** np.arange(10_000) ** 0)
    assert (np.diff(coarsen(scores)) >= 0).all()
    assert len(np.unique(coarsen(scores))) < 10_000


def test_between_selects_whole_buckets():
    y, scores = np.array([0, 1, 0, 1]), np.array([0.5, 0.5001, 0.7, 0.9])
    inside = RankedScores.of(y, scores, between=(0.5, 0.5))
    assert inside.scores.tolist() == [0.5, 0.5001]
    assert RankedScores.of(y, scores, between=(2.0, 3.0)).scores.size == 0


def test_three_labels_are_refused():
    with pytest.raises(ValueError, match="must have two classes"):
        RankedScores.of(np.array([0, 1, 2]), np.zeros(3))
    with pytest.raises(ValueError, match="must have two classes"):
        RankedScores.of(np.array([0, 1]), np.zeros(2)) + RankedScores.of(np.array([2]), np.zeros(1))


def test_one_class_has_no_auc():
    assert np.isnan(RankedScores.of(np.array([1, 1]), np.array([0.1, 0.2])).auc())


def test_area_beyond_63_bits_is_a_float():
    many = np.array([2**33])
    assert roc_area(many, many) / 2 == pytest.approx(2.0**65)

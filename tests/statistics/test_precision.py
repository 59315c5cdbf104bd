"""Average precision in pieces, and the scores of rows, are scikit-learn's."""

import numpy as np
import pytest
import sklearn.metrics

from scalml.statistics.precision import precision_area, row_aucs, row_average_precisions


@pytest.mark.parametrize("weighted", [False, True])
def test_pieces(weighted):
    rng = np.random.default_rng(0)
    y, scores = rng.integers(0, 2, 200), rng.integers(0, 20, 200)
    weight = rng.random(200) if weighted else np.ones(200)
    expected = sklearn.metrics.average_precision_score(y, scores, sample_weight=weight)
    negative = np.bincount(scores, (1 - y) * weight, minlength=20)
    positive = np.bincount(scores, y * weight, minlength=20)
    above = negative[8:].sum(), positive[8:].sum()
    found = precision_area(negative[8:], positive[8:])
    found += precision_area(negative[:8], positive[:8], above)
    assert found / positive.sum() == pytest.approx(expected, rel=1e-12)


def test_rows():
    rng = np.random.default_rng(0)
    y, scores = rng.integers(0, 2, (50, 6)), rng.integers(0, 4, (50, 6)) / 3
    y[:, 0], y[:, 1] = 0, 1
    for found, name in (
        (row_average_precisions(y != 0, scores), "average_precision_score"),
        (row_aucs(y != 0, scores), "roc_auc_score"),
    ):
        expected = [getattr(sklearn.metrics, name)(*row) for row in zip(y, scores, strict=True)]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_rows_without_two_classes():
    y, scores = np.array([[True, True], [False, False]]), np.zeros((2, 2))
    assert row_average_precisions(y, scores).tolist() == [1, 0]
    assert np.isnan(row_aucs(y, scores)).all()

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import scalml
from scalml.model_selection.fold_fits import FoldFits, Sides
from scalml.statistics import Gram


def fits_of(*models, X=None, **weights):
    rng = np.random.default_rng(0)
    n = 60 if X is None else len(X)
    members = np.ones((n, 2), dtype=np.int8)
    members[:30, 0] = members[30:, 1] = 2
    X, y = rng.normal(size=(n, 4)) if X is None else X, rng.normal(size=n)
    weights = {name: rng.uniform(size=n) if w else None for name, w in weights.items()}
    return FoldFits(list(models), X, y, scalml.from_array(members), **weights)


def test_what_serves_several_is_made_once():
    seen = []
    a, b = object(), object()
    found = Sides(a, a, b).through(lambda rows: seen.append(rows) or len(seen))
    assert (found.learn, found.fit, found.test, found.train) == (1, 1, 2, None)
    assert seen == [a, b]


def test_rows_in_memory_come_in_even_chunks():
    fits = fits_of(Ridge(), X=np.zeros((90_000, 200)))
    assert fits.rows[0].source.lengths == (11_250,) * 8


def test_weights_of_scores_leave_the_names_of_columns_alone():
    X = pd.DataFrame(np.arange(240.0).reshape(60, 4), columns=list("abcd"))
    fits = fits_of(Ridge(), X=X, sample_weight=True, score_weight=True)
    assert fits.fitted(0, fits.all(), False).feature_names_in_.tolist() == list("abcd")


def test_candidates_share_the_steps_that_they_have_in_common():
    fits = fits_of(
        make_pipeline(StandardScaler(), PCA(2), Ridge(1)),
        make_pipeline(StandardScaler(), PCA(2), Ridge(2)),
        make_pipeline(StandardScaler(), PCA(3), Ridge(2)),
        make_pipeline(StandardScaler(with_mean=False), PCA(3), Ridge(2)),
    )
    made = {}
    learnt, sides = zip(*(fits.behind_steps(k, fits.sides(0), made) for k in range(4)), strict=True)
    assert learnt[0][0] is learnt[1][0] is learnt[2][0] is not learnt[3][0]
    assert learnt[0][1] is learnt[1][1] is not learnt[2][1]
    assert sides[0] is sides[1]
    assert len(made) == 5
    assert [behind.fit.n_features for behind in sides] == [2, 2, 3, 3]


@pytest.mark.parametrize("steps", [True, False])
def test_only_the_sums_that_are_needed_are_made(steps):
    model = make_pipeline(StandardScaler(), Ridge()) if steps else Ridge()
    for weights, n in (
        ({}, 1),
        ({"sample_weight": True}, 2),
        ({"sample_weight": True, "score_weight": True}, 3 if steps else 2),
    ):
        fits = fits_of(model, **weights)
        assert {kind for kind, _ in fits.sums.found} == set(range(n))
        sides = fits.sides(0, train_scores=True)
        assert (sides.learn is sides.fit) == (not weights or not steps)
        assert isinstance(sides.train, Gram) and sides.test.n == sides.train.n == 30
    assert fits.all().fit.n == 60

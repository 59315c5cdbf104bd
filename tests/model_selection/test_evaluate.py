"""One candidate on one split: in memory and on chunks alike, as in scikit-learn's loop."""

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.base import clone
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import ShuffleSplit

import scalml
from scalml.linear_model import Ridge
from scalml.model_selection import memberships
from scalml.model_selection.evaluate import fit_and_score, with_rows
from scalml.model_selection.membership import sides
from scalml.model_selection.scoring import Scoring

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 3))
Y = X @ [1.0, 2.0, 3.0] + rng.normal(size=90)
WEIGHT = rng.uniform(size=90)
TRAIN, TEST = next(ShuffleSplit(1, test_size=30, random_state=0).split(X))
ASKED = {
    "parameters": {"alpha": 5.0},
    "return_train_score": True,
    "return_parameters": True,
    "return_n_test_samples": True,
    "return_estimator": True,
}


@pytest.mark.parametrize("chunk_rows", [None, 7, 90])
def test_memory_and_chunks_agree(chunk_rows):
    model = Ridge()
    params = {"fit_params": {"sample_weight": WEIGHT}, "score_params": {"sample_weight": WEIGHT}}
    scoring = Scoring(model, ["r2", "neg_mean_squared_error"], np.nan)
    rows, train, test = X, TRAIN, TEST
    if chunk_rows:
        rows = scalml.from_array(X, chunk_rows=chunk_rows)
        train, test = sides(memberships([(TRAIN, TEST)], rows), 0)
    found = fit_and_score(model, rows, Y, train, test, scoring, **params, **ASKED)
    plain = sklearn.linear_model.Ridge(alpha=5.0).fit(X[TRAIN], Y[TRAIN], WEIGHT[TRAIN])
    for side, at in (("train", TRAIN), ("test", TEST)):
        expected = plain.score(X[at], Y[at], WEIGHT[at])
        assert found[f"{side}_scores"]["r2"] == pytest.approx(expected, rel=1e-9)
        squares = np.average((Y[at] - plain.predict(X[at])) ** 2, weights=WEIGHT[at])
        score = found[f"{side}_scores"]["neg_mean_squared_error"]
        assert score == pytest.approx(-squares, rel=1e-9)
    assert found["n_test_samples"] == 30
    assert found["parameters"] == {"alpha": 5.0}
    assert found["estimator"] is model and model.alpha == 5.0
    assert found["fit_error"] is None
    assert found["fit_time"] > 0 and found["score_time"] > 0


def test_kernels_are_cut_in_both_directions():
    kernel = X @ X.T
    model = KernelRidge(kernel="precomputed")
    found = fit_and_score(clone(model), kernel, Y, TRAIN, TEST, Scoring(model, None, "raise"))
    plain = model.fit(kernel[np.ix_(TRAIN, TRAIN)], Y[TRAIN])
    expected = plain.score(kernel[np.ix_(TEST, TRAIN)], Y[TEST])
    assert found["test_scores"] == pytest.approx(expected, rel=1e-12)


def test_failures():
    lazy = scalml.from_array(X, chunk_rows=20)
    train, test = sides(memberships(3, lazy), 0)
    bad = np.where(np.arange(90) == 80, np.nan, Y)
    for error_score in (-1.0, np.nan):
        scoring = Scoring(Ridge(), ["r2"], error_score)
        found = fit_and_score(Ridge(), lazy, bad, train, test, scoring, return_train_score=True)
        assert "NaN" in found["fit_error"]
        np.testing.assert_equal(found["test_scores"], {"r2": error_score})
        np.testing.assert_equal(found["train_scores"], {"r2": error_score})
    with pytest.raises(ValueError, match="NaN"):
        fit_and_score(Ridge(), lazy, bad, train, test, Scoring(Ridge(), None, "raise"))


def test_parameters_with_a_value_a_row():
    lazy = scalml.from_array(X, chunk_rows=20)
    given = {
        "array": WEIGHT,
        "list": WEIGHT.tolist(),
        "text": "a" * 90,
        "number": 3,
        "scalar": np.array(3.0),
        "short": [1, 2],
        "dict": dict.fromkeys(range(90)),
        "none": None,
    }
    found = with_rows(lazy, given)
    rowwise = [name for name, value in found.items() if scalml.data.is_chunked(value)]
    assert rowwise == ["array", "list"]
    np.testing.assert_array_equal(found["list"].to_numpy(), WEIGHT)
    assert with_rows(lazy, {"number": 3}) == {"number": 3}

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    Lasso,
    LassoLars,
    LinearRegression,
    Ridge,
)
from sklearn.metrics import get_scorer
from sklearn.model_selection import KFold, ShuffleSplit, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import scalml
import scalml.decomposition
import scalml.impute
import scalml.linear_model as ours
import scalml.model_selection.fold_sums
import scalml.pipeline
import scalml.preprocessing
from scalml.model_selection.explained import explains
from scalml.model_selection.from_statistics import solve_from_statistics
from scalml.model_selection.question import configured

METRICS = ("r2", "neg_mean_squared_error", "neg_root_mean_squared_error")


def problem(gaps=False, n=600, d=8, t=None):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.uniform(-50, 50, d)
    y = X @ rng.normal(size=(d, t or 1)) + 5 * rng.normal(size=(n, t or 1))
    if gaps:
        X[rng.random((n, d)) < 0.1] = np.nan
        X[:, 3] = np.nan_to_num(X[:, 3])
    return X, y if t else y[:, 0]


def memberships_of(cv, n):
    found = np.zeros((n, cv.get_n_splits()), dtype=np.int8)
    for split, (train, test) in enumerate(cv.split(np.zeros(n))):
        found[train, split], found[test, split] = 1, 2
    return scalml.from_array(found)


def solved(estimator, candidates, *rows, **options):
    models = [configured(estimator, params) for params in candidates]
    return solve_from_statistics(models, *rows, **options)


def naive(
    estimator, candidates, X, y, cv, metric, weight=None, score_weight=None, train_side=False
):
    def take(data, rows):
        return data.iloc[rows] if isinstance(data, pd.DataFrame) else data[rows]

    scores = []
    for params in candidates:
        scores.append([])
        for train, test in cv.split(np.zeros(len(y))):
            model = clone(estimator).set_params(**clone(params, safe=False))
            name = (
                f"{model.steps[-1][0]}__sample_weight"
                if hasattr(model, "steps")
                else "sample_weight"
            )
            model.fit(take(X, train), y[train], **({} if weight is None else {name: weight[train]}))
            rows = train if train_side else test
            extra = {} if score_weight is None else {"sample_weight": score_weight[rows]}
            scores[-1].append(get_scorer(metric)(model, take(X, rows), y[rows], **extra))
    return np.array(scores)


def assert_scores(found, expected, bound=1e-9):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= bound * max(1, np.abs(expected).max())


PIPE = make_pipeline(SimpleImputer(), StandardScaler(), PCA(5), Ridge())
OUR_PIPE = scalml.pipeline.make_pipeline(
    scalml.impute.SimpleImputer(),
    scalml.preprocessing.StandardScaler(),
    scalml.decomposition.PCA(5),
    ours.Ridge(),
)
STEPS = [
    {"ridge__alpha": 100.0, "pca__n_components": 2},
    {"ridge__alpha": 0.1, "pca__n_components": 0.9},
    {"pca__whiten": True, "standardscaler__with_mean": False},
    {"pca": "passthrough", "simpleimputer__add_indicator": True},
    {"standardscaler": "passthrough"},
    {"simpleimputer__strategy": "constant", "simpleimputer__fill_value": 7},
]
ALPHAS = [{"alpha": 0.01}, {"alpha": 3.0}, {"alpha": 100.0, "fit_intercept": False}]
CASES = [
    (Ridge(), ALPHAS, False),
    (ours.Ridge(), ALPHAS, False),
    (LinearRegression(), [{}, {"fit_intercept": False}, {"positive": True}], False),
    (Lasso(), ALPHAS, False),
    (ours.ElasticNet(), [*ALPHAS, {"alpha": 0.1, "warm_start": True}], False),
    (ElasticNet(), ALPHAS, False),
    (BayesianRidge(), [{}], False),
    (ours.GramRegressor(LassoLars()), [{"estimator__alpha": 0.1}], False),
    (PIPE, STEPS, True),
    (OUR_PIPE, STEPS, True),
    (make_pipeline(StandardScaler(), Ridge()), [{"ridge": Lasso(0.1)}, {"ridge": Ridge(3)}], False),
]
IDS = [f"{type(estimator).__module__.split('.')[0]}-{estimator!r:.20}" for estimator, *_ in CASES]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("estimator", "candidates", "gaps"), CASES, ids=IDS)
@pytest.mark.parametrize(
    "cv",
    [
        KFold(4, shuffle=True, random_state=0),
        ShuffleSplit(3, train_size=0.5, test_size=0.3, random_state=0),
        TimeSeriesSplit(3),
    ],
    ids=["KFold", "ShuffleSplit", "TimeSeriesSplit"],
)
def test_scores_are_those_of_a_loop(estimator, candidates, gaps, cv):
    X, y = problem(gaps)
    assert explains([configured(estimator, params) for params in candidates], X)
    found = solved(
        estimator,
        candidates,
        scalml.from_array(X, chunk_rows=170),
        y,
        memberships_of(cv, len(y)),
        METRICS,
        return_train_score=True,
    )
    assert not found.failures
    for metric in METRICS:
        expected = naive(estimator, candidates, X, y, cv, metric)
        assert_scores(found.test_scores[metric], expected)
        expected = naive(estimator, candidates, X, y, cv, metric, train_side=True)
        assert_scores(found.train_scores[metric], expected)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("estimator", "candidates", "gaps"), CASES, ids=IDS)
@pytest.mark.parametrize("chunked", [True, False])
def test_models_are_those_of_a_fit(estimator, candidates, gaps, chunked):
    X, y = problem(gaps)
    cv = KFold(3)
    rows = scalml.from_array(X, chunk_rows=170) if chunked else X
    found = solved(estimator, candidates, rows, y, memberships_of(cv, len(y)))
    train = np.arange(200, 600)
    for place, params in enumerate(candidates):
        for model, part in ((found.model(place, 0), train), (found.refit(place), slice(None))):
            expected = clone(estimator).set_params(**clone(params, safe=False))
            expected.fit(X[part], y[part])
            assert type(model) is type(expected)
            assert repr(model) == repr(expected)
            np.testing.assert_allclose(model.predict(X), expected.predict(X), rtol=1e-8, atol=1e-7)
            assert model.n_features_in_ == 8


def test_one_pass_whatever_is_asked(monkeypatch):
    X, y = problem(gaps=True)
    made = []
    original = scalml.model_selection.fold_sums.reduce_chunks

    def counted(*args, **kwargs):
        made.append(kwargs["name"])
        return original(*args, **kwargs)

    monkeypatch.setattr(scalml.model_selection.fold_sums, "reduce_chunks", counted)
    monkeypatch.setattr(scalml.linear_model.squares, "reduce_chunks", counted)
    members = memberships_of(KFold(4), len(y))
    found = solved(PIPE, STEPS, X, y, members, return_train_score=True)
    found.refit(3), found.model(0, 1)
    assert made == ["statistics of folds"]


def test_the_refit_is_refined_where_fit_is():
    rng = np.random.default_rng(0)
    U = np.linalg.qr(rng.normal(size=(500, 6)))[0]
    X = (U * np.geomspace(1, 1e-5, 6)) @ np.linalg.qr(rng.normal(size=(6, 6)))[0]
    y = X @ rng.normal(size=6) + rng.normal(size=500)
    members = memberships_of(KFold(3), 500)
    for model in (ours.LinearRegression(), make_pipeline(StandardScaler(), LinearRegression())):
        found = solved(model, [{}], X, y, members)
        expected = clone(model).fit(X, y)
        coef, wanted = (
            getattr(m, "steps", [(0, m)])[-1][1].coef_ for m in (found.refit(0), expected)
        )
        assert np.abs(coef - wanted).max() < 1e-7 * np.abs(wanted).max()
        rough = naive(LinearRegression(), [{}], X, y, KFold(3), "r2")
        assert_scores(found.test_scores["score"], rough, 1e-8)  # folds are not refined


@pytest.mark.parametrize("scored", ["not", "alike", "otherwise"])
@pytest.mark.parametrize("estimator", [Ridge(), PIPE], ids=["bare", "pipeline"])
def test_weights(estimator, scored):
    X, y = problem(gaps=estimator is PIPE)
    rng = np.random.default_rng(1)
    weight, other = rng.integers(0, 4, len(y)) * 1.0, rng.uniform(size=len(y))
    score_weight = {"not": None, "alike": weight, "otherwise": other}[scored]
    cv = KFold(3, shuffle=True, random_state=1)
    candidates = [{}] if estimator is PIPE else [{"alpha": 10.0}, {"fit_intercept": False}]
    found = solved(
        estimator,
        candidates,
        scalml.from_array(X, chunk_rows=100),
        y,
        memberships_of(cv, len(y)),
        METRICS,
        weight,
        True,
        score_weight=score_weight,
    )
    for metric in METRICS:
        for side, scores in ((False, found.test_scores), (True, found.train_scores)):
            expected = naive(estimator, candidates, X, y, cv, metric, weight, score_weight, side)
            assert_scores(scores[metric], expected)
    name = "ridge__sample_weight" if estimator is PIPE else "sample_weight"
    expected = clone(estimator).set_params(**candidates[0]).fit(X, y, **{name: weight})
    np.testing.assert_allclose(found.refit(0).predict(X), expected.predict(X), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("t", [1, 3])
@pytest.mark.parametrize("estimator", [Ridge(), make_pipeline(PCA(3), LinearRegression())])
def test_several_targets(estimator, t):
    X, y = problem(t=t)
    cv = KFold(3)
    found = solved(estimator, [{}], X, y, memberships_of(cv, len(y)), METRICS)
    for metric in METRICS:
        assert_scores(found.test_scores[metric], naive(estimator, [{}], X, y, cv, metric))
    assert found.refit(0).predict(X).shape == clone(estimator).fit(X, y).predict(X).shape


def test_sparse_float32_and_frames():
    X, y = problem()
    cv, candidates = KFold(3), [{"alpha": 2.0}]
    members = memberships_of(cv, len(y))
    S = sparse.csr_matrix(np.where(np.abs(X) > 30, X, 0.0))
    found = solved(Ridge(), candidates, S, y, members)
    assert_scores(found.test_scores["score"], naive(Ridge(), candidates, S.toarray(), y, cv, "r2"))
    single = X.astype(np.float32), y.astype(np.float32)
    found = solved(ours.Ridge(), candidates, *single, members)
    assert_scores(found.test_scores["score"], naive(Ridge(), candidates, X, y, cv, "r2"), 1e-4)
    assert found.refit(0).coef_.dtype == np.float32
    frame = pd.DataFrame(problem(gaps=True)[0], columns=list("abcdefgh"))
    expected = naive(PIPE, [{}], frame, y, cv, "r2")
    for rows in (frame, scalml.from_frame(frame, chunk_rows=111)):
        found = solved(PIPE, [{}], rows, y, members)
        assert_scores(found.test_scores["score"], expected)
        assert found.refit(0).feature_names_in_.tolist() == list("abcdefgh")
        assert found.model(0, 1).predict(frame).shape == (600,)


def test_a_failing_candidate_fails_alone():
    X, y = problem()
    members = memberships_of(KFold(3), len(y))
    found = solved(Ridge(), [{"alpha": -1.0}, {"alpha": 1.0}], X, y, members)
    assert sorted(found.failures) == [(0, 0), (0, 1), (0, 2)]
    assert np.isnan(found.test_scores["score"][0]).all()
    assert np.isfinite(found.test_scores["score"][1]).all()
    with pytest.raises(ValueError, match="alpha"):
        found.model(0, 0)
    piped = make_pipeline(PCA(), Ridge())
    candidates = [{"pca__n_components": 9}, {"pca__n_components": 8}]
    found = solved(piped, candidates, X, y, members)
    assert {place for place, _ in found.failures} == {0}


def test_parameters_are_looked_at_once_for_candidates_that_differ_in_the_penalty(monkeypatch):
    X, y = problem()
    looked = []
    plain = ours.Ridge._namesake
    monkeypatch.setattr(
        ours.Ridge, "_namesake", lambda self, *a: looked.append(1) or plain(self, *a)
    )
    candidates = [{"alpha": alpha, "tol": tol} for alpha in (1.0, 2.0, 3.0) for tol in (0.1, 0.2)]
    members = memberships_of(KFold(3), len(y))
    found = solved(Ridge(), candidates, X, y, members)
    assert len(looked) == 2 and not found.failures
    found = solved(Ridge(), [{"alpha": a} for a in (1.0, -1.0, 0.0, np.inf, "x")], X, y, members)
    assert {place for place, _ in found.failures} == {1, 3, 4}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("steps", [(), (SimpleImputer(),)])
def test_what_is_not_finite_in_memory_is_found_by_the_sums(bad, steps):
    X, y = problem()
    X[77, 2] = bad
    members = memberships_of(KFold(3), len(y))
    model = make_pipeline(*steps, Ridge())
    if steps and np.isnan(bad):
        assert not solved(model, [{}], X, y, members).failures
        return
    with pytest.raises(ValueError, match="NaN" if np.isnan(bad) else "infinity"):
        solved(model, [{}], X, y, members)


def test_gaps_fail_candidates_that_do_not_fill_them():
    X, y = problem(gaps=True)
    piped = make_pipeline(SimpleImputer(), Ridge())
    members = memberships_of(KFold(3), len(y))
    found = solved(piped, [{"simpleimputer": "passthrough"}, {}], X, y, members)
    assert all("NaN" in str(error) for error in found.failures.values())
    assert {place for place, _ in found.failures} == {0}
    with pytest.raises(ValueError, match="NaN"):
        solved(Ridge(), [{}], scalml.from_array(X, chunk_rows=99), y, members)


def test_other_metrics_leave_the_scores_to_the_models():
    X, y = problem()
    members = memberships_of(KFold(3), len(y))
    for scoring in ("max_error", ["r2", "max_error"], get_scorer("r2"), {"a": get_scorer("r2")}):
        found = solved(Ridge(), [{}], X, y, members, scoring)
        assert found.test_scores is found.train_scores is None
        assert found.model(0, 2).score(X, y) > 0
    named = solved(Ridge(), [{}], X, y, members, {"loss": METRICS[1], "fit": "r2"})
    assert list(named.test_scores) == ["loss", "fit"]
    assert named.fit_times.shape == named.score_times.shape == (1, 3)
    assert (named.fit_times > 0).all()


def test_few_rows():
    X, y = problem(n=6)
    members = memberships_of(KFold(6), 6)
    with pytest.warns(UndefinedMetricWarning):
        found = solved(Ridge(), [{}], X, y, members)
    assert np.isnan(found.test_scores["score"]).all()
    found = solved(Ridge(), [{}], X, y, members, METRICS[1])
    assert_scores(found.test_scores["score"], naive(Ridge(), [{}], X, y, KFold(6), METRICS[1]))
    constant = np.where(np.arange(6) < 3, 2.0, y)
    found = solved(Ridge(), [{}], X, constant, memberships_of(KFold(2), 6))
    assert_scores(found.test_scores["score"], naive(Ridge(), [{}], X, constant, KFold(2), "r2"))


def test_what_is_wrong_with_the_rows_is_said():
    X, y = problem()
    members = memberships_of(KFold(3), len(y))
    with pytest.raises(TypeError, match="sample_weight"):
        solved(LassoLars(), [{}], X, y, members, sample_weight=np.ones(len(y)))
    with pytest.raises(ValueError, match="[Nn]egative"):
        solved(Ridge(), [{}], X, y, members, sample_weight=-np.ones(len(y)))
    members = scalml.from_array(np.ones((len(y), 1), dtype=np.int8))
    with pytest.raises(ValueError, match="Split 0 has no test rows"):
        solved(Ridge(), [{}], X, y, members)


def test_every_number_of_workers_gives_the_same_bits():
    X, y = problem(gaps=True)
    members = memberships_of(KFold(4, shuffle=True, random_state=0), len(y))
    found = []
    for options in ({"backend": "serial"}, {"backend": "threads", "n_jobs": 3}):
        with scalml.config_context(**options):
            rows = scalml.from_array(X, chunk_rows=50)
            found.append(solved(PIPE, STEPS, rows, y, members).test_scores["score"])
    np.testing.assert_array_equal(*found)


def test_warnings_of_descent_are_heard():
    X, y = problem()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        members = memberships_of(KFold(3), len(y))
        solved(Lasso(max_iter=1), [{"alpha": 1e-6}], X, y, members)
    assert len(caught) == 3

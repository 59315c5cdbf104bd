"""Many logistic regressions in shared passes, and what their fits have in common."""

from itertools import chain

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, ShuffleSplit

import scalml
from scalml.linear_model import LogisticRegression, logistic_fits, sample
from scalml.linear_model.logistic_parameters import penalties

from .logistic_problems import multinomial_problem
from .logistic_problems import problem as binary_problem
from .problems import norm_difference


def problem(classes=2, n=3000):
    return binary_problem(n) if classes == 2 else multinomial_problem(n, classes=classes)


def memberships_of(cv, X):
    found = np.zeros((len(X), cv.get_n_splits()), dtype=np.int8)
    for split, (train, test) in enumerate(cv.split(X)):
        found[train, split], found[test, split] = 1, 2
    return found


def assert_each_is_its_own_fit(model, candidates, X, y, memberships, w=None, many=None, bound=1e-6):
    many = many or model.fit_many(candidates, X, y, memberships, w, refit=True)
    assert len(many) == len(candidates)
    for candidate, fitted in zip(candidates, many, strict=True):
        assert len(fitted) == memberships.shape[1] + 1
        for split, one in enumerate(fitted):
            rows = np.arange(len(y))
            if split < memberships.shape[1]:
                rows = np.flatnonzero(memberships[:, split] == 1)
            alone = LogisticRegression(**one.get_params())
            alone.fit(X[rows], y[rows], None if w is None else w[rows])
            for name, value in candidate.items():
                assert getattr(one, name) is value or getattr(one, name) == value
            assert norm_difference(one.coef_, alone.coef_) < bound
            assert norm_difference(one.intercept_, alone.intercept_) < bound
            assert one.coef_.dtype == alone.coef_.dtype
            assert one.classes_.tolist() == alone.classes_.tolist()
            assert one.n_iter_.dtype == alone.n_iter_.dtype
            assert one.n_features_in_ == X.shape[1]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_model_is_its_own_fit(classes, weighted, sampling):
    X, y, w = problem(classes)
    candidates = [{"C": C} for C in (1e-4, 1.0, np.inf)]
    memberships = memberships_of(KFold(3), X)
    model = LogisticRegression(tol=1e-9)
    assert_each_is_its_own_fit(model, candidates, X, y, memberships, w if weighted else None)


@pytest.mark.parametrize("classes", [2, 3])
def test_any_parameter_may_vary(classes, sampling):
    X, y, w = problem(classes, 2000)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    candidates = [
        {"C": 0.01, "l1_ratio": 1.0},
        {"C": 0.1, "l1_ratio": 0.5, "fit_intercept": False},
        {"class_weight": "balanced"},
        {"class_weight": {0: 3.0}, "tol": 1e-8},
        *([{"solver": "liblinear", "C": 0.01}] if classes == 2 else []),
    ]
    memberships = memberships_of(ShuffleSplit(2, test_size=0.3, random_state=0), X)
    model = LogisticRegression(tol=1e-9, solver="saga")
    assert_each_is_its_own_fit(model, candidates, X, y, memberships, w)


def test_rows_may_be_in_neither_side(sampling):
    X, y, _ = problem()
    memberships = memberships_of(KFold(2), X)
    memberships[::3] = 0
    assert_each_is_its_own_fit(LogisticRegression(tol=1e-9), [{}, {"C": 3}], X, y, memberships)


@pytest.mark.parametrize(
    "make",
    [
        lambda X: scalml.from_array(X, chunk_rows=700),
        lambda X: scalml.from_array(sparse.csr_matrix(X), chunk_rows=700),
        lambda X: scalml.from_frame(
            pd.DataFrame(X.astype(np.float32), columns=list("abcdefgh")), chunk_rows=700
        ),
    ],
)
def test_chunks_of_all_kinds(make, sampling):
    X, y, _ = problem()
    chunked, names = make(X), np.array(["no", "yes"])
    memberships = memberships_of(KFold(3), X)
    split = scalml.from_array(memberships, chunk_rows=700)
    model = LogisticRegression(tol=1e-9)
    candidates = [{"C": 0.1}, {"C": 10.0}]
    many = model.fit_many(candidates, chunked, names[y], split, refit=True)
    whole = model.fit_many(candidates, X, y, memberships, refit=True)
    for one, other in zip(chain(*many), chain(*whole), strict=True):
        assert norm_difference(one.coef_, other.coef_) < 1e-4
        assert one.classes_.tolist() == ["no", "yes"]
    assert many[0][0].predict(chunked).to_numpy().dtype == names.dtype
    frame = isinstance(chunked, scalml.ChunkedFrame)
    assert hasattr(many[0][0], "feature_names_in_") == frame
    assert many[0][0].coef_.dtype == (np.float32 if frame else np.float64)


def test_few_passes_for_all_of_them(passes, monkeypatch):
    monkeypatch.setattr(sample, "LEAST_BYTES", 2**20)
    X, y, _ = problem(n=120_000)
    memberships = memberships_of(KFold(5), X)
    candidates = [{"C": C} for C in np.logspace(-4, 4, 10)]
    model = LogisticRegression(tol=1e-8)
    many = model.fit_many(candidates, scalml.from_array(X, chunk_rows=20_000), y, memberships)
    assert [len(row) for row in many] == [5] * 10
    assert passes[:2] == ["classes", "sample"]
    assert len(passes) <= 10
    assert max(one.n_iter_[0] for row in many for one in row) == len(passes) - 2


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("options", [{}, {"l1_ratio": 1.0, "C": 0.01}, {"fit_intercept": False}])
def test_near_models_are_where_a_fit_starts(classes, options, sampling):
    X, y, w = problem(classes)
    model = LogisticRegression(tol=1e-9, solver="saga", **options)
    ((*of_splits, whole),) = model.fit_many([{}], X, y, memberships_of(KFold(3), X), w, refit=True)
    before = [one.coef_.copy() for one in of_splits]
    near = LogisticRegression(**model.get_params()).fit_near(of_splits, X, y, w)
    assert norm_difference(near.coef_, whole.coef_) < 1e-6
    assert norm_difference(near.intercept_, whole.intercept_) < 1e-6
    assert near.classes_.tolist() == whole.classes_.tolist()
    assert all((one.coef_ == coef).all() for one, coef in zip(of_splits, before, strict=True))


def test_a_pass_or_two_lead_from_the_models_of_the_splits_to_that_of_all_rows(passes):
    X, y, _ = problem(n=120_000)
    model = LogisticRegression()
    (of_splits,) = model.fit_many([{}], X, y, memberships_of(KFold(5), X))
    del passes[:]
    model.fit_near(of_splits, scalml.from_array(X, chunk_rows=20_000), y)
    assert passes[:2] == ["classes", "sample"] and len(passes) <= 4
    with pytest.warns(ConvergenceWarning, match="max_iter=1"):
        LogisticRegression(tol=1e-12, max_iter=1).fit_near(of_splits, X, y)


def test_models_of_another_shape_are_not_started_from():
    X, y, _ = problem()
    other = LogisticRegression().fit(X[:, :3], y)
    model, alone = LogisticRegression(tol=1e-9), LogisticRegression(tol=1e-9)
    model.fit_near([other], X, y)
    assert norm_difference(model.coef_, alone.fit(X, y).coef_) == 0


def test_models_that_need_much_memory_are_fitted_in_groups(monkeypatch, passes):
    X, y, _ = problem()
    monkeypatch.setattr(logistic_fits, "MOST_BYTES", 3 * 8 * 81)
    memberships = memberships_of(KFold(2), X)
    candidates = [{"C": C} for C in (0.1, 1.0, 10.0)]
    assert_each_is_its_own_fit(LogisticRegression(tol=1e-9), candidates, X, y, memberships)


def test_one_warning_for_those_that_did_not_converge():
    X, y, _ = problem()
    memberships = memberships_of(KFold(2), X)
    with pytest.warns(ConvergenceWarning, match=r"^2 of 4 models: .*max_iter=1") as caught:
        many = LogisticRegression(tol=1e-9).fit_many([{"max_iter": 1}, {}], X, y, memberships)
    assert len(caught) == 1
    assert [one.n_iter_[0] for one in many[0]] == [1, 1]


def test_the_model_itself_stays_unfitted_and_gets_no_rows():
    X, y, _ = problem()
    model = LogisticRegression()
    model.fit_many([{}], X, y, memberships_of(KFold(2), X))
    assert not hasattr(model, "coef_") and not hasattr(model, "n_features_in_")


def test_bad_input_is_refused():
    X, y, w = problem()
    memberships = memberships_of(KFold(3), X)
    model = LogisticRegression()
    with pytest.raises(ValueError, match="'C' parameter"):
        model.fit_many([{"C": -1}], X, y, memberships)
    with pytest.raises(ValueError, match="Rows used together"):
        model.fit_many([{}], X, y, memberships[:-1])
    with pytest.raises(ValueError, match="weights .* zero"):
        model.fit_many([{}], X, y, memberships, w * (memberships[:, 1] == 2))
    only = np.sort(y)
    lacking = memberships.copy()
    lacking[:, 1] = np.where(only == 1, 2, 1)
    with pytest.raises(ValueError, match=r"split 1 have none of class .*1"):
        model.fit_many([{}], X, only, lacking)


def test_penalties_of_one_class():
    def strengths(**options):
        ridge, lasso = penalties(LogisticRegression(**options), 10.0, 2)
        return ridge.tolist(), lasso.tolist()

    assert strengths(C=0.5) == ([0.2, 0.2, 0.0], [0.0, 0.0, 0.0])
    ridge, lasso = strengths(C=0.5, l1_ratio=0.25)
    assert (ridge[2], lasso[2]) == (0.0, 0.0)
    assert ridge + lasso == pytest.approx([0.15, 0.15, 0.0, 0.05, 0.05, 0.0])
    assert strengths(C=np.inf, l1_ratio=1.0) == ([0.0] * 3, [0.0] * 3)
    assert strengths(penalty=None) == ([0.0] * 3, [0.0] * 3)
    assert strengths(fit_intercept=False) == ([0.1, 0.1], [0.0, 0.0])
    scaled = {"solver": "liblinear", "intercept_scaling": 2.0}
    assert strengths(**scaled) == ([0.1, 0.1, 0.025], [0.0, 0.0, 0.0])
    assert strengths(l1_ratio=1.0, **scaled) == ([0.0] * 3, [0.1, 0.1, 0.05])


def test_hessians_that_do_not_fit_together_are_made_in_turn(monkeypatch):
    X, y, _ = problem()
    memberships = memberships_of(KFold(3), X)
    rooms, made = iter([2**40, 3 * 8 * (X.shape[1] + 1) ** 2, -1]), []
    of_them = logistic_fits._minima
    monkeypatch.setattr(logistic_fits, "room_for", lambda n_bytes: next(rooms))
    monkeypatch.setattr(logistic_fits, "_minima", lambda *a: made.append(len(a[5])) or of_them(*a))
    for expected in ([4], [3, 1], [1] * 4):
        LogisticRegression().fit_many([{}], X, y, memberships, refit=True)
        assert made == expected
        made.clear()

"""GaussianNB is scikit-learn's, from chunks: parity, labels, priors, partial_fit, solve."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.naive_bayes
from numpy.testing import assert_allclose, assert_array_equal

import scalml
from scalml.naive_bayes import GaussianNB
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.runtime import reduce_chunks

NAMES = ("theta_", "var_", "class_count_", "class_prior_", "epsilon_")


def problem(n=503, d=4, seed=0, apart=1.0, away=0.0):
    """Rows of three classes: `apart` standard deviations from each other, `away` from zero."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = rng.normal(apart * rng.normal(size=(3, d))[y] + away, rng.uniform(0.5, 2, d))
    return X, np.array(["gull", "auk", "tern"])[y], rng.integers(0, 4, n).astype(float)


def same_fit(ours, theirs, rtol=1e-9):
    assert_array_equal(ours.classes_, theirs.classes_)
    for name in NAMES:
        a, b = getattr(ours, name), getattr(theirs, name)
        assert np.shape(a) == np.shape(b) and a.dtype == b.dtype, name
        assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max(), err_msg=name)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [1e-9, 0.3])
@pytest.mark.parametrize(("apart", "away"), [(1, 0), (1e4, 0), (1, 1e5), (1e3, -1e6)])
def test_equals_scikit_learn(weighted, smoothing, apart, away):
    X, y, w = problem(apart=apart, away=away)
    w = w if weighted else None
    theirs = sklearn.naive_bayes.GaussianNB(var_smoothing=smoothing).fit(X, y, w)
    for given in (X, scalml.from_array(X, chunk_rows=97)):
        same_fit(GaussianNB(var_smoothing=smoothing).fit(given, y, sample_weight=w), theirs)


def test_predictions_are_those_of_scikit_learn_and_lazy():
    X, y, _ = problem()
    C = scalml.from_array(X, chunk_rows=97)
    ours, theirs = GaussianNB().fit(C, y), sklearn.naive_bayes.GaussianNB().fit(X, y)
    for method in ("predict_proba", "predict_log_proba", "predict_joint_log_proba"):
        lazy, expected = getattr(ours, method)(C), getattr(theirs, method)(X)
        assert lazy.shape == expected.shape and lazy.dtype == expected.dtype
        assert_allclose(lazy.to_numpy(), expected, rtol=1e-7, atol=1e-12)
    assert_array_equal(ours.predict(C).to_numpy(), theirs.predict(X))
    assert ours.score(C, y) == theirs.score(X, y)


def test_float32_stays_and_sums_are_exact():
    X, y, w = problem(n=4000, away=30)
    X = X.astype(np.float32)
    ours = GaussianNB().fit(scalml.from_array(X, chunk_rows=512), y, sample_weight=w)
    same_fit(ours, sklearn.naive_bayes.GaussianNB().fit(X, y, w), rtol=1e-4)
    double = GaussianNB().fit(X.astype(np.float64), y, sample_weight=w)
    assert_allclose(ours.var_, double.var_, rtol=1e-6)
    assert ours.theta_.dtype == ours.predict_proba(X).dtype == np.float32


@pytest.mark.parametrize(
    "labels",
    [
        np.array([2, 5, 9]),
        np.array([0.0, 1.0, 2.0]),
        np.array(["x", "yy", "zzz"]),
        np.array(["x", "yy", "zzz"], dtype=object),
    ],
)
def test_labels_of_any_type(labels):
    X, y, _ = problem()
    y = labels[np.unique(y, return_inverse=True)[1]]
    C = scalml.from_array(X, chunk_rows=97)
    ours, theirs = GaussianNB().fit(C, y), sklearn.naive_bayes.GaussianNB().fit(X, y)
    assert ours.classes_.dtype == labels.dtype  # scikit-learn makes '<U3' of objects
    assert_array_equal(ours.classes_, theirs.classes_)
    assert_array_equal(ours.predict(C).to_numpy(), theirs.predict(X))


def test_labels_that_come_late_and_two_classes_of_booleans():
    X, _, _ = problem()
    y = np.sort(np.arange(503) % 5)
    C = scalml.from_array(X, chunk_rows=60)
    same_fit(GaussianNB().fit(C, y), sklearn.naive_bayes.GaussianNB().fit(X, y))
    same_fit(GaussianNB().fit(C, y > 2), sklearn.naive_bayes.GaussianNB().fit(X, y > 2))


def test_frames_keep_their_names():
    X, y, _ = problem()
    frame = pd.DataFrame(X, columns=list("abcd")).assign(e=np.arange(503) % 7, kind=y)
    C = scalml.from_frame(frame, chunk_rows=97)
    columns = list("abcde")
    ours = GaussianNB().fit(C[columns], C["kind"])
    theirs = sklearn.naive_bayes.GaussianNB().fit(frame[columns], frame["kind"])
    same_fit(ours, theirs)
    assert_array_equal(ours.feature_names_in_, columns)
    assert_array_equal(ours.predict(C[columns]).to_numpy(), theirs.predict(frame[columns]))
    assert ours.to_sklearn().feature_names_in_.tolist() == columns


def test_priors():
    X, y, _ = problem()
    priors = [0.2, 0.5, 0.3]
    same_fit(
        GaussianNB(priors=priors).fit(scalml.from_array(X, chunk_rows=97), y),
        sklearn.naive_bayes.GaussianNB(priors=priors).fit(X, y),
    )


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"priors": [0.5, 0.4]}, "sum of the priors"),
        ({"priors": [1.5, -0.5]}, "non-negative"),
        ({"priors": "many"}, "priors"),
        ({"var_smoothing": -1}, "var_smoothing"),
    ],
)
def test_bad_parameters_are_refused_before_data_are_read(parameters, message):
    X, y, _ = problem()
    broken = scalml.from_array(X).map_chunks(lambda block: 1 / 0, empty=X[:0])
    with pytest.raises(ValueError, match=message):
        GaussianNB(**parameters).fit(broken, y)


def test_priors_of_other_classes_are_refused():
    X, y, _ = problem()
    with pytest.raises(ValueError, match="Number of priors must match number of classes: got 2"):
        GaussianNB(priors=[0.5, 0.5]).fit(X, y)


@pytest.mark.parametrize("weighted", [False, True])
def test_partial_fit_is_fit_on_the_union(weighted):
    X, y, w = problem()
    y = np.sort(y)
    w = w if weighted else None
    ours = GaussianNB()
    for rows in (slice(0, 100), slice(100, 400), slice(400, None)):
        part = scalml.from_array(X[rows], chunk_rows=64)
        ours.partial_fit(part, y[rows], sample_weight=None if w is None else w[rows])
    same_fit(ours, sklearn.naive_bayes.GaussianNB().fit(X, y, w))
    assert ours.fit(X[:50], y[:50]).classes_.tolist() == ["auk"]


def test_partial_fit_with_classes_is_that_of_scikit_learn():
    X, y, _ = problem()
    classes = ["tern", "gull", "auk", "puffin"]
    ours, theirs = GaussianNB(var_smoothing=0), sklearn.naive_bayes.GaussianNB(var_smoothing=0)
    for rows in (slice(0, 3), slice(3, 400), slice(400, None)):
        ours.partial_fit(X[rows], y[rows], classes=classes)
        theirs.partial_fit(X[rows], y[rows], classes=classes)
        same_fit(ours, theirs)
    assert ours.class_count_[ours.classes_ == "puffin"] == 0


def test_partial_fit_refuses_labels_and_classes_that_were_not_given():
    X, y, _ = problem()
    ours = GaussianNB().partial_fit(X, y, classes=["auk", "gull", "tern"])
    before = pickle.dumps(ours)
    with pytest.raises(ValueError, match="do not exist in the initial classes"):
        ours.partial_fit(X[:2], ["auk", "emu"])
    with pytest.raises(ValueError, match="not the same as on last call"):
        ours.partial_fit(X[:2], ["auk", "auk"], classes=["auk", "emu"])
    with pytest.raises(ValueError, match="features"):
        ours.partial_fit(X[:2, :3], ["auk", "auk"])
    assert pickle.dumps(ours) == before
    ours.fit(X[:2], ["emu", "auk"])  # fit forgets them
    assert ours.classes_.tolist() == ["auk", "emu"]


def test_one_statistic_is_solved_for_many_parameters():
    X, y, w = problem()
    C = scalml.from_array(X, chunk_rows=97)
    rows = scalml.from_array(np.array(y), chunk_rows=97), scalml.from_array(w, chunk_rows=97)
    statistic = reduce_chunks(GaussianNB().statistic(), C, *rows)
    for parameters in ({}, {"var_smoothing": 0.2}, {"priors": [0.1, 0.2, 0.7]}):
        ours = GaussianNB(**parameters).solve(statistic)
        theirs = sklearn.naive_bayes.GaussianNB(**parameters).fit(X, y, w)
        same_fit(ours, theirs)
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-7, atol=1e-12)
    with pytest.raises(ValueError, match="var_smoothing"):
        GaussianNB(var_smoothing=-1).solve(statistic)


def test_one_pass_and_a_small_model(passes):
    X, y, w = problem()
    C = scalml.from_array(X, chunk_rows=97)
    ours = GaussianNB().fit(C, y, sample_weight=w)
    assert len(passes) == 1 and ours.fit_passes() == (1, 1)
    assert len(pickle.dumps(ours)) < 4_000
    model = make_pipeline(StandardScaler(), GaussianNB()).fit(C, y)
    assert len(passes) == 3
    assert model.score(C, y) == pytest.approx(ours.score(X, y), abs=0.05)


def test_the_plain_model_is_independent_and_goes_on_learning():
    X, y, _ = problem()
    ours = GaussianNB().fit(X, y)
    before = ours.theta_.copy(), ours.moments_.weight.copy()
    plain = ours.to_sklearn()
    assert type(plain) is sklearn.naive_bayes.GaussianNB
    plain.partial_fit(X[:100] + 5, y[:100])
    assert_array_equal(ours.theta_, before[0])
    assert_array_equal(ours.moments_.weight, before[1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_bad_values_say_where_they_are_and_leave_the_model_as_it_was(bad):
    X, y, _ = problem()
    ours = GaussianNB().fit(X, y)
    before = pickle.dumps(ours)
    X[300, 1] = bad
    with pytest.raises(ValueError, match="NaN|infinity") as info:
        ours.fit(scalml.from_array(X, chunk_rows=97), y)
    assert any("300" in note for note in [str(info.value), *info.value.__notes__])
    assert pickle.dumps(ours) == before


@pytest.mark.parametrize(
    ("y", "weight", "message"),
    [
        (np.linspace(0, 1, 503), None, "Unknown label type: continuous"),
        (np.arange(503) % 2, np.zeros(503), "non-zero"),
        (np.arange(503) % 2, np.full(503, -1.0), "Negative"),
        (np.arange(500) % 2, None, "500"),
        (None, None, "requires y"),
    ],
)
@pytest.mark.parametrize("chunk_rows", [None, 97])
def test_bad_targets_and_weights_are_refused(y, weight, message, chunk_rows):
    X = problem()[0]
    X = X if chunk_rows is None else scalml.from_array(X, chunk_rows=chunk_rows)
    with pytest.raises(ValueError, match=message):
        GaussianNB().fit(X, y, sample_weight=weight)


def test_sparse_rows_are_refused():
    X = sp.random(50, 3, 0.5, format="csr", random_state=0)
    for given in (X, scalml.from_array(X, chunk_rows=20)):
        with pytest.raises(TypeError, match="dense data"):
            GaussianNB().fit(given, np.arange(50) % 2)


def test_rows_without_some_class_are_forgotten_beside_given_priors():
    X = np.array([[0.0], [1.0], [5.0], [7.0], [20.0], [23.0], [0.5], [6.0]])
    y = np.array(["a", "a", "b", "b", "c", "c", "a", "b"])
    priors = [0.2, 0.3, 0.5]
    found = GaussianNB(priors=priors).fit(X, y).forget(X[6:], y[6:])
    expected = GaussianNB(priors=priors).fit(X[:6], y[:6])
    assert_allclose(found.theta_, expected.theta_)
    assert_allclose(found.var_, expected.var_)

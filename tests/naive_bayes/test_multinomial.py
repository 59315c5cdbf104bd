"""MultinomialNB is scikit-learn's, from chunks: parity, CSR, priors, partial_fit, solve."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.naive_bayes
from numpy.testing import assert_allclose, assert_array_equal

import scalml
from scalml.naive_bayes import MultinomialNB
from scalml.runtime import reduce_chunks

NAMES = ("feature_count_", "feature_log_prob_", "class_count_", "class_log_prior_")


def problem(n=503, d=6, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = rng.poisson(rng.gamma(1, 1, (3, d))[y])
    return X, np.array(["ham", "spam", "news"])[y], rng.integers(0, 4, n).astype(float)


def same_fit(ours, theirs, rtol=1e-12):
    assert_array_equal(ours.classes_, theirs.classes_)
    for name in NAMES:
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a.shape == b.shape and a.dtype == b.dtype, name
        assert_allclose(a, b, rtol=rtol, err_msg=name)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
def test_equals_scikit_learn(make, weighted, dtype):
    X, y, w = problem()
    X, w = make(X.astype(dtype)), w if weighted else None
    theirs = sklearn.naive_bayes.MultinomialNB().fit(X, y, w)
    C = scalml.from_array(X, chunk_rows=97)
    for given in (X, C):
        ours = MultinomialNB().fit(given, y, sample_weight=w)
        same_fit(ours, theirs)
    for method in ("predict_proba", "predict_log_proba", "predict_joint_log_proba"):
        lazy, expected = getattr(ours, method)(C), getattr(theirs, method)(X)
        assert lazy.shape == expected.shape and lazy.dtype == expected.dtype
        assert_allclose(lazy.to_numpy(), expected, rtol=1e-9)
    assert_array_equal(ours.predict(C).to_numpy(), theirs.predict(X))
    assert ours.score(C, y) == theirs.score(X, y)


def test_counts_of_very_different_sizes():
    X, y, w = problem()
    X = X * np.geomspace(1e-8, 1e8, 6) + np.random.default_rng(1).random(X.shape)
    theirs = sklearn.naive_bayes.MultinomialNB(alpha=1e-3).fit(X, y, w)
    same_fit(MultinomialNB(alpha=1e-3).fit(scalml.from_array(X, chunk_rows=50), y, w), theirs)


@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha": 0.0},
        {"alpha": 1e-12},
        {"alpha": np.linspace(0.1, 2, 6)},
        {"alpha": [0, 1, 2, 3, 4, 5.0]},
        {"fit_prior": False},
        {"class_prior": [0.2, 0.3, 0.5]},
        {"class_prior": [0.2, 0.3, 0.5], "fit_prior": False},
        {"alpha": 0, "force_alpha": False},
        {"alpha": [0, 1, 2, 3, 4, 5.0], "force_alpha": False},
    ],
)
def test_parameters(parameters):
    X, y, _ = problem()
    with warnings.catch_warnings(record=True) as theirs_said:
        warnings.simplefilter("always")
        theirs = sklearn.naive_bayes.MultinomialNB(**parameters).fit(X, y)
    with warnings.catch_warnings(record=True) as ours_said:
        warnings.simplefilter("always")
        ours = MultinomialNB(**parameters).fit(scalml.from_array(X, chunk_rows=97), y)
    same_fit(ours, theirs)
    assert [str(w.message) for w in ours_said] == [str(w.message) for w in theirs_said]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"alpha": -1.0}, "alpha"),
        ({"alpha": [1.0, 2.0]}, "Got 2 elements instead of 6"),
        ({"alpha": [1.0, 2.0, 1, 1, 1, -1]}, "greater than 0"),
        ({"fit_prior": "no"}, "fit_prior"),
        ({"class_prior": 3}, "class_prior"),
    ],
)
def test_bad_parameters_are_refused_before_data_are_read(parameters, message):
    X, y, _ = problem()
    broken = scalml.from_array(X).map_chunks(lambda block: 1 / 0, empty=X[:0])
    with pytest.raises(ValueError, match=message):
        MultinomialNB(**parameters).fit(broken, y)


def test_priors_of_other_classes_are_refused():
    X, y, _ = problem()
    with pytest.raises(ValueError, match="Number of priors must match number of classes: got 2"):
        MultinomialNB(class_prior=[0.5, 0.5]).fit(X, y)


@pytest.mark.parametrize("n_classes", [1, 2])
def test_few_classes(n_classes):
    X, _, w = problem()
    y = np.arange(503) % n_classes
    theirs = sklearn.naive_bayes.MultinomialNB().fit(X, y, w)
    same_fit(MultinomialNB().fit(scalml.from_array(X, chunk_rows=97), y, w), theirs)


def test_frames_keep_their_names():
    X, y, _ = problem()
    frame = pd.DataFrame(X, columns=list("abcdef"))
    ours = MultinomialNB().fit(scalml.from_frame(frame, chunk_rows=97), pd.Series(y))
    same_fit(ours, sklearn.naive_bayes.MultinomialNB().fit(frame, y))
    assert ours.to_sklearn().feature_names_in_.tolist() == list("abcdef")
    lazy = ours.predict(scalml.from_frame(frame, chunk_rows=200))
    assert_array_equal(lazy.to_numpy(), ours.predict(frame))


@pytest.mark.parametrize("classes", [None, ["spam", "news", "ham", "never"]])
def test_partial_fit_is_fit_on_the_union(classes):
    X, y, w = problem()
    y = np.sort(y)
    ours, theirs = MultinomialNB(), sklearn.naive_bayes.MultinomialNB()
    for rows in (slice(0, 100), slice(100, 400), slice(400, None)):
        part = scalml.from_array(sp.csr_matrix(X[rows]), chunk_rows=64)
        ours.partial_fit(part, y[rows], classes=classes, sample_weight=w[rows])
        theirs.partial_fit(X[rows], y[rows], classes or np.unique(y), w[rows])
    same_fit(ours, theirs)


def test_partial_fit_refuses_labels_that_were_not_given():
    X, y, _ = problem()
    ours = MultinomialNB().partial_fit(X, y, classes=["ham", "news", "spam"])
    before = pickle.dumps(ours)
    with pytest.raises(ValueError, match="do not exist in the initial classes"):
        ours.partial_fit(X[:2], ["ham", "eggs"])
    assert pickle.dumps(ours) == before


def test_one_statistic_is_solved_for_many_parameters():
    X, y, w = problem()
    rows = scalml.from_array(np.array(y), chunk_rows=97), scalml.from_array(w, chunk_rows=97)
    C = scalml.from_array(sp.csr_matrix(X), chunk_rows=97)
    statistic = reduce_chunks(MultinomialNB().statistic(), C, *rows)
    for parameters in ({}, {"alpha": 0.01}, {"fit_prior": False}):
        theirs = sklearn.naive_bayes.MultinomialNB(**parameters).fit(X, y, w)
        ours = MultinomialNB(**parameters).solve(statistic)
        same_fit(ours, theirs)
        assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)


def test_one_pass_and_a_small_model(passes):
    X, y, _ = problem()
    ours = MultinomialNB().fit(scalml.from_array(X, chunk_rows=97), y)
    assert len(passes) == 1 and ours.fit_passes() == (1, 1)
    assert len(pickle.dumps(ours)) < 4_000


def test_the_plain_model_is_independent_and_goes_on_learning():
    X, y, _ = problem()
    ours = MultinomialNB().fit(X, y)
    before = ours.counts_.counts.copy()
    ours.to_sklearn().partial_fit(X, y)
    assert_array_equal(ours.counts_.counts, before)
    assert_array_equal(ours.feature_count_, before)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize(
    ("bad", "text"), [(np.nan, "NaN"), (np.inf, "infinity"), (-1.0, "Negative values in data")]
)
def test_bad_values_say_where_they_are(make, bad, text):
    X, y, _ = problem()
    X = X.astype(float)
    X[300, 1] = bad
    with pytest.raises(ValueError, match=text) as info:
        MultinomialNB().fit(scalml.from_array(make(X), chunk_rows=97), y)
    assert any("300" in note for note in [str(info.value), *info.value.__notes__])
    with pytest.raises(ValueError, match=text):
        MultinomialNB().fit(make(X), y)

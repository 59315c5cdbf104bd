"""Scores of many models from one pass are those of each alone."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse
import sklearn.preprocessing
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

import scalml
from scalml.data import wrap
from scalml.metrics import get_scorer, rank_groups
from scalml.model_selection import KFold, memberships, shared_scores
from scalml.model_selection.shared_scores import score_models
from scalml.utils.trial_data import Counting

NAMES = ["accuracy", "f1", "f1_macro", "roc_auc", "neg_log_loss", "neg_brier_score"]


@pytest.fixture
def fitted():
    X, y = make_classification(300, 5, flip_y=0.2, random_state=0)
    y = np.array([1, 0])[y]
    cv = KFold(3, shuffle=True, random_state=0)
    splits = list(cv.split(X))
    kinds = {
        "nb": GaussianNB(),
        "lr": LogisticRegression(),
        "pipe": make_pipeline(sklearn.preprocessing.StandardScaler(), LogisticRegression()),
    }
    models = {}
    for split, (train, _) in enumerate(splits):
        for name, kind in kinds.items():
            models[name, split] = sklearn.base.clone(kind).fit(X[train], y[train])
        scaler = models["pipe", split][0]
        last = LogisticRegression(C=0.01).fit(scaler.transform(X[train]), y[train])
        models["same steps", split] = make_pipeline(scaler, last)
    return X, y, cv, splits, models


@pytest.mark.parametrize("weighted", [False, True])
def test_equal_to_each_alone(fitted, weighted):
    X, y, cv, splits, models = fitted
    weight = np.random.default_rng(0).random(300) if weighted else None
    source = Counting(X, lengths=[100, 0, 120, 80])
    chunks = wrap(source)
    scorers = {name: get_scorer(name) for name in NAMES}
    labels = scalml.data.align_with(chunks, y)[1]
    aligned = None if weight is None else wrap(scalml.data.align_with(chunks, weight)[1])
    codes = memberships(cv, chunks)
    source.reads = 0
    with scalml.config_context(backend="serial"):
        found = score_models(models, chunks, wrap(labels), codes, scorers, aligned, codes=(2, 1))
    assert source.reads <= 5
    for code, side in ((2, 1), (1, 0)):
        for (name, split), scores in found[code].items():
            rows = splits[split][side]
            for metric in NAMES:
                given = {} if weight is None else {"sample_weight": weight[rows]}
                expected = scorers[metric](models[name, split], X[rows], y[rows], **given)
                np.testing.assert_allclose(scores[metric], expected, rtol=1e-10)


def test_statistics_that_grow_too_large_are_left_to_others(fitted, monkeypatch):
    X, y, cv, _, models = fitted
    chunks = scalml.from_array(X, chunk_rows=100)
    labels = scalml.from_array(y, chunk_rows=100)
    monkeypatch.setattr(rank_groups, "ROWS_AT_ONCE", 10)
    scorers = {"auc": get_scorer("roc_auc")}
    assert score_models(models, chunks, labels, memberships(cv, chunks), scorers) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("sparse", [False, True])
def test_many_linear_models(dtype, classes, sparse):
    X, y = make_classification(300, 6, n_informative=4, n_classes=classes, random_state=0)
    X, y = X.astype(dtype), y if classes == 2 else np.array(["no", "so so", "yes"])[y]
    weight = np.random.default_rng(0).random(300)
    block = scipy.sparse.csr_matrix(X) if sparse else X
    splits = list(KFold(3).split(X))
    names = ["accuracy", "neg_log_loss", "neg_brier_score", "f1_macro", "roc_auc_ovr"]
    scorers = {name: get_scorer(name) for name in (names if classes == 3 else names[:4])}
    make = {"C": LogisticRegression, "alpha": partial(SGDClassifier, "log_loss", random_state=0)}
    models = {
        ((name, value), split): kind(**{name: value}).fit(block[train], y[train])
        for split, (train, _) in enumerate(splits)
        for name, kind in make.items()
        for value in (1e-3, 1e-2, 1.0)
    }
    chunks = [scalml.from_array(data, chunk_rows=70) for data in (block, y, weight)]
    codes = memberships(KFold(3), chunks[0])
    found = score_models(models, *chunks[:2], codes, scorers, chunks[2])[2]
    for (name, split), scores in found.items():
        rows = splits[split][1]
        for metric, scorer in scorers.items():
            expected = scorer(models[name, split], block[rows], y[rows], sample_weight=weight[rows])
            rtol = 1e-10 if dtype == np.float64 else 1e-4
            np.testing.assert_allclose(scores[metric], expected, rtol=rtol)


@pytest.mark.parametrize("value, named", [(np.nan, "NaN"), (np.inf, "infinity")])
@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss", "roc_auc"])
def test_rows_that_are_not_finite_are_an_error(fitted, value, named, scoring):
    X, y, cv, _, models = fitted
    X = X.copy()
    X[150, 2] = value
    linear = {(C, 1): models["lr", C] for C in (0, 1)}
    chunks, labels = scalml.from_array(X, chunk_rows=100), scalml.from_array(y, chunk_rows=100)
    with pytest.raises(ValueError, match=f"Input X contains {named}"):
        score_models(
            linear, chunks, labels, memberships(cv, X), {"a": get_scorer(scoring)}, codes=(1, 2)
        )


def test_a_split_without_test_rows_is_an_error(fitted):
    X, y, _, _, models = fitted
    chunks = scalml.from_array(X, chunk_rows=100)
    codes = scalml.from_array(np.ones((300, 3), dtype=np.int8), chunk_rows=100)
    with pytest.raises(ValueError, match="Split 0 has no rows to score"):
        score_models(
            models,
            chunks,
            scalml.from_array(y, chunk_rows=100),
            codes,
            {"a": get_scorer("accuracy")},
        )


def test_no_models_need_no_pass(fitted):
    assert score_models({}, None, None, None, {}) == {2: {}}


def test_rankings_that_would_not_fit_share_several_passes(fitted, monkeypatch):
    X, y, cv, _, models = fitted
    source = Counting(X, lengths=[100, 200])
    chunks, labels = wrap(source), scalml.from_array(y, chunk_rows=100)
    codes = memberships(cv, chunks)

    def found(*names):
        source.reads = 0
        scorers = {name: get_scorer(name) for name in names}
        return score_models(models, chunks, labels, codes, scorers), source.reads // 2

    with scalml.config_context(backend="serial"):
        together, one_pass = found("roc_auc", "accuracy")
        monkeypatch.setattr(shared_scores, "KEPT_BYTES", 2**60)
        apart, passes = found("roc_auc", "accuracy")
        assert apart == together
        assert one_pass == 1 and passes == len(models)
        assert found("accuracy")[1] == 1

"""Scorers by name give scikit-learn's values on chunked data."""

import pickle

import numpy as np
import pytest
import sklearn.metrics
from sklearn.base import clone
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsClassifier

import scalml
from scalml import metrics
from scalml.metrics import get_scorer, get_scorer_names, make_scorer, score_many
from scalml.metrics.scorer import require_streaming
from scalml.wrappers import ParallelPostFit

NUMBERS = {"r2", "explained_variance", "d2_absolute_error_score"}
MANY = {f"roc_auc_{kind}" for kind in ("ovr", "ovo", "ovr_weighted", "ovo_weighted")}


def case(name):
    """Rows, targets and a fitted model that suit a scorer."""
    if name.endswith("_samples"):
        X, y = make_multilabel_classification(200, allow_unlabeled=False, random_state=0)
        return X, y, KNeighborsClassifier().fit(X, y)
    if name in NUMBERS or "_error" in name or "deviance" in name:
        X, y = make_regression(200, 5, noise=1, random_state=0)
        y = np.abs(y) + 1e3
        return X, y, LinearRegression().fit(X, y)
    n_classes = 3 if name in MANY or name.endswith(("_macro", "_micro")) else 2
    X, y = make_classification(200, n_informative=5, n_classes=n_classes, random_state=0)
    return X, y, LogisticRegression().fit(X, y)


@pytest.mark.parametrize("name", get_scorer_names())
@pytest.mark.parametrize("weighted", [False, True])
def test_equal_scikit_learn(name, weighted):
    X, y, model = case(name)
    if weighted and ("ovo" in name or "likelihood" in name or name == "neg_max_error"):
        pytest.skip("takes no weights in scikit-learn either")
    weight = {"sample_weight": np.random.default_rng(0).random(200)} if weighted else {}
    expected = sklearn.metrics.get_scorer(name)(model, X, y, **weight)
    scorer, wrapped = get_scorer(name), ParallelPostFit(model)
    assert scorer(model, X, y, **weight) == expected
    lazy = scalml.from_array(X, chunk_rows=33)
    assert scorer(wrapped, lazy, y, **weight) == pytest.approx(expected, rel=1e-12)


def test_only_scores_of_clusters_and_top_k_take_memory():
    left = set(sklearn.metrics.get_scorer_names()) - set(get_scorer_names())
    assert left == {
        *("adjusted_mutual_info_score", "adjusted_rand_score", "completeness_score"),
        *("fowlkes_mallows_score", "homogeneity_score", "mutual_info_score"),
        *("normalized_mutual_info_score", "rand_score", "v_measure_score", "top_k_accuracy"),
    }
    assert not set(get_scorer_names()) - set(sklearn.metrics.get_scorer_names())


def test_other_names():
    assert get_scorer("rand_score") is not None
    assert get_scorer(len) is len
    assert get_scorer(None) is None
    with pytest.raises(ValueError, match="no_such"):
        get_scorer("no_such")


@pytest.mark.parametrize("name", get_scorer_names())
def test_scorers_read_like_scikit_learns_and_pickle(name):
    scorer = get_scorer(name)
    assert repr(scorer) == repr(sklearn.metrics.get_scorer(name))
    assert repr(pickle.loads(pickle.dumps(scorer))) == repr(scorer)


@pytest.mark.parametrize("labels", [[0, 1], ["no", "yes"]])
@pytest.mark.parametrize("positive", [0, 1])
def test_positive_label(labels, positive):
    X, y = make_classification(200, random_state=0)
    y = np.array(labels)[y]
    pos_label = labels[positive]
    for model in (LogisticRegression().fit(X, y), RidgeClassifier().fit(X, y)):
        lazy, wrapped = scalml.from_array(X, chunk_rows=33), ParallelPostFit(model)
        for name, method in (
            ("average_precision_score", ("decision_function", "predict_proba")),
            ("average_precision_score", "predict_proba"),
            ("brier_score_loss", "predict_proba"),
            ("f1_score", "predict"),
        ):
            options = {"response_method": method, "pos_label": pos_label}
            plain = sklearn.metrics.make_scorer(getattr(sklearn.metrics, name), **options)
            ours = make_scorer(getattr(metrics, name), **options)
            if method == "predict_proba" and isinstance(model, RidgeClassifier):
                with pytest.raises(AttributeError, match="has none of the following attributes"):
                    ours(wrapped, lazy, y)
                continue
            assert ours(wrapped, lazy, y) == pytest.approx(plain(model, X, y), rel=1e-12)
        with pytest.raises(ValueError, match="is not a valid label"):
            make_scorer(metrics.brier_score_loss, response_method="predict_proba", pos_label=7)(
                ParallelPostFit(LogisticRegression().fit(X, y)), lazy, y
            )


def test_scikit_learns_metrics_become_ours():
    X, y, model = case("f1")
    scorer = make_scorer(sklearn.metrics.fbeta_score, beta=2)
    assert scorer.score_func is metrics.fbeta_score
    found = scorer(ParallelPostFit(model), scalml.from_array(X, chunk_rows=33), y)
    assert found == scorer(model, X, y)


def test_a_function_of_ones_own():
    def share(y_true, y_pred):
        return (y_true == y_pred).mean()

    X, y, model = case("accuracy")
    lazy = scalml.from_array(X, chunk_rows=33)
    scorer = make_scorer(share)
    assert scorer.metric is None
    found = scorer(ParallelPostFit(model), lazy, scalml.from_array(y, chunk_rows=33))
    assert found == pytest.approx(scorer(model, X, y))


@pytest.mark.parametrize("name", sorted(sklearn.metrics.get_scorer_names()))
def test_scorers_of_scikit_learns_metrics_are_refused_for_chunks(name):
    X, y, model = case("f1")
    with pytest.raises(TypeError, match=r"data in memory.*scalml\.metrics\.make_scorer"):
        require_streaming(sklearn.metrics.get_scorer(name))
    if name in get_scorer_names():
        require_streaming(get_scorer(name))
    wrapped = ParallelPostFit(model, scoring=sklearn.metrics.get_scorer(name))
    for score in (wrapped.score, lambda *rows: score_many(wrapped, *rows, {"a": wrapped.scoring})):
        with pytest.raises(TypeError, match="make_scorer"):
            score(scalml.from_array(X, chunk_rows=33), y)


def test_scikit_learns_scorers_of_our_metrics_and_of_ones_own_are_not():
    def share(y_true, y_pred):
        return (y_true == y_pred).mean()

    methods = ("predict", "predict_proba", "decision_function")
    for metric in (metrics.f1_score, metrics.log_loss, metrics.mean_squared_error, share):
        for method in methods:
            require_streaming(sklearn.metrics.make_scorer(metric, response_method=method))
    require_streaming(lambda model, X, y: np.asarray(y).mean())
    require_streaming(None)
    with pytest.raises(TypeError, match="data in memory"):
        require_streaming(make_scorer(sklearn.metrics.rand_score))


@pytest.mark.parametrize("wrong", [{"response_method": "transform"}, {"greater_is_better": "yes"}])
def test_wrong_parameters(wrong):
    with pytest.raises(ValueError):
        make_scorer(metrics.f1_score, **wrong)
    with pytest.raises(ValueError):
        make_scorer("f1_score")


def test_scikit_learns_searches_take_them():
    X, y = make_regression(60, 3, random_state=0)
    scoring = {"r2": get_scorer("r2"), "mae": get_scorer("neg_mean_absolute_error")}
    plain = {"r2": "r2", "mae": "neg_mean_absolute_error"}
    ours, theirs = (cross_validate(Ridge(), X, y, scoring=s) for s in (scoring, plain))
    np.testing.assert_array_equal(ours["test_mae"], theirs["test_mae"])
    search = GridSearchCV(Ridge(), {"alpha": [1, 2]}, scoring=clone(get_scorer("r2"), safe=False))
    assert search.fit(X, y).best_score_ > 0


def test_metadata_is_asked_for():
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = get_scorer("r2").set_score_request(sample_weight=True)
        request = scorer.get_metadata_routing()
        assert request.score.requests["sample_weight"] is True
        fresh = get_scorer("r2").get_metadata_routing().score.requests
        assert fresh["sample_weight"] is None

"""scikit-learn's documented searches, with the import swapped, give what they give there."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection
from scipy import sparse
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_classification, make_hastie_10_2, make_moons
from sklearn.decomposition import NMF, PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError, UndefinedMetricWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import accuracy_score, fbeta_score, make_scorer
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

import scalml
from scalml.model_selection import GridSearchCV, GroupKFold, KFold, RandomizedSearchCV

iris = load_iris()


def assert_equal_searches(ours, theirs):
    """All that two fitted searches have found is the same, times aside."""
    found, expected = ours.cv_results_, theirs.cv_results_
    assert list(found) == list(expected)
    for name, column in expected.items():
        if name.endswith("_time"):
            assert found[name].shape == column.shape and (found[name] >= 0).all()
        elif name.startswith("param"):
            assert str(found[name]) == str(column)
            assert getattr(found[name], "dtype", None) == getattr(column, "dtype", None)
        else:
            np.testing.assert_allclose(found[name], column, rtol=0, atol=1e-12, err_msg=name)
            assert found[name].dtype == column.dtype
    for name in ("best_index_", "n_splits_", "multimetric_"):
        if hasattr(theirs, name):
            assert getattr(ours, name) == getattr(theirs, name)
    assert str(getattr(ours, "best_params_", None)) == str(getattr(theirs, "best_params_", None))
    assert hasattr(ours, "best_score_") == hasattr(theirs, "best_score_")
    assert hasattr(ours, "best_estimator_") == hasattr(theirs, "best_estimator_")


def both(estimator, params, X, y=None, *, random=False, fit_params=None, **options):
    name = "RandomizedSearchCV" if random else "GridSearchCV"
    ours = {"GridSearchCV": GridSearchCV, "RandomizedSearchCV": RandomizedSearchCV}[name]
    theirs = getattr(sklearn.model_selection, name)
    found = ours(clone(estimator), params, **options).fit(X, y, **(fit_params or {}))
    expected = theirs(clone(estimator), params, **options).fit(X, y, **(fit_params or {}))
    assert_equal_searches(found, expected)
    return found, expected


def test_the_first_example_of_all():
    found, expected = both(
        SVC(), {"kernel": ("linear", "rbf"), "C": [1, 10]}, iris.data, iris.target
    )
    assert found.strategy_ == "general"
    assert repr(found) == repr(expected)
    np.testing.assert_array_equal(found.predict(iris.data), expected.predict(iris.data))
    assert found.score(iris.data, iris.target) == expected.score(iris.data, iris.target)
    assert found.classes_.tolist() == [0, 1, 2]
    assert found.n_features_in_ == 4
    assert found.refit_time_ > 0


def test_two_grids():
    grid = [
        {"C": [1, 10, 100], "kernel": ["linear"]},
        {"C": [1, 10], "gamma": [0.001, 0.0001], "kernel": ["rbf"]},
    ]
    found, _ = both(SVC(), grid, iris.data, iris.target, cv=3, return_train_score=True)
    assert found.cv_results_["param_gamma"].mask.tolist() == [True] * 3 + [False] * 4
    assert len(pd.DataFrame(found.cv_results_)) == 7


def test_several_metrics():
    X, y = make_hastie_10_2(n_samples=400, random_state=42)
    found, _ = both(
        DecisionTreeClassifier(random_state=42),
        {"min_samples_split": range(2, 103, 20)},
        X,
        y,
        scoring={"AUC": "roc_auc", "Accuracy": make_scorer(accuracy_score)},
        refit="AUC",
        return_train_score=True,
    )
    assert set(found.scorer_) == {"AUC", "Accuracy"}
    assert found.best_score_ == found.cv_results_["mean_test_AUC"].max()
    both(
        DecisionTreeClassifier(random_state=42), {"max_depth": [1, 2]}, X, y,
        scoring=["accuracy", "f1"], refit=False,
    )  # fmt: skip


def test_a_scorer_of_ones_own():
    X, y = make_classification(random_state=0)
    ftwo = make_scorer(fbeta_score, beta=2)
    both(LinearSVC(random_state=0), {"C": [1, 10]}, X, y, scoring=ftwo, cv=5)

    def confusion(model, X, y):
        found = model.predict(X)
        return {
            "tp": int(((y == 1) & (found == 1)).sum()),
            "fn": int(((y == 1) & (found == 0)).sum()),
        }

    both(LinearSVC(random_state=0), {"C": [1, 10]}, X, y, scoring=confusion, refit="tp", cv=5)
    both(LinearSVC(random_state=0), {"C": [1, 10]}, X, y, scoring=lambda m, X, y: m.score(X, y))


def test_refit_may_be_a_function():
    def cheapest(results):
        """The least C whose score is within one standard deviation of the best."""
        best = results["mean_test_score"].argmax()
        least = results["mean_test_score"][best] - results["std_test_score"][best]
        return int(np.flatnonzero(results["mean_test_score"] >= least)[0])

    found, _ = both(SVC(), {"C": [0.1, 1, 10]}, iris.data, iris.target, refit=cheapest)
    assert not hasattr(found, "best_score_")
    wrong = GridSearchCV(SVC(), {"C": [1]}, refit=lambda results: 7)
    with pytest.raises(IndexError, match="out of range"):
        wrong.fit(iris.data, iris.target)
    with pytest.raises(TypeError, match="not an integer"):
        wrong.set_params(refit=lambda results: "0").fit(iris.data, iris.target)


def test_steps_of_a_pipeline_are_searched():
    pipe = Pipeline(
        [("reduce_dim", "passthrough"), ("classify", LinearSVC(dual=False, max_iter=9000))]
    )
    grid = [
        {
            "reduce_dim": [PCA(), NMF(max_iter=2000)],
            "reduce_dim__n_components": [2, 3],
            "classify__C": [1, 10],
        },
        {"reduce_dim": [SelectKBest()], "reduce_dim__k": [2, 3], "classify__C": [1, 10]},
    ]  # fmt: skip
    found, expected = both(pipe, grid, iris.data, iris.target, cv=3, return_train_score=True)
    np.testing.assert_array_equal(found.predict(iris.data), expected.predict(iris.data))


def test_nested_parameters():
    X, y = make_moons(random_state=0)
    calibrated = CalibratedClassifierCV(RandomForestClassifier(n_estimators=5, random_state=0))
    both(calibrated, {"estimator__max_depth": [2, 4]}, X, y, cv=3)
    pipe = Pipeline([("select", SelectKBest(k=1)), ("model", calibrated)])
    both(pipe, {"select__k": [1, 2], "model__estimator__max_depth": [2, 4]}, X, y, cv=3)


def test_text():
    texts = ["spam ham eggs", "ham", "eggs spam spam", "bacon", "ham bacon", "spam"] * 8
    labels = np.array([1, 0, 1, 0, 0, 1] * 8)
    pipe = make_pipeline(CountVectorizer(), TfidfTransformer(), SGDClassifier(random_state=0))
    grid = {"countvectorizer__ngram_range": [(1, 1), (1, 2)], "sgdclassifier__alpha": [1e-4, 1e-2]}
    both(pipe, grid, texts, labels, cv=3)


def test_random_candidates():
    params = {"C": uniform(loc=0, scale=4), "l1_ratio": [0, 1]}
    model = LogisticRegression(solver="saga", tol=1e-2, max_iter=200, random_state=0)
    found, _ = both(model, params, iris.data, iris.target, random=True, random_state=0)
    assert len(found.cv_results_["params"]) == 10
    forest = RandomForestClassifier(n_estimators=5, random_state=0)
    params = {
        "max_depth": [3, None],
        "min_samples_split": randint(2, 11),
        "ccp_alpha": loguniform(1e-4, 1),
    }
    both(forest, params, iris.data, iris.target, random=True, n_iter=4, random_state=1, cv=3)


def test_frames_sparse_rows_and_no_target():
    frame = pd.DataFrame(iris.data, columns=list("abcd"))
    found, _ = both(SVC(), {"C": [1, 10]}, frame, pd.Series(iris.target), cv=3)
    assert found.feature_names_in_.tolist() == list("abcd")
    both(SVC(), {"C": [1, 10]}, sparse.csr_matrix(iris.data), iris.target, cv=3)
    found, _ = both(KernelDensity(), {"bandwidth": [0.1, 1.0]}, iris.data, cv=3)
    assert found.score_samples(iris.data).shape == (150,)
    found, _ = both(PCA(), {"n_components": [1, 2]}, iris.data, cv=3)
    assert found.inverse_transform(found.transform(iris.data)).shape == (150, 4)


def test_float32_stays():
    both(LinearSVC(random_state=0), {"C": [1, 10]}, iris.data.astype(np.float32), iris.target, cv=3)


def test_kernels_are_cut_by_rows_and_columns():
    kernel = iris.data @ iris.data.T
    both(SVC(kernel="precomputed"), {"C": [1, 10]}, kernel, iris.target, cv=3)


def test_weights_groups_and_bootstrap_splits():
    rng = np.random.default_rng(0)
    weight = rng.random(150)
    both(SVC(), {"C": [1, 10]}, iris.data, iris.target, fit_params={"sample_weight": weight})
    groups = rng.integers(0, 10, 150)
    cv = sklearn.model_selection.GroupKFold(3)
    both(SVC(), {"C": [1, 10]}, iris.data, iris.target, cv=cv, fit_params={"groups": groups})
    drawn = [(rng.integers(0, 150, 150), np.arange(150)) for _ in range(3)]
    both(SVC(), {"C": [1, 10]}, iris.data, iris.target, cv=drawn)
    with pytest.warns(UserWarning, match="does not support sample_weight"):
        GridSearchCV(SVC(), {"C": [1]}, scoring=lambda model, X, y: 1.0).fit(
            iris.data, iris.target, sample_weight=weight
        )


def test_metadata_is_routed():
    weight = np.random.default_rng(0).random(150)
    with sklearn.config_context(enable_metadata_routing=True):
        model = SVC().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        both(model, {"C": [1, 10]}, iris.data, iris.target, fit_params={"sample_weight": weight})


@pytest.mark.parametrize("scoring", ["accuracy", ["accuracy", "f1_macro"]])
def test_candidates_that_fail_do_not_stop_the_others(scoring):
    grid = {"C": [1, -1, 10]}
    options = {"scoring": scoring, "refit": False, "return_train_score": True}
    with pytest.warns((FitFailedWarning, UserWarning)) as told:
        found = GridSearchCV(SVC(), grid, **options).fit(iris.data, iris.target)
    assert any("5 fits failed out of a total of 15" in str(one.message) for one in told)
    assert any("must be a float in the range" in str(one.message) for one in told)
    for name in ("mean_test_score",) if scoring == "accuracy" else ("mean_test_f1_macro",):
        assert np.isnan(found.cv_results_[name]).tolist() == [False, True, False]
        assert found.cv_results_[name.replace("mean", "rank")][1] == 3
    with pytest.warns(FitFailedWarning):
        found = GridSearchCV(SVC(), grid, error_score=-1.0).fit(iris.data, iris.target)
    assert found.cv_results_["mean_test_score"][1] == -1.0
    with pytest.raises(ValueError, match="must be a float"):
        GridSearchCV(SVC(), grid, error_score="raise").fit(iris.data, iris.target)
    with pytest.raises(ValueError, match="All the 5 fits failed"):
        GridSearchCV(SVC(), {"C": [-1]}).fit(iris.data, iris.target)


def test_scoring_that_fails():
    def sometimes(model, X, y):
        if model.C == 1:
            raise RuntimeError("no score")
        return 0.5

    with pytest.warns(UserWarning) as told:
        found = GridSearchCV(SVC(), {"C": [1, 10]}, scoring=sometimes).fit(iris.data, iris.target)
    assert sum("Scoring failed" in str(one.message) for one in told) == 5
    assert sum("non-finite" in str(one.message) for one in told) == 1
    assert np.isnan(found.cv_results_["mean_test_score"]).tolist() == [True, False]
    with pytest.warns(UserWarning) as told:
        found = GridSearchCV(
            LinearSVC(), {"C": [1]}, scoring=["accuracy", "neg_log_loss"], refit="accuracy"
        ).fit(iris.data, iris.target)
    assert any("predict_proba" in str(one.message) for one in told)
    assert np.isnan(found.cv_results_["mean_test_neg_log_loss"]).all()
    assert found.best_score_ > 0.9
    with pytest.raises(RuntimeError, match="no score"):
        GridSearchCV(SVC(), {"C": [1]}, scoring=sometimes, error_score="raise").fit(
            iris.data, iris.target
        )
    with pytest.raises(ValueError, match="must return a number"):
        GridSearchCV(SVC(), {"C": [1]}, scoring=lambda m, X, y: "much").fit(iris.data, iris.target)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"refit": 3}, ValueError, "refit must be"),
        ({"error_score": "no"}, ValueError, "error_score must be"),
        ({"return_train_score": "yes"}, ValueError, "return_train_score must be"),
        ({"verbose": -1}, ValueError, "verbose must be"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
        ({"scoring": "nonsense"}, ValueError, "scoring"),
        ({"scoring": ["accuracy", "accuracy"]}, ValueError, "unique"),
        ({"scoring": ["accuracy", "f1"]}, ValueError, "refit must be set to a scorer key"),
        ({"scoring": ["accuracy"], "refit": "f1"}, ValueError, "refit must be set to a scorer key"),
        ({"cv": 1}, ValueError, "k-fold"),
        ({"cv": []}, ValueError, "No fits were performed"),
        ({"param_grid": {"C": 1}}, TypeError, "Parameter grid"),
        ({"param_grid": {"C": []}}, ValueError, "non-empty"),
        ({"param_grid": {"D": [1]}}, ValueError, "Invalid parameter 'D'"),
        ({"estimator": 7}, TypeError, "fit"),
    ],
)
def test_what_makes_no_sense_is_refused(options, error, words):
    search = GridSearchCV(**{"estimator": SVC(), "param_grid": {"C": [1]}} | options)
    with pytest.raises(error, match=words):
        search.fit(iris.data, iris.target)
    assert not hasattr(search, "cv_results_")


def test_n_iter_and_lengths_are_checked():
    with pytest.raises(ValueError, match="n_iter must be"):
        RandomizedSearchCV(SVC(), {"C": [1]}, n_iter=0).fit(iris.data, iris.target)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        GridSearchCV(SVC(), {"C": [1]}).fit(iris.data, iris.target[:-1])
    with pytest.raises(ValueError, match="150.*149"):
        GridSearchCV(SGDClassifier(), {"alpha": [1]}).fit(
            scalml.from_array(iris.data, chunk_rows=50), iris.target[:-1]
        )


def test_without_refit_there_is_no_model():
    found, _ = both(SVC(), {"C": [1, 10]}, iris.data, iris.target, refit=False)
    with pytest.raises(AttributeError, match="no attribute 'predict'") as caught:
        found.predict(iris.data)
    assert "refit=False" in str(caught.value.__cause__)
    with pytest.raises(NotFittedError):
        GridSearchCV(SVC(), {"C": [1]}).predict(iris.data)
    assert hasattr(GridSearchCV(SVC(), {"C": [1]}), "decision_function")
    assert not hasattr(GridSearchCV(SVC(), {"C": [1]}), "transform")


def test_verbose_prints(capsys):
    GridSearchCV(SVC(), {"C": [1, 10]}, verbose=2).fit(iris.data, iris.target)
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "Fitting 5 folds for each of 2 candidates, totalling 10 fits"
    assert all(line.startswith("[CV] END ..") for line in told[1:])
    assert [line.split(";")[0].split(".")[-1] for line in told[1:]] == ["C=1"] * 5 + ["C=10"] * 5


def test_callbacks_hear_of_trials():
    heard = []

    class Listener:
        def setup(self, estimator, context):
            heard.append("setup")

        def on_fit_task_begin(self, estimator, context):
            heard.append(context.task_name)

        def on_fit_task_end(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            heard.append("teardown")

    GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=3).set_callbacks(Listener()).fit(
        iris.data, iris.target
    )
    assert heard[:2] == ["setup", "fit"] and heard[-1] == "teardown"
    assert heard.count("chunk") >= 1


def test_a_failed_fit_leaves_the_search_as_it_was():
    search = GridSearchCV(SVC(), {"C": [1]}, error_score="raise").fit(iris.data, iris.target)
    before = search.cv_results_
    search.param_grid = {"C": [-1]}
    with pytest.raises(ValueError, match="must be"):
        search.fit(iris.data, iris.target)
    assert search.cv_results_ is before


@pytest.mark.parametrize(("cv", "n_splits"), [(GroupKFold(3), 3), (LeaveOneGroupOut(), 4)])
@pytest.mark.parametrize("chunked", [False, True])
def test_plan_takes_groups(cv, n_splits, chunked):
    X, y, groups = iris.data, iris.target, np.arange(150) % 4
    X = scalml.from_array(X, chunk_rows=40) if chunked else X
    search = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=cv)
    assert scalml.plan(search, X, y, groups=groups).passes == (1, 3)
    model = make_pipeline(scalml.preprocessing.MinMaxScaler(), scalml.linear_model.Ridge())
    told = scalml.plan(GridSearchCV(model, {}, cv=cv), X, y, groups=groups)  # two a split, to fit
    assert told.passes[0] == 2 * n_splits + 1


def test_plan_tells_the_strategy_and_reads_nothing():
    X = scalml.from_array(iris.data, chunk_rows=40)
    search = GridSearchCV(SGDClassifier(), {"alpha": [1, 2]}, cv=KFold(3))
    told = scalml.plan(search, X, iris.target)
    assert told.steps == (("GridSearchCV (stream)", (2, 5)),)
    assert not hasattr(search, "scorer_")


def test_the_best_may_be_shared_out():
    """A search inside a search, a pipeline and a clone."""
    inner = GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=2)
    pipe = make_pipeline(StandardScaler(), inner).fit(iris.data, iris.target)
    assert pipe[-1].best_params_["alpha"] in (1, 2)
    outer = GridSearchCV(clone(inner), {"estimator__fit_intercept": [True, False]}, cv=2)
    outer.fit(iris.data, iris.target)
    assert outer.best_estimator_.best_params_["alpha"] in (1, 2)


@pytest.mark.parametrize("weighted", [False, True])
def test_scorers_of_rows_in_memory_get_them_in_memory(weighted):
    """Also where candidates are fitted together, on the rows as a collection."""
    X, y = make_classification(n_samples=120, random_state=0)
    X, y = pd.DataFrame(X, index=np.arange(120)[::-1]), pd.Series(y)
    options = {"cv": 3, "return_train_score": True, "error_score": "raise"}
    grid = {"C": [0.1, 1.0]}
    weight = {"sample_weight": np.arange(120.0)} if weighted else {}

    def of_frames(model, X, y, sample_weight=None):
        assert isinstance(X, pd.DataFrame) and isinstance(y, pd.Series)
        assert sample_weight is None or sample_weight.shape == (len(X),)
        return float(X.index.to_numpy().sum())

    for scoring in (make_scorer(fbeta_score, beta=2), of_frames, "top_k_accuracy"):
        options["scoring"] = scoring
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UndefinedMetricWarning)  # two are the best of two
            found = GridSearchCV(scalml.linear_model.LogisticRegression(tol=1e-8), grid, **options)
            theirs = sklearn.model_selection.GridSearchCV(
                LogisticRegression(tol=1e-8, max_iter=1000), grid, **options
            )
            assert_equal_searches(found.fit(X, y, **weight), theirs.fit(X, y, **weight))
        assert found.strategy_ == "batched"


def test_a_fit_without_refit_leaves_nothing_of_the_one_before():
    X, y = make_classification(n_samples=60, random_state=0)
    search = GridSearchCV(scalml.linear_model.Ridge(), {"alpha": [1.0]}, cv=3)
    search.fit(pd.DataFrame(X).add_prefix("x"), y)
    assert search.feature_names_in_[0] == "x0"
    search.set_params(refit=False).fit(X, y)
    for name in ("best_estimator_", "refit_time_", "feature_names_in_"):
        assert not hasattr(search, name)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.ones(59), "X and sample_weight must have as many rows, got 60 and 59"),
        (2.0, "sample_weight must have a value for each row, got the single value 2.0"),
    ],
)
def test_wrong_weights_are_named(weight, message):
    X, y = make_classification(n_samples=60, random_state=0)
    search = GridSearchCV(scalml.linear_model.LogisticRegression(), {"C": [1.0]}, cv=3)
    with pytest.raises(ValueError, match=message):
        search.fit(scalml.from_array(X, chunk_rows=20), y, sample_weight=weight)


@pytest.mark.parametrize(
    "labels",
    [
        [0, 1],
        [-7, 300, 90_000],
        [0, 2**63],
        [-1, 2**60, 2**60 + 1],
        [False, True],
        [0.0, 1.0],
        ["a", "b"],
    ],
)
def test_splits_of_any_labels_are_those_of_scikit_learn(labels):
    dtype = np.uint64 if 2**63 in labels else None
    y = np.random.default_rng(0).choice(np.array(labels, dtype=dtype), 90)
    X = np.arange(90.0).reshape(-1, 1)
    search = GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = search._question(X, y, {}).splits
        expected = list(sklearn.model_selection.StratifiedKFold(4).split(X, y))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one[1], other[1])

"""Odd inputs of many estimators and metrics: refused alike, with the rule and the value."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier

import scalml
from scalml import metrics
from scalml.cluster import KMeans
from scalml.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from scalml.model_selection import train_test_split
from scalml.naive_bayes import GaussianNB, MultinomialNB
from scalml.preprocessing import OneHotEncoder, StandardScaler
from scalml.wrappers import ParallelPostFit

X = np.abs(np.random.default_rng(0).normal(size=(50, 3)))
y = (X[:, 0] > 0.7).astype(int)
CLASSIFIERS = [LogisticRegression(), GaussianNB(), MultinomialNB()]
REGRESSORS = [LinearRegression(), Ridge(), Lasso(), ElasticNet()]


def chunked(rows):
    return scalml.from_array(rows, chunk_rows=20)


@pytest.mark.parametrize("model", CLASSIFIERS + REGRESSORS, ids=lambda m: type(m).__name__)
@pytest.mark.parametrize("target", ["t", 5, {"a": 1}])
def test_a_target_that_is_a_single_value(model, target):
    with pytest.raises(ValueError, match="1d array, with a value a row"):
        model.fit(chunked(X), target)
    with pytest.raises((TypeError, ValueError)):  # as scikit-learn says it
        model.fit(X, target)


@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda m: type(m).__name__)
def test_labels_of_bytes_are_refused_as_in_scikit_learn(model):
    for rows in (X, chunked(X)):
        with pytest.raises(TypeError, match="bytes is not supported"):
            model.fit(rows, np.array([b"a", b"b"])[y])


def test_metrics_refuse_labels_of_bytes():
    labels = chunked(np.array([b"a", b"b"])[y])
    with pytest.raises(TypeError, match="bytes is not supported"):
        metrics.accuracy_score(labels, labels)


@pytest.mark.parametrize("scale", [1e-310, 1e-300, 1e300])
@pytest.mark.parametrize(
    "name",
    ["roc_auc_score", "average_precision_score", "accuracy_score", "r2_score", "brier_score_loss"],
)
def test_weights_near_the_limits_of_floats(name, scale):
    answers = y[::-1].copy() if name == "accuracy_score" else np.clip(X[:, 1] / 4, 0, 1)
    metric, weight = getattr(metrics, name), np.full(50, scale)
    found = metric(chunked(y), chunked(answers), sample_weight=chunked(weight))
    assert found == pytest.approx(metric(y, answers), rel=1e-9)


@pytest.mark.parametrize(
    "model",
    [*CLASSIFIERS, LinearRegression(), Ridge(), KMeans(2, random_state=0), StandardScaler()],
    ids=lambda m: type(m).__name__,
)
def test_fits_with_tiny_weights_end(model):
    fitted = model.fit(chunked(X), y, sample_weight=np.full(50, 1e-310))
    for name, value in vars(fitted).items():
        if name in ("coef_", "intercept_", "cluster_centers_", "mean_"):
            assert np.isfinite(value).all()


@pytest.mark.parametrize("multi_class", ["ovr", "ovo"])
def test_two_columns_of_scores_for_two_classes(multi_class):
    scores = np.column_stack([1 - X[:, 0], X[:, 0]])
    with pytest.raises(ValueError, match="y should be a 1d array, got an array of 2 columns"):
        metrics.roc_auc_score(chunked(y), chunked(scores), multi_class=multi_class)


@pytest.mark.parametrize("sizes", [0.001, 0.02, 0.5, 0.98, 3, {"train_size": 0.1}])
def test_small_fractions_are_exact(sizes):
    from sklearn.model_selection import train_test_split as plain

    sizes = sizes if isinstance(sizes, dict) else {"test_size": sizes}
    for seed in range(20):
        found = [len(part) for part in train_test_split(chunked(X), random_state=seed, **sizes)]
        assert found == [len(part) for part in plain(X, random_state=seed, **sizes)]


def test_a_fraction_that_leaves_a_side_empty_is_refused():
    with pytest.raises(ValueError, match="train set will be empty"):
        train_test_split(chunked(X), test_size=0.999)


def test_numbers_where_text_was_learnt_name_the_column():
    text = scalml.from_frame(pd.DataFrame({"town": ["a", "b"] * 10}), chunk_rows=10)
    encoder = OneHotEncoder().fit(text)
    numbers = scalml.from_frame(pd.DataFrame({"town": [1, 2, 3]}), chunk_rows=2)
    with pytest.raises(TypeError, match="'town' holds numbers, its categories are text"):
        encoder.transform(numbers).to_numpy()


def test_a_count_of_missing_values_is_that_of_a_part():
    rows = X.copy()
    rows[5::5, 1] = np.nan
    with pytest.raises(ValueError, match="at least 1 value, the first in row 5"):
        LinearRegression().fit(scalml.from_array(rows, chunk_rows=10), y)


@pytest.mark.parametrize("categories", [[1, 2, 3], [True, False], [1.5, 2.5], ["a", "b"]])
def test_categories_of_a_file_with_empty_cells(tmp_path, categories):
    first, second = categories[:2]
    (tmp_path / "a.csv").write_text(f"x,y\n{first},1\n,2\n{second},3\n")
    dtype = {"x": pd.CategoricalDtype(categories)}
    found = scalml.read_csv(tmp_path / "a.csv", dtype=dtype, chunk_rows=2)["x"].to_pandas()
    assert found.dtype == dtype["x"]
    assert found.isna().tolist() == [False, True, False]
    assert [found[0], found[2]] == [first, second]
    (tmp_path / "a.csv").write_text(f"x,y\n{first},1\n,2\n7,3\n")
    if categories != [True, False]:
        with pytest.raises(ValueError, match="line 4 of a.csv has '7'"):
            scalml.read_csv(tmp_path / "a.csv", dtype=dtype)["x"].to_pandas()


def test_two_targets_of_a_fitted_model_say_what_chunks_need():
    model = ParallelPostFit(RandomForestClassifier(n_estimators=3, random_state=0))
    model.fit(X, np.column_stack([y, 1 - y]))
    with pytest.raises(TypeError, match=r"RandomForestClassifier\.predict_proba returns a list"):
        model.predict_proba(chunked(X))
    assert model.predict(chunked(X)).shape == (50, 2)

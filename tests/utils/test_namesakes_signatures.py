"""What scikit-learn's own tests ask of signatures, attributes and what is printed."""

import contextlib
import io

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
import sklearn.model_selection
from sklearn.base import BaseEstimator, ClassifierMixin

import scalml
from scalml import metrics
from scalml.cluster import KMeans
from scalml.compose import ColumnTransformer
from scalml.impute import SimpleImputer
from scalml.linear_model import ElasticNet, Lasso, Ridge
from scalml.model_selection import GridSearchCV
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = np.tile([0, 1], 20)


class WithValidation(ClassifierMixin, BaseEstimator):
    """As boosted trees: ``fit`` takes rows to validate on, as pairs of any length."""

    def fit(self, X, y, eval_set=None, names=None):
        self.classes_, self.seen_ = np.unique(y), (len(X), len(eval_set[0][0]), names)
        return self

    def predict(self, X):
        assert self.seen_[1:] == (self.seen_[1], ["a", "b"])
        return np.zeros(len(X), dtype=int)


@pytest.mark.parametrize("n_rows", [7, 20, 40])
def test_only_parameters_with_a_value_a_row_are_cut(n_rows):
    search = GridSearchCV(WithValidation(), {}, cv=2)
    search.fit(X, y, eval_set=[(X[:n_rows], y[:n_rows])], names=["a", "b"])
    assert search.best_estimator_.seen_ == (40, n_rows, ["a", "b"])
    assert search.best_score_ == 0.5


def printed(call):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        call()
    return text.getvalue()


@pytest.mark.parametrize("verbose", [1, 2, 3])
@pytest.mark.parametrize("several", [False, True])
def test_searches_print_what_scikit_learn_prints(verbose, several):
    options = {"cv": 2, "verbose": verbose, "return_train_score": verbose == 3}
    if several:
        options |= {"scoring": ["r2", "neg_mean_absolute_error"], "refit": False}
    grid = {"alpha": [1, 2]}
    ours = printed(lambda: GridSearchCV(Ridge(), grid, **options).fit(X, y))
    plain = sklearn.linear_model.Ridge()
    theirs = printed(lambda: sklearn.model_selection.GridSearchCV(plain, grid, **options).fit(X, y))

    def without_times(text):
        return [line.split(" total time")[0] for line in text.splitlines()]

    assert sorted(without_times(ours)) == sorted(without_times(theirs))


def test_column_transformers_tell_of_each_step_once():
    transformer = ColumnTransformer([("scaler", StandardScaler(), [0])], verbose=True)
    assert printed(lambda: transformer.fit_transform(X)).count("Processing scaler") == 1
    assert transformer.to_sklearn().verbose is True


def test_frames_are_put_out_by_fit_transform_too():
    rows = pd.DataFrame({"a": pd.array([1.0, None, 3.0] * 4, dtype="Float64"), "b": range(12)})
    transformer = ColumnTransformer(
        [("i", SimpleImputer(), ["a"]), ("s", StandardScaler(), ["b"])]
    ).set_output(transform="pandas")
    assert list(transformer.fit_transform(rows).columns) == ["i__a", "s__b"]


def test_parameters_that_scikit_learn_has():
    scaler = StandardScaler().fit(X)
    before = X.copy()
    np.testing.assert_array_equal(scaler.transform(X, copy=False), scaler.transform(X))
    np.testing.assert_array_equal(X, before)
    for kind in (ElasticNet, Lasso):
        ours = kind(alpha=0.1).fit(X, y.astype(float), check_input=False)
        theirs = getattr(sklearn.linear_model, kind.__name__)(alpha=0.1).fit(X, y.astype(float))
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-12)


def test_a_renamed_parameter_warns():
    answers = scalml.from_array(np.full(40, 0.5), chunk_rows=15)
    for rows in (answers, answers.to_numpy()):
        with pytest.warns(FutureWarning, match="'y_pred' of log_loss"):
            assert metrics.log_loss(y, y_pred=rows) == pytest.approx(np.log(2))


def test_labels_of_clusters_can_be_set():
    model = KMeans(2, random_state=0).fit(X)
    model.labels_ = np.zeros(40, dtype=int)
    assert model.labels_.sum() == 0


def test_a_method_that_the_last_step_lacks_says_so():
    with pytest.raises(AttributeError) as caught:
        make_pipeline(StandardScaler(), Ridge()).fit(X, y).score_samples(X)
    assert "'Ridge' object has no attribute 'score_samples'" in str(caught.value.__cause__)

"""Cross-validation of chunks gives scikit-learn's folds, scores, warnings and errors."""

import numpy as np
import pandas as pd
import pytest
import sklearn
import sklearn.linear_model
import sklearn.model_selection as theirs
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning, UnsetMetadataPassedError
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import make_scorer
from sklearn.pipeline import make_pipeline as their_pipeline

import scalml
from scalml import model_selection as ours
from scalml.linear_model import LinearRegression, LogisticRegression, Ridge
from scalml.metrics import mean_squared_error
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler
from scalml.wrappers import Incremental

N = 230


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 4)) * [1, 5, 0.1, 100] + [0, 3, 1e3, 0]
    noise = rng.normal(size=N)
    target = X @ [1, 2, 30, 0.01] + noise
    labels = np.where(X[:, 0] + 0.3 * noise > 0.3, "yes", "no")
    return X, target, labels, rng.integers(1, 4, N).astype(float), rng.integers(0, 12, N)


def chunks(X, chunk_rows=40):
    return scalml.from_array(X, chunk_rows=chunk_rows)


@pytest.mark.parametrize("chunk_rows", [7, 100, N])
@pytest.mark.parametrize(
    "cv",
    [
        None,
        3,
        theirs.KFold(4, shuffle=True, random_state=1),
        theirs.ShuffleSplit(3, random_state=0),
    ],
    ids=str,
)
def test_regression(problem, cv, chunk_rows):
    X, y, *_ = problem
    metrics = ["r2", "neg_mean_squared_error"]
    options = {"cv": cv, "scoring": metrics, "return_train_score": True}
    expected = theirs.cross_validate(sklearn.linear_model.Ridge(), X, y, **options)
    found = ours.cross_validate(Ridge(), chunks(X, chunk_rows), y, **options)
    assert list(found) == list(expected)
    for name in expected:
        assert found[name].shape == expected[name].shape
        if "time" not in name:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-8)
    scores = ours.cross_val_score(Ridge(), chunks(X, chunk_rows), chunks(y, 60), cv=cv)
    np.testing.assert_allclose(scores, expected["test_r2"], rtol=1e-8)


@pytest.mark.parametrize("scoring", [None, "accuracy", "neg_log_loss", "roc_auc"])
def test_classification_is_stratified(problem, scoring):
    X, _, y, *_ = problem
    plain = sklearn.linear_model.LogisticRegression(tol=1e-10, solver="newton-cholesky")
    expected = theirs.cross_val_score(
        their_pipeline(sklearn.preprocessing.StandardScaler(), plain), X, y, scoring=scoring
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8))
    found = ours.cross_val_score(model, chunks(X), y, scoring=scoring)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_frames_and_text(problem, tmp_path):
    X, y, labels, *_ = problem
    frame = pd.DataFrame(X, columns=list("abcd")).assign(y=y, label=labels)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    expected = theirs.cross_val_score(sklearn.linear_model.LinearRegression(), X, y)
    for lazy in (
        scalml.from_frame(frame, chunk_rows=50),
        scalml.read_csv(tmp_path / "rows.csv", chunk_rows=50),
    ):
        rows = lazy[list("abcd")]
        np.testing.assert_allclose(
            ours.cross_val_score(LinearRegression(), rows, lazy["y"]), expected, rtol=1e-8
        )
        found = ours.cross_val_predict(LogisticRegression(), rows, lazy["label"], cv=3)
        assert set(found.to_numpy()) == {"yes", "no"}


def test_weights_and_groups_go_with_the_rows(problem):
    X, y, _, weight, groups = problem
    options = {"cv": theirs.GroupKFold(3), "groups": groups}
    expected = theirs.cross_val_score(
        sklearn.linear_model.Ridge(), X, y, params={"sample_weight": weight}, **options
    )
    plain = theirs.cross_val_score(sklearn.linear_model.Ridge(), X, y, **options)
    assert abs(expected - plain).max() > 1e-8
    for weights in (weight, weight.tolist(), pd.Series(weight), chunks(weight, 90)):
        found = ours.cross_val_score(
            Ridge(), chunks(X), y, params={"sample_weight": weights}, **options
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    predicted = ours.cross_val_predict(
        Ridge(), chunks(X), y, params={"sample_weight": weight}, **options
    )
    np.testing.assert_allclose(
        predicted.to_numpy(),
        theirs.cross_val_predict(
            sklearn.linear_model.Ridge(), X, y, params={"sample_weight": weight}, **options
        ),
        rtol=1e-9,
    )


def test_metadata_routing(problem):
    X, y, _, weight, groups = problem
    with sklearn.config_context(enable_metadata_routing=True):
        params = {"sample_weight": weight, "groups": groups}

        def request(model):
            return model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)

        expected = theirs.cross_val_score(
            request(sklearn.linear_model.Ridge()), X, y, cv=theirs.GroupKFold(3), params=params
        )
        found = ours.cross_val_score(
            request(Ridge()), chunks(X), y, cv=ours.GroupKFold(3), params=params
        )
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        with pytest.raises(ValueError, match="`groups` can only be passed"):
            ours.cross_validate(Ridge(), chunks(X), y, groups=groups)
        with pytest.raises(UnsetMetadataPassedError, match="cross_validate"):
            ours.cross_validate(Ridge(), chunks(X), y, params={"sample_weight": weight})
        for weighted in (True, False):
            scorer = make_scorer(mean_squared_error).set_score_request(sample_weight=weighted)
            found = ours.cross_validate(
                request(Ridge()),
                chunks(X),
                y,
                scoring={"mse": scorer},
                params={"sample_weight": weight},
            )
            plain = make_scorer(sklearn.metrics.mean_squared_error)
            expected = theirs.cross_validate(
                request(sklearn.linear_model.Ridge()),
                X,
                y,
                scoring={"mse": plain.set_score_request(sample_weight=weighted)},
                params={"sample_weight": weight},
            )
            np.testing.assert_allclose(found["test_mse"], expected["test_mse"], rtol=1e-8)


def test_what_else_is_returned(problem):
    X, y, *_ = problem
    lazy = chunks(X)
    options = {"cv": 3, "return_estimator": True, "return_indices": True}
    expected = theirs.cross_validate(sklearn.linear_model.Ridge(), X, y, **options)
    found = ours.cross_validate(Ridge(), lazy, y, **options)
    assert list(found) == list(expected)
    for side in ("train", "test"):
        assert len(found["indices"][side]) == 3
        for mask, rows in zip(found["indices"][side], expected["indices"][side], strict=True):
            np.testing.assert_array_equal(np.flatnonzero(mask.to_numpy()), rows)
    for one, other in zip(found["estimator"], expected["estimator"], strict=True):
        np.testing.assert_allclose(one.coef_, other.coef_, rtol=1e-8)


def test_callable_scoring(problem):
    X, y, *_ = problem

    def one(model, X, y):
        return -mean_squared_error(y, model.predict(X))

    def several(model, X, y):
        return {"mse": one(model, X, y), "constant": 1}

    expected = theirs.cross_val_score(
        sklearn.linear_model.Ridge(), X, y, scoring="neg_mean_squared_error"
    )
    np.testing.assert_allclose(
        ours.cross_val_score(Ridge(), chunks(X), y, scoring=one), expected, rtol=1e-8
    )
    found = ours.cross_validate(Ridge(), chunks(X), y, scoring=several)
    np.testing.assert_allclose(found["test_mse"], expected, rtol=1e-8)
    assert found["test_constant"].tolist() == [1] * 5
    with pytest.raises(ValueError, match="must return a number"):
        ours.cross_val_score(Ridge(), chunks(X), y, scoring=several)
    with pytest.raises(ValueError, match="takes several metrics"):
        ours.cross_val_score(Ridge(), chunks(X), y, scoring=["r2"])
    with pytest.raises(ValueError, match="must return a number"):
        ours.cross_val_score(Ridge(), chunks(X), y, scoring=lambda *rows: "good")


class Fails(BaseEstimator):
    """Fails on as many fits as asked."""

    def __init__(self, left=0):
        self.left = left

    def fit(self, X, y):
        self.left[0] -= 1
        if self.left[0] >= 0:
            raise ValueError("failing as asked")
        self.fitted_ = True
        return self

    def score(self, X, y):
        return 0.5

    def __sklearn_clone__(self):
        return self


def test_failed_fits(problem):
    X, y, *_ = problem
    with pytest.warns(FitFailedWarning, match="1 fits failed out of a total of 5"):
        found = ours.cross_validate(
            Fails([1]), chunks(X), y, return_train_score=True, error_score=-7
        )
    assert found["test_score"].tolist() == [-7, 0.5, 0.5, 0.5, 0.5]
    assert found["train_score"].tolist() == [-7, 0.5, 0.5, 0.5, 0.5]
    with pytest.warns(FitFailedWarning):
        found = ours.cross_validate(
            Fails([1]), chunks(X), y, scoring=lambda *rows: {"a": 1, "b": 2}
        )
    np.testing.assert_array_equal(found["test_b"], [np.nan, 2, 2, 2, 2])
    with pytest.raises(ValueError, match="All the 5 fits failed"):
        ours.cross_validate(Fails([9]), chunks(X), y)
    with pytest.raises(ValueError, match="failing as asked"):
        ours.cross_validate(Fails([1]), chunks(X), y, error_score="raise")


def test_scikit_learn_estimators_say_what_to_wrap_them_in(problem):
    X, y, labels, *_ = problem
    with pytest.raises(ValueError, match="Incremental"):
        ours.cross_val_score(sklearn.linear_model.Ridge(), chunks(X), y)
    model = Incremental(SGDClassifier(random_state=0))
    found = ours.cross_val_score(model, chunks(X), labels, cv=3)
    codes = ours.memberships(ours.StratifiedKFold(3), X, labels).to_numpy()
    for split, score in enumerate(found):
        plain = SGDClassifier(random_state=0)
        for start in range(0, N, 40):
            at = np.flatnonzero(codes[start : start + 40, split] == 1) + start
            if len(at):
                plain.partial_fit(X[at], labels[at], classes=["no", "yes"])
        test = codes[:, split] == 2
        assert score == plain.score(X[test], labels[test])


def test_in_memory_is_scikit_learn(problem):
    X, y, *_ = problem
    for model in (Ridge(), sklearn.linear_model.Ridge()):
        np.testing.assert_allclose(
            ours.cross_val_score(model, X, y, cv=ours.KFold(3)),
            theirs.cross_val_score(sklearn.linear_model.Ridge(), X, y, cv=3),
            rtol=1e-9,
        )
    found = ours.cross_val_predict(sklearn.linear_model.Ridge(), X, y)
    expected = theirs.cross_val_predict(sklearn.linear_model.Ridge(), X, y)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("chunk_rows", [7, 100])
@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_predictions(problem, method, chunk_rows):
    X, _, y, *_ = problem
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    plain = sklearn.linear_model.LogisticRegression(tol=1e-10, solver="newton-cholesky")
    expected = theirs.cross_val_predict(plain, X, y, method=method)
    model = LogisticRegression(tol=1e-8)
    found = ours.cross_val_predict(model, chunks(X, chunk_rows), y, method=method)
    assert scalml.data.is_chunked(found) and found.shape == expected.shape
    if method == "predict":
        assert found.to_numpy().tolist() == expected.tolist()
    else:
        np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-4, atol=1e-6)


def test_predictions_stay_beside_the_rows(problem):
    X, y, *_ = problem
    lazy = chunks(X)
    cv = theirs.KFold(4, shuffle=True, random_state=0)
    found = ours.cross_val_predict(LinearRegression(), lazy, y, cv=cv)
    expected = theirs.cross_val_predict(sklearn.linear_model.LinearRegression(), X, y, cv=cv)
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-8)
    np.testing.assert_allclose(found[20:30].to_numpy(), expected[20:30], rtol=1e-8)
    keep = lazy[:, 0] > 0
    np.testing.assert_allclose(found[keep].to_numpy(), expected[X[:, 0] > 0], rtol=1e-8)
    assert mean_squared_error(y, found) == pytest.approx(((y - expected) ** 2).mean(), rel=1e-6)
    with scalml.config_context(backend="processes", n_jobs=2):
        np.testing.assert_array_equal(found.to_numpy(), found.to_numpy())
    multi = np.column_stack([y, -y])
    found = ours.cross_val_predict(LinearRegression(), lazy, multi, cv=cv)
    np.testing.assert_allclose(found.to_numpy()[:, 1], -expected, rtol=1e-8)


class Seen(ClassifierMixin, BaseEstimator):
    """Predicts the shares of the classes it has seen."""

    def fit(self, X, y):
        found, counts = np.unique(y.to_numpy(), return_counts=True)
        self.classes_, self.shares_ = found, counts / counts.sum()
        return self

    def predict_proba(self, X):
        return X.map_chunks(lambda block: np.tile(self.shares_, (len(block), 1)))

    decision_function = predict_log_proba = predict_proba


def test_classes_that_a_model_has_not_seen(problem):
    X, *_ = problem
    y = np.repeat([10, 20, 30, 40], [60, 60, 60, N - 180])
    lazy, cv = chunks(X), theirs.KFold(4)
    with pytest.warns(RuntimeWarning, match=r"training fold \(3\).*total number of classes \(4\)"):
        found = ours.cross_val_predict(Seen(), lazy, y, cv=cv, method="predict_proba").to_numpy()
    assert found.shape == (N, 4)
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found[173:, 3] == 0).all() and (found[:173] > 0).all()
    for method in ("decision_function", "predict_log_proba"):
        with pytest.warns(RuntimeWarning):
            found = ours.cross_val_predict(Seen(), lazy, y, cv=cv, method=method).to_numpy()
        assert (found[173:, 3] == np.finfo(float).min).all()
    two = np.repeat([0, 1, 2], [100, 100, N - 200])
    with (
        pytest.warns(RuntimeWarning),
        pytest.raises(ValueError, match="Only 2 class/es in training fold, but 3"),
    ):
        ours.cross_val_predict(Seen(), lazy, two, cv=theirs.KFold(2), method="decision_function")


def test_errors(problem):
    X, y, *_ = problem
    lazy = chunks(X)
    with pytest.raises(ValueError, match="only works for partitions"):
        ours.cross_val_predict(Ridge(), lazy, y, cv=theirs.TimeSeriesSplit(3))
    with pytest.raises(ValueError, match="only works for partitions"):
        ours.cross_val_predict(Ridge(), lazy, y, cv=theirs.RepeatedKFold(n_splits=2, n_repeats=2))
    with pytest.raises(ValueError, match="method must be"):
        ours.cross_val_predict(Ridge(), lazy, y, method="transform")
    for function in (ours.cross_validate, ours.cross_val_score, ours.cross_val_predict):
        with pytest.raises(ValueError, match="X and y must have as many rows, got 230 and 229"):
            function(Ridge(), lazy, y[1:])
    with pytest.raises(ValueError, match="error_score"):
        ours.cross_validate(Ridge(), lazy, y, error_score="reise")


def test_lines_are_printed_if_asked(problem, capsys):
    X, y, *_ = problem
    ours.cross_validate(Ridge(), chunks(X), y, cv=2, verbose=3)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("[CV] END ") and ", score=0." in lines[0]
    ours.cross_validate(Ridge(), chunks(X), y, cv=2)
    assert not capsys.readouterr().out


def test_text_is_parsed_once(problem, tmp_path, monkeypatch):
    X, y, *_ = problem
    path = tmp_path / "rows.csv"
    pd.DataFrame(X, columns=list("abcd")).assign(y=y).to_csv(path, index=False)
    lazy = scalml.read_csv(path, chunk_rows=50)
    len(lazy)
    read = []
    root = type(lazy.source.roots()[0])
    original = root.evaluate

    def counted(self, index, *args, **kwargs):
        read.append(index)
        return original(self, index, *args, **kwargs)

    monkeypatch.setattr(root, "evaluate", counted)
    with scalml.config_context(backend="serial"):
        ours.cross_validate(Ridge(), lazy[list("abcd")], lazy["y"], return_train_score=True)
    assert sorted(read) == list(range(lazy.n_chunks))


def test_several_metrics_share_a_pass(problem, tmp_path):
    X, y, *_ = problem
    reads = []
    rows = chunks(X).map_chunks(lambda block: reads.append(len(block)) or block, empty=X[:0])
    with scalml.config_context(backend="serial"):
        one = ours.cross_validate(Ridge(), rows, y, cv=2, scoring=["r2"])
        alone, reads[:] = len(reads), []
        ours.cross_validate(Ridge(), rows, y, cv=2, scoring=["r2", "neg_mean_absolute_error"])
    assert len(one["test_r2"]) == 2
    assert len(reads) == alone

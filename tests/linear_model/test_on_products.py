"""Linear models of encoded rows learn from codes what they learn from the matrix."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

import scalml
from scalml.compose import ColumnTransformer
from scalml.impute import SimpleImputer
from scalml.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from scalml.pipeline import make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler
from scalml.sources.coded import coded_twin
from scalml.statistics import CodedRows
from scalml.utils.comparison import assert_close

N = 900


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "km": rng.normal(1000, 300, N),
            "town": pd.Series(rng.choice(["Bonn", "Köln", "Ulm", "Aue"], N), dtype="str"),
            "month": rng.integers(1, 13, N),
            "late": rng.normal(size=N),
        }
    )
    frame.loc[rng.random(N) < 0.1, "km"] = np.nan
    frame["score"] = frame["late"] + (frame["town"] == "Ulm") + frame["month"] / 6
    frame["class"] = np.digitize(frame["score"], [0.5, 2.0])
    return frame


def encoded(table, sparse_threshold=0.3, **options):
    """Encoded rows as a collection that has codes, and the same without."""
    X = scalml.from_frame(table[["km", "town", "month", "late"]], chunk_rows=200)
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    columns = ColumnTransformer(
        [("t", OneHotEncoder(**options), ["town", "month"]), ("n", numbers, ["km", "late"])],
        sparse_threshold=sparse_threshold,
    )
    Z = columns.fit(X).transform(X)
    assert coded_twin(Z.source) is not None
    plain = Z.map_chunks(same)
    assert coded_twin(plain.source) is None
    return Z, plain


def same(block):
    return block


MODELS = [
    pytest.param(Ridge(), "score", 1e-9, id="Ridge"),
    pytest.param(Ridge(fit_intercept=False), "score", 1e-9, id="Ridge without intercept"),
    pytest.param(LinearRegression(), "score", 1e-9, id="LinearRegression"),
    pytest.param(LinearRegression(positive=True), "score", 1e-7, id="LinearRegression, positive"),
    pytest.param(Lasso(alpha=0.01, tol=1e-9), "score", 1e-7, id="Lasso"),
    pytest.param(ElasticNet(alpha=0.01, tol=1e-9), "score", 1e-7, id="ElasticNet"),
    pytest.param(LogisticRegression(tol=1e-8), "binary", 1e-6, id="logistic"),
    pytest.param(LogisticRegression(tol=1e-8), "class", 1e-6, id="multinomial"),
    pytest.param(
        LogisticRegression(tol=1e-8, l1_ratio=1, solver="saga", C=0.1), "binary", 1e-6, id="l1"
    ),
    pytest.param(
        LogisticRegression(tol=1e-8, fit_intercept=False, class_weight="balanced"),
        "binary",
        1e-6,
        id="logistic without intercept",
    ),
]


@pytest.mark.parametrize("gaps", [False, True], ids=["no gaps", "gaps"])
@pytest.mark.parametrize("weighted", [False, True], ids=["no weights", "weights"])
@pytest.mark.parametrize(("model", "target", "rtol"), MODELS)
def test_the_same_model_as_from_the_matrix(table, model, target, rtol, gaps, weighted):
    options = {"drop": "first"} if gaps else {}
    threshold = 0.0 if getattr(model, "positive", False) else 1.0
    with_codes, without = encoded(table, threshold, **options)
    y = (table["class"] > 0).to_numpy() if target == "binary" else table[target].to_numpy()
    weight = np.random.default_rng(1).integers(0, 3, N).astype(float) if weighted else None
    one = clone(model).fit(with_codes, y, sample_weight=weight)
    two = clone(model).fit(without, y, sample_weight=weight)
    assert_close(one, two, rtol, skip=("n_iter_", "solver_", "dual_gap_", "singular_"))
    for method in ("predict", "predict_proba", "decision_function"):
        if hasattr(one, method):
            found = getattr(one, method)(with_codes).to_numpy()
            expected = getattr(one, method)(without).to_numpy()
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_the_matrix_is_never_written_out(table, monkeypatch):
    with_codes, _ = encoded(table)
    monkeypatch.setattr(CodedRows, "toarray", refuse)
    monkeypatch.setattr(CodedRows, "tocsr", refuse)
    model = LogisticRegression().fit(with_codes, table["class"].to_numpy())
    assert model.score(with_codes[:300], table["class"].to_numpy()[:300]) > 0.5
    Ridge().fit(with_codes, table["score"].to_numpy())


def test_a_fit_of_text_caches_codes(table, tmp_path):
    path = tmp_path / "t.csv"
    table.to_csv(path, index=False)
    frame = scalml.read_csv(path, chunk_rows=200)
    columns = ColumnTransformer(
        [("t", OneHotEncoder(), ["town"]), ("n", StandardScaler(), ["late"])]
    )
    model = make_pipeline(columns, LogisticRegression(tol=1e-8))
    y = frame["class"] > 0
    model.fit(frame, y)
    again = make_pipeline(columns, LogisticRegression(tol=1e-8)).fit(
        scalml.from_frame(table, chunk_rows=300), (table["class"] > 0).to_numpy()
    )
    np.testing.assert_allclose(model[-1].coef_, again[-1].coef_, atol=1e-6)
    found = model.predict_proba(frame).to_numpy()
    np.testing.assert_allclose(found, again.predict_proba(table), atol=1e-6)


def test_infinite_numbers_are_placed(table):
    bad = table.assign(late=np.where(np.arange(N) == 777, np.nan, table["late"]))
    X = scalml.from_frame(bad, chunk_rows=200)
    columns = ColumnTransformer(
        [("t", OneHotEncoder(), ["town"]), ("n", StandardScaler(), ["late"])]
    ).fit(X)
    with pytest.raises(ValueError, match=r"NaN.*row 777 .*column 4"):
        Ridge().fit(columns.transform(X), table["score"].to_numpy())
    with pytest.raises(ValueError, match="NaN") as told:
        LogisticRegression().fit(columns.transform(X), table["class"].to_numpy())
    assert "row 777" in str(told.value) + " ".join(told.value.__notes__)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_workers_have_no_influence(table, n_jobs):
    with_codes, _ = encoded(table)
    y = table["class"].to_numpy()
    with scalml.config_context(backend="serial"):
        alone = LogisticRegression().fit(with_codes, y)
    with scalml.config_context(backend="threads", n_jobs=n_jobs):
        model = LogisticRegression().fit(with_codes, y)
    assert model.coef_.tobytes() == alone.coef_.tobytes()


def refuse(self):
    raise AssertionError("the matrix was written out")


@pytest.mark.parametrize("dtype", [np.int8, np.int64, bool])
@pytest.mark.parametrize("model", [LogisticRegression(), Ridge()], ids=["logistic", "ridge"])
def test_codes_of_integers_are_learnt_from_as_float64(table, model, dtype):
    X = scalml.from_frame(table[["town"]], chunk_rows=200)
    ones, floats = (OneHotEncoder(dtype=d).fit(X).transform(X) for d in (dtype, float))
    y = (table["score"] > 1).astype(int)
    found, expected = clone(model).fit(ones, y), clone(model).fit(floats, y)
    assert found.coef_.dtype == found.intercept_.dtype == np.float64
    np.testing.assert_array_equal(found.coef_, expected.coef_)
    np.testing.assert_array_equal(
        found.predict(ones).to_numpy(), expected.predict(floats).to_numpy()
    )


def test_dense_rows_are_multiplied_once():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(N, 5)) * [1, 10, 0.1, 1, 100] + 3
    y = np.digitize(X[:, 0] + rng.normal(size=N), [3.0, 4.0])
    chunked = scalml.from_array(X, chunk_rows=200)
    for model in (LogisticRegression().fit(X, y > 1), LogisticRegression().fit(X, y)):
        plain = model.to_sklearn()
        for method in ("predict", "predict_proba", "decision_function", "predict_log_proba"):
            found = getattr(model, method)(chunked).to_numpy()
            expected = getattr(plain, method)(X)
            assert found.dtype == expected.dtype
            np.testing.assert_allclose(found, expected, rtol=1e-12)
    targets = np.column_stack([y, -X[:, 1]])
    model = LinearRegression().fit(X, targets)
    expected = model.to_sklearn().predict(X)
    np.testing.assert_allclose(model.predict(chunked).to_numpy(), expected, rtol=1e-12)


def test_dense_rows_that_are_not_finite_are_told():
    X = np.random.default_rng(2).normal(size=(100, 3))
    model = LinearRegression().fit(X, X[:, 0])
    bad = X.copy()
    bad[70, 1] = np.nan
    with pytest.raises(ValueError, match="NaN.*row 70"):
        model.predict(scalml.from_array(bad, chunk_rows=40)).to_numpy()


def test_finite_rows_whose_products_overflow_are_predicted():
    X = np.random.default_rng(3).normal(size=(50, 2))
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    model.coef_ = model.coef_ * 1e10
    huge = X * 1e305
    with np.errstate(over="ignore", invalid="ignore"):
        expected = model.to_sklearn().predict(huge)
        found = model.predict(scalml.from_array(huge, chunk_rows=20)).to_numpy()
    assert np.array_equal(found, expected)

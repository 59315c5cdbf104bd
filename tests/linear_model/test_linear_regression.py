import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.linear_model
from scipy import sparse

import scalml
from scalml.linear_model import LinearRegression

from .problems import norm_difference, problem, with_condition


@pytest.mark.parametrize(("cond", "bound"), [(10, 1e-9), (1e3, 1e-9), (1e4, 1e-8), (3e5, 1e-6)])
@pytest.mark.parametrize("intercept", [True, False])
def test_parity_by_condition(cond, bound, intercept):
    X = with_condition(cond)
    rng = np.random.default_rng(1)
    y = X @ rng.normal(size=12) + rng.normal(size=600)
    ours = LinearRegression(fit_intercept=intercept).fit(scalml.from_array(X, chunk_rows=170), y)
    theirs = sklearn.linear_model.LinearRegression(fit_intercept=intercept).fit(X, y)
    assert norm_difference(ours.coef_, theirs.coef_) < bound
    assert norm_difference(ours.intercept_, theirs.intercept_) < bound
    assert ours.rank_ == theirs.rank_ == 12
    np.testing.assert_allclose(ours.singular_, theirs.singular_, rtol=1e-3)


@pytest.mark.parametrize("t", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
def test_parity_in_shape_and_value(t, weighted, intercept):
    X, y, w = problem(t=t)
    w = w if weighted else None
    ours = LinearRegression(fit_intercept=intercept).fit(X, y, w)
    theirs = sklearn.linear_model.LinearRegression(fit_intercept=intercept).fit(X, y, w)
    assert ours.coef_.shape == theirs.coef_.shape
    assert np.shape(ours.intercept_) == np.shape(theirs.intercept_)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-9
    assert norm_difference(ours.intercept_, theirs.intercept_) < 1e-9
    np.testing.assert_allclose(ours.singular_, theirs.singular_, rtol=1e-8)
    assert ours.predict(X).shape == theirs.predict(X).shape
    assert ours.score(X, y, w) == pytest.approx(theirs.score(X, y, w), abs=1e-12)


def deficient(kind):
    X, y, _ = problem()
    if kind == "fewer rows than columns":
        X, y = np.random.default_rng(0).normal(2, 1, (5, 9)), y[:5]
    elif kind == "one row":
        X, y = X[:1], y[:1]
    elif kind == "duplicated columns":
        X = np.column_stack([X, X[:, :3]])
    elif kind == "constant columns":
        X = np.column_stack([X, np.full(400, 7.3), np.zeros(400)])
    elif kind == "all constant":
        X = np.full((400, 2), 0.1)
    return X, y


@pytest.mark.parametrize(
    "kind",
    [
        "fewer rows than columns",
        "one row",
        "duplicated columns",
        "constant columns",
        "all constant",
    ],
)
@pytest.mark.parametrize("intercept", [True, False])
def test_the_least_norm_is_taken_when_columns_depend(kind, intercept):
    X, y = deficient(kind)
    ours = LinearRegression(fit_intercept=intercept).fit(scalml.from_array(X, chunk_rows=90), y)
    theirs = sklearn.linear_model.LinearRegression(fit_intercept=intercept).fit(X, y)
    if kind == "all constant" and intercept:
        # For scikit-learn, what centring rounds to has rank 1.
        assert ours.rank_ == 0 and not ours.coef_.any()
        return
    assert ours.rank_ == theirs.rank_
    assert ours.singular_.shape == theirs.singular_.shape
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-8
    assert norm_difference(ours.intercept_, theirs.intercept_) < 1e-8


def test_a_distant_mean():
    X, y, _ = problem()
    X = (X - X.mean(axis=0)) / X.std(axis=0) + 1e6
    ours = LinearRegression().fit(scalml.from_array(X, chunk_rows=90), y)
    theirs = sklearn.linear_model.LinearRegression().fit(X - 1e6, y)
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-8


def test_columns_of_very_different_scale():
    X, y, _ = problem()
    scale = np.array([1e-2, 1e2, 1, 1, 10, 0.1])
    ours = LinearRegression().fit(X * scale, y)
    theirs = sklearn.linear_model.LinearRegression().fit(X * scale, y)
    assert norm_difference(ours.coef_ * scale, theirs.coef_ * scale) < 1e-9


@pytest.mark.parametrize("t", [None, 2])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("cond", [3, 1e4])
def test_positive(t, intercept, cond):
    X = with_condition(cond, d=6) + 1
    rng = np.random.default_rng(1)
    Y = X @ np.abs(rng.normal(size=(6, 2))) - X[:, [1]] * 2 + rng.normal(size=(600, 2)) / 10
    y = Y if t else Y[:, 0]
    options = {"positive": True, "fit_intercept": intercept}
    ours = LinearRegression(**options).fit(scalml.from_array(X, chunk_rows=90), y)
    theirs = sklearn.linear_model.LinearRegression(**options).fit(X, y)
    assert ours.coef_.min() == 0
    assert norm_difference(ours.coef_, theirs.coef_) < 1e-7
    assert not hasattr(ours, "rank_")


def test_weights_repeat_rows_and_zero_removes_them():
    X, y, w = problem()
    repeated = LinearRegression().fit(*(np.repeat(a, w.astype(int), axis=0) for a in (X, y)))
    weighted = LinearRegression().fit(scalml.from_array(X, chunk_rows=90), y, w)
    assert norm_difference(weighted.coef_, repeated.coef_) < 1e-11


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("intercept", [True, False])
def test_sparse_equals_dense(weighted, intercept):
    X = sparse.random_array((500, 20), density=0.2, rng=0, format="csr")
    y = np.random.default_rng(0).normal(size=500)
    w = np.arange(500) % 3 * 1.0 if weighted else None
    dense = LinearRegression(fit_intercept=intercept).fit(X.toarray(), y, w)
    for data in (X, sparse.csc_array(X), scalml.from_array(sparse.csr_matrix(X), chunk_rows=90)):
        found = LinearRegression(fit_intercept=intercept).fit(data, y, w)
        assert norm_difference(found.coef_, dense.coef_) < 1e-10


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("t", [None, 2])
def test_dtypes_are_those_of_scikit_learn(dtype, t):
    X, y, _ = problem(t=t)
    X, y = X.astype(dtype), y.astype(dtype)
    ours, theirs = LinearRegression().fit(X, y), sklearn.linear_model.LinearRegression().fit(X, y)
    assert ours.coef_.dtype == theirs.coef_.dtype
    assert np.asarray(ours.intercept_).dtype == np.asarray(theirs.intercept_).dtype
    assert ours.predict(X).dtype == theirs.predict(X).dtype
    lazy = ours.predict(scalml.from_array(X, chunk_rows=90))
    assert lazy.dtype == lazy.to_numpy().dtype == theirs.predict(X).dtype
    assert norm_difference(ours.coef_, theirs.coef_) < (1e-4 if dtype == np.float32 else 1e-9)


def test_frames_in_memory_and_chunked():
    X, y, _ = problem()
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(a=lambda f: f["a"].round().astype(int))
    theirs = sklearn.linear_model.LinearRegression().fit(frame, y)
    for data in (frame, scalml.from_frame(frame, chunk_rows=90)):
        ours = LinearRegression().fit(data, y)
        assert norm_difference(ours.coef_, theirs.coef_) < 1e-9
        assert ours.feature_names_in_.tolist() == list("abcdef")
        lazy = ours.predict(scalml.from_frame(frame, chunk_rows=70))
        np.testing.assert_allclose(lazy.to_numpy(), theirs.predict(frame), rtol=1e-8)
        assert ours.score(scalml.from_frame(frame, chunk_rows=70), y) == pytest.approx(
            theirs.score(frame, y)
        )


@pytest.mark.parametrize("chunk_rows", [1, 7, 400])
@pytest.mark.parametrize("t", [None, 2])
def test_chunk_size_does_not_matter(chunk_rows, t):
    X, y, w = problem(t=t)
    whole = LinearRegression().fit(X, y, w)
    chunked = LinearRegression().fit(scalml.from_array(X, chunk_rows=chunk_rows), y, w)
    assert norm_difference(chunked.coef_, whole.coef_) < 1e-10


@pytest.mark.parametrize("weighted", [False, True])
def test_partial_fit_equals_fit_on_the_union(weighted):
    X, y, w = problem()
    w = w if weighted else None
    model = LinearRegression()
    for a, b in ((0, 1), (1, 150), (150, 400)):
        chunk = scalml.from_array(X[a:b], chunk_rows=40)
        model.partial_fit(chunk, y[a:b], None if w is None else w[a:b] + (b == 1))
    if w is not None:
        w[0] += 1
    whole = LinearRegression().fit(X, y, w)
    assert norm_difference(model.coef_, whole.coef_) < 1e-10
    assert model.rank_ == whole.rank_ and model.gram_.n == 400


def test_fit_forgets_and_partial_fit_keeps_its_columns():
    X, y, _ = problem()
    model = LinearRegression().partial_fit(X + 1, y)
    assert model.fit(X, y).gram_.n == 400
    with pytest.raises(ValueError, match="features"):
        model.partial_fit(X[:, :3], y)
    with pytest.raises(ValueError, match="targets"):
        model.partial_fit(X, np.column_stack([y, y]))
    assert model.gram_.n == 400


def test_to_sklearn_is_plain_and_complete():
    X, y, _ = problem()
    model = LinearRegression().fit(pd.DataFrame(X, columns=list("abcdef")), y)
    plain = model.to_sklearn()
    assert type(plain) is sklearn.linear_model.LinearRegression
    assert plain.feature_names_in_.tolist() == list("abcdef")
    assert plain.rank_ == 6 and plain.n_features_in_ == 6
    frame = pd.DataFrame(X, columns=list("abcdef"))
    np.testing.assert_array_equal(plain.predict(frame), model.predict(frame))


def test_a_lazy_prediction_is_a_snapshot():
    X, y, _ = problem()
    model = LinearRegression().fit(X, y)
    before, lazy = model.predict(X), model.predict(scalml.from_array(X, chunk_rows=90))
    model.fit(X, -y)
    np.testing.assert_allclose(lazy.to_numpy(), before)


def test_memory_order_does_not_change_a_bit():
    X, y, _ = problem()
    found = {
        LinearRegression().fit(scalml.from_array(order, chunk_rows=90), y).coef_.tobytes()
        for order in (X, np.asfortranarray(X))
    }
    assert len(found) == 1


def test_bad_values_are_errors_and_leave_the_model_as_it_was():
    X, y, _ = problem()
    model = LinearRegression().fit(X, y)
    before = pickle.dumps(model)
    bad = X.copy()
    bad[123, 2] = np.nan
    with pytest.raises(ValueError, match="X contains NaN"):
        model.fit(scalml.from_array(bad, chunk_rows=50), y)
    with pytest.raises(ValueError, match="Negative"):
        model.fit(scalml.from_array(X, chunk_rows=50), y, -np.ones(400))
    with pytest.raises(ValueError, match=r"weights .* zero"):
        model.fit(X, y, np.zeros(400))
    with pytest.raises(ValueError, match="tol"):
        LinearRegression(tol=-1).fit(X, y)
    assert pickle.dumps(model) == before


def test_too_many_columns_are_refused_before_reading():
    X = scalml.from_array(sparse.csr_matrix((6 * 10**5, 10**6)), chunk_rows=10**5)
    with pytest.raises(MemoryError, match="1000001 columns need a Gram matrix"):
        LinearRegression().fit(X, np.zeros(6 * 10**5))


def test_passes():
    assert LinearRegression().fit_passes() == (1, 3)


def test_float32_rows_give_float32_attributes_as_in_scikit_learn():
    X, y = problem()[:2]
    X = X.astype(np.float32)
    ours, theirs = LinearRegression().fit(X, y), sklearn.linear_model.LinearRegression().fit(X, y)
    assert ours.coef_.dtype == theirs.coef_.dtype
    assert ours.singular_.dtype == theirs.singular_.dtype == np.float32

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn.cluster
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import scalml
import scalml.cluster.restarts
import scalml.cluster.sample
from scalml.cluster import KMeans
from scalml.utils.trial_data import Counting, chunked

N, K = 900, 6


def blobs(n=N, d=4, k=K, far=0.0, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(k, d)) * 3
    return (means[rng.integers(0, k, n)] + rng.normal(size=(n, d))) * spread + far


def weights(n=N):
    return np.random.default_rng(1).integers(0, 4, n).astype(float)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("tol", [0, 1e-4])
def test_parity_from_the_same_centres(seed, kind, weighted, tol):
    X = blobs(seed=seed)
    w = weights() if weighted and not tol else None  # with tol, weights count here: see below
    options = {"n_clusters": K, "init": X[:K], "n_init": 1, "tol": tol}
    theirs = sklearn.cluster.KMeans(**options).fit(kind(X), sample_weight=w)
    ours = KMeans(**options).fit(chunked(kind(X), [0, 1, 399, 500]), sample_weight=w)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-10)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-12)
    np.testing.assert_array_equal(ours.predict(kind(X)), theirs.labels_)
    assert ours.score(kind(X), sample_weight=w) == pytest.approx(-theirs.inertia_, rel=1e-12)
    lazy = chunked(kind(X), [450, 450])
    assert ours.score(lazy, sample_weight=w) == pytest.approx(-theirs.inertia_, rel=1e-12)
    np.testing.assert_array_equal(ours.predict(lazy).to_numpy(), theirs.labels_)
    expected = theirs.transform(kind(X))
    np.testing.assert_allclose(ours.transform(lazy).to_numpy(), expected, atol=1e-6)


@pytest.mark.parametrize(("far", "spread"), [(1e6, 1.0), (1e9, 1.0), (0.0, 1e-9), (3.0, 1e8)])
def test_parity_on_awkward_data(far, spread):
    X = blobs(far=far, spread=spread)
    X[:, 1] = far + 7 * spread  # constant
    X[:, 2] = X[:, 3]
    options = {"n_clusters": K, "init": X[:K], "n_init": 1}
    theirs, ours = sklearn.cluster.KMeans(**options).fit(X), KMeans(**options).fit(X)
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    scale = max(1.0, np.abs(X).max())
    assert np.abs(ours.cluster_centers_ - theirs.cluster_centers_).max() / scale < 1e-12
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-6)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_float32_stays_float32(kind):
    X = kind(blobs().astype(np.float32))
    init = X[:K].toarray() if sparse.issparse(X) else X[:K]
    options = {"n_clusters": K, "init": init, "n_init": 1}
    theirs, ours = sklearn.cluster.KMeans(**options).fit(X), KMeans(**options).fit(X)
    assert ours.cluster_centers_.dtype == np.float32
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-5)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-5)
    assert ours.transform(X).dtype == np.float32


def test_rows_of_the_other_precision_are_understood():
    X = blobs()
    single, double = KMeans(K, random_state=0).fit(X.astype(np.float32)), KMeans(K, random_state=0)
    double.fit(X)
    assert (single.predict(X) == single.labels_).mean() > 0.99
    assert (double.predict(X.astype(np.float32)) == double.labels_).mean() > 0.99
    assert double.score(X.astype(np.float32)) == pytest.approx(-double.inertia_, rel=1e-5)


@pytest.mark.parametrize("init", ["k-means++", "random", lambda X, k, random_state: X[-k:].copy()])
@pytest.mark.parametrize("n_init", ["auto", 3])
def test_the_same_seed_gives_scikit_learns_clusters(init, n_init):
    X = blobs()
    options = {"n_clusters": K, "init": init, "n_init": n_init, "random_state": 3, "tol": 0}
    theirs = sklearn.cluster.KMeans(**options).fit(X, sample_weight=weights() + 1)
    for data in (X, np.asfortranarray(X), pd.DataFrame(X), chunked(X, [300, 300, 300])):
        ours = KMeans(**options).fit(data, sample_weight=weights() + 1)
        np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-10)
        assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-12)


def test_frames_have_names():
    frame = pd.DataFrame(blobs(), columns=list("abcd"))
    X = scalml.from_frame(frame, chunk_rows=200)
    model = KMeans(K, random_state=0).fit(X)
    assert model.feature_names_in_.tolist() == list("abcd")
    assert model.get_feature_names_out().tolist() == [f"kmeans{i}" for i in range(K)]
    np.testing.assert_array_equal(model.predict(X).to_numpy(), model.predict(frame))
    apart = model.set_output(transform="pandas").transform(X)
    assert list(apart.columns) == [f"kmeans{i}" for i in range(K)]
    plain = model.to_sklearn()
    np.testing.assert_array_equal(plain.predict(frame), model.predict(frame))
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X[["b", "a", "c", "d"]])


@pytest.fixture
def small_samples(monkeypatch):
    """Let tests have data that is larger than the sample."""
    monkeypatch.setattr(scalml.cluster.sample, "SAMPLE_BYTES", 2000 * 32)
    monkeypatch.setattr(scalml.cluster.restarts, "WHOLE_BYTES", 5000 * 32)


@pytest.mark.parametrize("init", ["k-means++", "random", lambda X, k, random_state: X[-k:].copy()])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix])
def test_starts_on_a_sample_end_on_all_rows(small_samples, init, kind):
    X = blobs(20_000)
    model = KMeans(K, init=init, tol=0, random_state=0)
    whole = model.fit(kind(X))
    assert len(whole.labels_) == len(X)
    centers, n_iter, inertia = whole.cluster_centers_, whole.n_iter_, whole.inertia_
    for rows in (1234, 20_000):
        cut = model.fit(scalml.from_array(kind(X), chunk_rows=rows))
        np.testing.assert_allclose(cut.cluster_centers_, centers, atol=1e-10)
        assert cut.n_iter_ == n_iter and not hasattr(cut, "labels_")
    again = sklearn.cluster.KMeans(K, init=centers, n_init=1, tol=0).fit(X)
    assert again.n_iter_ <= 2 and again.inertia_ == pytest.approx(inertia, rel=1e-9)


def test_sampled_starts_are_as_good_as_those_of_all_rows(small_samples):
    X = blobs(20_000)
    cut = scalml.from_array(X, chunk_rows=3000)
    for seed in range(3):
        options = {"n_clusters": K, "n_init": 10, "random_state": seed}
        theirs = sklearn.cluster.KMeans(**options).fit(X)
        assert KMeans(**options).fit(cut).inertia_ < 1.001 * theirs.inertia_


def test_a_sample_without_weights_says_what_to_do(small_samples):
    weight = np.zeros(20_000)
    weight[:10] = 1
    X = scalml.from_array(blobs(20_000), chunk_rows=3000)
    with pytest.raises(ValueError, match="drop the rows of weight 0"):
        KMeans(K, random_state=0).fit(X, sample_weight=weight)


@pytest.mark.parametrize("n_init", [1, 2])
def test_parallel_start(n_init):
    X = blobs()
    options = {"init": "k-means||", "n_init": n_init, "random_state": 2, "tol": 0}
    model = KMeans(K, **options).fit(X)
    cut = KMeans(K, **options).fit(chunked(X, [1, 500, 399]))
    np.testing.assert_allclose(cut.cluster_centers_, model.cluster_centers_, atol=1e-10)
    best = min(sklearn.cluster.KMeans(K, random_state=s).fit(X).inertia_ for s in range(5))
    assert model.inertia_ < 1.5 * best
    assert model.to_sklearn().init == "k-means++"
    assert sklearn.base.clone(model).init == "k-means||"


def passes_of(model, X):
    source = Counting(X, lengths=[len(X) // 2, len(X) - len(X) // 2])
    with scalml.config_context(backend="serial"):
        model.fit(scalml.data.wrap(source))
    return source.reads / 2


def test_passes(small_samples):
    X = blobs(20_000)
    model = KMeans(K, init=X[:K], n_init=1)
    assert passes_of(model, X) == 1 + model.n_iter_ + 1
    model = KMeans(K, random_state=0)
    assert passes_of(model, X) == 1 + model.n_iter_ + 1
    assert passes_of(KMeans(K, random_state=0), X[:1000]) == 1
    model = KMeans(K, init="k-means||", random_state=0, n_init=1)
    assert passes_of(model, X) == 1 + 7 + model.n_iter_ + 1
    assert model.fit_passes() == (9, 1 + 7 + 601)
    lonely = np.vstack([X[:K], np.full((1, 4), 1e6)])
    model = KMeans(K + 1, init=lonely, n_init=1)
    assert passes_of(model, X) == 1 + model.n_iter_ + 1 + 1


def test_empty_clusters_are_relocated_as_in_scikit_learn():
    X = blobs()
    init = np.vstack([X[: K - 2], np.full((2, 4), 1e3)])
    options = {"n_clusters": K, "init": init, "n_init": 1}
    theirs = sklearn.cluster.KMeans(**options).fit(X)
    ours = KMeans(**options).fit(chunked(X, [100, 700, 100]))
    assert ours.n_iter_ == theirs.n_iter_
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-10)


@pytest.mark.parametrize("init", ["k-means++", "k-means||", np.zeros((3, 1)) + [[0], [1], [9]]])
def test_fewer_distinct_rows_than_clusters(init):
    X = np.repeat([[0.0], [1.0]], 20, axis=0)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(2\) found smaller than n_"):
        model = KMeans(3, init=init, n_init=1, random_state=0).fit(chunked(X, [10, 30]))
    assert model.inertia_ == 0.0 and set(model.cluster_centers_.ravel()) == {0.0, 1.0}
    assert model.to_sklearn().predict([[0.9]]) == model.predict([[0.9]])


def test_chunks_smaller_than_the_number_of_clusters_are_fine():
    X = blobs(40)
    options = {"n_clusters": K, "init": X[:K], "n_init": 1}
    theirs = sklearn.cluster.KMeans(**options).fit(X)
    ours = KMeans(**options).fit(scalml.from_array(X, chunk_rows=1))
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-12)


@pytest.mark.parametrize("cut", [np.asarray, scalml.from_array])
def test_fewer_rows_than_clusters_are_an_error(cut):
    with pytest.raises(ValueError, match="n_samples=3 should be >= n_clusters=8"):
        KMeans().fit(cut(np.eye(3)))


def test_the_tolerance_knows_the_weights():
    X, w = np.vstack([blobs(), [[1e4] * 4]]), np.append(weights(), 0.0)
    options = {"n_clusters": K, "init": X[:K], "n_init": 1, "tol": 1e-2}
    weighted = KMeans(**options).fit(X, sample_weight=w)
    repeated = KMeans(**options).fit(np.repeat(X, w.astype(int), axis=0))
    assert weighted.n_iter_ == repeated.n_iter_
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, atol=1e-10)


def test_labels_stay_in_the_process():
    X = blobs()
    model = KMeans(K, random_state=0).fit(X)
    assert model.labels_.dtype == np.int32
    np.testing.assert_array_equal(model.labels_, model.predict(X))
    np.testing.assert_array_equal(model.labels_, model.to_sklearn().labels_)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert not hasattr(other, "labels_")
        np.testing.assert_array_equal(other.predict(X), model.labels_)
    model.fit(chunked(X, [400, 500]))
    with pytest.raises(AttributeError, match=r"predict\(X\) gives the labels"):
        model.labels_  # noqa: B018
    assert not hasattr(model.to_sklearn(), "labels_")


def test_fit_predict_and_fit_transform():
    X = blobs()
    cut = chunked(X, [400, 500])
    labels = KMeans(K, random_state=0).fit_predict(X, sample_weight=weights())
    lazy = KMeans(K, random_state=0).fit_predict(cut, sample_weight=weights())
    np.testing.assert_array_equal(lazy.to_numpy(), labels)
    apart = KMeans(K, random_state=0).fit_transform(cut).to_numpy()
    np.testing.assert_allclose(apart, KMeans(K, random_state=0).fit_transform(X), atol=1e-10)


def test_values_beyond_float32_are_predicted():
    X = blobs() * 1e140
    model = KMeans(K, random_state=0).fit(X)
    assert (model.predict(X) == model.labels_).all()
    assert (model.predict(chunked(X, [400, 500])).to_numpy() == model.labels_).all()


def test_a_prediction_is_a_snapshot():
    X = blobs()
    model = KMeans(K, random_state=0).fit(X)
    lazy, expected = model.predict(chunked(X, [450, 450])), model.labels_
    model.set_params(n_clusters=2).fit(X)
    np.testing.assert_array_equal(lazy.to_numpy(), expected)


@pytest.mark.parametrize(
    "params",
    [
        {"n_clusters": 0},
        {"n_clusters": 2.5},
        {"init": "somewhere"},
        {"init": 3},
        {"n_init": 0},
        {"n_init": "many"},
        {"max_iter": 0},
        {"tol": -1},
        {"verbose": "loud"},
        {"algorithm": "full"},
        {"random_state": "seed"},
    ],
)
def test_wrong_parameters_are_scikit_learns_errors(params):
    with pytest.raises(ValueError) as theirs:
        sklearn.cluster.KMeans(**params).fit(blobs())
    with pytest.raises(type(theirs.value)) as ours:
        KMeans(**params).fit(chunked(blobs(), [N]))
    assert str(ours.value) == str(theirs.value)


def test_parameters_are_judged_without_drawing_numbers():
    state = np.random.RandomState(0)
    ours = KMeans(K, random_state=state).fit(blobs())
    theirs = sklearn.cluster.KMeans(K, random_state=np.random.RandomState(0)).fit(blobs())
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-10)


def test_several_starts_of_an_array_are_one():
    X = blobs()
    with pytest.warns(RuntimeWarning, match="performing only one init in KMeans"):
        KMeans(K, init=X[:K], n_init=5).fit(X)


def test_errors():
    X = blobs()
    with pytest.raises(NotFittedError):
        KMeans().predict(X)
    with pytest.raises(ValueError, match="at least one non-zero number"):
        KMeans().fit(X, sample_weight=np.zeros(N))
    with pytest.raises(ValueError, match="Negative values in data passed to sample_weight"):
        KMeans().fit(X, sample_weight=-np.ones(N))
    X[777, 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        KMeans().fit(X)
    with pytest.raises(ValueError, match="row 777 of data in memory|row 777"):
        KMeans().fit(chunked(X, [600, 300]))
    model = KMeans(K, random_state=0).fit(blobs())
    with pytest.raises(ValueError, match="NaN"):
        model.predict(chunked(X, [600, 300])).to_numpy()
    with pytest.raises(ValueError, match="X has 3 features"):
        model.predict(chunked(X[:, :3], [600, 300]))


def test_verbose_prints(capsys):
    KMeans(K, random_state=0, verbose=1).fit(blobs())
    assert "Iteration 1, centers moved by" in capsys.readouterr().out
    KMeans(K, random_state=0).fit(blobs())
    assert not capsys.readouterr().out

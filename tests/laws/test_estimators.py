"""Every estimator of scalml obeys the laws of chunks: enrolled by one line here."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.decomposition import PCA as InMemoryPCA
from sklearn.decomposition import TruncatedSVD as InMemorySVD
from sklearn.linear_model import BayesianRidge, LassoLars, SGDClassifier
from sklearn.linear_model import LogisticRegression as InMemoryLogistic

from scalml.cluster import KMeans
from scalml.compose import ColumnTransformer
from scalml.decomposition import PCA, TruncatedSVD
from scalml.impute import SimpleImputer
from scalml.linear_model import (
    ElasticNet,
    GramRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
)
from scalml.naive_bayes import GaussianNB, MultinomialNB
from scalml.pipeline import make_pipeline
from scalml.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler
from scalml.utils.estimator_checks import N_ROWS, Laws, laws_of
from scalml.wrappers import Incremental


def with_gaps(rng):
    X = rng.integers(0, 5, size=(N_ROWS, 3)).astype(float)
    X[rng.random(X.shape) < 0.2] = np.nan
    return X, None


def table(rng):
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, N_ROWS),
            "town": rng.choice(["Bonn", "Köln", "Ulm"], N_ROWS),
            "size": rng.integers(0, 4, N_ROWS),
        }
    )
    frame.loc[rng.random(N_ROWS) < 0.2, "age"] = np.nan
    return frame, rng.choice(["late", "on time"], N_ROWS)


def three_classes(rng):
    X = rng.normal(size=(N_ROWS, 4)) * [1, 2, 0.5, 1] + [0, 1, -1, 2]
    return X, rng.choice(["a", "b", "c"], N_ROWS, p=[0.5, 0.3, 0.2])


def categories(rng):
    return table(rng)[0][["town", "size"]], None


def word_counts(rng):
    y = rng.integers(0, 3, N_ROWS)
    return rng.poisson(rng.gamma(1, 1, (3, 5))[y]), np.array(["ham", "news", "spam"])[y]


def sparse_word_counts(rng):
    X, y = word_counts(rng)
    return sparse.csr_matrix(X, dtype=float), y


def sparse_numbers(rng):
    X = sparse.random(N_ROWS, 5, density=0.4, format="csr", random_state=0)
    return X, X @ [1.0, -2, 3, 0, 1] + rng.normal(size=N_ROWS)


CENTERS = np.array([[0.0, 9, -1, 100], [1, 10, -1, 101], [-1, 12, -1, 99]])
ISLANDS = np.array([[0.0, 0], [50, 0], [0, 70]])


def islands(rng):
    return ISLANDS[rng.integers(0, 3, N_ROWS)] + rng.normal(size=(N_ROWS, 2)), None


columns = ColumnTransformer(
    [
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["age"]),
        ("words", OneHotEncoder(), ["town", "size"]),
    ]
)

REGISTRY = [
    Laws(StandardScaler(), rtol=1e-12),
    Laws(StandardScaler(with_mean=False), rtol=1e-12),
    Laws(StandardScaler(), rtol=1e-12, data=with_gaps),
    Laws(MinMaxScaler(feature_range=(-1, 2), clip=True), rtol=0.0, chunk_rtol=0.0),
    Laws(MinMaxScaler(), rtol=0.0, chunk_rtol=0.0, data=with_gaps),
    Laws(MaxAbsScaler(), rtol=0.0, chunk_rtol=0.0, data=with_gaps),
    Laws(MaxAbsScaler(), rtol=0.0, chunk_rtol=0.0, data=sparse_numbers),
    Laws(StandardScaler(with_mean=False), rtol=1e-12, data=sparse_numbers),
    Laws(GaussianNB()),
    Laws(GaussianNB(var_smoothing=0.0, priors=[0.3, 0.7])),
    Laws(MultinomialNB(), data=word_counts),
    Laws(MultinomialNB(alpha=0.1, fit_prior=False), data=word_counts),
    Laws(MultinomialNB(), data=sparse_word_counts),
    Laws(SimpleImputer(), rtol=1e-12, data=with_gaps),
    Laws(SimpleImputer(strategy="most_frequent"), data=with_gaps),
    Laws(SimpleImputer(strategy="constant", fill_value=3, add_indicator=True), data=with_gaps),
    Laws(OneHotEncoder(), data=categories),
    Laws(OneHotEncoder(min_frequency=30, handle_unknown="infrequent_if_exist"), data=categories),
    Laws(columns, data=table, additive=False),
    Laws(ColumnTransformer([("words", OneHotEncoder(), ["town", "size"])]), data=table),
    Laws(LinearRegression()),
    Laws(LinearRegression(fit_intercept=False)),
    Laws(LinearRegression(positive=True), rtol=1e-7),
    Laws(LinearRegression(), data=sparse_numbers),
    Laws(Ridge(alpha=2.0)),
    Laws(PCA()),
    Laws(PCA(0.95, whiten=True)),
    Laws(TruncatedSVD(2), reference=InMemorySVD(2, algorithm="arpack")),
    Laws(PCA(2), reference=InMemoryPCA(2, svd_solver="arpack"), data=sparse_numbers),
    Laws(TruncatedSVD(2), reference=InMemorySVD(2, algorithm="arpack"), data=sparse_numbers),
    Laws(Lasso(alpha=0.1)),
    Laws(ElasticNet(alpha=0.1, fit_intercept=False)),
    Laws(GramRegressor(LassoLars(alpha=0.1)), reference=LassoLars(alpha=0.1)),
    Laws(GramRegressor(BayesianRidge()), reference=BayesianRidge()),
    Laws(
        LogisticRegression(tol=1e-8),
        reference=InMemoryLogistic(solver="newton-cholesky", tol=1e-10),
        rtol=1e-5,
        chunk_rtol=1e-6,
    ),
    Laws(
        LogisticRegression(tol=1e-8),
        reference=InMemoryLogistic(solver="newton-cholesky", tol=1e-10),
        rtol=1e-5,
        chunk_rtol=1e-6,
        data=three_classes,
    ),
    Laws(
        LogisticRegression(tol=1e-8, C=0.1, l1_ratio=0.7, solver="saga"),
        reference=InMemoryLogistic(tol=1e-10, C=0.1, l1_ratio=0.7, solver="saga", max_iter=100_000),
        rtol=1e-5,
        chunk_rtol=1e-6,
        data=three_classes,
    ),
    Laws(make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8)), rtol=1e-5, chunk_rtol=1e-6),
    Laws(KMeans(3, init=CENTERS, tol=0)),
    Laws(KMeans(3, random_state=0), data=islands),
    Laws(Incremental(SGDClassifier(random_state=0)), streamed=True),
]


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{place}-{type(laws.estimator).__name__}-{name}")
        for place, laws in enumerate(REGISTRY)
        for name, check in laws_of(laws)
    ],
)
def test_law(check):
    check()

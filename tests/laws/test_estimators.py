"""Every estimator of scalml obeys the laws of chunks: enrolled by one line here."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression as InMemoryLogistic
from sklearn.linear_model import SGDClassifier

from scalml.compose import ColumnTransformer
from scalml.impute import SimpleImputer
from scalml.linear_model import LinearRegression, LogisticRegression, Ridge
from scalml.pipeline import make_pipeline
from scalml.preprocessing import OneHotEncoder, StandardScaler
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


def categories(rng):
    return table(rng)[0][["town", "size"]], None


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
    Laws(Ridge(alpha=2.0)),
    Laws(
        LogisticRegression(tol=1e-8),
        reference=InMemoryLogistic(solver="newton-cholesky", tol=1e-10),
        rtol=1e-5,
        chunk_rtol=1e-6,
    ),
    Laws(make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8)), rtol=1e-5, chunk_rtol=1e-6),
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

"""From two .npy files to probabilities in a third: the shortest whole path through scalml.

python examples/quickstart.py
"""

import tempfile
from pathlib import Path

import numpy as np

import scalml
from scalml.linear_model import LogisticRegression
from scalml.metrics import roc_auc_score
from scalml.pipeline import make_pipeline
from scalml.preprocessing import StandardScaler


def make_files(directory, n_rows=200_000, n_features=20):
    """Write X.npy and y.npy as some other program would have done."""
    random = np.random.default_rng(0)
    X = random.normal(3, 2, size=(n_rows, n_features))
    score = (X - 3) @ random.normal(size=n_features) / 4
    np.save(directory / "X.npy", X)
    np.save(directory / "y.npy", score + random.logistic(size=n_rows) > 0)


def main(directory):
    make_files(directory)

    # Opening reads a header; no row is in memory.
    X = scalml.read_npy(directory / "X.npy", chunk_rows=20_000)
    y = scalml.read_npy(directory / "y.npy")
    print(X)

    # What fitting would cost, before anything runs.
    model = make_pipeline(StandardScaler(), LogisticRegression())
    print(scalml.plan(model, X, y))

    # The names and the fitted attributes are scikit-learn's.
    model.fit(X, y)
    print("largest coefficient:", np.abs(model[-1].coef_).max().round(4))

    # Predictions are lazy too: they stream to a file, or into a score.
    probability = model.predict_proba(X)[:, 1]
    probability.to_npy(directory / "probability.npy")
    print("AUC:", round(roc_auc_score(y, probability), 4))

    # What streaming learnt is a plain scikit-learn model.
    few = X[:5].to_numpy()
    print(model.to_sklearn().predict_proba(few)[:, 1].round(3))
    print(np.load(directory / "probability.npy", mmap_mode="r")[:5].round(3))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="scalml-quickstart-") as directory:
        main(Path(directory))

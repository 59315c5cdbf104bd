"""How good a result is, computed alike for every system, outside the measured time."""

import numpy as np

from benchmarks.data import held_out


def moments(files, mean, scale, sums):
    """Largest errors of the means and scales, and the largest mean of a scaled column."""
    gram, rows = _gram(files)
    true_mean = gram[-2, :-2] / rows
    true_scale = np.sqrt(np.diag(gram)[:-2] / rows - true_mean**2)
    return {
        "error of mean_": np.abs(mean - true_mean).max(),
        "error of scale_": np.abs(scale - true_scale).max(),
        "max |mean| scaled": np.abs(sums).max() / rows,
    }


def linear(files, coef, intercept):
    """Mean squared error less that of the optimum, which the exact Gram gives."""
    gram, rows = _gram(files)
    best = np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    mse = [_squares(gram, c) / rows for c in (np.append(coef, intercept), best)]
    return {"mse": mse[0], "mse - best": mse[0] - mse[1]}


def logistic(files, coef, intercept):
    """Objective per row (C = 1, free intercept) and the largest entry of its gradient."""
    X, y = np.load(files.X, mmap_mode="r"), np.load(files.y_binary)
    coef = np.ravel(coef).astype(np.float64)
    loss, gradient, slope = 0.0, np.zeros(len(coef)), 0.0
    for start in range(0, len(X), 20_000):
        block, target = X[start : start + 20_000], y[start : start + 20_000]
        score = block @ coef + float(np.ravel(intercept)[0])
        loss += np.logaddexp(0.0, score).sum() - score @ target
        error = 1.0 / (1.0 + np.exp(-score)) - target
        gradient += error @ block
        slope += error.sum()
    rows = len(X)
    gradient = np.append(gradient + coef, slope) / rows
    return {
        "objective": (loss + 0.5 * coef @ coef) / rows,
        "max |gradient|": np.abs(gradient).max(),
    }


def predictions(files, path):
    """How many rows were given class 1, and how many rightly."""
    predicted, y = np.load(path), np.load(files.y_binary)
    return {"ones": int(predicted.sum()), "accuracy": float((predicted == y).mean())}


def components(files, components, variances):
    """Share of the variance that the directions hold, and the largest error of a variance."""
    gram, rows = _gram(files)
    mean = gram[-2, :-2] / rows
    covariance = (gram[:-2, :-2] - rows * np.outer(mean, mean)) / (rows - 1)
    best = np.linalg.eigvalsh(covariance)[::-1][: len(variances)]
    held = np.trace(components @ covariance @ components.T)
    return {
        "variance explained": held / np.trace(covariance),
        "error of variances": np.abs(variances / best - 1).max(),
    }


def inertia(files, centers):
    """Sum of the squared distances of all rows to the nearest centre."""
    X, total = np.load(files.X, mmap_mode="r"), 0.0
    centers = np.asarray(centers, np.float64)
    for start in range(0, len(X), 20_000):
        block = X[start : start + 20_000]
        scores = (centers**2).sum(axis=1) - 2.0 * block @ centers.T
        total += np.vdot(block, block) + scores.min(axis=1).sum()
    return {"inertia": total}


def late(files, probability):
    """Log-loss and AUC of the probabilities that the flights in the last rows are late."""
    import polars
    from sklearn.metrics import roc_auc_score

    y = polars.read_csv(files.flights, columns=["late"])["late"].to_numpy()
    assert len(probability) == held_out(len(y))
    y = y[-len(probability) :]
    return {"log-loss": log_loss(y, probability), "AUC": roc_auc_score(y, probability)}


def log_loss(target, probability):
    """Mean negative log-likelihood of the targets, 0 or 1."""
    probability = np.clip(probability, 1e-15, 1 - 1e-15)
    return float(-np.log(np.where(target == 1, probability, 1 - probability)).mean())


def _gram(files):
    gram = np.load(files.truth)["gram"]
    return gram, gram[-2, -2]


def _squares(gram, coef):
    residual = np.append(coef, -1.0)
    return float(residual @ gram @ residual)

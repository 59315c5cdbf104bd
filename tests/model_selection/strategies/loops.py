"""The loop over candidates and splits that every strategy must agree with."""

import numpy as np
from sklearn.base import clone

from scalml.metrics import get_scorer


def naive(estimator, candidates, X, y, splits, scoring, weight=None):
    """Test and training scores of shape (n_candidates, n_splits): a fit for each."""
    scorer = get_scorer(scoring)

    def scores(candidate, train, test):
        model = clone(estimator).set_params(**clone(candidate, safe=False))
        model.fit(X[train], y[train], **weights(train))
        return [scorer(model, X[side], y[side], **weights(side)) for side in (test, train)]

    def weights(rows):
        return {} if weight is None else {"sample_weight": weight[rows]}

    found = [[scores(one, *split) for split in splits] for one in candidates]
    return np.moveaxis(np.array(found), 2, 0)


def found(search, metric="score"):
    """The same of a search."""
    results = search.cv_results_
    return [
        np.stack([results[f"split{k}_{side}_{metric}"] for k in range(search.n_splits_)], axis=1)
        for side in ("test", "train")
    ]

"""MultinomialNB: probabilities of features by class, from counts that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.naive_bayes

from scalml.naive_bayes.base import NaiveBayes, require_one_per_class
from scalml.statistics import ClassCounts

__all__ = ["MultinomialNB"]

LEAST_ALPHA = 1e-10  # of scikit-learn, where `force_alpha` is False


class MultinomialNB(NaiveBayes, sklearn.naive_bayes.MultinomialNB):
    """Multinomial naive Bayes: features are counts, such as of the words of a text.

    Parameters, attributes and results are those of `sklearn.naive_bayes.MultinomialNB`; the rows
    may be a `ChunkedArray` (dense or CSR), a `ChunkedFrame` or in memory. Predictions of chunked
    rows are lazy.

    Parameters
    ----------
    alpha : float or array-like of shape (n_features,), default=1.0
        Added to the counts of each class, so that what was never seen is not impossible.
    force_alpha : bool, default=True
        Whether an `alpha` below 1e-10 is taken as it is; if not it becomes 1e-10, with a warning.
    fit_prior : bool, default=True
        Whether the prior probabilities are the classes' shares of the weight, or all the same.
    class_prior : array-like of shape (n_classes,), default=None
        Prior probabilities, instead.

    Attributes
    ----------
    counts_ : ClassCounts
        Sums of the rows by class; what `partial_fit` adds to.
    class_count_ : ndarray of shape (n_classes,)
        Weight of the rows of each class.
    class_log_prior_ : ndarray of shape (n_classes,)
        Logarithms of the prior probabilities.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    feature_count_, feature_log_prob_ : ndarray of shape (n_classes, n_features)
        Weighted sums of the counts, and logarithms of the features' shares of them.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    GaussianNB : For measurements.

    Notes
    -----
    Passes: one, which finds the classes too. Memory: ``16 n_classes n_features`` bytes a few
    times, and a chunk and a megabyte a worker; for CSR two numbers an entry of it. Any memory
    order of blocks gives the same bits, and integer counts are exact.

    `statistic` and `solve` let a search try other parameters without reading the rows again.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.naive_bayes import MultinomialNB
    >>> X = scalml.from_array(np.array([[3, 0], [2, 1], [0, 4]]), chunk_rows=2)
    >>> model = MultinomialNB().fit(X, np.array(["ham", "ham", "spam"]))
    >>> model.feature_count_.tolist()
    [[5.0, 1.0], [0.0, 4.0]]
    >>> model.predict(np.array([[1, 0], [0, 1]])).tolist()
    ['ham', 'spam']
    """

    namesake = sklearn.naive_bayes.MultinomialNB
    fitted_names = ("class_count_", "class_log_prior_", "feature_count_", "feature_log_prob_")
    accept_sparse = "csr"
    learns = ClassCounts
    learnt_as = ("counts_",)

    counts_: ClassCounts

    def _require_valid(self, n_features: int) -> None:
        # Two fits, as classes times features may be very many.
        self._plain(class_prior=None).fit(np.ones((1, n_features)), [0])
        n_classes = max(np.size(self.class_prior), 1)
        prior: Any = self._plain(alpha=1.0)
        prior.fit(np.ones((n_classes, 1)), np.arange(n_classes))

    def _solved(self, statistic: ClassCounts) -> None:
        n_classes, counts = statistic.classes.size, statistic.counts
        alpha = np.asarray(self.alpha)
        smoothed = counts + (alpha if self.force_alpha else np.maximum(alpha, LEAST_ALPHA))
        totals = smoothed.sum(axis=1)
        self.class_count_, self.feature_count_ = statistic.weight, counts
        self.feature_log_prob_ = np.log(smoothed) - np.log(totals[:, None])
        if self.class_prior is not None:
            require_one_per_class(self.class_prior, n_classes)
            self.class_log_prior_ = np.log(self.class_prior)
        elif self.fit_prior:
            with np.errstate(divide="ignore"):  # a class without rows
                prior = np.log(statistic.weight)
            self.class_log_prior_ = prior - np.log(statistic.weight.sum())
        else:
            self.class_log_prior_ = np.full(n_classes, -np.log(n_classes))

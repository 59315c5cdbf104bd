"""GaussianNB: means and variances by class, from moments that add up."""

from __future__ import annotations

import numpy as np
import sklearn.naive_bayes

from scalml.naive_bayes.base import NaiveBayes, require_one_per_class
from scalml.statistics import ClassMoments

__all__ = ["GaussianNB"]


class GaussianNB(NaiveBayes, sklearn.naive_bayes.GaussianNB):
    """Gaussian naive Bayes: within a class the features are independent and normal.

    Parameters, attributes and results are those of `sklearn.naive_bayes.GaussianNB`; the rows may
    be a `ChunkedArray`, a `ChunkedFrame` or in memory. Predictions of chunked rows are lazy.

    Parameters
    ----------
    priors : array-like of shape (n_classes,), default=None
        Prior probabilities of the classes; by default their shares of the weight of the rows.
    var_smoothing : float, default=1e-9
        Portion of the largest variance of all features that is added to all variances.

    Attributes
    ----------
    moments_ : ClassMoments
        Count, mean and centred squares by class and of all rows; what `partial_fit` adds to.
    class_count_, class_prior_ : ndarray of shape (n_classes,)
        Weight of the rows of each class, and its prior probability.
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    epsilon_ : float
        What is added to the variances.
    theta_, var_ : ndarray of shape (n_classes, n_features)
        Means and variances; float32, as all other results, if all rows are.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    MultinomialNB : For counts, dense or CSR.

    Notes
    -----
    Passes: one, which finds the classes too. Memory: a chunk and two megabytes a worker, and
    ``24 n_classes n_features`` bytes a few times. Any memory order of blocks gives the same bits.

    Moments are those of [1]_, in float64 whatever the input and shifted by class, so that means
    far from zero or far apart cost no accuracy. As in scikit-learn the variance behind
    `epsilon_` is that of all rows without their weights. But `partial_fit` takes it from all rows
    seen, where scikit-learn takes the latest batch: so it equals `fit` on all the rows.

    `statistic` and `solve` let a search try other parameters without reading the rows again.

    References
    ----------
    .. [1] Chan, Golub, LeVeque (1983), "Algorithms for computing the sample variance".

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.naive_bayes import GaussianNB
    >>> X = scalml.from_array(np.array([[1.0], [2.0], [3.0], [7.0], [9.0]]), chunk_rows=2)
    >>> y = np.array(["low", "low", "low", "high", "high"])
    >>> model = GaussianNB().fit(X, y)
    >>> model.classes_.tolist(), model.theta_.ravel().tolist()
    (['high', 'low'], [8.0, 2.0])
    >>> model.predict(X).to_numpy().tolist()
    ['low', 'low', 'low', 'high', 'high']
    """

    namesake = sklearn.naive_bayes.GaussianNB
    fitted_names = ("class_count_", "class_prior_", "epsilon_", "theta_", "var_")
    learns = ClassMoments
    learnt_as = ("moments_",)

    moments_: ClassMoments

    def _require_valid(self, n_features: int) -> None:
        n_classes = max(np.size(self.priors), 1)
        self._plain().fit(np.zeros((n_classes, 1)), np.arange(n_classes))

    def _solved(self, statistic: ClassMoments) -> None:
        dtype, within = statistic.dtype, statistic.within
        epsilon = self.var_smoothing * statistic.whole.var.max()
        squares, n = within.squares, within.n
        var = np.divide(squares, n, out=np.zeros_like(squares), where=n > 0)
        if self.priors is None:
            priors = statistic.weight / statistic.weight.sum()
        else:
            priors = np.asarray(self.priors)
            require_one_per_class(priors, statistic.classes.size)
        self.epsilon_ = dtype.type(epsilon)
        self.theta_ = within.centre.astype(dtype)
        self.var_ = (var + epsilon).astype(dtype)
        self.class_count_ = statistic.weight.astype(dtype)
        self.class_prior_ = priors.astype(dtype)

"""KMeans: starts chosen in memory or by k-means||, Lloyd's iterations as passes over all rows."""

from __future__ import annotations

import numbers
import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import sklearn.cluster
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from scalml.cluster.parallel_start import ROUNDS
from scalml.cluster.restarts import best_clustering
from scalml.cluster.starts import is_array
from scalml.data import cached, from_array
from scalml.runtime import reduce_chunks
from scalml.statistics import Assignments
from scalml.statistics.assignments import nearest
from scalml.utils.application import ChunkedTransformer, lazily
from scalml.utils.fitting import fitting
from scalml.utils.namesakes import params_of
from scalml.utils.validation import is_chunked, validate_chunks


class KMeans(  # type: ignore[call-arg]
    ChunkedTransformer, sklearn.cluster.KMeans, auto_wrap_output_keys=None
):
    """Clusters around centres that are the means of the rows nearest to them.

    Parameters, attributes and results are those of `sklearn.cluster.KMeans`; rows may be a
    `ChunkedArray`, a `ChunkedFrame` or in memory. From the same array of initial centres the
    centres are scikit-learn's to 1e-6, after as many iterations.

    Parameters
    ----------
    n_clusters : int, default=8
    init : {'k-means++', 'k-means||', 'random'}, callable or array-like of shape \
            (n_clusters, n_features), default='k-means++'
        Where to start. 'k-means||' draws from all chunked rows in seven passes [1]_; the others,
        but for an array, choose among rows in memory: see Notes. A callable gets these rows, less
        their mean if dense, `n_clusters` and `random_state`, as in scikit-learn.
    n_init : 'auto' or int, default='auto'
        Number of starts, of which the one that ends with the least inertia is kept. 'auto' is 10
        for 'random' and callables, otherwise 1.
    max_iter : int, default=300
        Most iterations for each start.
    tol : float, default=1e-4
        The centres stand still when the sum of their squared moves is at most `tol` times the
        mean variance of the columns, weighted by `sample_weight`. With 0 iterations go on until
        no row changes its cluster.
    verbose : int, default=0
        Whether to print how far the centres move.
    random_state : int, RandomState instance or None, default=None
        Rows in memory start where scikit-learn starts from the same number.
    copy_x : bool, default=True
        Accepted; the data is never written to.
    algorithm : {'lloyd', 'elkan'}, default='lloyd'
        Accepted: two routes to one result. Lloyd's is taken; Elkan's keeps bounds for every row
        and cluster.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
        float32 for float32 rows.
    labels_ : ndarray of shape (n_rows,), int32
        Cluster of every row, if they were in memory; not part of a pickle. A model holds nothing
        of chunked rows: ``predict(X)`` gives their labels lazily.
    inertia_ : float
        Weighted sum of squared distances of the rows from their centres, of the final centres.
    n_iter_ : int
        Iterations over all rows.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    scalml.wrappers.Incremental : For `sklearn.cluster.MiniBatchKMeans`, in a single pass.

    Notes
    -----
    Starts are chosen by scikit-learn's own functions among rows in memory: all of them if that
    is where they are (up to 512 MiB), else a uniform sample of some 64 MiB, taken by a hash of
    the row number. A true sample is clustered, from each start, until its centres stand still;
    the best go on as the start for all rows, so that few iterations remain. Chunked rows that
    fit the sample are clustered there and read once.

    Passes over chunked rows: one for means, variances and the sample, one for each iteration,
    one for the inertia; one more in iterations that find a cluster without rows, whose centre
    moves to the row farthest from its own, or with few of those that it has had; seven more for
    each start by 'k-means||'. Text is cached for the fit. Any memory order of blocks gives the
    same bits.

    Of dense rows a pass sums only those that have changed their cluster since the last one. For
    that it keeps the clusters' numbers, a byte a row for up to 256 of them, while these take no
    more than 64 MiB and a thirty-second of a configured memory limit; beyond, a pass sums all
    rows, which gives other last digits. Memory: the sample, three times these numbers, and a
    chunk, 16 MB and ``8 n_clusters (n_features + 2)`` bytes a worker.

    Weights equal repetition, also for `tol`; scikit-learn's tolerance does not know the weights.

    References
    ----------
    .. [1] Bahmani, Moseley, Vattani, Kumar, Vassilvitskii (2012), "Scalable k-means++",
       Proceedings of the VLDB Endowment 5, 622-633.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.cluster import KMeans
    >>> rows = np.array([[1.0, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]])
    >>> X = scalml.from_array(rows, chunk_rows=4)
    >>> model = KMeans(n_clusters=2, random_state=0).fit(X)
    >>> model.cluster_centers_, model.inertia_
    (array([[10.,  2.],
           [ 1.,  2.]]), 16.0)
    >>> model.predict(X).to_numpy()
    array([1, 1, 1, 0, 0, 0], dtype=int32)
    """

    cluster_centers_: np.ndarray
    _labels: np.ndarray | None = None

    @fitting
    def fit(self, X, y=None, sample_weight=None):
        """Find the clusters.

        Parameters
        ----------
        X : ChunkedArray, ChunkedFrame, array-like or CSR matrix of shape (n_rows, n_features)
        y : ignored
        sample_weight : array-like or ChunkedArray of shape (n_rows,), default=None
            Not negative.

        Returns
        -------
        self : KMeans

        Raises
        ------
        ValueError
            For fewer rows than clusters, NaN or infinity (with row and file), negative weights,
            wrong parameters or shapes.
        """
        self._require_valid_parameters()
        in_memory = not is_chunked(X)
        X, _, sample_weight = validate_chunks(
            self,
            X,
            None,
            sample_weight,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
            finite="statistic",
        )
        if in_memory and not sparse.issparse(X.source.data):
            X = from_array(np.ascontiguousarray(X.source.data))
        with cached(X, sample_weight) as (X, sample_weight):
            if len(X) < self.n_clusters:
                raise ValueError(f"n_samples={len(X)} should be >= n_clusters={self.n_clusters}.")
            found, shift = best_clustering(
                X,
                sample_weight,
                in_memory=in_memory,
                init=self.init,
                n_starts=self._n_starts(),
                n_clusters=self.n_clusters,
                tol=self.tol,
                max_iter=self.max_iter,
                random_state=check_random_state(self.random_state),
                verbose=bool(self.verbose),
            )
        n_found = int(np.count_nonzero(found.weight))
        if n_found < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({n_found}) found smaller than n_clusters "
                f"({self.n_clusters}). Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=2,
            )
        centers = found.centers if shift is None else found.centers + shift
        self.cluster_centers_ = centers.astype(X.dtype)
        self.inertia_ = found.inertia
        self.n_iter_ = found.n_iter
        self._labels = found.labels
        return self

    def _n_starts(self):
        if is_array(self.init):
            return 1
        if self.n_init != "auto":
            return self.n_init
        return 10 if callable(self.init) or self.init == "random" else 1

    def _require_valid_parameters(self):
        """Have scikit-learn judge the parameters, on a row and a start that say nothing of X."""
        plain = sklearn.cluster.KMeans(**params_of(self, sklearn.cluster.KMeans))
        init, n_clusters = self.init, self.n_clusters
        if isinstance(init, str):
            known = init in ("k-means++", "k-means||", "random")
        else:
            known = any(hasattr(init, name) for name in ("__len__", "shape", "__array__"))
        if known or callable(init):
            plain.set_params(init=np.zeros((1, 1)))
        if _is_whole(n_clusters) and n_clusters >= 1:
            plain.set_params(n_clusters=1)
        if _is_whole(self.verbose) and self.verbose >= 0:
            plain.set_params(verbose=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            plain.fit(np.zeros((1, 1)))
        if is_array(init) and self.n_init not in ("auto", 1):
            warnings.warn(
                "Explicit initial center position passed: performing only one init in "
                f"{type(self).__name__} instead of n_init={self.n_init}.",
                RuntimeWarning,
                stacklevel=4,
            )

    @property
    def labels_(self):
        """Cluster of every row that was in memory when the model was fitted."""
        if self._labels is None:
            raise AttributeError(
                f"{type(self).__name__} has no labels_ unless it was fitted, in this process, to "
                "rows in memory; predict(X) gives the labels of any rows, lazily for chunks."
            )
        return self._labels

    @labels_.setter
    def labels_(self, labels):
        self._labels = labels

    @property
    def _n_features_out(self):
        # What scikit-learn's documented ClassNamePrefixFeaturesOutMixin asks for.
        return self.cluster_centers_.shape[0]

    def __getstate__(self):
        return {name: value for name, value in super().__getstate__().items() if name != "_labels"}

    def fit_predict(self, X, y=None, sample_weight=None):
        """Fit and return the cluster of every row.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows,), int32
            Lazy for a collection.
        """
        self.fit(X, sample_weight=sample_weight)
        return self.predict(X) if is_chunked(X) else self.labels_

    def predict(self, X):
        """Tell the cluster whose centre is nearest to each row.

        Parameters
        ----------
        X : collection, array-like or CSR matrix of shape (n_rows, n_features)

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows,), int32
            Lazy for a collection, and a snapshot: fitting again does not change it.
        """
        rows, _, about = self._checked(X)
        labels = lazily(partial(nearest, **about), rows, np.zeros(1, dtype=np.int32))
        return labels if is_chunked(X) else labels.to_numpy()

    def score(self, X, y=None, sample_weight=None):
        """Minus the inertia of rows: one pass over a collection.

        Parameters
        ----------
        X : collection, array-like or CSR matrix of shape (n_rows, n_features)
        y : ignored
        sample_weight : array-like or ChunkedArray of shape (n_rows,), default=None

        Returns
        -------
        float
        """
        rows, sample_weight, about = self._checked(X, sample_weight)
        assign = partial(Assignments.of, exact=True, **about)
        return -reduce_chunks(assign, rows, None, sample_weight, name="score").inertia

    def _checked(self, X, sample_weight=None):
        """Rows and weights as chunks; centres and a shift near them, exact in the rows' dtype."""
        check_is_fitted(self)
        rows, _, sample_weight = validate_chunks(
            self,
            X,
            None,
            sample_weight,
            reset=False,
            accept_sparse="csr",
            dtype=[np.float64, np.float32],
        )
        centers, shift = self.cluster_centers_.astype(np.float64), None
        if not sparse.issparse(rows.source.empty()):
            shift = centers.mean(axis=0).astype(rows.dtype).astype(np.float64)
            centers = centers - shift
        return rows, sample_weight, {"centers": centers, "shift": shift}

    def fit_passes(self) -> tuple[int, int]:
        """Least and most passes over chunked rows that `fit` makes.

        The most is for clusters that are found empty, or nearly, in every iteration, which is not
        usual.
        """
        lloyds = 2 * self.max_iter + 1
        if is_array(self.init):
            return 3, 1 + lloyds
        if self.init == "k-means||":
            drawing = ROUNDS + 2
            return 1 + self._n_starts() * (drawing + 1), 1 + self._n_starts() * (drawing + lloyds)
        return 1, 1 + lloyds

    def to_sklearn(self) -> sklearn.cluster.KMeans:
        """Return scikit-learn's own estimator, fitted, independent of this one.

        scikit-learn does not know ``init='k-means||'``: it gets 'k-means++', should it be fitted.
        """
        check_is_fitted(self)
        params = params_of(self, sklearn.cluster.KMeans)
        if isinstance(self.init, str) and self.init == "k-means||":
            params["init"] = "k-means++"
        centers: Any = self.cluster_centers_.copy()
        names = getattr(self, "feature_names_in_", None)
        rows = centers if names is None else pd.DataFrame(centers, columns=names)
        plain = sklearn.cluster.KMeans(len(centers), init=centers, n_init=1, max_iter=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # centres that are equal
            plain.fit(rows)
        plain.set_params(**params)
        plain.cluster_centers_ = centers
        plain.inertia_, plain.n_iter_ = self.inertia_, self.n_iter_
        del plain.labels_
        if self._labels is not None:
            plain.labels_ = self._labels.copy()
        return plain


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)

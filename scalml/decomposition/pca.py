"""Principal components from the eigenvectors of one centred Gram matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn.decomposition

from scalml.decomposition.dimension import evidence
from scalml.decomposition.linear import Learnt, LinearDecomposition
from scalml.decomposition.spectrum import Spectrum
from scalml.utils.application import apply


class PCA(  # type: ignore[call-arg]
    LinearDecomposition, sklearn.decomposition.PCA, auto_wrap_output_keys=None
):
    """Principal component analysis, as `sklearn.decomposition.PCA`.

    The rows may be a `ChunkedArray`, a `ChunkedFrame`, or in memory; dense or CSR.

    Parameters
    ----------
    n_components : int, float, 'mle' or None, default=None
        How many components to keep; the least number whose share of the variance exceeds a
        fraction; as many as Minka's evidence says; or all.
    copy : bool, default=True
        Accepted; the data is never written to.
    whiten : bool, default=False
        Whether transformed columns have variance one.
    svd_solver : {'auto', 'full', 'covariance_eigh', 'arpack', 'randomized'}, default='auto'
        Accepted where scikit-learn accepts it, with its limits on `n_components`: they are routes
        to one optimum. The width of X decides which route is taken, see Notes.
    tol : float, default=0.0
        For X too wide for a Gram matrix: residuals, relative to the largest variance, at which
        components are found; 1e-12 where it is less.
    iterated_power : int or 'auto', default='auto'
        Accepted; iterations go on until the components are found.
    n_oversamples : int, default=10
        For wide X: directions that are followed beyond `n_components`.
    power_iteration_normalizer : {'auto', 'QR', 'LU', 'none'}, default='auto'
        Accepted; directions are always orthogonal.
    random_state : int, RandomState instance or None, default=None
        Draws the first directions for wide X. None stands for the same ones each time: it has no
        influence beyond rounding.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Signs as in scikit-learn: the entry of largest absolute value is positive.
    explained_variance_, explained_variance_ratio_, singular_values_ : ndarray of shape \
            (n_components,)
    mean_ : ndarray of shape (n_features,)
    noise_variance_ : float
        Mean variance along the directions left out.
    n_components_, n_samples_ : int
    gram_ : Gram
        The statistic learnt, to which `partial_fit` adds; absent after `fit` to wide X.
    n_features_in_, feature_names_in_
        As in scikit-learn. Arrays are float32 for float32 X.

    See Also
    --------
    TruncatedSVD : Without centring, which suits sparse X.

    Notes
    -----
    Passes: one, for the centred Gram matrix, which adds up. Sums are in float64 about a shift,
    so a mean far from zero costs no accuracy; neither do units that make columns differ by
    orders of magnitude [1]_. Where columns are so correlated that a kept direction has less than
    1e-6 of their variance, `fit` makes a second pass along the components found, which brings
    its digits back; directions below some 1e-13 count as without variance.

    X is wide where it has more than 1024 columns and fewer rows than columns, or, with an int for
    `n_components`, more than 8192 columns or than a Gram matrix in memory allows. Then the Gram
    matrix is not formed, and its products with a few directions are made instead, one pass each,
    until a block Krylov method has converged: two passes where the block has as many directions
    as there are rows, some 5 to 15 for decaying spectra. Text is cached for that.

    Memory: 32 to 80 times ``n_features**2`` bytes; for wide X 64 times
    ``n_features * (n_components + n_oversamples)``, and a basis of up to 256 MiB. Any memory order
    of blocks gives the same bits. CSR chunks stay sparse.

    References
    ----------
    .. [1] Demmel, Veselić (1992), "Jacobi's method is more accurate than QR", SIAM Journal on
       Matrix Analysis and Applications 13, 1204-1245.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.decomposition import PCA
    >>> X = np.array([[-1, -1], [-2, -1], [-3, -2], [1, 1], [2, 1], [3, 2]])
    >>> pca = PCA(n_components=1).fit(scalml.from_array(X, chunk_rows=4))
    >>> pca.explained_variance_ratio_.round(4), pca.components_.round(4)
    (array([0.9924]), array([[0.8385, 0.5449]]))
    >>> pca.transform(scalml.from_array(X, chunk_rows=4)).to_numpy().ravel().round(2)
    array([-1.38, -2.22, -3.61,  1.38,  2.22,  3.61])
    """

    namesake = sklearn.decomposition.PCA
    fitted_names = (
        "components_",
        "explained_variance_",
        "explained_variance_ratio_",
        "singular_values_",
        "mean_",
        "noise_variance_",
        "n_components_",
        "n_samples_",
    )
    centred = True

    def _n_wanted(self, n: int, d: int) -> Any:
        if n < 2:
            raise ValueError(
                f"Variances need at least 2 rows, got n_samples={n}. Give the first fit more."
            )
        k, most, solver = self.n_components, min(n, d), self.svd_solver
        shorter = solver == "arpack" or (solver == "auto" and self._sparse)
        if isinstance(k, str):
            if solver in ("arpack", "randomized"):
                raise ValueError(
                    f"n_components={k!r} cannot be a string with svd_solver={solver!r}. Use "
                    "svd_solver='auto'."
                )
            if n < d:
                raise ValueError(
                    "n_components='mle' is only supported if n_samples >= n_features, got "
                    f"{n} rows of {d} columns. Give a number."
                )
            return k
        if k is None:
            k = most - shorter
        least = int(solver in ("arpack", "randomized"))
        limit = most - (solver == "arpack")
        if not least <= k <= limit:
            raise ValueError(
                f"n_components={k!r} must be between {least} and {limit} for "
                f"min(n_samples, n_features)={most} with svd_solver={solver!r}."
            )
        return k if 0 < k < 1 else int(k)

    def _adopt(self, found: Spectrum, learnt: Learnt) -> None:
        n, d = learnt.n, learnt.mean.size
        most = min(n, d)
        variances = found.values[:most] / (n - 1)
        total = learnt.squares / (n - 1)
        with np.errstate(invalid="ignore"):
            ratios = variances / np.float64(total)
        k = self._n_wanted(n, d)
        if k == "mle":
            k = int(np.argmax(evidence(variances, n)))
        elif 0 < k < 1:
            k = min(int(np.searchsorted(np.cumsum(ratios), k, side="right")) + 1, most)
        if len(variances) == most:
            rest = variances[k:].sum()
        else:
            rest = max(total - variances[:k].sum(), 0.0)
        self._set(
            learnt.dtype,
            components_=found.axes[:k],
            explained_variance_=variances[:k],
            explained_variance_ratio_=ratios[:k],
            singular_values_=np.sqrt(found.values[:k]),
            mean_=learnt.mean,
            noise_variance_=np.float64(rest / (most - k)) if k < most else 0.0,
            n_components_=k,
            n_samples_=n,
        )

    def score_samples(self, X):
        """Log-likelihood of each row under probabilistic PCA; lazily on a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_features)
            Dense.

        Returns
        -------
        ndarray or ChunkedArray of shape (n_rows,)
        """
        return apply(self, "score_samples", X)

    def score(self, X, y=None):
        """Mean log-likelihood of the rows; one pass over a collection.

        Parameters
        ----------
        X : collection or array-like of shape (n_rows, n_features)
        y : ignored

        Returns
        -------
        float
        """
        return float(self.score_samples(X).mean())

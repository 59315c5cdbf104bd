"""The leading singular vectors of X, not centred, from one Gram matrix."""

from __future__ import annotations

import numpy as np
import sklearn.decomposition

from scalml.decomposition.linear import Learnt, LinearDecomposition
from scalml.decomposition.spectrum import Spectrum


class TruncatedSVD(  # type: ignore[call-arg]
    LinearDecomposition, sklearn.decomposition.TruncatedSVD, auto_wrap_output_keys=None
):
    """Dimensionality reduction by singular vectors, as `sklearn.decomposition.TruncatedSVD`.

    The rows may be a `ChunkedArray`, a `ChunkedFrame`, or in memory; dense or CSR.

    Parameters
    ----------
    n_components : int, default=2
        How many singular vectors to keep.
    algorithm : {'arpack', 'randomized'}, default='randomized'
        Accepted, with scikit-learn's limits on `n_components`: both are routes to one optimum.
        What is found is exact, as by 'arpack'; scikit-learn's 'randomized' comes close to it.
    n_iter : int, default=5
        Accepted; iterations go on until the vectors are found.
    n_oversamples : int, default=10
        For X too wide for a Gram matrix: directions that are followed beyond `n_components`.
    power_iteration_normalizer : {'auto', 'QR', 'LU', 'none'}, default='auto'
        Accepted; directions are always orthogonal.
    random_state : int, RandomState instance or None, default=None
        Draws the first directions for wide X. None stands for the same ones each time: it has no
        influence beyond rounding.
    tol : float, default=0.0
        For wide X: residuals of X'X, relative to its largest eigenvalue, at which vectors are
        found; 1e-12 where it is less. Some 1e-4 spares half of the passes.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        Right singular vectors, the entry of largest absolute value positive.
    explained_variance_, explained_variance_ratio_, singular_values_ : ndarray of shape \
            (n_components,)
    gram_ : Gram
        The statistic learnt, to which `partial_fit` adds; absent after `fit` to wide X.
    n_features_in_, feature_names_in_
        As in scikit-learn. Arrays are float32 for float32 X.

    See Also
    --------
    PCA : Of centred X.

    Notes
    -----
    Passes: one, for the Gram matrix about the means, to which the means are added back, so that
    nothing cancels. Wide X, which has more than 1024 columns and fewer rows than columns or more
    than 8192 columns, takes one pass for each product of X'X with a block of directions, until a
    block Krylov method has converged: some 5 to 15 passes. `PCA` says more of these routes, of
    the second pass for strongly correlated columns, and of memory. CSR chunks stay sparse.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scipy.sparse import csr_matrix
    >>> from scalml.decomposition import TruncatedSVD
    >>> X = csr_matrix([[3.0, 0, 0], [0, 2, 0], [0, 0, 1], [4, 0, 0]])
    >>> svd = TruncatedSVD(n_components=2).fit(scalml.from_array(X, chunk_rows=3))
    >>> svd.singular_values_, svd.components_.round(12)
    (array([5., 2.]), array([[1., 0., 0.], [0., 1., 0.]]))
    """

    namesake = sklearn.decomposition.TruncatedSVD
    fitted_names = (
        "components_",
        "explained_variance_",
        "explained_variance_ratio_",
        "singular_values_",
    )
    centred = False
    min_features = 2

    def _n_wanted(self, n: int, d: int) -> int:
        k, most = self.n_components, min(n, d)
        if self.algorithm == "arpack" and k >= most:
            raise ValueError(
                f"n_components({k}) must be < min(n_samples, n_features) with "
                f"algorithm='arpack', got n_samples={n} and n_features={d}. Take 'randomized'."
            )
        if k > d:
            raise ValueError(f"n_components({k}) must be <= n_features({d}).")
        return min(int(k), most)

    def _adopt(self, found: Spectrum, learnt: Learnt) -> None:
        k = self._n_wanted(learnt.n, learnt.mean.size)
        values, axes = found.values[:k], found.axes[:k]
        if learnt.cross is None:
            spread = np.maximum(values - learnt.n * (axes @ learnt.mean) ** 2, 0.0)
        else:
            spread = np.einsum("ij,ij->i", axes @ learnt.cross, axes)
        with np.errstate(invalid="ignore"):
            ratios = spread / np.float64(learnt.squares)
        self._set(
            learnt.dtype,
            components_=axes,
            explained_variance_=spread / learnt.n,
            explained_variance_ratio_=ratios,
            singular_values_=np.sqrt(values),
        )

"""Logistic regression in a few passes: a sample finds the place, full gradients the optimum."""

from __future__ import annotations

import functools
import warnings
from typing import Any

import numpy as np
import sklearn.linear_model
from scipy import sparse
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from scalml.data import cached, row_numbers
from scalml.linear_model.labels import BinaryLabels, ClassTotals
from scalml.linear_model.logistic_problem import Problem
from scalml.linear_model.newton import minimise
from scalml.linear_model.sample import RowSample, sample_share
from scalml.linear_model.squares import output_dtype
from scalml.metrics import accuracy_score
from scalml.runtime import reduce_chunks
from scalml.utils.application import apply
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.utils.validation import validate_chunks

_BEYOND = (
    "For l1 and elastic-net penalties or more classes use "
    'scalml.wrappers.Incremental(SGDClassifier(loss="log_loss")), or '
    "sklearn.linear_model.LogisticRegression for data in memory."
)


def _saying_what_is_absent(init: Any) -> Any:
    """Refuse the namesake's other parameters with more than Python's words."""

    @functools.wraps(init)
    def checked(self: Any, **params: Any) -> None:
        absent = [name for name in params if name not in init.__kwdefaults__]
        if absent:
            raise TypeError(
                f"LogisticRegression takes no parameter {', '.join(map(repr, absent))}: it is "
                "binary, its penalty is l2 of strength 1 / C (none for C=np.inf), and "
                f"scalml.config_context sets the workers. {_BEYOND}"
            )
        init(self, **params)

    return checked


class LogisticRegression(ChunkedEstimator, sklearn.linear_model.LogisticRegression):
    """Binary logistic regression with l2 penalty, as `sklearn.linear_model.LogisticRegression`.

    Minimises ``C * sum_i w_i log(1 + exp(-y_i (x_i @ coef + intercept))) + sum(coef**2) / 2``
    with y of -1 and 1; the intercept is not penalised. There is no other penalty (no `l1_ratio`,
    no `penalty`), and there are no more than two classes: for those see
    ``Incremental(SGDClassifier(loss="log_loss"))`` in `scalml.wrappers`.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the penalty; ``np.inf`` for none.
    dual : bool, default=False
        Accepted where scikit-learn accepts it; the optimum is the same.
    tol : float, default=1e-4
        Bound on the largest absolute component of the gradient of the objective divided by
        ``C * sum(w)``, as for scikit-learn's solvers. One more step is taken once it is met.
    fit_intercept : bool, default=True
        Whether there is an intercept.
    class_weight : dict, 'balanced' or None, default=None
        Multiplies the weights of each class's rows.
    random_state : int, RandomState instance or None, default=None
        Accepted; nothing is random.
    solver : {'lbfgs', 'liblinear', 'newton-cg', 'newton-cholesky', 'sag', 'saga'}, \
            default='lbfgs'
        Accepted: routes to one optimum, which is found as the Notes say. (scikit-learn's
        'liblinear' penalises the intercept; here no route does.)
    max_iter : int, default=100
        Most updates of the coefficients from all rows.
    warm_start : bool, default=False
        Whether `fit` starts from the coefficients that are there.

    Attributes
    ----------
    classes_ : ndarray of shape (2,)
        Labels, sorted.
    coef_ : ndarray of shape (1, n_features)
        Coefficients of ``classes_[1]``, float32 for float32 X.
    intercept_ : ndarray of shape (1,)
        0 without intercept.
    n_iter_ : ndarray of shape (1,), int32
        Updates of the coefficients from all rows.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    A pass over y finds the classes. A second pass takes a sample of some 64 MiB, by a hash of the
    row number, so that it depends on neither chunks nor workers. Newton's method on the sample
    gives a start, and the sample's Hessian the steps from there; each step needs one pass for
    the gradient of all rows, and these gradients correct the Hessian (L-BFGS, `minimise`). In all
    4 to 10 passes at ``tol=1e-8``, two if the sample is all the data. Of CSR rows
    a larger sample is taken in a third pass if they turn out short. The Hessian is only its
    diagonal beyond 5,000 features, and where the sample has fewer than four rows a feature.

    Sources that cost more to read than memory (text) are cached for the fit. Memory: the sample,
    at most 256 MiB, some matrices of ``8 n_features**2`` bytes, and a chunk a worker. Any memory
    order of blocks gives the same bits.

    References
    ----------
    Byrd, Chin, Neveitt, Nocedal (2011), "On the use of stochastic Hessian information in
    optimization methods for machine learning", SIAM J. Optim. 21, 977-995.

    Examples
    --------
    >>> import numpy as np
    >>> import scalml
    >>> from scalml.linear_model import LogisticRegression
    >>> X = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> y = np.array(["no", "yes", "no", "yes"])
    >>> model = LogisticRegression().fit(scalml.from_array(X, chunk_rows=2), y)
    >>> model.predict(X).tolist(), model.coef_.round(4)
    (['no', 'no', 'yes', 'yes'], array([[0.4529]]))
    """

    @_saying_what_is_absent
    def __init__(
        self,
        *,
        C: float = 1.0,
        dual: bool = False,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        class_weight: Any = None,
        random_state: Any = None,
        solver: str = "lbfgs",
        max_iter: int = 100,
        warm_start: bool = False,
    ) -> None:
        self.C = C
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.warm_start = warm_start

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LogisticRegression:
        """Fit the model.

        Parameters
        ----------
        X : array-like, CSR matrix or collection of shape (n_rows, n_features)
        y : array-like or collection of shape (n_rows,)
            Two classes of labels, of any type that sorts.
        sample_weight : array-like or collection of shape (n_rows,), optional
            Weights, not negative.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For NaN or infinity (with row and file), negative weights, wrong shapes or parameters,
            and for any number of classes but two.
        """
        X, y, sample_weight = validate_chunks(
            self,
            X,
            y,
            sample_weight,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            finite="statistic",
        )
        self._require_valid_parameters()
        with cached(X, y, sample_weight) as (X, y, sample_weight):
            totals = reduce_chunks(ClassTotals.of, y, sample_weight, name="classes")
            self.classes_ = _two(totals.classes)
            labels = BinaryLabels(self.classes_[1], totals.multipliers(self.class_weight))
            found = self._minimum(X, y, sample_weight, totals, labels)
        if not found.converged:
            warnings.warn(
                f"LogisticRegression did not reach tol={self.tol} in {found.n_iter} iterations "
                f"(max_iter={self.max_iter}). Scale the columns, or raise max_iter or tol.",
                ConvergenceWarning,
                stacklevel=2,
            )
        dtype, d = X.dtype, X.shape[1]
        self.coef_ = found.x[None, :d].astype(dtype)
        self.intercept_ = found.x[d:].astype(dtype) if self.fit_intercept else np.zeros(1, dtype)
        self.n_iter_ = np.array([found.n_iter], dtype=np.int32)
        return self

    def _minimum(self, X: Any, y: Any, sample_weight: Any, totals: Any, labels: Any) -> Any:
        weight = totals.weight if labels.multipliers is None else totals.weight * labels.multipliers
        if not weight.sum() > 0:
            raise ValueError("Sample weights must contain at least one non-zero number, got zeros.")
        n_rows, d = int(totals.rows.sum()), X.shape[1]
        share = sample_share(n_rows, d, X.source.row_nbytes)
        sample = self._sample(X, y, sample_weight, labels, share)
        if share < 1 and sparse.issparse(sample[0]):
            # How many entries a CSR row stores is known only now.
            stored = sample[0].nnz / max(sample[0].shape[0], 1)
            larger = sample_share(n_rows, d, 4.0 + stored * (X.dtype.itemsize + 4))
            if larger > 2 * share:
                share, sample = larger, self._sample(X, y, sample_weight, labels, larger)
        penalty = 1.0 / (self.C * float(weight.sum()))
        problem = Problem(sample, penalty, self.fit_intercept, whole=share == 1)

        start = np.zeros(d + int(self.fit_intercept))
        options: dict[str, Any] = {"tol": self.tol, "max_iter": self.max_iter}
        warm = self.warm_start and hasattr(self, "coef_") and self.coef_.shape == (1, d)
        if warm:
            start[:d] = self.coef_[0]
            start[d:] = self.intercept_[: start.size - d]
        if share == 1:
            options["exact"] = problem.exact
            return minimise(problem.on_sample, problem.rough_curvature, start, **options)
        if not warm and self.max_iter > 0:
            start = problem.sample_minimum(start, self.tol)
        objective = functools.partial(problem.on_chunks, X, y, sample_weight, labels)
        return minimise(objective, problem.curvature, start, **options)

    def _sample(self, X: Any, y: Any, sample_weight: Any, labels: Any, share: float) -> Any:
        rows = row_numbers(X) if share < 1 else None
        taken = functools.partial(RowSample.of, share=share, labels=labels)
        return reduce_chunks(taken, X, y, sample_weight, rows, name="sample").gather()

    def _require_valid_parameters(self) -> None:
        plain = sklearn.linear_model.LogisticRegression(**self.get_params(deep=False))
        if isinstance(self.class_weight, dict):
            plain.set_params(class_weight={0: 1.0, 1: 1.0})  # its labels are not those of two rows
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what two rows do to a solver is of no interest
            plain.fit([[0.0], [1.0]], [0, 1])

    def to_sklearn(self) -> sklearn.linear_model.LogisticRegression:
        """The plain scikit-learn estimator, fitted: the same coefficients without scalml."""
        check_is_fitted(self)
        plain = sklearn.linear_model.LogisticRegression(**self.get_params(deep=False))
        for name in (
            "classes_",
            "coef_",
            "intercept_",
            "n_iter_",
            "n_features_in_",
            "feature_names_in_",
        ):
            if hasattr(self, name):
                setattr(plain, name, getattr(self, name))
        return plain

    def predict(self, X: Any) -> Any:
        """Labels of the likelier class, shape (n_rows,); lazy (a snapshot) for a collection."""
        check_is_fitted(self)
        return apply(self, "predict", X, empty=np.empty(0, dtype=self.classes_.dtype))

    def decision_function(self, X: Any) -> Any:
        """Log-odds of ``classes_[1]``, shape (n_rows,); lazy (a snapshot) for a collection."""
        check_is_fitted(self)
        empty = np.empty(0, dtype=output_dtype(X, self.coef_))
        return apply(self, "decision_function", X, empty=empty)

    def predict_proba(self, X: Any) -> Any:
        """Probabilities by class, shape (n_rows, 2); lazy (a snapshot) for a collection."""
        check_is_fitted(self)
        empty = np.empty((0, 2), dtype=output_dtype(X, self.coef_))
        return apply(self, "predict_proba", X, empty=empty)

    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of `predict_proba`."""
        check_is_fitted(self)
        empty = np.empty((0, 2), dtype=output_dtype(X, self.coef_))
        return apply(self, "predict_log_proba", X, empty=empty)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of rows predicted right; one pass over a collection."""
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)

    def fit_passes(self) -> tuple[int, int]:
        """Fewest and most passes over the data that `fit` makes."""
        return (2, 4 + 2 * self.max_iter)

    def set_callbacks(self, *callbacks: Any) -> LogisticRegression:
        """Set scikit-learn callbacks, which see every pass, whatever `solver` says."""
        return CallbackSupportMixin.set_callbacks(self, *callbacks)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.array_api_support = False
        return tags


def _two(classes: np.ndarray) -> np.ndarray:
    if classes.size == 2:
        return classes
    if classes.size < 2:
        raise ValueError(
            "This solver needs samples of at least 2 classes in the data, but the data contains "
            f"only one class: {classes[0]!r}"
        )
    raise ValueError(
        "Only binary classification is supported. The type of the target is multiclass, "
        f"{classes.size} classes: {classes[:5].tolist()}{' …' if classes.size > 5 else ''}. "
        f"{_BEYOND}"
    )

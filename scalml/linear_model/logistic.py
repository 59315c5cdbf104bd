"""Logistic regression in a few passes: a sample finds the place, full gradients the optimum."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
import sklearn.linear_model
from sklearn.base import clone
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from scalml.data import align_with, cached, wrap
from scalml.linear_model.logistic_fits import Fit, Fitted, fit_together
from scalml.linear_model.logistic_parameters import require_all_valid, require_valid_parameters
from scalml.linear_model.on_products import apply_linear
from scalml.linear_model.squares import output_dtype
from scalml.metrics import accuracy_score
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.utils.namesakes import params_of
from scalml.utils.sharing import CannotShare
from scalml.utils.validation import validate_chunks


class LogisticRegression(ChunkedEstimator, sklearn.linear_model.LogisticRegression):
    """Logistic regression of two or more classes, as `sklearn.linear_model.LogisticRegression`.

    Minimises ``C * sum_i w_i loss_i + (1 - l1_ratio) * sum(coef**2) / 2 + l1_ratio *
    sum(abs(coef))``, where the loss is minus the log of the probability of the row's class: the
    logistic function of one margin for two classes, the softmax of a margin a class for more. The
    intercept is not penalised.

    Parameters
    ----------
    penalty : {'l1', 'l2', 'elasticnet', None}, default='l2'
        Deprecated, as in scikit-learn: use `l1_ratio` and `C`.
    C : float, default=1.0
        Inverse strength of the penalty; ``np.inf`` for none.
    l1_ratio : float, default=0.0
        Share of the penalty that is of absolute values, which makes coefficients exactly zero: 0
        for ridge, 1 for lasso, elastic net between. As in scikit-learn other values than 0 need
        ``solver="saga"``, or "liblinear" for 1.
    dual : bool, default=False
        Accepted where scikit-learn accepts it; the optimum is the same.
    tol : float, default=1e-4
        Bound on the largest absolute component of the gradient (the least subgradient) of the
        objective divided by ``C * sum(w)``, and on a thousand times the decrease of that which is
        left. With a ridge penalty and rows that are few enough to be held, a step must also have
        come down to a hundred times `tol`, of the largest coefficient or of 1, for where classes
        are separable the objective is flat long before its minimum.
    fit_intercept : bool, default=True
        Whether there is an intercept.
    intercept_scaling : float, default=1
        For ``solver="liblinear"``: the penalty sees the intercept divided by it.
    class_weight : dict, 'balanced' or None, default=None
        Multiplies the weights of each class's rows.
    random_state : int, RandomState instance or None, default=None
        Accepted; nothing is random.
    solver : {'lbfgs', 'liblinear', 'newton-cg', 'newton-cholesky', 'sag', 'saga'}, \
            default='lbfgs'
        Routes to one optimum, which is found as the Notes say, for the penalties that
        scikit-learn has them for. Only 'liblinear' has an optimum of its own: it penalises the
        intercept too, here as there.
    max_iter : int, default=100
        Most updates of the coefficients from all rows.
    verbose : int, default=0
        Accepted; callbacks tell of passes.
    warm_start : bool, default=False
        Whether `fit` starts from the coefficients that are there.
    n_jobs : None
        Deprecated and without effect, as in scikit-learn; `scalml.config_context` sets workers.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients of ``classes_[1]``, or of each class; float32 for float32 X.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        0 without intercept. Those of more than two classes sum to zero, as do the coefficients
        of a feature unless `l1_ratio` says otherwise.
    n_iter_ : ndarray of shape (1,), int32
        Updates of the coefficients from all rows.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    A pass over y finds the classes. A second pass takes a sample of an eighth of the rows (8 to
    64 MiB), by a hash of the row number, so that it depends on neither chunks nor workers.
    Newton's method on the sample gives a start, and the sample's Hessian the steps from there;
    each step needs one pass for the gradient of all rows, and these gradients correct the Hessian
    (BFGS, `search`). In all 4 to 10 passes at ``tol=1e-8``, two if the sample is all the data. Of
    CSR rows a larger sample is taken in a third pass if they turn out short. With an l1 penalty a
    step minimises the quadratic model plus the penalty by coordinate descent (proximal Newton).

    The Hessian is its diagonal beyond 5,000 features, and where the sample has fewer than four
    rows a feature; one block a class beyond 1,000 coefficients of several classes. Beyond 2,000
    coefficients an l1 penalty is minimised over the 1,000 that pull most, anew for every step.
    With an even number of classes pure l1 may leave the coefficients of a feature undetermined
    up to a constant, in scikit-learn too.

    Sources that cost more to read than memory (text) are cached for the fit. Memory: the sample,
    at most 256 MiB, with a matrix or two of ``8 coef_.size**2`` bytes (six with an l1 penalty), and
    a chunk a worker. Where the memory limit does not hold the former beside idle workers, these
    end; where it does not hold the sample, less is taken, down to 8 MiB; then `fit` refuses. Any
    memory order of blocks gives the same bits.

    References
    ----------
    Byrd, Chin, Neveitt, Nocedal (2011), "On the use of stochastic Hessian information in
    optimization methods for machine learning", SIAM J. Optim. 21, 977-995.

    Lee, Sun, Saunders (2014), "Proximal Newton-type methods for minimizing composite functions",
    SIAM J. Optim. 24, 1420-1443.

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

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LogisticRegression:
        """Fit the model.

        Parameters
        ----------
        X : array-like, CSR matrix or collection of shape (n_rows, n_features)
        y : array-like or collection of shape (n_rows,)
            Labels of any type that sorts.
        sample_weight : array-like or collection of shape (n_rows,), optional
            Weights, not negative.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For NaN or infinity (with row and file), negative weights, wrong shapes or parameters,
            and if there is one class only.
        MemoryError
            If the memory limit does not hold a sample and its Hessian.
        """
        return self._fit(X, y, sample_weight)

    @fitting
    def fit_near(
        self, models: Sequence[LogisticRegression], X: Any, y: Any, sample_weight: Any = None
    ) -> LogisticRegression:
        """Fit the model, starting from the mean of models of much the same problem.

        The optimum is that of `fit`, up to `tol`. After a search, the models of its splits are so
        near to that of all rows that this takes a pass or two.

        Parameters
        ----------
        models : sequence of LogisticRegression
            Fitted, such as to several parts of the rows.
        X, y, sample_weight : as in `fit`

        Returns
        -------
        self
        """
        return self._fit(X, y, sample_weight, models)

    @fitting
    def fit_many(
        self,
        candidates: Sequence[Mapping[str, Any]],
        X: Any,
        y: Any,
        memberships: Any,
        sample_weight: Any = None,
        *,
        refit: bool = False,
    ) -> list[list[LogisticRegression]]:
        """Fit this model with several sets of parameters to the training rows of several splits.

        All fits share the passes; a fit that is done leaves them. Each is what `fit` would find on
        its own, up to `tol`. Fits to the training rows of one split are columns of the same matrix
        products, and start from each other; those of different splits have nothing in common but
        the reading of the rows, so that a model has in no way seen the test rows of its split.

        Parameters
        ----------
        candidates : sequence of dict
            Parameters to set, any of them.
        X, y, sample_weight : as in `fit`
        memberships : array or collection of shape (n_rows, n_splits)
            1 where a row trains in a split.
        refit : bool, default=False
            Whether each candidate is fitted to all rows too, as if that were one more split.

        Returns
        -------
        list of list of LogisticRegression
            The fitted models of each candidate by split, the one of all rows last.

        Raises
        ------
        CannotShare
            If a candidate's parameters are invalid, or the training rows of a split lack a class or
            weight: a ValueError.
        ValueError
            As `fit`, for the rows.

        Warns
        -----
        ConvergenceWarning
            Once, for the first model that did not reach `tol`.
        """
        models = [clone(self).set_params(**candidate) for candidate in candidates]
        try:
            require_all_valid(models)
        except ValueError as error:
            raise CannotShare(str(error)) from error
        first = clone(self)
        X, y, sample_weight = first._validated(X, y, sample_weight)
        memberships = wrap(align_with(X, memberships)[1])
        splits = [*range(memberships.shape[1]), *([None] if refit else [])]
        fits = [Fit(model, split) for model in models for split in splits]
        with cached(X, y, sample_weight, memberships) as rows:
            classes, found = fit_together(fits, *rows)
        late = [place for place, one in enumerate(found) if not one.converged]
        if late:
            warnings.warn(
                f"{len(late)} of {len(found)} models: "
                f"{_not_converged(fits[late[0]].model, found[late[0]])}",
                ConvergenceWarning,
                stacklevel=2,
            )
        names = {name: value for name, value in vars(first).items() if name.endswith("_in_")}
        fitted = []
        for fit, one in zip(fits, found, strict=True):
            model = copy(fit.model)  # not fitted, and nobody else's
            vars(model).update(names)
            fitted.append(model._set(classes, one, X.dtype))
        n = len(splits)
        return [fitted[place * n : (place + 1) * n] for place in range(len(models))]

    def _fit(self, X: Any, y: Any, sample_weight: Any, near: Any = ()) -> LogisticRegression:
        X, y, sample_weight = self._validated(X, y, sample_weight)
        require_valid_parameters(self)
        with cached(X, y, sample_weight) as rows:
            classes, (found,) = fit_together([Fit(self, near=near)], *rows)
        if not found.converged:
            warnings.warn(_not_converged(self, found), ConvergenceWarning, stacklevel=3)
        return self._set(classes, found, X.dtype)

    def _validated(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        return validate_chunks(
            self,
            X,
            y,
            sample_weight,
            accept_sparse="csr",
            dtype=(np.float64, np.float32),
            finite="statistic",
            accept_codes=True,
        )

    def _set(self, classes: np.ndarray, found: Fitted, dtype: Any) -> LogisticRegression:
        self.classes_ = classes
        self.coef_ = found.coef.astype(dtype)
        self.intercept_ = found.intercept.astype(dtype)
        self.n_iter_ = np.array([found.n_iter], dtype=np.int32)
        return self

    def to_sklearn(self) -> sklearn.linear_model.LogisticRegression:
        """The plain scikit-learn estimator, fitted: the same coefficients without scalml."""
        check_is_fitted(self)
        namesake = sklearn.linear_model.LogisticRegression
        plain = namesake(**params_of(self, namesake))
        for name, value in vars(self).items():
            if name.endswith("_") and not name.startswith("_"):
                setattr(plain, name, value)
        return plain

    def predict(self, X: Any) -> Any:
        """Labels of the likelier class, shape (n_rows,); lazy (a snapshot) for a collection."""
        check_is_fitted(self)
        return apply_linear(self, "predict", X, empty=np.empty(0, dtype=self.classes_.dtype))

    def decision_function(self, X: Any) -> Any:
        """Log-odds of ``classes_[1]``, shape (n_rows,), or a margin a class; lazy as `predict`."""
        check_is_fitted(self)
        shape = (0,) if self.classes_.size == 2 else (0, self.classes_.size)
        empty = np.empty(shape, dtype=output_dtype(X, self.coef_))
        return apply_linear(self, "decision_function", X, empty=empty)

    def predict_proba(self, X: Any) -> Any:
        """Probabilities by class, shape (n_rows, n_classes); lazy (a snapshot) for a collection."""
        check_is_fitted(self)
        empty = np.empty((0, self.classes_.size), dtype=output_dtype(X, self.coef_))
        return apply_linear(self, "predict_proba", X, empty=empty)

    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of `predict_proba`."""
        check_is_fitted(self)
        empty = np.empty((0, self.classes_.size), dtype=output_dtype(X, self.coef_))
        return apply_linear(self, "predict_log_proba", X, empty=empty)

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
        tags.array_api_support = False
        return tags


def _not_converged(model: Any, found: Fitted) -> str:
    return (
        f"LogisticRegression did not reach tol={model.tol} in {found.n_iter} iterations "
        f"(max_iter={model.max_iter}). Scale the columns, or raise max_iter or tol."
    )

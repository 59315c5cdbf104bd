"""What naive Bayes models share: one pass for a statistic by class, labels, application."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from scalml.metrics import accuracy_score
from scalml.utils.application import apply
from scalml.utils.fitting import ChunkedEstimator, fitting
from scalml.utils.merging import Mergeable
from scalml.utils.namesakes import params_of
from scalml.utils.sums import Sum, run
from scalml.utils.validation import validate_chunks


class NaiveBayes(Mergeable, ChunkedEstimator):
    """Mixin of the naive Bayes models, which differ in their statistic and how it is solved.

    They give `namesake`, `fitted_names`, `accept_sparse`, the class of the statistic (`learns`)
    and the attribute that holds it (`learnt_as`), `_require_valid(n_features)`, which checks the
    parameters, and `_solved(statistic)`, which gets it over all classes and sets the attributes.
    """

    namesake: Any
    fitted_names: tuple[str, ...]
    accept_sparse: Any = False
    learns: Any

    _classes: np.ndarray | None

    @fitting
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """Fit the model.

        Parameters
        ----------
        X : array-like or collection of shape (n_rows, n_features)
            CSR where the class says so.
        y : array-like or collection of shape (n_rows,)
            Labels of any type that sorts; the classes are found in the pass.
        sample_weight : array-like or collection of shape (n_rows,), optional
            Weights, not negative. A float stands for all rows.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            For NaN or infinity (with row and file), negative weights, wrong shapes or parameters,
            and for a continuous target.
        """
        run(self.sums(X, y, sample_weight))
        return self

    @fitting
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        """Add rows to those already learnt from; the model is the one of all of them.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`. One pass over them.
        classes : array-like of shape (n_classes,), optional
            All labels there may be. scikit-learn needs them at the first call; here they are
            those seen so far unless given, and once given other labels are an error.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            As `fit`; also for labels that are not in `classes`, and for other classes than those
            of the calls before.
        """
        reset = not hasattr(self, self.learnt_as[0])
        run(self.sums(X, y, sample_weight, classes=classes, reset=reset))
        return self

    def sums(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        classes: Any = None,
        reset: bool = True,
    ) -> Any:
        """Ask for the statistic and set the fitted attributes: see `scalml.utils.sums`."""
        X, y, sample_weight = validate_chunks(
            self,
            X,
            y,
            sample_weight,
            reset=reset,
            accept_sparse=self.accept_sparse,
            dtype="numeric",
            finite="statistic",
        )
        self._require_valid(X.shape[1])
        declared = self._declared(classes, reset)
        found = yield Sum(self.statistic(), (X, y, sample_weight))
        setattr(
            self, self.learnt_as[0], found if reset else getattr(self, self.learnt_as[0]) + found
        )
        self._classes = declared
        self._solve()

    def statistic(self) -> Callable[..., Any]:
        """Function of a block of X, y and weights whose sum over the rows is all `solve` needs."""
        return partial(observe, self.learns)

    def solve(self, statistic: Any) -> Any:
        """Fit from the sum of `statistic` over some rows, which are not read.

        Parameters
        ----------
        statistic : what `statistic` sums

        Returns
        -------
        self
            As after `fit` on these rows.

        Raises
        ------
        ValueError
            For wrong parameters, or when all weights are zero.
        """
        self._require_valid(statistic.n_features)
        self.n_features_in_ = statistic.n_features
        setattr(self, self.learnt_as[0], statistic)
        self._classes = None
        self._solve()
        return self

    def _solve(self) -> None:
        """Set what follows from the statistic and the classes that were given, if any."""
        statistic = getattr(self, self.learnt_as[0])
        if self._classes is not None:
            unknown = np.setdiff1d(statistic.classes, self._classes)
            if unknown.size:
                raise ValueError(
                    f"The target label(s) {unknown} in y do not exist in the initial classes "
                    f"{self._classes}; pass all labels as classes to the first partial_fit."
                )
            statistic = statistic.over(self._classes)
        if not statistic.weight.sum() > 0:
            raise ValueError("Sample weights must contain at least one non-zero number, got zeros.")
        self.classes_ = statistic.classes
        self._solved(statistic)

    def _absorb(self, other: Any) -> None:
        declared = [classes for classes in (self._classes, other._classes) if classes is not None]
        self._classes = np.unique(np.concatenate(declared)) if declared else None

    def _learnt_from(self, X: Any, y: Any, sample_weight: Any) -> Any:
        # The rows to forget need not hold every class, but priors are of all of them.
        return clone(self).partial_fit(X, y, classes=self.classes_, sample_weight=sample_weight)

    def _declared(self, classes: Any, reset: bool) -> np.ndarray | None:
        if classes is None:
            return None if reset else self._classes
        given = np.unique(np.asarray(classes))
        if not (reset or np.array_equal(given, self.classes_)):
            raise ValueError(
                f"`classes={classes!r}` is not the same as on last call to partial_fit, was: "
                f"{self.classes_!r}"
            )
        return given

    def _require_valid(self, n_features: int) -> None:
        raise TypeError(f"{type(self).__name__} must say how parameters are checked.")

    def _solved(self, statistic: Any) -> None:
        raise TypeError(f"{type(self).__name__} must say how it is solved, by _solved.")

    def _plain(self, **params: Any) -> Any:
        """The namesake, unfitted, with some parameters replaced."""
        given = params_of(self, self.namesake)  # type: ignore[attr-defined]
        return self.namesake(**given | params)

    def to_sklearn(self) -> Any:
        """The plain scikit-learn estimator, fitted, independent of this one."""
        check_is_fitted(self, self.learnt_as[0])
        plain = self._plain()
        for name in (*self.fitted_names, "classes_", "n_features_in_", "feature_names_in_"):
            if hasattr(self, name):
                value = getattr(self, name)
                setattr(plain, name, value.copy() if isinstance(value, np.ndarray) else value)
        return plain

    def predict(self, X: Any) -> Any:
        """Likeliest labels, shape (n_rows,); lazy (a snapshot) for a collection."""
        return apply(self, "predict", X)

    def predict_proba(self, X: Any) -> Any:
        """Probabilities by class, shape (n_rows, n_classes); lazy (a snapshot) for a collection."""
        return apply(self, "predict_proba", X)

    def predict_log_proba(self, X: Any) -> Any:
        """Logarithms of `predict_proba`."""
        return apply(self, "predict_log_proba", X)

    def predict_joint_log_proba(self, X: Any) -> Any:
        """Logarithms of the joint densities of rows and classes, in shape as `predict_proba`."""
        return apply(self, "predict_joint_log_proba", X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Share of rows predicted right; one pass over a collection."""
        return accuracy_score(y, self.predict(X), sample_weight=sample_weight)

    def fit_passes(self) -> tuple[int, int]:
        """Fewest and most passes over the data that `fit` makes."""
        return (1, 1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.array_api_support = False
        return tags


def observe(learns: Any, X: Any, y: Any, sample_weight: Any) -> Any:
    """The statistic of one block; a continuous target is refused before it makes many classes."""
    y = np.asarray(y)
    if y.dtype.kind == "f" and (y != np.floor(y)).any():
        check_classification_targets(y)
    return learns.of(X, y, sample_weight)


def require_one_per_class(priors: Any, n_classes: int) -> None:
    """Refuse prior probabilities that are not one for each class."""
    if np.size(priors) != n_classes:
        raise ValueError(
            "Number of priors must match number of classes: "
            f"got {np.size(priors)} priors for {n_classes} classes."
        )

"""GridSearchCV and RandomizedSearchCV: the best of some candidates by cross-validation."""

from __future__ import annotations

from numbers import Integral

import sklearn.model_selection
from sklearn.model_selection import ParameterGrid, ParameterSampler

from scalml.model_selection.search_base import ChunkedSearch

__all__ = ["GridSearchCV", "RandomizedSearchCV"]


class GridSearchCV(ChunkedSearch, sklearn.model_selection.GridSearchCV):
    """Search over all combinations of parameter values, as `sklearn.model_selection.GridSearchCV`.

    The rows may be a `ChunkedArray`, a `ChunkedFrame` or in memory. Results are those of a loop
    over candidates and splits; how they are found depends on the estimator (see Notes).

    Parameters
    ----------
    estimator : estimator
        One that takes chunks, or any for rows in memory. One that only has `partial_fit` is
        trained on chunks as ``Incremental(estimator)``, which the best estimator then is.
    param_grid : dict or list of dict
        Values to try, by name of the parameter.
    scoring : str, callable, list, tuple, dict or None, default=None
        Names are those of `scalml.metrics.get_scorer`; None is the estimator's ``score``.
    n_jobs : int or None, default=None
        Workers; None is the configuration's.
    refit : bool, str or callable, default=True
        Whether to fit the best candidate to all rows; with several scorers the name of the one
        that decides; or a function of `cv_results_` that gives `best_index_`.
    cv : int, splitter, iterable of (train, test) or None, default=None
        As in `scalml.model_selection.check_cv`.
    verbose : int, default=0
        1 prints how many fits there are, 2 also what each candidate scored. Callbacks
        (``set_callbacks``) hear of every pass and trial.
    pre_dispatch : int or str, default='2*n_jobs'
        Accepted; no more trials are prepared than workers can take.
    error_score : 'raise' or number, default=np.nan
        What a fit that fails scores.
    return_train_score : bool, default=False

    Attributes
    ----------
    strategy_ : {'statistics', 'batched', 'stream', 'general'}
        How candidates were answered.
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, \
refit_time_, multimetric_, classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    RandomizedSearchCV : Draws candidates at random.

    Notes
    -----
    The first of these that applies, which `scalml.plan` tells in advance:

    ============ ========================================================= ======================
    strategy     for                                                       passes
    ============ ========================================================= ======================
    statistics   estimators with ``statistic()`` and ``solve()``: one      1, and 1 to score
                 statistic a fold answers all candidates and the refit
    batched      estimators with ``fit_many()``, also at the end of a      those of one fit, 1 to
                 pipeline                                                  score, and the refit
    stream       ``Incremental`` and estimators with ``partial_fit``, on   epochs, 1 to score,
                 chunks: all learn from each chunk while it is there       and the refit
    general      all others; steps of pipelines that candidates have in    those of all fits, and
                 common are fitted once a split                            1 to score
    ============ ========================================================= ======================

    Scores are equal to those of separate fits to 1e-9 (statistics) or 1e-6 (batched), otherwise
    bit for bit. If `fit_many` says that candidates cannot be fitted together, because one of them
    is invalid, each is fitted alone; any other error of a shared fit is raised. Times are those of
    each fit and its scoring; what is done for several together
    is shared out equally among them. Text is cached when it is read more than twice.

    The two protocols are open to estimators of other packages.

    *Solvable*: ``statistic()`` gives a function of a block of X, y and weights, that pickles (with
    cloudpickle), whose values add; ``solve(sum)`` fits from a sum of them and returns the
    estimator. The function must not depend on the parameters that a search may vary for nothing:
    candidates whose functions are equal share one sum.

    *Batched*: ``fit_many(candidates, X, y, memberships, sample_weight=None)`` gets a list of dicts
    of parameters, collections, and an int8 collection of shape (n_rows, n_splits) in which 1 marks
    training rows; it returns a list (candidates) of lists (splits) of fitted estimators, or raises
    `scalml.utils.sharing.CannotShare` where each must be fitted alone. What it reads again and
    again it caches itself (`scalml.cache`). Nothing that a model of a split starts from, or is
    judged by, may have seen that split's other rows.

    Memory: what the estimator's fits take, a model a candidate and split, and a chunk a worker.
    Rankings (ROC AUC, average precision) and medians take some 50 bytes a test row and model more;
    where those do not fit, several passes score the models.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.linear_model import Ridge
    >>> from scalml.model_selection import GridSearchCV
    >>> X = scalml.from_array(np.arange(24.0).reshape(12, 2) % 5, chunk_rows=4)
    >>> search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, cv=3).fit(X, np.arange(12) % 5)
    >>> search.strategy_, search.best_params_
    ('statistics', {'alpha': 1.0})

    An estimator of another package joins by two methods. This one predicts the mean, shrunk:

    >>> from sklearn.base import BaseEstimator, RegressorMixin
    >>> class Mean(RegressorMixin, BaseEstimator):
    ...     def __init__(self, shrink=0.0):
    ...         self.shrink = shrink
    ...     def statistic(self):
    ...         return lambda X, y, weight: np.array([len(y), y.sum()])
    ...     def solve(self, found):
    ...         self.mean_ = found[1] / (found[0] + self.shrink)
    ...         return self
    ...     def fit(self, X, y):
    ...         return self.solve(scalml.reduce_chunks(self.statistic(), X, y, None))
    ...     def predict(self, X):
    ...         return np.full(len(X), self.mean_)
    ...     def to_sklearn(self):
    ...         return self
    >>> search = GridSearchCV(Mean(), {"shrink": [0, 5]}, cv=3).fit(X, np.arange(12) % 5)
    >>> search.strategy_, search.best_params_, float(search.best_estimator_.mean_)
    ('statistics', {'shrink': 0}, 1.75)
    """

    def _candidates(self):
        return ParameterGrid(self.param_grid)


class RandomizedSearchCV(ChunkedSearch, sklearn.model_selection.RandomizedSearchCV):
    """Search over candidates drawn at random, as `sklearn.model_selection.RandomizedSearchCV`.

    The candidates are scikit-learn's for the same seed; they are answered as those of
    `GridSearchCV`, whose documentation holds for all else.

    Parameters
    ----------
    estimator : estimator
    param_distributions : dict or list of dict
        Lists of values, or distributions with a method ``rvs``, by name of the parameter.
    n_iter : int, default=10
        Number of candidates.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch, error_score, return_train_score
        As in `GridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        For the draws.

    Attributes
    ----------
    strategy_ : {'statistics', 'batched', 'stream', 'general'}
        How candidates were answered.
    cv_results_, best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, \
refit_time_, multimetric_, classes_, n_features_in_, feature_names_in_
        As in scikit-learn.

    See Also
    --------
    GridSearchCV : Tries all combinations.

    Notes
    -----
    Passes, memory and exactness are those of `GridSearchCV`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scipy.stats import loguniform
    >>> from scalml.linear_model import Ridge
    >>> from scalml.model_selection import RandomizedSearchCV
    >>> X = scalml.from_array(np.arange(24.0).reshape(12, 2) % 5, chunk_rows=4)
    >>> search = RandomizedSearchCV(
    ...     Ridge(), {"alpha": loguniform(0.01, 100)}, n_iter=5, cv=3, random_state=0
    ... )
    >>> len(search.fit(X, np.arange(12) % 5).cv_results_["params"])
    5
    """

    def _candidates(self):
        if not isinstance(self.n_iter, Integral) or self.n_iter < 1:
            raise ValueError(f"n_iter must be an integer of at least 1, got {self.n_iter!r}.")
        return ParameterSampler(
            self.param_distributions, self.n_iter, random_state=self.random_state
        )

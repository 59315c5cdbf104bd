"""Agreement of true and predicted labels beyond that of chance, from the confusion matrix."""

from __future__ import annotations

import numpy as np

from scalml.metrics.labels import labelled


@labelled
def balanced_accuracy_score(y_true, y_pred, *, sample_weight=None, adjusted=False):
    """Mean recall of the classes, so that each counts the same however rare it is.

    As `sklearn.metrics.balanced_accuracy_score`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)
        Labels of any type.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    adjusted : bool, default=False
        Make chance 0 while perfection stays 1.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Warns
    -----
    UserWarning
        If a class is predicted that no row has.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import balanced_accuracy_score
    >>> y = scalml.from_array(np.array([0, 0, 0, 1]), chunk_rows=3)
    >>> balanced_accuracy_score(y, np.zeros(4, int))
    0.5
    """


@labelled
def matthews_corrcoef(y_true, y_pred, *, sample_weight=None):
    """Correlation of true and predicted labels: 1 if all are right, 0 for chance.

    As `sklearn.metrics.matthews_corrcoef`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)
        Labels of any type, of two classes or more.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import matthews_corrcoef
    >>> y = scalml.from_array(np.array([1, 1, 1, -1]), chunk_rows=3)
    >>> round(matthews_corrcoef(y, np.array([1, -1, 1, 1])), 6)
    -0.333333
    """


@labelled
def cohen_kappa_score(
    y1, y2, *, labels=None, weights=None, sample_weight=None, replace_undefined_by=np.nan
):
    """Agreement of two labellings of the same rows beyond that of chance.

    As `sklearn.metrics.cohen_kappa_score`, on chunked data too.

    Parameters
    ----------
    y1, y2 : array-like or chunked, of shape (n_rows,)
        Labels of any type.
    labels : array-like of shape (n_classes,), default=None
        Which labels, and for `weights` their order.
    weights : {"linear", "quadratic"}, default=None
        How much worse a label further off is.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    replace_undefined_by : float in [-1, 1] or NaN, default=NaN

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `confusion_matrix`.

    Warns
    -----
    UndefinedMetricWarning
        If chance agrees everywhere.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import cohen_kappa_score
    >>> y = scalml.from_array(np.array(["no", "no", "yes", "yes"]), chunk_rows=3)
    >>> cohen_kappa_score(y, np.array(["no", "yes", "yes", "yes"]))
    0.5
    """


@labelled
def class_likelihood_ratios(
    y_true, y_pred, *, labels=None, sample_weight=None, replace_undefined_by=np.nan
):
    """How much more often a positive row is predicted positive, and negative, than a negative one.

    As `sklearn.metrics.class_likelihood_ratios`, on chunked data too.

    Parameters
    ----------
    y_true, y_pred : array-like or chunked, of shape (n_rows,)
        Labels of two classes; the larger one, or the second of `labels`, is positive.
    labels : array-like of shape (2,), default=None
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    replace_undefined_by : NaN, 1.0 or dict, default=NaN

    Returns
    -------
    (float, float)
        Positive and negative likelihood ratio.

    Raises
    ------
    ValueError
        As `confusion_matrix`; if there are more than two classes.

    Warns
    -----
    UndefinedMetricWarning
        If a ratio divides by zero.

    Notes
    -----
    One pass, as `confusion_matrix`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import class_likelihood_ratios
    >>> y = scalml.from_array(np.array([0, 1, 0, 1, 0]), chunk_rows=3)
    >>> class_likelihood_ratios(y, np.array([1, 1, 0, 0, 0]))
    (1.5, 0.75)
    """

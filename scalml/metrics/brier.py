"""The Brier score of predicted probabilities, and the share of it that they save."""

from __future__ import annotations

import numpy as np

from scalml.metrics.inputs import require_weight
from scalml.metrics.metric import PROBABILITIES, streamed
from scalml.metrics.probabilities import check_classes, losses_of, undefined
from scalml.statistics.label_losses import squared_losses


def _one_column(rows, parameters, classes=None):
    """Whether the probabilities are those of the positive one of two classes."""
    return {"single": len(rows[1].shape) == 1 or rows[1].shape[1] == 1}


def _squared_losses_of(y_true, y_proba, sample_weight, labels, single):
    # Of a single column it turns out at the end which class is the positive one.
    return losses_of(
        y_true,
        y_proba,
        sample_weight,
        squared_losses,
        None if single else labels,
        every_column=single,
    )


def _brier_loss(found, pos_label, labels, single, scale_by_half):
    columns = _owned(found, pos_label, labels, single)
    require_weight(found.total)
    loss = found.total_loss(columns) / found.total
    if scale_by_half == "auto":
        scale_by_half = found.losses.shape[1] < 3
    return loss / 2 if scale_by_half else loss


def _brier_share(found, pos_label, labels, single):
    if found.n_rows < 2:
        return undefined()
    columns = _owned(found, pos_label, labels, single)
    require_weight(found.total)
    masses = np.bincount(columns, found.masses, minlength=found.losses.shape[1])
    shares = masses / found.total
    spread = masses @ ((1 - shares) ** 2 + (shares @ shares - shares**2))
    return float(1 - found.total_loss(columns) / spread)


def _owned(found, pos_label, labels, single):
    """Which column is whose."""
    if not single:
        check_classes(found, labels)
        return np.arange(len(found.classes))
    if len(found.classes) > 2:
        raise ValueError(
            "The type of the target inferred from y_true is multiclass but should be binary "
            "according to the shape of y_prob."
        )
    return (found.classes == _positive(found.classes, pos_label)).astype(int)


def _positive(classes, pos_label):
    if pos_label is not None:
        return pos_label
    if classes.dtype.kind in "OUS":
        raise ValueError(
            f"y_true takes value in {set(classes.tolist())} and pos_label is not specified: "
            "either make y_true take value in {0, 1} or {-1, 1} or pass pos_label explicitly."
        )
    return 1 if len(classes) == 1 and classes[0] in (0, -1) else classes[-1]


@streamed(
    _squared_losses_of,
    _brier_loss,
    needs=("labels", "single"),
    prepare=_one_column,
    example=PROBABILITIES,
)
def brier_score_loss(
    y_true, y_proba, *, sample_weight=None, pos_label=None, labels=None, scale_by_half="auto"
):
    """Mean squared distance of predicted probabilities from the true labels' 0 and 1.

    As `sklearn.metrics.brier_score_loss`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true : array-like or chunked, of shape (n_rows,)
        Labels of any type.
    y_proba : array-like or chunked, of shape (n_rows, n_classes) or (n_rows,)
        Probabilities, columns in the sorted order of the classes; of `pos_label` if there is one
        column.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    pos_label : int, float, bool or str, default=None
        By default the larger label; text must say which.
    labels : array-like of shape (n_classes,), default=None
        All classes; those of `y_true` by default.
    scale_by_half : bool or "auto", default="auto"
        Halve the loss, which then lies in [0, 1]; "auto" does for two classes.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        As `log_loss`; if there is one column and there are more than two classes, or text labels
        without `pos_label`.

    Warns
    -----
    UserWarning
        If the probabilities of a row do not sum to one.

    Notes
    -----
    One pass, as `log_loss`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import brier_score_loss
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> round(brier_score_loss(y, np.array([0.1, 0.9, 0.8, 0.3])), 6)
    0.0375
    """


@streamed(
    _squared_losses_of,
    _brier_share,
    needs=("labels", "single"),
    prepare=_one_column,
    example=PROBABILITIES,
)
def d2_brier_score(y_true, y_proba, *, sample_weight=None, pos_label=None, labels=None):
    """Share of the Brier score of constant class frequencies that the probabilities save.

    As `sklearn.metrics.d2_brier_score`, which gets inputs that are all in memory.

    Parameters
    ----------
    y_true, y_proba, sample_weight, pos_label, labels
        As in `brier_score_loss`.

    Returns
    -------
    float
        1 is best, 0 is as good as the frequencies.

    Raises
    ------
    ValueError
        As `brier_score_loss`.

    Warns
    -----
    UndefinedMetricWarning
        With fewer than two rows; the score is NaN.

    Notes
    -----
    One pass, as `log_loss`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import d2_brier_score
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> round(d2_brier_score(y, np.array([0.1, 0.9, 0.8, 0.3])), 6)
    0.85
    """

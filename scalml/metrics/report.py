"""The table of precision, recall and F score that people read first."""

from __future__ import annotations

import re
import warnings

import numpy as np
import sklearn.metrics

from scalml.metrics.labels import few_rows, in_rows, sets_of
from scalml.metrics.metric import streamed
from scalml.statistics import LabelSets

AVERAGE = "samples avg"


def _report(found, **parameters):
    sets = isinstance(found, LabelSets)
    if sets:
        if parameters["labels"] is not None and parameters["target_names"] is None:
            parameters["target_names"] = [str(label) for label in parameters["labels"]]
        parameters["labels"] = np.arange(len(found.both))
    report = _of_few(found, parameters, by_row=False)
    if sets:  # averages over rows are not those of labels
        by_row = _of_few(found, parameters, by_row=True)
        if parameters["output_dict"]:
            report[AVERAGE] = by_row[AVERAGE]
        else:
            report = report[: report.rindex(AVERAGE)] + by_row[by_row.rindex(AVERAGE) :]
    if in_rows(found) and not parameters["output_dict"]:  # rows are whole, weights were not
        report = re.sub(r" +(\d+)\.0$", lambda count: f" {count[1]:>9}", report, flags=re.M)
    return report


def _of_few(found, parameters, by_row):
    """The namesake's report, and of its warnings those that the rows at hand may give."""
    y_true, y_pred, masses = few_rows(found, by_row)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = sklearn.metrics.classification_report(
            y_true, y_pred, sample_weight=masses, **parameters
        )
    for text, category in dict.fromkeys((str(w.message), w.category) for w in caught):
        if by_row == ("in samples with" in text):
            warnings.warn(text, category, stacklevel=2)
    return report


@streamed(sets_of, _report, needs=("labels",))
def classification_report(
    y_true,
    y_pred,
    *,
    labels=None,
    target_names=None,
    sample_weight=None,
    digits=2,
    output_dict=False,
    zero_division="warn",
):
    """Precision, recall, F score and rows of each label and on average, as text or a dict.

    As `sklearn.metrics.classification_report`, on chunked data too, to the letter.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse or chunked, of shape (n_rows,) or (n_rows, n_labels)
        Labels of any type, or indicators of several labels.
    labels : array-like of shape (n_classes,), default=None
        Which labels, and their order.
    target_names : array-like of shape (n_classes,), default=None
        Names to show for them.
    sample_weight : array-like or chunked, of shape (n_rows,), default=None
    digits : int, default=2
        Digits behind the point, in a text.
    output_dict : bool, default=False
    zero_division : {"warn", 0.0, 1.0, np.nan}, default="warn"

    Returns
    -------
    str or dict

    Raises
    ------
    ValueError
        As `precision_recall_fscore_support`; if there are not as many names as labels.

    Notes
    -----
    One pass, as `precision_recall_fscore_support`.

    Examples
    --------
    >>> import numpy as np, scalml
    >>> from scalml.metrics import classification_report
    >>> y = scalml.from_array(np.array([0, 1, 1, 0]), chunk_rows=3)
    >>> print(classification_report(y, np.array([0, 1, 1, 1]), target_names=["no", "yes"]))
                  precision    recall  f1-score   support
    <BLANKLINE>
              no       1.00      0.50      0.67         2
             yes       0.67      1.00      0.80         2
    <BLANKLINE>
        accuracy                           0.75         4
       macro avg       0.83      0.75      0.73         4
    weighted avg       0.83      0.75      0.73         4
    <BLANKLINE>
    """

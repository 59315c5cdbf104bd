"""Scores of predictions, exact on chunked data: sums over rows, never averages of averages."""

from sklearn.metrics import make_scorer

from scalml.metrics.classification import accuracy_score, log_loss
from scalml.metrics.ranking import roc_auc_score
from scalml.metrics.regression import mean_squared_error, r2_score, root_mean_squared_error
from scalml.metrics.scorers import get_scorer, get_scorer_names

__all__ = [
    "accuracy_score",
    "get_scorer",
    "get_scorer_names",
    "log_loss",
    "make_scorer",
    "mean_squared_error",
    "r2_score",
    "roc_auc_score",
    "root_mean_squared_error",
]

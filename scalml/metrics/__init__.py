"""Scores of predictions, exact on chunked data: sums over rows, never averages of averages."""

from scalml.metrics.agreement import (
    balanced_accuracy_score,
    class_likelihood_ratios,
    cohen_kappa_score,
    matthews_corrcoef,
)
from scalml.metrics.brier import brier_score_loss, d2_brier_score
from scalml.metrics.classification import accuracy_score
from scalml.metrics.confusion import (
    confusion_matrix,
    hamming_loss,
    multilabel_confusion_matrix,
    zero_one_loss,
)
from scalml.metrics.deviance import (
    mean_gamma_deviance,
    mean_poisson_deviance,
    mean_tweedie_deviance,
)
from scalml.metrics.log_losses import d2_log_loss_score, log_loss
from scalml.metrics.losses import (
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_pinball_loss,
    mean_squared_log_error,
    root_mean_squared_log_error,
)
from scalml.metrics.medians import d2_absolute_error_score, d2_pinball_score, median_absolute_error
from scalml.metrics.metric import Metric
from scalml.metrics.precision_recall import (
    f1_score,
    fbeta_score,
    jaccard_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from scalml.metrics.ranking import average_precision_score, roc_auc_score
from scalml.metrics.regression import (
    explained_variance_score,
    mean_squared_error,
    r2_score,
    root_mean_squared_error,
)
from scalml.metrics.report import classification_report
from scalml.metrics.score_many import SharedScores, check_scoring, score_many
from scalml.metrics.scorer import Scorer, make_scorer
from scalml.metrics.scorers import get_scorer, get_scorer_names

__all__ = [
    "Metric",
    "Scorer",
    "SharedScores",
    "accuracy_score",
    "average_precision_score",
    "balanced_accuracy_score",
    "brier_score_loss",
    "check_scoring",
    "class_likelihood_ratios",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "d2_absolute_error_score",
    "d2_brier_score",
    "d2_log_loss_score",
    "d2_pinball_score",
    "explained_variance_score",
    "f1_score",
    "fbeta_score",
    "get_scorer",
    "get_scorer_names",
    "hamming_loss",
    "jaccard_score",
    "log_loss",
    "make_scorer",
    "matthews_corrcoef",
    "max_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_gamma_deviance",
    "mean_pinball_loss",
    "mean_poisson_deviance",
    "mean_squared_error",
    "mean_squared_log_error",
    "mean_tweedie_deviance",
    "median_absolute_error",
    "multilabel_confusion_matrix",
    "precision_recall_fscore_support",
    "precision_score",
    "r2_score",
    "recall_score",
    "roc_auc_score",
    "root_mean_squared_error",
    "root_mean_squared_log_error",
    "score_many",
    "zero_one_loss",
]

"""Splits of chunked data for training and testing, cross-validation, and what searches build on."""

from scalml.model_selection.check import check_cv
from scalml.model_selection.cross_val_predict import cross_val_predict
from scalml.model_selection.cross_validation import cross_val_score, cross_validate
from scalml.model_selection.kfold import GroupKFold, KFold, StratifiedKFold
from scalml.model_selection.membership import memberships
from scalml.model_selection.ordered import PredefinedSplit, TimeSeriesSplit
from scalml.model_selection.search import GridSearchCV, RandomizedSearchCV
from scalml.model_selection.shuffle_split import ShuffleSplit, StratifiedShuffleSplit
from scalml.model_selection.split import train_test_split

__all__ = [
    "GridSearchCV",
    "GroupKFold",
    "KFold",
    "PredefinedSplit",
    "RandomizedSearchCV",
    "ShuffleSplit",
    "StratifiedKFold",
    "StratifiedShuffleSplit",
    "TimeSeriesSplit",
    "check_cv",
    "cross_val_predict",
    "cross_val_score",
    "cross_validate",
    "memberships",
    "train_test_split",
]

"""Losses of linear models as statistics: a block and coefficients give a value and a gradient.

Each adds over blocks like any statistic; penalties are not part of them, they are added once, by
the estimator. This package is NumPy and SciPy alone.
"""

from scalml.losses.logistic import LogisticHessian, LogisticLoss
from scalml.losses.multinomial import MultinomialHessian, MultinomialLoss
from scalml.losses.squared import SquaredLoss

__all__ = [
    "LogisticHessian",
    "LogisticLoss",
    "MultinomialHessian",
    "MultinomialLoss",
    "SquaredLoss",
]

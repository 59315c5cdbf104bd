"""Linear models: squared-error models from one Gram matrix, logistic regression in a few passes."""

from scalml.linear_model.linear_regression import LinearRegression
from scalml.linear_model.logistic import LogisticRegression
from scalml.linear_model.ridge import Ridge

__all__ = ["LinearRegression", "LogisticRegression", "Ridge"]

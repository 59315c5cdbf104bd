"""Linear models: squared-error models from one Gram matrix, logistic regression in a few passes."""

from scalml.linear_model.elastic_net import ElasticNet, Lasso
from scalml.linear_model.gram_regressor import GramRegressor
from scalml.linear_model.linear_regression import LinearRegression
from scalml.linear_model.logistic import LogisticRegression
from scalml.linear_model.ridge import Ridge

__all__ = [
    "ElasticNet",
    "GramRegressor",
    "Lasso",
    "LinearRegression",
    "LogisticRegression",
    "Ridge",
]

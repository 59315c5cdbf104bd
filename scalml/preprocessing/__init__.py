"""Scalers and encoders whose statistics add up over chunks."""

from scalml.preprocessing.max_abs import MaxAbsScaler
from scalml.preprocessing.min_max import MinMaxScaler
from scalml.preprocessing.one_hot import OneHotEncoder
from scalml.preprocessing.standard import StandardScaler

__all__ = ["MaxAbsScaler", "MinMaxScaler", "OneHotEncoder", "StandardScaler"]

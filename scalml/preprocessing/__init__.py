"""Scalers and encoders whose statistics add up over chunks."""

from scalml.preprocessing.one_hot import OneHotEncoder
from scalml.preprocessing.standard import StandardScaler

__all__ = ["OneHotEncoder", "StandardScaler"]

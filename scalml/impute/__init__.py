"""Imputers whose statistics add up over chunks."""

from scalml.impute.simple import SimpleImputer

__all__ = ["SimpleImputer"]

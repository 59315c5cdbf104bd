"""Transformers put side by side, and fits that share passes over the data."""

from importlib import import_module

from sklearn.compose import make_column_selector

__all__ = ["ColumnTransformer", "make_column_selector", "make_column_transformer"]


def __getattr__(name):
    # The transformers that this package composes import `scalml.utils.sums` themselves.
    if name in ("ColumnTransformer", "make_column_transformer"):
        return getattr(import_module("scalml.compose.column_transformer"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

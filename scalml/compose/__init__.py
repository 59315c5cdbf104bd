"""Transformers put side by side, and what compositions need to know of their steps."""

from sklearn.compose import make_column_selector

from scalml.compose.column_transformer import ColumnTransformer, make_column_transformer

__all__ = ["ColumnTransformer", "make_column_selector", "make_column_transformer"]

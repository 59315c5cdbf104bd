"""Splits of chunked data for training and testing."""

from scalml.model_selection.split import train_test_split

__all__ = ["train_test_split"]

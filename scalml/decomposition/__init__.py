"""Decompositions of X into a few directions, from its Gram matrix or products with it."""

from scalml.decomposition.pca import PCA
from scalml.decomposition.truncated_svd import TruncatedSVD

__all__ = ["PCA", "TruncatedSVD"]

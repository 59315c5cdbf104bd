"""Clustering by weights and sums of the rows near each centre, which add up over chunks."""

from scalml.cluster.kmeans import KMeans

__all__ = ["KMeans"]

"""Naive Bayes classifiers, each solved from one statistic by class."""

from scalml.naive_bayes.gaussian import GaussianNB
from scalml.naive_bayes.multinomial import MultinomialNB

__all__ = ["GaussianNB", "MultinomialNB"]

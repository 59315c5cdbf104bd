"""Small frozen values that are computed from one block of rows and add up over blocks.

A statistic has ``of(X, y=None, sample_weight=None, **parameters)`` for one block, ``a + b`` for
two, often ``a - b``, and properties that finish the mathematics. This package is NumPy and SciPy
alone: no files, no processes, no estimators.
"""

from scalml.statistics.assignments import Assignments
from scalml.statistics.base import Sums
from scalml.statistics.class_counts import ClassCounts
from scalml.statistics.class_moments import ClassMoments
from scalml.statistics.coded import CodedRows
from scalml.statistics.confusion import Confusion, LabelSets
from scalml.statistics.counts import Categories, Counts
from scalml.statistics.errors import Largest, Losses
from scalml.statistics.extrema import Extrema
from scalml.statistics.finite import require_finite
from scalml.statistics.gram import Gram
from scalml.statistics.gram_product import GramProduct
from scalml.statistics.gram_rows import GramRows
from scalml.statistics.label_losses import LabelLosses
from scalml.statistics.leading import Leading
from scalml.statistics.missing import Missing
from scalml.statistics.moments import Moments
from scalml.statistics.ranking import RankedScores
from scalml.statistics.row_hashes import HashCounts, HashesAt
from scalml.statistics.scores import Accuracy, Labels, Residuals
from scalml.statistics.several import Several

__all__ = [
    "Accuracy",
    "Assignments",
    "Categories",
    "ClassCounts",
    "ClassMoments",
    "CodedRows",
    "Confusion",
    "Counts",
    "Extrema",
    "Gram",
    "GramProduct",
    "GramRows",
    "HashCounts",
    "HashesAt",
    "LabelLosses",
    "LabelSets",
    "Labels",
    "Largest",
    "Leading",
    "Losses",
    "Missing",
    "Moments",
    "RankedScores",
    "Residuals",
    "Several",
    "Sums",
    "require_finite",
]

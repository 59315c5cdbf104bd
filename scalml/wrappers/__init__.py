"""Third-party and plain scikit-learn estimators on chunked data."""

from scalml.wrappers.incremental import Incremental
from scalml.wrappers.parallel import ParallelPostFit

__all__ = ["Incremental", "ParallelPostFit"]

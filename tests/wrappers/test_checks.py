"""The wrappers pass scikit-learn's own estimator checks."""

import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.wrappers import Incremental, ParallelPostFit

ESTIMATORS = [
    Incremental(SGDClassifier(random_state=0), epochs=20),
    Incremental(SGDRegressor(random_state=0), epochs=20),
    Incremental(GaussianNB()),
    Incremental(StandardScaler()),
    ParallelPostFit(LogisticRegression()),
    ParallelPostFit(RandomForestRegressor(5, random_state=0)),
    ParallelPostFit(StandardScaler()),
]


ONE_STEP = (
    "Stochastic gradient descent takes one step for each row: a row of weight 2 is a step of twice "
    "the length, not two steps. The plain estimators of scikit-learn differ alike."
)


def expected_failures(estimator):
    """Checks that the estimator inside fails too, with the reason."""
    if not isinstance(estimator.estimator, (SGDClassifier, SGDRegressor)):
        return {}
    check = "check_sample_weight_equivalence_on_{}_data"
    return {check.format(kind): ONE_STEP for kind in ("dense", "sparse")}


# GaussianNB takes the logarithm of the prior of a class whose rows have no weight.
@pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning")
@parametrize_with_checks(ESTIMATORS, expected_failed_checks=expected_failures)
def test_checks(estimator, check):
    check(estimator)

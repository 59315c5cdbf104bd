"""scikit-learn's own suite of checks, for every naive Bayes model."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.naive_bayes import GaussianNB, MultinomialNB

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    # What scikit-learn's own GaussianNB says of a class without weight when it predicts.
    pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning"),
]


def expected_failures(estimator):
    """Where scikit-learn's own GaussianNB fails too."""
    if isinstance(estimator, GaussianNB) and estimator.var_smoothing > 0.01:
        reason = "the variance that is smoothed with is scikit-learn's, that of unweighted rows"
        return {"check_sample_weight_equivalence_on_dense_data": reason}
    return {}


@parametrize_with_checks(
    [
        GaussianNB(),
        GaussianNB(var_smoothing=0.1),
        MultinomialNB(),
        MultinomialNB(alpha=0.5, fit_prior=False),
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)

"""scikit-learn's own checks of the imputer."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.impute import SimpleImputer


@parametrize_with_checks(
    [SimpleImputer(), SimpleImputer(strategy="most_frequent"), SimpleImputer(add_indicator=True)]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)

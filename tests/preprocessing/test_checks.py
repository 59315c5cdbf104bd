"""scikit-learn's own checks of every scaler and encoder."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.preprocessing import OneHotEncoder, StandardScaler


@parametrize_with_checks([StandardScaler(), StandardScaler(with_mean=False), OneHotEncoder()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)

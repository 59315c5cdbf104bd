"""scikit-learn's own checks of every scaler and encoder."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler


@parametrize_with_checks(
    [
        StandardScaler(),
        StandardScaler(with_mean=False),
        MinMaxScaler(),
        MinMaxScaler(feature_range=(-1, 2), clip=True),
        MaxAbsScaler(),
        OneHotEncoder(),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)

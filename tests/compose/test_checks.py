"""scikit-learn's own checks of the ColumnTransformer."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.compose import ColumnTransformer
from scalml.preprocessing import StandardScaler

# The namesake fails these too: it leaves the checks of the rows to its steps, and the first of
# these steps wants the second column or ignores it.
NAMESAKE_FAILS = dict.fromkeys(
    [
        "check_complex_data",
        "check_estimators_empty_data_messages",
        "check_estimators_nan_inf",
        "check_estimator_sparse_array",
        "check_estimator_sparse_matrix",
        "check_fit1d",
        "check_fit2d_1feature",
        "check_fit2d_predict1d",
    ],
    "scikit-learn's ColumnTransformer fails it too",
)


@parametrize_with_checks(
    [ColumnTransformer([("first", StandardScaler(), [0]), ("second", StandardScaler(), [0, 1])])],
    expected_failed_checks=lambda estimator: NAMESAKE_FAILS,
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)

"""scikit-learn's own checks of every decomposition."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.decomposition import PCA, TruncatedSVD


@parametrize_with_checks(
    [
        PCA(),
        PCA(1, whiten=True),
        PCA(svd_solver="full"),
        PCA(0.8),
        TruncatedSVD(),
        TruncatedSVD(1, algorithm="arpack"),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)

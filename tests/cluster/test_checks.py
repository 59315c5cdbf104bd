"""scikit-learn's own suite of checks."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from scalml.cluster import KMeans

REPEATED = "repeated rows draw other starts than weighted ones, as in scikit-learn"
EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": REPEATED,
    "check_sample_weight_equivalence_on_sparse_data": REPEATED,
}


@parametrize_with_checks(
    [
        KMeans(n_clusters=2, random_state=0),
        KMeans(n_clusters=2, init="k-means||", random_state=0),
        KMeans(n_clusters=2, init="random", random_state=0, algorithm="elkan"),
    ],
    expected_failed_checks=lambda estimator: EXPECTED,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)

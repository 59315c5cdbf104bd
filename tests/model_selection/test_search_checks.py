"""scikit-learn's own suite of checks, for searches as scikit-learn makes it for its own."""

import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

import scalml.linear_model
from scalml.model_selection import GridSearchCV, RandomizedSearchCV

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning"),
    # scikit-learn looks whether a y of infinities is whole numbers.
    pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning"),
]

OPTIONS = {"cv": 2, "error_score": "raise"}
TRIED = [
    (Ridge(), {"alpha": [0.1, 1.0]}),
    (LogisticRegression(), {"C": [0.1, 1.0]}),
    (Pipeline([("pca", PCA()), ("ridge", Ridge())]), {"ridge__alpha": [0.1, 1.0]}),
    (Pipeline([("pca", PCA()), ("model", LogisticRegression())]), {"model__C": [0.1, 1.0]}),
    (scalml.linear_model.Ridge(), {"alpha": [0.1, 1.0]}),
    (scalml.linear_model.LogisticRegression(), {"C": [0.1, 1.0]}),
    (SGDClassifier(random_state=0), {"alpha": [0.1, 1.0]}),
]


def expected_failures(search):
    """What the estimator inside fails too."""
    if isinstance(search.estimator, SGDClassifier):
        reason = "a row of weight 2 is one step of twice the length, in the plain SGDClassifier too"
        check = "check_sample_weight_equivalence_on_{}_data"
        return {check.format(kind): reason for kind in ("dense", "sparse")}
    return {}


@parametrize_with_checks(
    [GridSearchCV(estimator, params, **OPTIONS) for estimator, params in TRIED]
    + [
        RandomizedSearchCV(estimator, params, random_state=0, n_iter=2, **OPTIONS)
        for estimator, params in TRIED[:4]
    ],
    expected_failed_checks=expected_failures,
)
def test_scikit_learn_check(estimator, check):
    check(estimator)

"""The table of results is scikit-learn's; of failures one is told."""

import numpy as np
import pytest
from sklearn.exceptions import FitFailedWarning

from scalml.model_selection.results import (
    parameter_columns,
    ranks,
    report_failures,
    spread_error_score,
    tabulate,
)


def outcome(score, error=None):
    return {"test_scores": score, "fit_time": 0.5, "score_time": 0.25, "fit_error": error}


def test_columns_of_parameters():
    columns = parameter_columns([{"a": 1, "b": "x"}, {"a": 2.5}, {"c": [1, 2]}, {"c": [3]}])
    assert columns["param_a"].dtype == float and columns["param_b"].dtype == object
    assert columns["param_c"].dtype == object and columns["param_c"][2] == [1, 2]
    assert columns["param_a"].mask.tolist() == [False, False, True, True]
    same_length = parameter_columns([{"layers": (1, 2)}, {"layers": (3, 4)}])
    assert same_length["param_layers"].tolist() == [(1, 2), (3, 4)]
    assert parameter_columns([{"on": True}, {"on": False}])["param_on"].dtype == bool
    assert parameter_columns([{}]) == {}


def test_ranks():
    assert ranks(np.array([0.5, np.nan, 0.9, 0.5])).tolist() == [2, 4, 1, 2]
    assert ranks(np.full(3, np.nan)).tolist() == [1, 1, 1]


def test_means_and_spreads():
    rows = [[outcome(0.0), outcome(1.0)], [outcome(0.5), outcome(0.5)]]
    table = tabulate([{"C": 1}, {"C": 2}], rows, False)
    assert table["mean_test_score"].tolist() == [0.5, 0.5]
    assert table["std_test_score"].tolist() == [0.5, 0.0]
    assert table["split1_test_score"].tolist() == [1.0, 0.5]
    assert table["mean_fit_time"].tolist() == [0.5, 0.5]


def test_scores_that_are_not_finite_are_told():
    with pytest.warns(UserWarning, match="test scores are non-finite"):
        tabulate([{}], [[outcome(np.nan)]], False)


def test_failures():
    report_failures([[outcome(1.0)]], np.nan)
    with pytest.warns(FitFailedWarning, match="1 fits failed out of a total of 2(.|\n)*boom"):
        report_failures([[outcome(1.0), outcome(0.0, "boom")]], 0.0)
    with pytest.raises(ValueError, match="All the 2 fits failed(.|\n)*2 fits failed with"):
        report_failures([[outcome(0.0, "boom"), outcome(0.0, "boom")]], 0.0)


def test_failed_fits_get_the_metrics_that_others_turned_out_to_have():
    rows = [[outcome({"a": 1, "b": 2}), outcome(-1.0, "boom")]]
    spread_error_score(rows, -1.0)
    assert rows[0][1]["test_scores"] == {"a": -1.0, "b": -1.0}

"""`cv_results_`: times, parameters and scores of every candidate and split, as scikit-learn's."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.exceptions import FitFailedWarning

Outcome = dict[str, Any]
"""What one candidate did on one split: ``test_scores`` (and ``train_scores``), a number or a dict
of them; ``fit_time``, ``score_time``; ``fit_error``, the traceback of a fit that failed or None."""


def tabulate(
    candidates: list[dict[str, Any]], outcomes: list[list[Outcome]], return_train_score: bool
) -> dict[str, Any]:
    """Lay out what candidates did, as the ``cv_results_`` of scikit-learn's searches.

    Parameters
    ----------
    candidates : list of dict
        Parameters of each.
    outcomes : list of list of Outcome
        Of each candidate, on each split.
    return_train_score : bool

    Returns
    -------
    dict
        Arrays of shape (n_candidates,) and the list ``params``; a DataFrame can be made of it.

    Examples
    --------
    >>> from scalml.model_selection.results import tabulate
    >>> outcome = {"test_scores": 0.5, "fit_time": 0.1, "score_time": 0.0, "fit_error": None}
    >>> better = {**outcome, "test_scores": 0.75}
    >>> table = tabulate([{"C": 1}, {"C": 2}], [[outcome], [better]], False)
    >>> table["rank_test_score"].tolist(), table["param_C"].tolist()
    ([2, 1], [1, 2])
    """
    table: dict[str, Any] = {}
    for name in ("fit_time", "score_time"):
        table |= _mean_and_spread(name, _grid(outcomes, lambda outcome, name=name: outcome[name]))
    table |= parameter_columns(candidates)
    table["params"] = candidates
    first = outcomes[0][0]["test_scores"]
    for metric in first if isinstance(first, dict) else [None]:
        for side in ("test", "train")[: 1 + return_train_score]:
            scores = _grid(
                outcomes,
                lambda outcome, side=side, metric=metric: _of(outcome[f"{side}_scores"], metric),
            )
            name = f"{side}_{metric or 'score'}"
            table |= {f"split{k}_{name}": scores[:, k] for k in range(scores.shape[1])}
            table |= _mean_and_spread(name, scores)
            means = table[f"mean_{name}"]
            if not np.isfinite(means).all():
                warnings.warn(
                    f"One or more of the {side} scores are non-finite: {means}",
                    UserWarning,
                    stacklevel=2,
                )
            if side == "test":
                table[f"rank_{name}"] = ranks(means)
    return table


def parameter_columns(candidates: list[dict[str, Any]]) -> dict[str, np.ma.MaskedArray]:
    """A masked array for each parameter, masked where a candidate does not set it."""
    columns = {}
    for name in dict.fromkeys(name for params in candidates for name in params):
        at = [place for place, params in enumerate(candidates) if name in params]
        values = [candidates[place][name] for place in at]
        column = np.ma.MaskedArray(np.empty(len(candidates), dtype=_dtype(values)), mask=True)
        for place, value in zip(at, values, strict=True):
            column[place] = value
        columns[f"param_{name}"] = column
    return columns


def ranks(means: np.ndarray) -> np.ndarray:
    """1 for the best mean score, ties share the better rank, NaN is as bad as it gets."""
    if np.isnan(means).all():
        return np.ones(len(means), dtype=np.int32)
    worst = np.nanmin(means) - 1
    return rankdata(-np.where(np.isnan(means), worst, means), method="min").astype(np.int32)


def report_failures(outcomes: list[list[Outcome]], error_score: Any) -> None:
    """Warn of fits that failed.

    Raises
    ------
    ValueError
        If all failed.
    """
    every = [outcome for row in outcomes for outcome in row]
    errors = [outcome["fit_error"] for outcome in every if outcome["fit_error"] is not None]
    if not errors:
        return
    details = "Below are more details about the failures:\n" + "\n".join(
        f"{'-' * 80}\n{count} fits failed with the following error:\n{error}"
        for error, count in Counter(errors).items()
    )
    if len(errors) == len(every):
        raise ValueError(
            f"\nAll the {len(every)} fits failed.\nIt is very likely that your model is "
            f"misconfigured.\nYou can try to debug the error by setting error_score='raise'.\n\n"
            f"{details}"
        )
    warnings.warn(
        f"\n{len(errors)} fits failed out of a total of {len(every)}.\nThe score on these "
        f"train-test partitions for these parameters will be set to {error_score}.\nIf these "
        "failures are not expected, you can try to debug them by setting error_score='raise'."
        f"\n\n{details}",
        FitFailedWarning,
        stacklevel=2,
    )


def spread_error_score(outcomes: list[list[Outcome]], error_score: Any) -> None:
    """Give failed fits the metrics that a callable turned out to compute.

    Only a call of it tells whether it gives a number or a dict, and a failed fit was not scored.
    """
    every = [outcome for row in outcomes for outcome in row]
    scored = (outcome["test_scores"] for outcome in every if outcome["fit_error"] is None)
    example = next(scored, None)
    if isinstance(example, dict):
        for outcome in every:
            if outcome["fit_error"] is not None:
                for side in {"test_scores", "train_scores"} & set(outcome):
                    outcome[side] = dict.fromkeys(example, error_score)


def _grid(outcomes: list[list[Outcome]], value: Any) -> np.ndarray:
    return np.array([[value(outcome) for outcome in row] for row in outcomes], dtype=np.float64)


def _of(scores: Any, metric: str | None) -> float:
    return scores if metric is None else scores[metric]


def _mean_and_spread(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    means = np.average(values, axis=1)
    with np.errstate(invalid="ignore"):  # scores may be infinite
        spread = np.sqrt(np.average((values - means[:, None]) ** 2, axis=1))
    return {f"mean_{name}": means, f"std_{name}": spread}


def _dtype(values: list[Any]) -> Any:
    """The dtype of a column of such values; object for text and for lists of any kind."""
    try:
        found = np.array(values)
    except ValueError:  # lists of different lengths
        return object
    return found.dtype if found.ndim == 1 and found.dtype.kind != "U" else object

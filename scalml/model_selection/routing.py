"""Which of a call's parameters go to fits, to scorers and to the splitter."""

from __future__ import annotations

from typing import Any

import sklearn
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing


def routed(
    caller: str, estimator: Any, cv: Any, scorer: Any, groups: Any, params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Parameters for ``fit``, for scorers, and the groups of the splitter.

    Parameters
    ----------
    caller : str
        The function that was called, for errors.
    estimator, cv, scorer
        Who may have requested some of `params`; the scorer may be None.
    groups : array-like, chunked or None
    params : dict
        All go to ``fit``, unless scikit-learn's ``enable_metadata_routing`` is set.

    Raises
    ------
    ValueError
        If groups are given where they belong in `params`.
    UnsetMetadataPassedError
        If nobody has said what a parameter is for.
    """
    if not sklearn.get_config()["enable_metadata_routing"]:
        return params, {}, groups
    if groups is not None:
        raise ValueError(
            "`groups` can only be passed if metadata routing is not enabled via "
            "`sklearn.set_config(enable_metadata_routing=True)`. When routing is enabled, pass "
            "`groups` alongside other metadata via the `params` argument instead."
        )
    router = MetadataRouter(owner=caller)
    router.add(splitter=cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
    router.add(estimator=estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit"))
    if scorer is not None:
        router.add(scorer=scorer, method_mapping=MethodMapping().add(caller="fit", callee="score"))
    try:
        found = process_routing(router, "fit", **params)
    except UnsetMetadataPassedError as error:
        raise UnsetMetadataPassedError(
            message=str(error).replace(f"{caller}.fit", caller),
            unrequested_params=error.unrequested_params,
            routed_params=error.routed_params,
        ) from None
    for_splitter = dict(found.splitter.split)
    groups = for_splitter.pop("groups", None)
    if for_splitter:
        raise ValueError(
            f"A splitter of chunked rows takes X, y and groups, got {sorted(for_splitter)} too."
        )
    return found.estimator.fit, {} if scorer is None else found.scorer.score, groups

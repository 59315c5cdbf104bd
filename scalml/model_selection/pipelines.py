"""A pipeline cut before its last step, so that candidates that differ only there share the rest."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import joblib
import sklearn
import sklearn.pipeline
from sklearn.base import clone


@dataclass(frozen=True)
class Cut:
    """What comes before the last step of a model, and that step.

    Parameters
    ----------
    whole : estimator
        Unfitted.
    prefix : Pipeline or None
        All steps but the last; None for a model that is not cut.
    last : estimator
        The last step, or the model itself.
    key : str or None
        Equal for equal prefixes.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> a, b = (Cut.of(make_pipeline(StandardScaler(), Ridge(alpha))) for alpha in (1, 2))
    >>> a.key == b.key, a.last, b.last
    (True, Ridge(alpha=1), Ridge(alpha=2))
    """

    whole: Any
    prefix: Any
    last: Any
    key: str | None

    @classmethod
    def of(cls, model: Any) -> Cut:
        """Cut a model if its steps can be fitted one by one, which a cache of its own forbids."""
        whole = cls(model, None, model, None)
        if not isinstance(model, sklearn.pipeline.Pipeline) or len(model.steps) < 2:
            return whole
        last = model.steps[-1][1]
        options = {name: getattr(model, name) for name in ("memory", "transform_input")}
        routed = sklearn.get_config()["enable_metadata_routing"]
        if routed or model.verbose or not hasattr(last, "fit") or any(options.values()):
            return whole
        steps = [(name, clone(step, safe=False)) for name, step in model.steps[:-1]]
        prefix = clone(model).set_params(steps=steps)
        try:
            key = joblib.hash(prefix)
        except (pickle.PicklingError, TypeError, AttributeError):  # of a local function, say
            return whole
        return cls(model, prefix, last, key)

    @property
    def name(self) -> str:
        """Name of the last step."""
        return self.whole.steps[-1][0]

    def shares(self, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Parameters of ``fit`` for the prefix, and for the last step."""
        if self.prefix is None:
            return {}, params
        start = f"{self.name}__"
        own = {key.removeprefix(start): v for key, v in params.items() if key.startswith(start)}
        return {key: v for key, v in params.items() if not key.startswith(start)}, own

    def joined(self, prefix: Any, last: Any) -> Any:
        """The whole model, of fitted parts."""
        if prefix is None:
            return last
        whole = clone(self.whole)
        whole.steps = [*prefix.steps, (self.name, last)]
        return whole


def cuts_of(models: list[Any]) -> list[Cut]:
    """Cuts of the candidates' models; those that share with nobody are left whole."""
    cuts = [Cut.of(model) for model in models]
    keys = [cut.key for cut in cuts]
    return [
        cut if keys.count(cut.key) > 1 else Cut(cut.whole, None, cut.whole, None) for cut in cuts
    ]

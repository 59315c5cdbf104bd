"""The settings under which a pass was started, carried to wherever its chunks are computed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..config import Config, config_context, current_config


class Surrounded:
    """`work`, run under the configuration of scalml and scikit-learn that its maker had.

    Both are kept a thread or a process: without this, a transformer whose output is a frame
    because of ``sklearn.set_config(transform_output="pandas")`` gives an array in a worker.
    """

    def __init__(self, work: Callable[..., Any]) -> None:
        self.work = work
        # An executor does not travel, and whatever runs in a worker runs serially.
        self.config: Config = replace(current_config(), backend=None)
        sklearn = sys.modules.get("sklearn")  # not imported for its settings' sake
        self.sklearn: dict[str, Any] | None = None if sklearn is None else sklearn.get_config()

    def __call__(self, *arguments: Any) -> Any:
        with config_context(**vars(self.config)):
            if self.sklearn is None:
                return self.work(*arguments)
            import sklearn

            with sklearn.config_context(**self.sklearn):
                return self.work(*arguments)

"""The settings under which a pass was started, carried to wherever its chunks are computed."""

from __future__ import annotations

import sys
import threading
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
        # A worker does not import scikit-learn for the sake of settings that it has anyway.
        sklearn = sys.modules.get("sklearn")
        settings = None if sklearn is None else sklearn.get_config()
        changed = settings is not None and settings != _defaults(sklearn)
        self.sklearn: dict[str, Any] | None = settings if changed else None

    def __call__(self, *arguments: Any) -> Any:
        with config_context(**vars(self.config)):
            if self.sklearn is None:
                return self.work(*arguments)
            import sklearn

            with sklearn.config_context(**self.sklearn):
                return self.work(*arguments)


def _defaults(sklearn: Any) -> dict[str, Any]:
    """What scikit-learn starts with, which is what it says in a thread that is new."""
    found: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: found.append(sklearn.get_config()))
    thread.start()
    thread.join()
    return found[0]

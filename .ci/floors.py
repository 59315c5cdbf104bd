"""Print the oldest dependencies that pyproject.toml allows, as constraints for pip."""

import re
import tomllib
from pathlib import Path

# Tools that only run the tests may be as new as they like.
EXTRAS = ("parquet", "progress", "dask")


def floors(project):
    """Turn every `name>=version` into `name==version`."""
    requirements = list(project["dependencies"])
    for extra in EXTRAS:
        requirements += project["optional-dependencies"][extra]
    for requirement in requirements:
        match = re.fullmatch(r"([\w.-]+)>=([\w.]+)", requirement)
        if match is None:
            raise SystemExit(f"A dependency must read name>=version, got {requirement!r}.")
        yield "{}=={}".format(*match.groups())


if __name__ == "__main__":
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    print(*floors(tomllib.loads(pyproject.read_text())["project"]), sep="\n")

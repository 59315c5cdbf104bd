"""The shape of the package is a test: who may import whom, no private names of others, small files.

The checks read source text only, so they cost milliseconds and see imports inside functions too.
Each is itself tested on snippets that break it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_LINES = 400

# Lowest first. A package may import itself, packages of its own line that are not alone, and
# everything on lines above it; a top-level name that is not listed fails the test.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("statistics", "losses"),
    ("sources",),
    ("config", "runtime"),
    ("data",),
    ("utils",),
    (
        "calibration cluster compose datasets decomposition discriminant_analysis ensemble "
        "feature_extraction feature_selection impute isotonic kernel_approximation linear_model "
        "metrics mixture multiclass naive_bayes neighbors pipeline preprocessing svm wrappers"
    ).split(),
    ("model_selection",),
    ("plan", "__init__"),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# On one line, yet independent: the bridges are the base of all statistics, and a kind of block.
INDEPENDENT = {"statistics", "losses"}
SHARED = {"scalml.statistics.base", "scalml.statistics.coded"}

FOREIGN = {"sklearn", "joblib", "pandas", "scipy", "numpy"}
# Underscored, and documented as public all the same.
DOCUMENTED = {
    *("_asdict", "_replace", "_fields", "_make"),  # collections.namedtuple
    "_exit",  # os
    "_init_callback_context",  # sklearn.callback: what an estimator that fires callbacks calls
}

Modules = dict[str, str]  # dotted name -> source text


def modules_of(root: Path) -> Modules:
    """Source text of every module of the package under `root`."""
    modules = {}
    for path in sorted((root / "scalml").rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        modules[name] = path.read_text(encoding="utf-8")
    return modules


def part_of(module: str) -> str:
    """The name in LAYERS that a dotted module belongs to; the root package is `__init__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imported(module: str, tree: ast.AST, names: set[str]) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported anywhere in a module, relative names resolved.

    `from package import name` counts as `package.name` where that is a module in `names`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.split(".")[: -node.level]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                submodule = full in names or f"{full}.__init__" in names
                yield node.lineno, full if submodule else base


def wrong_imports(modules: Modules) -> list[str]:
    """Imports that point up the list of layers, or between the two independent packages."""
    found = []
    for module, text in modules.items():
        here = part_of(module)
        if here not in RANK:
            found.append(f"{module}: {here!r} has no place in LAYERS; give it one")
            continue
        for line, target in imported(module, ast.parse(text), set(modules)):
            if target.split(".")[0] != "scalml":
                continue
            there = part_of(target)
            apart = here != there and {here, there} <= INDEPENDENT and target not in SHARED
            if RANK.get(there, len(LAYERS)) > RANK[here] or apart:
                found.append(f"{module}:{line} imports {target}, which is not below {here}")
    return found


def is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def private_imports(modules: Modules) -> list[str]:
    """`from sklearn.x import _y`, `import scipy._lib` and the like."""
    found = []
    for module, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                targets = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            found += [
                f"{module}:{node.lineno} imports the private {target}"
                for target in targets
                if target.split(".")[0] in FOREIGN and any(map(is_private, target.split(".")))
            ]
    return found


def defined_names(modules: Modules) -> set[str]:
    """Every name the package defines itself: functions, classes, variables, attributes it sets."""
    names: set[str] = set()
    for text in modules.values():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
            elif isinstance(node, ast.alias):
                names.add(node.asname or node.name)
            elif isinstance(node, ast.Assign) and is_slots(node):
                names |= {leaf.value for leaf in ast.walk(node.value) if is_text(leaf)}
    return names


def is_slots(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "__slots__" for target in node.targets)


def is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def private_attributes(modules: Modules) -> list[str]:
    """Underscored attributes that somebody else must have defined, because scalml does not.

    This finds `np._core`, and also `self._validate_params()` inherited from a namesake.
    """
    ours = defined_names(modules) | DOCUMENTED
    found = []
    for module, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute):
                name = node.attr
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"getattr", "hasattr", "setattr", "delattr"}
                and len(node.args) > 1
                and is_text(node.args[1])
            ):
                name = node.args[1].value
            else:
                continue
            if is_private(name) and name not in ours:
                found.append(f"{module}:{node.lineno} uses {name}, which scalml does not define")
    return found


def long_files(modules: Modules) -> list[str]:
    lengths = {module: len(text.splitlines()) for module, text in modules.items()}
    return [f"{module} has {n} lines" for module, n in lengths.items() if n > MAX_LINES]


def without_docstring(modules: Modules) -> list[str]:
    return [module for module, text in modules.items() if not ast.get_docstring(ast.parse(text))]


CHECKS = (wrong_imports, private_imports, private_attributes, long_files, without_docstring)


@pytest.fixture(scope="module")
def package():
    modules = modules_of(ROOT)
    assert "scalml.__init__" in modules
    return modules


@pytest.mark.parametrize("check", CHECKS)
def test_package(check, package):
    found = check(package)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("scalml.statistics.moments", "from scalml.sources.base import Source"),
        ("scalml.statistics.moments", "from ..sources import base"),
        ("scalml.statistics.moments", "from .. import runtime"),
        ("scalml.statistics.moments", "import scalml"),
        ("scalml.statistics.moments", "from scalml.losses import logistic"),
        ("scalml.losses.logistic", "from scalml.statistics.gram import Gram"),
        ("scalml.runtime.reduce", "def f():\n    from scalml.data import frame"),
        ("scalml.data.frame", "from scalml import linear_model"),
        ("scalml.utils.fitting", "import scalml.linear_model.logistic as m"),
        ("scalml.linear_model.ridge", "from scalml.model_selection import KFold"),
        ("scalml.elsewhere", ""),
    ],
)
def test_wrong_imports_are_found(module, text):
    names = ("statistics", "losses", "sources", "runtime", "data", "linear_model")
    tree = {f"scalml.{name}.__init__": "" for name in names}
    assert len(wrong_imports({**tree, module: text})) == 1


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("scalml.statistics.moments", "from scalml.statistics.base import Sums\nimport numpy"),
        ("scalml.losses.logistic", "from scalml.statistics.base import Sums"),
        ("scalml.runtime.reduce", "from scalml import config\nfrom ..sources.base import Source"),
        ("scalml.linear_model.ridge", "from ..preprocessing import StandardScaler"),
        ("scalml.__init__", "from .linear_model import Ridge"),
    ],
)
def test_right_imports_pass(module, text):
    assert not wrong_imports({"scalml.config": "", module: text})


@pytest.mark.parametrize(
    "text",
    [
        "from sklearn.utils import _safe_indexing",
        "from sklearn.linear_model._base import LinearModel",
        "import scipy._lib",
        "def f():\n    from joblib import _utils",
    ],
)
def test_private_imports_are_found(text):
    assert len(private_imports({"scalml.x": text})) == 1


def test_own_private_imports_pass():
    assert not private_imports({"scalml.x": "from scalml.y import _z\nfrom .y import _z"})


@pytest.mark.parametrize(
    "text",
    [
        "import sklearn\nsklearn.utils._x",
        "import numpy as np\nnp._core.multiarray",
        "class A(LogisticRegression):\n    def fit(self):\n        self._validate_params()",
        "class A(Base):\n    def fit(self):\n        super()._fit()",
        "getattr(estimator, '_estimator_type', None)",
    ],
)
def test_private_attributes_are_found(text):
    assert len(private_attributes({"scalml.x": text})) == 1


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n    def __init__(self):\n        self._x = 1\n        print(self._x)",
        "class A:\n    __slots__ = ('_x',)\n    def f(self): return self._x",
        "class A:\n    def _f(self): ...\n    def g(self): return self._f()",
        "row._asdict(), type(row).__name__",
    ],
)
def test_own_private_attributes_pass(text):
    assert not private_attributes({"scalml.x": text})


def test_long_files_and_missing_docstrings_are_found():
    modules = {"scalml.x": '"""Says what it is."""\n' + "\n" * MAX_LINES, "scalml.y": "x = 1"}
    assert long_files(modules) == [f"scalml.x has {MAX_LINES + 1} lines"]
    assert without_docstring(modules) == ["scalml.y"]

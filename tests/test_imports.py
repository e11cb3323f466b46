"""Imports run one way, as ARCHITECTURE.md says: any other arrow fails here."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import lammps_glass

PACKAGE = Path(lammps_glass.__file__).parent
BASE = {"errors", "registry", "resources", "compiled", "tables", "files", "product", "units", "json_types"}
BASE |= {"hashing", "settings", "ranking"}
PHYSICS = BASE | {"snapshots", "interactions"}
ALLOWED = {
    **dict.fromkeys(BASE, BASE),
    "snapshots": BASE,
    "interactions": BASE | {"snapshots"},
    "glasses": PHYSICS,
    "activation": PHYSICS,
    "simulate": PHYSICS
    | {"activation", "glasses", "labels"},  # labels made on the way, where trajectories would be too large
    "descriptors": PHYSICS | {"labels"},  # D2min of a linear response
    "labels": PHYSICS,
    "analysis": PHYSICS,
    "learn": BASE,  # rows only
    "figures": BASE,  # tables only
}
ALLOWED["products"] = set(ALLOWED)
ALLOWED["operations"] = set(ALLOWED)
ALLOWED["studies"] = set(ALLOWED)
ALLOWED["workflow"] = set(ALLOWED)
ALLOWED["planning"] = set(ALLOWED)
ALLOWED["comparison"] = set(ALLOWED) - {"planning"}
ALLOWED["cli"] = set(ALLOWED)
ALLOWED["testing"] = set(ALLOWED) - {"figures", "planning", "comparison", "cli"}
ALLOWED["__main__"] = {"cli"}


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_names(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import: plain, from, relative, and importlib with a constant name."""
    here = ("lammps_glass", *path.relative_to(PACKAGE).with_suffix("").parts[:-1])
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(here[: len(here) - node.level + 1]) + "." if node.level else ""
            names = [f"{start}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names]
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            names = [str(node.args[0].value)] if called == "import_module" else []
        for name in names:
            yield node.lineno, name


def imported_parts(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """(line, part) of every import of the package."""
    for line, name in imported_names(tree, path):
        words = name.split(".")
        if words[0] == "lammps_glass" and len(words) > 1:
            yield line, words[1]


def violations(source: str, path: Path) -> list[str]:
    allowed = ALLOWED[part_of(path)] | {part_of(path), "__version__"}
    tree = ast.parse(source)
    return [
        f"{path}:{line}: {part_of(path)} imports {part}"
        for line, part in imported_parts(tree, path)
        if part in ALLOWED and part not in allowed
    ]


MODULES = [path for path in sorted(PACKAGE.rglob("*.py*")) if path.suffix in (".py", ".pyi") and path.parent != PACKAGE]
MODULES += [path for path in sorted(PACKAGE.glob("*.py")) if path.name != "__init__.py"]


def test_every_part_has_its_place():
    assert {part_of(path) for path in MODULES} <= set(ALLOWED)


def test_no_other_arrow():
    found = [line for path in MODULES for line in violations(path.read_text(encoding="utf-8"), path)]
    assert not found, "\n".join(found)


WORKFLOW = PACKAGE / "workflow"


def imports_between(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Module -> modules of `sources` that it imports, also within functions."""
    graph: dict[str, set[str]] = {}
    for name, source in sources.items():
        imported = imported_names(ast.parse(source), WORKFLOW / f"{name}.py")
        paths = [dotted.split(".")[2:] for _, dotted in imported if dotted.startswith("lammps_glass.workflow.")]
        graph[name] = {path[0] for path in paths} & set(sources)
    return graph


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Strongly connected components of more than one module (modules that reach each other), and self-loops."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        queue = [start]
        while queue:
            queue += (new := graph[queue.pop()] - seen)
            seen |= new
        return seen

    reach = {name: reached(name) for name in graph}
    components = {tuple(sorted(m for m in graph if m in reach[name] and name in reach[m])) for name in graph}
    return sorted(list(component) for component in components if component)


def test_no_circle_of_imports_in_workflow():
    """Also none through an import within a function."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in WORKFLOW.glob("*.py")}
    assert circles(imports_between(sources)) == []


def test_the_walk_sees_a_circle_through_a_function():
    lazy = "def f():\n    from lammps_glass.workflow.{} import x"
    sources = {
        "a": lazy.format("b"),
        "b": lazy.format("c"),
        "c": "from lammps_glass.workflow import a",
        "d": "import a",
    }
    assert circles(imports_between(sources)) == [["a", "b", "c"]]


@pytest.mark.parametrize(
    "line",
    [
        "import lammps_glass.studies",
        "from lammps_glass import learn",
        "from lammps_glass.cli.common import Common",
        "from ..simulate import Engine",
        "import importlib; importlib.import_module('lammps_glass.workflow')",
        "def f():\n    from lammps_glass.figures import x",
    ],
)
def test_the_walk_sees_a_wrong_arrow(line):
    assert violations(line, PACKAGE / "labels" / "nonaffine.py")


def test_the_package_itself_imports_nothing_when_imported():
    """Names are resolved on first use: only `typing.TYPE_CHECKING` imports may stand at the top."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    at_top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert all(not (getattr(node, "module", "") or "").startswith("lammps_glass") for node in at_top)


PACKAGES = ["lammps_glass", *(f"lammps_glass.{name}" for name in sorted(lammps_glass.__all__) if name.islower())]


@pytest.mark.parametrize("name", PACKAGES)
def test_every_name_that_a_stub_lists_is_there(name):
    """A stub is the only list of what a package exports; completion in a shell shows the same names."""
    package = importlib.import_module(name)
    assert set(dir(package)) >= set(package.__all__)
    for exported in package.__all__:
        assert getattr(package, exported) is not None
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        getattr(package, "nothing_of_this_name")  # noqa: B009

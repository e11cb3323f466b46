"""What the wheel carries, and what no file of the repository may hold."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

import lammps_glass

ROOT = Path(lammps_glass.__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="needs the checkout")

FOLDERS = ("inputs", "potentials", "examples")
TEXT = {".py", ".toml", ".md", ".lmp", ".txt", ".sh", ".cff", ".yml", ".yaml", ""}
# Home folders of people, temporary and site folders: nothing of one machine belongs into the repository.
MACHINE = re.compile(
    r"(?<![\w.])/(?:home|Users|root|work|opt|tmp|scratch)/\w+|https?://[\w.-]*(?:pypi|mirror|artifactory)[\w.-]*"
)


def tracked(*folders: str) -> list[Path]:
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    return [path for path in paths if path.is_file() and "__pycache__" not in path.parts]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    from hatchling.builders.wheel import WheelBuilder

    built = next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")), versions=["standard"]))
    return zipfile.ZipFile(built)


def test_wheel_carries_decks_potentials_and_studies(wheel):
    names = set(wheel.namelist())
    ours = [path for path in tracked(*FOLDERS) if path.suffix in (".lmp", ".toml")]
    assert {path.parts[len(ROOT.parts)] for path in ours} == set(FOLDERS)
    for path in ours:
        name = f"lammps_glass/_data/{path.relative_to(ROOT).as_posix()}"
        assert name in names
        assert wheel.read(name) == path.read_bytes()


def test_wheel_is_typed_and_has_every_module(wheel):
    names = set(wheel.namelist())
    assert "lammps_glass/py.typed" in names
    missing = [p for p in (ROOT / "lammps_glass").rglob("*.py") if p.relative_to(ROOT).as_posix() not in names]
    assert not missing
    assert not [name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))]


def test_constraints_pin_every_dependency():
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["test"]]
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    pinned = {canonicalize_name(line.split("==")[0]): line.split("==")[1] for line in lines}
    for requirement in wanted:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, requirement.name
        assert requirement.specifier.contains(version), requirement


def test_no_file_names_a_machine():
    top = [path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT]
    files = [*top, *tracked("lammps_glass", "docs", "tests", "benchmarks", ".ci", *FOLDERS)]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in files
        if path.suffix in TEXT and path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="ignore").splitlines(), start=1)
        if MACHINE.search(line)
    ]
    assert not found, "\n".join(found)

"""The code of the documentation runs; its commands and options exist; its links lead somewhere."""

from __future__ import annotations

import contextlib
import re
import shlex
from pathlib import Path

import pytest
import typer

import lammps_glass

ROOT = Path(lammps_glass.__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *DOCS]
pytestmark = pytest.mark.skipif(not DOCS, reason="needs the checkout")

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
COMMAND = re.compile(r"(?:^|[\s`(])lammps-glass ([a-z][^`\n|]*)", re.M)


def blocks(path: Path, language: str) -> list[str]:
    return [code for name, code in BLOCK.findall(path.read_text(encoding="utf-8")) if name == language]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [path for path in DOCS if blocks(path, "python")], ids=name)
def test_python_runs(path, tmp_path):
    """All blocks of a page, in order, in one namespace and an empty folder."""
    namespace: dict[str, object] = {"__name__": "docs"}
    with contextlib.chdir(tmp_path):
        for code in blocks(path, "python"):
            exec(compile(code, name(path), "exec"), namespace)  # noqa: S102  (our own pages)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_commands_and_options_exist(path):
    from lammps_glass.cli.app import build_app

    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in COMMAND.findall(text):
        words = shlex.split(line.replace("'", ""), comments=True)
        command = typer.main.get_command(build_app())
        while words and hasattr(command, "commands"):
            word = words.pop(0)
            if word.isupper() or not word.islower():
                break
            assert word in command.commands, f"{name(path)}: lammps-glass {line}"
            command = command.commands[word]
        known = {option for parameter in command.params for option in parameter.opts}
        given = {re.split(r"[=\]\\)]", word.strip("[`"))[0] for word in words if word.lstrip("[").startswith("-")}
        unknown = {word.rstrip(".,;") for word in given} - known - {"--help", "-h"}
        assert not unknown, f"{name(path)}: lammps-glass {line}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http") and not target.endswith(".png"):
            assert (path.parent / target).exists(), f"{name(path)}: {target}"

"""The code of the documentation runs; its commands and options exist; its links lead somewhere."""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
import types
from collections.abc import Iterator
from dataclasses import fields
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
def test_python_runs(path, tmp_path, monkeypatch):
    """All blocks of a page, in order, in one namespace and an empty folder."""
    module = types.ModuleType("docs")
    monkeypatch.setitem(sys.modules, "docs", module)  # where dataclasses look for the types of their fields
    with contextlib.chdir(tmp_path):
        for code in blocks(path, "python"):
            exec(compile(code, name(path), "exec"), vars(module))  # noqa: S102  (our own pages)


@pytest.mark.parametrize("path", [path for path in DOCS if blocks(path, "toml")], ids=name)
def test_study_files_are_valid(path, tmp_path):
    """With the own sizes of the file and each of its presets; tables of an engine stand behind those of `looseness`."""
    from lammps_glass.settings import read_toml
    from lammps_glass.workflow import Study

    stages, _, _ = (ROOT / "examples" / "looseness" / "study.toml").read_text(encoding="utf-8").partition("\n[engine]")
    for text in blocks(path, "toml"):
        if text.startswith("# glass.toml"):
            continue  # `test_own_glass_page` runs it
        file = tmp_path / "study.toml"
        file.write_text(text if "[study]" in text else f"{stages}\n{text}")
        for preset in (None, *read_toml(file).get("presets", {})):
            Study.read(file, preset, tmp_path / "out").check_conditions()


def test_every_key_and_port_of_a_generic_operation_is_described():
    """Each in the section of its operation, each port in the table above; no key that is not there."""
    from lammps_glass.operations import REGISTRY

    page = (ROOT / "docs" / "own-study.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", page, re.M | re.S))
    for operation in (REGISTRY[name].load() for name in REGISTRY.bundled if name != "simulate"):
        if operation.name in sections:  # those of one paper are described there
            of_keys = "".join(re.findall(r"^\| key \|.*\n(?:\|.*\n)+", sections[operation.name], re.M))
            rows = re.findall(r"^\| (`.*?) \|", of_keys, re.M)
            keys = {key.strip("`") for row in rows for key in row.split(", ")}
            assert keys == {item.name for item in fields(operation.parameters)}, operation.name
        (row,) = re.findall(rf"^\| `{operation.name}` \| (.*?) \|", page.partition("### ")[0], re.M)
        assert set(re.findall(r"`(\w+)`", row)) == set(operation.ports), operation.name
        for port in operation.ports.values():
            assert (f"*`{port.name}`*" in row) == port.optional, port
            assert (re.search(rf"`{port.name}`\*? \.\.\.", row) is not None) == port.many, port


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


def shell_commands(text: str) -> Iterator[str]:
    """The lines of a script of plain commands and loops ``for NAME in WORDS; do``, in the order in which they run."""
    loop, values, body = "", [], []
    for line in map(str.strip, text.replace("\\\n", " ").splitlines()):
        if match := re.fullmatch(r"for (\w+) in (.*); do", line):
            loop, values, body = match[1], match[2].split(), []
        elif line == "done":
            yield from (command.replace(f"${loop}", value) for value in values for command in body)
            loop = ""
        elif loop:
            body.append(line)
        elif line:
            yield line


def test_the_shell_tutorial_runs(tmp_path, capsys):
    """From two glasses in other units to indicators and dumps; tables fit a terminal of 80 columns."""
    from lammps_glass import Snapshot
    from lammps_glass.cli import main

    (page,) = [path for path in DOCS if path.name == "tutorial-simulate.md"]
    commands = [line for code in blocks(page, "bash") for line in shell_commands(code)]
    assert len(commands) == 24
    with contextlib.chdir(tmp_path):
        for line in commands:
            program, *words = shlex.split(line)
            assert program == "lammps-glass"
            assert main(words) == 0, (line, capsys.readouterr().err)
        for name, species in (("ka", "A"), ("cz", "Cu")):
            predicted = Snapshot.read(f"{name}/looseness.lammpstrj.gz")
            values = predicted.properties["looseness"][predicted.species_of_particles == species]
            assert ((values >= 0) & (values <= 1)).all()
            assert values.std() > 0
    output = capsys.readouterr().out
    assert "of class 1" in output
    assert all(len(row) <= 80 for row in output.splitlines() if row.startswith(("label", "d2min", "score", "auc")))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http") and not target.endswith(".png"):
            assert (path.parent / target).exists(), f"{name(path)}: {target}"

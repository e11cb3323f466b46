"""Help imports nothing heavy; every command has the common options."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import typer

from lammps_glass.cli.app import build_app

HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "numba",
    "ovito",
    "lammps",
    "matplotlib",
    "pyarrow",
    "imblearn",
    "xgboost",
)
COMMON = {"--seed", "--dry-run", "--verbose", "--quiet", "--log-file", "--json", "--debug"}


def leaves(command, path=()):
    for name, child in command.commands.items():
        if hasattr(child, "commands"):
            yield from leaves(child, (*path, name))
        else:
            yield (*path, name), child


COMMANDS = dict(leaves(typer.main.get_command(build_app())))


@pytest.mark.parametrize("words", [["--help"], ["describe", "--help"], ["train", "--help"]])
def test_help_imports_nothing_heavy(words):
    code = f"import sys; from lammps_glass.cli import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_the_common_options(name):
    command = COMMANDS[name]
    options = {option for parameter in command.params for option in parameter.opts}
    assert options >= COMMON
    assert command.help


def test_version(capsys):
    from lammps_glass import __version__
    from lammps_glass.cli import main

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"lammps-glass {__version__}"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", __version__)

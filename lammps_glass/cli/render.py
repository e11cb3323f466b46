"""``lammps-glass render``: the deck of a protocol, ready for ``lmp -in``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command


def register(app: typer.Typer) -> None:
    command(app, "render", panel="Dumps")(render)


def render(common: Common, protocol: str, glass: str, settings: Settings = None) -> None:
    raise NotImplementedError

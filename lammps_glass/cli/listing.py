"""``lammps-glass list``: the parts of a family, with a line and units each."""

from __future__ import annotations

from typing import Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, command
from lammps_glass.registry import unknown_name

FAMILIES = {
    "glasses": "glasses",
    "protocols": "simulate.protocols",
    "descriptors": "descriptors",
    "indicators": "learn",
    "studies": "studies",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "list", panel="Information")(list_parts)


def list_parts(
    common: Common,
    family: Annotated[str, typer.Argument(metavar="|".join(FAMILIES), help="What to list.", show_default=False)],
) -> None:
    """List the glasses, protocols, descriptors, indicators or studies: name, what it is, units."""
    if family not in FAMILIES:
        raise unknown_name("family", family, list(FAMILIES))
    registry = parts.registry_of(FAMILIES[family])
    common.table(
        family, [{"name": entry.name, "summary": entry.summary, "units": entry.units} for entry in registry.values()]
    )

"""``lammps-glass list``: the parts of a family, with one line and units each."""

from __future__ import annotations

from typing import Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, command
from lammps_glass.registry import unknown_name


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "list", panel="Information")(list_parts)


def list_parts(
    common: Common,
    family: Annotated[str, typer.Argument(metavar="|".join(parts.FAMILIES), help="What to list.", show_default=False)],
) -> None:
    """List the parts of a family: name, summary, units, and the distribution of those that plug-ins offer."""
    if family not in parts.FAMILIES:
        raise unknown_name("family", family, list(parts.FAMILIES))
    entries = [entry.described() for entry in parts.registry_of(family).values()]
    others = [name for name in ("units", "distribution") if common.json or any(getattr(e, name) for e in entries)]
    columns = ["name", "summary", *others]
    common.table(family, [{column: getattr(entry, column) for column in columns} for entry in entries])
    if family == "glasses":
        common.say("A glass of your own is a glass.toml: docs/own-glass.md.")

"""``lammps-glass list``: the parts of a family, with one line and units each, or the options of one part."""

from __future__ import annotations

from typing import Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, command
from lammps_glass.cli.part_options import options_of
from lammps_glass.registry import unknown_name


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "list", panel="Information")(list_parts)


def list_parts(
    common: Common,
    family: Annotated[str, typer.Argument(metavar="|".join(parts.FAMILIES), help="What to list.", show_default=False)],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="A part of it, to list its options.", show_default=False)
    ] = None,
) -> None:
    """List the parts of a family: name, summary, units, and the distribution of those that plug-ins offer.

    With NAME, list the options of this part, which --set and study files set: default and meaning.
    """
    if family not in parts.FAMILIES:
        raise unknown_name("family", family, list(parts.FAMILIES))
    if name is not None:
        common.table(f"options of {name}", options_of(parts.registry_of(family)[name]))
        return
    entries = [entry.described() for entry in parts.registry_of(family).values()]
    others = [name for name in ("units", "distribution") if common.json or any(getattr(e, name) for e in entries)]
    columns = ["name", "summary", *others]
    common.table(family, [{column: getattr(entry, column) for column in columns} for entry in entries])
    if family == "glasses":
        common.say("A glass of your own is a glass.toml: docs/own-glass.md.")

"""``lammps-glass render``: write the deck of a protocol, ready for ``lmp -in``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from lammps_glass.cli import parts
from lammps_glass.cli.common import Common, Settings, command
from lammps_glass.cli.reading import Boundary, Reader, TypeNames
from lammps_glass.cli.starts import Start


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "render", panel="Simulation")(render)


def render(
    common: Common,
    protocol: Annotated[str, typer.Argument(help="Name; see `list protocols`.", show_default=False)],
    glass: Annotated[str, typer.Option("--glass", help="Name (see `list glasses`), or a glass.toml of your own.")],
    settings: Settings = None,
    start: Annotated[
        Path | None,
        typer.Option(
            "--start", "--from", help="Snapshot file or folder of another run to start from (default: the glass)."
        ),
    ] = None,
    types: TypeNames = None,
    boundary: Boundary = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for in.lmp and its start (default: print the deck).")
    ] = None,
) -> None:
    """Render the deck of a protocol as plain LAMMPS text.

    Printed, it expects start.data beside it; with --output the folder holds both, ready for `lmp -in in.lmp` there.
    """
    protocols = parts.registry_of("protocols")
    options_of = {"protocol": protocols[protocol].options(), "glass": parts.glass_options(glass)}
    options = parts.sort_settings(settings, options_of)
    built_glass = parts.build_glass(glass, options["glass"])
    assert built_glass is not None
    built = protocols.build(protocol, options["protocol"])
    seed = 1 if common.seed is None else common.seed
    Start(start, Reader(built_glass, types, boundary)).require_glass()
    built.require_units(built_glass.units)
    deck = built.deck(built_glass, seed)
    if output is None:
        # The deck is the result: it is printed with --quiet too.
        return common.show({"deck": deck}) if common.json else print(deck, end="")
    if common.dry_run:
        return common.show({"output": output}, f"would write {output}/in.lmp and {output}/start.data")
    source = Start(start, Reader(built_glass, types, boundary, say=common.say)).source(built, built_glass)
    built.prepare(source, seed, output, glass=built_glass)
    common.show({"output": output}, f"{output}: run it with: cd {shlex.quote(str(output))} && lmp -in in.lmp")

"""Application of the command line: registers the commands, runs one, and reports errors in one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from lammps_glass import __version__
from lammps_glass.cli import (
    analyse,
    describe,
    doctor,
    label,
    listing,
    predict,
    render,
    simulate,
    study,
    study_files,
    study_state,
    train,
)
from lammps_glass.cli.faults import report_fault


def _print_version(asked: bool) -> None:
    """Print the version and end, when ``--version`` is given."""
    if asked:
        print(f"lammps-glass {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Make model glasses with LAMMPS, disturb them, and learn from structure which particles will rearrange."""


def build_app() -> typer.Typer:
    """Build the typer application with every command; this module imports nothing heavy but typer."""
    app = typer.Typer(
        name="lammps-glass",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    dumps = (simulate, describe, label, train, predict, analyse)
    for module in (study, study_state, study_files, *dumps, render, listing, doctor):
        module.register(app)
    return app


def run(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's) and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = typer.main.get_command(build_app())
    try:
        status = command.main(args=arguments or ["--help"], prog_name="lammps-glass", standalone_mode=False)
    except Exception as error:  # the one place where an exception becomes a line
        return report_fault(error, debug="--debug" in arguments)
    except KeyboardInterrupt as error:
        return report_fault(error, debug=False)
    return status if isinstance(status, int) else 0

"""``lammps-glass doctor``: check the installation, with a remedy for each missing part."""

from __future__ import annotations

import typer

from lammps_glass.cli.common import Common, command
from lammps_glass.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor", panel="Information")(doctor)


def doctor(common: Common) -> None:
    """Check Python, LAMMPS, MPI, the other parts and the potentials; exit status 2 if something needed is missing."""
    from lammps_glass.cli.checks import run_checks

    results = run_checks()
    # Only missing parts show a remedy.
    rows = [
        {
            "part": result.name,
            "state": result.state,
            "found": result.description,
            "remedy": result.remedy if result.state != "ok" else "",
        }
        for result in results
    ]
    common.table("doctor", rows)
    missing = [result.name for result in results if result.state == "missing"]
    if missing:
        raise InputError(f"missing parts: {', '.join(missing)}; the table above has the remedies")

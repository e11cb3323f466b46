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
        {"part": r.name, "state": r.state, "found": r.found, "remedy": r.remedy if r.state != "ok" else ""}
        for r in results
    ]
    common.table("doctor", rows)
    broken = [r.name for r in results if r.state == "missing"]
    if broken:
        raise InputError(f"missing parts: {', '.join(broken)}; the table above has the remedies")

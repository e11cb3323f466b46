"""``lammps-glass doctor``: what works on this machine, what does not, and how to mend it."""

from __future__ import annotations

import typer

from lammps_glass.cli.common import Common, command
from lammps_glass.errors import InputError


def register(app: typer.Typer) -> None:
    command(app, "doctor", panel="Information")(doctor)


def doctor(common: Common) -> None:
    """Check Python, LAMMPS, MPI, the other parts and the potentials; exit status 2 if something needed is missing."""
    from lammps_glass.cli.checks import run_checks

    results = run_checks()
    # Only what fails shows a remedy, so that the eye finds it.
    rows = [
        {"part": r.name, "state": r.state, "found": r.found, "remedy": r.remedy if r.state != "ok" else ""}
        for r in results
    ]
    common.table("doctor", rows)
    broken = [r.name for r in results if r.state == "missing"]
    if broken:
        raise InputError(f"not in order: {', '.join(broken)}; the remedies stand in the table above")

"""Command line: one module per command, heavy imports inside the commands that need them."""

from __future__ import annotations

from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (the entry point of ``lammps-glass``)."""
    from lammps_glass.cli.app import run

    return run(argv)

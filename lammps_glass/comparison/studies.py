"""Sets of configurations that a study makes: it is run, and its labels are written as files that anyone can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lammps_glass.comparison.spec import ComparisonFile, SetSpec
from lammps_glass.errors import InputError


def folder_of_study(
    name: str, spec: SetSpec, file: ComparisonFile, out: Path, say: Callable[[str], None]
) -> Path:
    """Run the study of a set, from where it stopped, and return the folder of its configurations with labels."""
    raise InputError(f"sets.{name}.study: not there yet")

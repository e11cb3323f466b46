"""`AcceptedRecord`: the record of a sample that has passed the glass gate."""

from __future__ import annotations

from pathlib import Path

from lammps_glass.product import JsonFile
from lammps_glass.simulate.record import Record


class AcceptedRecord(Record):
    """A copy of the record of a sample that is a glass, without its trajectory, with the measurements of the gate."""

    gate = JsonFile("gate.json")

    @property
    def figures(self) -> Path:
        """Folder of the figure of g(r)."""
        return self.directory / "gate"

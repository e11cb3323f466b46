"""`Surface`: what a search needs of an energy; `Counted` counts its evaluations."""

from __future__ import annotations

from typing import Protocol

from lammps_glass.snapshots.cell import Floats


class Surface(Protocol):
    """An energy as a function of the positions of the particles that move."""

    def energy_and_forces(self, positions: Floats) -> tuple[float, Floats]:
        """Evaluate the energy (up to a constant) and the (m, d) forces at `positions` (m, d)."""


class Counted:
    """A surface that counts evaluations."""

    def __init__(self, surface: Surface) -> None:
        self._surface, self.calls = surface, 0

    def energy_and_forces(self, positions: Floats) -> tuple[float, Floats]:
        """Evaluate and count."""
        self.calls += 1
        return self._surface.energy_and_forces(positions)

"""Broken bonds: the fraction of its neighbours that a particle loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lammps_glass.errors import InputError
from lammps_glass.labels import PairLabel
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.units import UnitDefaults


@dataclass(frozen=True)
class BrokenBonds(PairLabel):
    """Fraction of a particle's neighbours that are no longer near it.

    A neighbour is within `r_bond` in the reference; its bond is broken when it is beyond `r_broken` later. The two
    radii keep vibrations from counting. Zero for a particle without a neighbour.

    Parameters
    ----------
    r_bond, r_broken
        In length units.

    References
    ----------
    R. Yamamoto and A. Onuki, Phys. Rev. E 58, 3515 (1998), eqs. 2.3 and 2.4.
    """

    name: ClassVar[str] = "broken-bonds"
    unit: ClassVar[str] = "1"
    units: ClassVar[str] = unit
    unit_defaults: ClassVar[UnitDefaults] = UnitDefaults("reduced units", ("r_bond", "r_broken"))

    r_bond: float = 1.5
    r_broken: float = 1.7

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("r_bond", "r_broken"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value < np.inf:
                raise InputError(f"{self.name}: {name} = {value!r} must be a positive number")
        if self.r_broken < self.r_bond:
            raise InputError(f"{self.name}: r_broken = {self.r_broken:g} is below r_bond = {self.r_bond:g}")

    def compute(self, reference: Snapshot, current: Snapshot) -> np.ndarray:
        """(n_particles,) fraction of broken bonds."""
        bonds = pairs_within(reference, self.r_bond)
        first = np.repeat(np.arange(len(reference)), bonds.counts)
        # the image of each neighbour in the cell of `current`: fractional coordinates that follow the particles
        moved = current.cell.fractional(current.positions) - reference.cell.fractional(reference.positions)
        start = reference.cell.fractional(reference.cell.origin + bonds.vectors)
        change = moved[bonds.indices] - moved[first]
        change -= np.where(reference.cell.periodic, np.rint(change), 0.0)
        distances = np.linalg.norm((start + change) @ current.cell.matrix, axis=1)
        broken = np.bincount(first, distances > self.r_broken, len(reference))
        return broken / np.maximum(bonds.counts, 1)

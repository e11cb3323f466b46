"""Harmonic spheres: the soft repulsive mixture of studies of jamming."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lammps_glass.glasses import Glass
from lammps_glass.interactions.model import Model, PairTerms

#: Diameters of A-A, A-B and B-B contacts.
SIGMA = np.array([[1.0, 1.2], [1.2, 1.4]])


@dataclass(frozen=True, kw_only=True)
class HarmonicSpheres(Glass):
    """50:50 mixture of harmonic spheres, diameter ratio 1.4: epsilon / 2 (1 - r / sigma_ij)^2 below contact.

    The default density is a packing fraction of 0.70, above jamming (0.64). Units: epsilon and the mass are 1, lengths
    in diameters of A. Temperatures are small: a liquid at 0.01, a glass below about 0.001.

    References
    ----------
    C. S. O'Hern, L. E. Silbert, A. J. Liu and S. R. Nagel, Phys. Rev. E 68, 011306 (2003), eq. 1 with alpha = 2.
    """

    name: ClassVar[str] = "harmonic-spheres"
    species: ClassVar[tuple[str, ...]] = ("A", "B")
    masses: ClassVar[tuple[float, ...]] = (1.0, 1.0)
    units: ClassVar[str] = "lj"
    potential: ClassVar[str] = "harmonic-spheres"
    nearest_distance: ClassVar[float] = 1.05
    reference_temperatures: ClassVar[Mapping[str, float]] = {"liquid": 0.01, "glass": 1e-4}

    n_particles: int = 1000
    composition: float | Mapping[str, float] = 0.5
    density: float = 0.714
    timestep: float = 0.05
    r_cut: float = 1.4
    skin: float = 0.3
    suffix: str = "opt"

    def model(self) -> Model:
        """The same interactions in compiled code, for Hessians and modes."""
        return HarmonicRepulsion()


class HarmonicRepulsion(Model):
    """Pair terms of harmonic spheres."""

    species = HarmonicSpheres.species
    r_cut = 1.4

    def pairs(self, first, second, distances) -> PairTerms:
        """(m, 3) energy and its first two derivatives; zero beyond contact."""
        sigma = SIGMA[first, second]
        overlap = np.maximum(1.0 - distances / sigma, 0.0)
        curvature = (overlap > 0) / sigma**2
        return PairTerms(np.stack([0.5 * overlap**2, -overlap / sigma, curvature], axis=1))

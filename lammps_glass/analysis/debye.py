r"""Sound velocities, Debye frequency and Debye level of a solid at zero temperature, from its elastic moduli."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from lammps_glass.analysis.elasticity import shear_modulus
from lammps_glass.interactions import Model, System
from lammps_glass.snapshots import Cell, Snapshot
from lammps_glass.snapshots.shear_planes import PLANES
from lammps_glass.units import FREQUENCY

_STRAIN = 2e-3  # of the volume, either way: the bulk modulus changes by about 1 % over it, and evenly


@dataclass(frozen=True)
class Sound:
    """Elastic moduli and sound velocities of an isotropic solid.

    Attributes
    ----------
    shear, bulk
        Moduli, energy per volume (metal: eV per cubic angstrom; 160.2 GPa each).
    transverse, longitudinal
        Velocities, length a time unit (metal: angstrom a ps; 100 m/s each).
    density
        Particles per volume.
    largest_edge
        Largest distance between opposite faces of the box: the longest wave that fits.
    """

    shear: float
    bulk: float
    transverse: float
    longitudinal: float
    density: float
    largest_edge: float

    @property
    def lowest_frequency(self) -> float:
        """Frequency nu of the longest transverse wave that fits into the box: the lowest one of sound."""
        return self.transverse / self.largest_edge

    @property
    def debye_frequency(self) -> float:
        r"""Debye frequency nu_D, :math:`\nu_D^3 = 9 \rho / [4 \pi (c_L^{-3} + 2 c_T^{-3})]`."""
        slowness = self.longitudinal**-3 + 2 * self.transverse**-3
        return float((9 * self.density / (4 * math.pi * slowness)) ** (1 / 3))

    @property
    def debye_level(self) -> float:
        r"""Debye level :math:`g(\nu) / \nu^2 = 3 / \nu_D^3`, with g normalised to 1."""
        return 3 / self.debye_frequency**3

    @property
    def numbers(self) -> dict[str, float]:
        """Moduli, velocities and densities by name, with the frequencies and the Debye level that follow from them."""
        derived = {name: getattr(self, name) for name in ("lowest_frequency", "debye_frequency", "debye_level")}
        return asdict(self) | derived


def sound(
    snapshot: Snapshot, model: Model, masses: tuple[float, ...], minimize: Callable[[Snapshot], Snapshot], units: str
) -> Sound:
    """Compute the elastic moduli and sound velocities of an inherent structure.

    The shear modulus follows from second derivatives of the energy (mean of three planes), the bulk modulus from the
    pressures at two relaxed volumes.

    Parameters
    ----------
    snapshot
        A minimum of the energy, periodic in every direction.
    model, masses
        Its interactions, and the masses of the model's species.
    minimize
        Function from a snapshot to its inherent structure in the same box.
    units
        LAMMPS unit style, ``"metal"`` or ``"lj"``.
    """
    shear = float(np.mean([shear_modulus(snapshot, model, plane).modulus for plane in PLANES]))
    pressures = [System(minimize(_scaled(snapshot, sign * _STRAIN)), model).pressure() for sign in (-1, 1)]
    bulk = (pressures[0] - pressures[1]) / (2 * _STRAIN)
    types = snapshot.with_species(model.species).types
    density = float(np.asarray(masses)[types].sum() / snapshot.cell.volume)
    # FREQUENCY: from energy / (mass length^2) to inverse time; velocities squared are energy / mass
    velocities = [FREQUENCY[units] * math.sqrt(modulus / density) for modulus in (shear, bulk + 4 / 3 * shear)]
    return Sound(shear, bulk, velocities[0], velocities[1], snapshot.number_density, float(snapshot.cell.heights.max()))


def _scaled(snapshot: Snapshot, strain: float) -> Snapshot:
    """Change the volume of a snapshot by a relative `strain`."""
    factor = (1 + strain) ** (1 / 3)
    cell = snapshot.cell
    return snapshot.replace(
        cell=Cell(cell.matrix * factor, cell.origin * factor, cell.periodic),
        positions=snapshot.positions * factor,
        velocities=None,
    )

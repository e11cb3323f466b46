"""`LocalYieldStress`: stress at which a ball around each particle yields in a frozen matrix; nothing is learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from lammps_glass.descriptors.configuration import Configuration, ConfigurationDescriptor
from lammps_glass.descriptors.nonaffine import checked_planes
from lammps_glass.descriptors.radial_gaussians import positive_length
from lammps_glass.errors import InputError
from lammps_glass.snapshots.cell import Floats
from lammps_glass.units import UnitDefaults

QUANTITIES = ("yield_stress", "yield_strain")


class LocalYieldStress(ConfigurationDescriptor):
    r"""Increase of stress :math:`\Delta\tau` and strain at which a ball yields, for a shear in each of some planes.

    For each plane two columns, ``yield_stress`` and ``yield_strain``, then the smallest of each over the planes
    (``least``). Small values are soft particles. A row costs seconds, so it may be of some particles only: rows of
    others are NaN, as are those of a ball that does not yield up to `max_strain`. The snapshot is minimised first.

    Parameters
    ----------
    planes
        Of ``xy``, ``yz``, ``zx``.
    radius
        Of the ball, in length units.
    strain_step, max_strain
        Steps, and the strain at which a ball is given up.
    particles
        Ids of the particles that are described; None: all.
    force_tolerance
        Largest component of a force on a particle inside after each step.

    References
    ----------
    S. Patinet, D. Vandembroucq and M. L. Falk, Phys. Rev. Lett. 117, 045501 (2016).
    """

    name = "local-yield-stress"
    unit_defaults = UnitDefaults("reduced units", ("radius", "force_tolerance"))
    directional = True

    def __init__(
        self,
        planes: Sequence[str] = ("xy", "yz", "zx"),
        radius: float = 5.0,
        strain_step: float = 1e-3,
        max_strain: float = 0.3,
        particles: Sequence[int] | None = None,
        force_tolerance: float = 1e-5,
    ) -> None:
        self.planes = planes
        self.radius = radius
        self.strain_step = strain_step
        self.max_strain = max_strain
        self.particles = particles
        self.force_tolerance = force_tolerance
        checked_planes(self.name, planes)
        for field in ("radius", "strain_step", "max_strain", "force_tolerance"):
            positive_length(self.name, field, getattr(self, field))
        ids: object = () if particles is None else particles
        if isinstance(ids, str) or not isinstance(ids, Sequence) or any(type(value) is not int for value in ids):
            raise InputError(f"{self.name}: particles = {particles!r} must be a list of ids, such as [3, 17]")

    @property
    def feature_names(self) -> list[str]:
        """``yield_stress xy``, ``yield_strain xy`` ..., then ``yield_stress least``, ``yield_strain least``."""
        return [f"{quantity} {plane}" for plane in (*self.planes, "least") for quantity in QUANTITIES]

    @property
    def partial(self) -> bool:  # type: ignore[override]
        """Always: a ball need not yield."""
        return True

    def of_particles(self, particles: Sequence[int]) -> Self:
        """Return the descriptor for those of its particles that are in `particles`."""
        described = set(map(int, particles if self.particles is None else self.particles))
        ids = sorted(described.intersection(map(int, particles)))
        return type(self)(**{**self.get_params(), "particles": ids})

    def of_configuration(self, configuration: Configuration) -> Floats:
        """Return (n_particles, 2 n_planes + 2); energy per volume, and strain.

        Raises
        ------
        InputError
            A particle is not in the snapshot, or a minimisation does not reach the tolerance.
        """
        from lammps_glass.interactions.local_yield import local_yield_stress

        self.require_units(configuration.material.units)
        inherent, model = configuration.inherent, configuration.model
        ids = inherent.ids.tolist() if self.particles is None else list(self.particles)
        values = np.full((len(inherent), len(self.planes), len(QUANTITIES)), np.nan)
        rows = np.searchsorted(inherent.ids, ids)
        for k, plane in enumerate(self.planes):
            table = local_yield_stress(
                inherent, model, ids, plane=plane, radius=self.radius, strain_step=self.strain_step,
                max_strain=self.max_strain, force_tolerance=self.force_tolerance,
            )  # fmt: skip
            values[rows, k] = table[list(QUANTITIES)].to_numpy(dtype=float)
        least = np.fmin.reduce(values, axis=1)
        return np.concatenate([values, least[:, None]], axis=1).reshape(len(inherent), -1)

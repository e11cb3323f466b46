"""`StructureFunctions`: Behler and Parrinello's radial and angular functions by species."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np

from lammps_glass.descriptors.base import Descriptor, check_species, types_of
from lammps_glass.descriptors.radial_gaussians import RadialGaussians, ascending_lengths, positive_length
from lammps_glass.descriptors.structure_kernels import angular_sums
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.grid import build_grid
from lammps_glass.units import UnitDefaults


class StructureFunctions(Descriptor):
    r"""Structure functions that softness is learned from: radial, and angular over pairs of neighbours, by species.

    .. math::

        G_i(z, \mu) &= \sum_{j \in z} e^{-(r_{ij} - \mu)^2 / L^2} \\
        \Psi_i(z z', \xi, \lambda, \zeta) &= \sum_{j \in z} \sum_{k \in z', k \ne j}
            e^{-(r_{ij}^2 + r_{ik}^2 + r_{jk}^2) / \xi^2} (1 + \lambda \cos \theta_{jik})^\zeta

    over neighbours within `r_max`; a pair of neighbours counts once. Every periodic image is a neighbour of its own.

    Parameters
    ----------
    species
        Species of the neighbours; the command line takes them from the glass.
    r_max
        Range of both, in length units.
    spacing, width
        Distance of the centres mu, from `spacing` up to `r_max`, and L.
    ranges
        The xi of the angular functions.
    signs, powers
        Their lambda, 1 and -1, and zeta.

    Notes
    -----
    The defaults resolve the first two shells of a mixture whose larger particles have diameter 1. The published tables
    of xi, lambda and zeta differ from work to work; these are a regular grid.

    References
    ----------
    J. Behler and M. Parrinello, Phys. Rev. Lett. 98, 146401 (2007); E. D. Cubuk et al., Phys. Rev. Lett. 114, 108001
    (2015).
    """

    name = "structure-functions"
    unit_defaults = UnitDefaults("reduced units", ("r_max", "ranges"))

    def __init__(
        self,
        species: Sequence[str] = ("A", "B"),
        r_max: float = 2.5,
        spacing: float = 0.1,
        width: float = 0.1,
        ranges: Sequence[float] = (1.0, 1.5, 2.5),
        signs: Sequence[int] = (-1, 1),
        powers: Sequence[int] = (1, 2, 4),
    ) -> None:
        self.species = species
        self.r_max = r_max
        self.spacing = spacing
        self.width = width
        self.ranges = ranges
        self.signs = signs
        self.powers = powers
        self._check()

    def _check(self) -> None:
        check_species(self.name, self.species)
        for field in ("r_max", "spacing", "width"):
            positive_length(self.name, field, getattr(self, field))
        ascending_lengths(self.name, "ranges", self.ranges)
        if self.spacing > self.r_max:
            raise InputError(f"{self.name}: spacing = {self.spacing:g} exceeds r_max = {self.r_max:g}")
        if not set(self.signs) <= {-1, 1} or not len(self.signs) or len(set(self.signs)) < len(self.signs):
            raise InputError(f"{self.name}: signs = {self.signs!r} must be 1, -1 or both")
        whole = all(isinstance(power, int) and not isinstance(power, bool) and power > 0 for power in self.powers)
        if not whole or not len(self.powers) or len(set(self.powers)) < len(self.powers):
            raise InputError(f"{self.name}: powers = {self.powers!r} must be different positive whole numbers")

    @property
    def _radial(self) -> RadialGaussians:
        count = int(np.floor(self.r_max / self.spacing * (1 + 1e-12)))
        centers = [float(round(self.spacing * k, 12)) for k in range(1, count + 1)]
        return RadialGaussians(centers, self.width, self.r_max, by_species=True, species=self.species)

    @property
    def feature_names(self) -> list[str]:
        """``G_A(0.1)`` ..., then ``Psi_AB(xi=1 lambda=1 zeta=2)`` ..."""
        pairs = combinations_with_replacement(self.species, 2)
        angular = [
            f"Psi_{a}{b}(xi={xi:g} lambda={sign} zeta={power})"
            for a, b in pairs
            for xi in self.ranges
            for sign in self.signs
            for power in self.powers
        ]
        return self._radial.feature_names + angular

    @property
    def species_needed(self) -> tuple[str, ...]:
        """The species of `species`."""
        return tuple(self.species)

    def compute(self, snapshot: Snapshot) -> Floats:
        """Return (n_particles, n_features), dimensionless.

        Raises
        ------
        InputError
            The snapshot has a species that is not among `species`.
        """
        self.require_units(snapshot.units)
        require_three_dimensions(snapshot)
        types = np.ascontiguousarray(types_of(snapshot, tuple(self.species), self.name), dtype=np.int64)
        grid = build_grid(snapshot.cell, snapshot.positions, float(self.r_max))
        n_pairs = len(self.species) * (len(self.species) + 1) // 2
        shape = len(self.ranges), len(self.signs), len(self.powers)
        angular = np.zeros((len(snapshot), n_pairs, *shape))
        angular_sums(
            grid, types, len(self.species), np.array(self.ranges, dtype=float), np.array(self.signs, dtype=float),
            np.array(self.powers, dtype=np.int64), angular,
        )  # fmt: skip
        return np.hstack([self._radial.compute(snapshot), angular.reshape(len(snapshot), -1)])

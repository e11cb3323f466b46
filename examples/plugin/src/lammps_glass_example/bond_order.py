"""Bond-orientational order of the neighbourhood of a particle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.polynomial import legendre

from lammps_glass.descriptors import Descriptor
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.neighbors import pairs_within
from lammps_glass.units import UnitDefaults


class BondOrder(Descriptor):
    r"""Steinhardt's order parameters q_l with smooth weights, and the weighted coordination number.

    .. math:: q_l^2 = \sum_{jk} w_j w_k P_l(\cos \theta_{jk}) \Big/ \Big(\sum_j w_j\Big)^2, \qquad
              w_j = \tfrac12 [1 + \cos(\pi r_j / r_{max})],

    over the neighbours j, k of a particle, with the angle between their directions; by the addition theorem this is
    the usual sum over spherical harmonics. The weights let a neighbour come and go without a jump.

    Parameters
    ----------
    r_max
        Range of the neighbourhood, in the length unit of the snapshots.
    degrees
        The l of the columns.

    References
    ----------
    P. J. Steinhardt, D. R. Nelson and M. Ronchetti, Phys. Rev. B 28, 784 (1983), eq. 1.3.
    """

    name = "bond-order"
    units = "1"
    unit_defaults = UnitDefaults("reduced units", ("r_max",))

    def __init__(self, r_max: float = 1.8, degrees: Sequence[int] = (2, 4, 6, 8)) -> None:
        if not isinstance(r_max, int | float) or not 0 < r_max < np.inf:
            raise InputError(f"{self.name}: r_max = {r_max!r} must be a positive number")
        if not degrees or not all(isinstance(degree, int) and 0 < degree <= 20 for degree in degrees):
            raise InputError(f"{self.name}: degrees = {degrees!r} must be whole numbers from 1 to 20")
        if len(set(degrees)) < len(degrees):
            raise InputError(f"{self.name}: degrees = {degrees!r} holds one of them twice")
        self.r_max = r_max
        self.degrees = degrees

    @property
    def feature_names(self) -> list[str]:
        return ["coordination", *(f"q{degree}" for degree in self.degrees)]

    def compute(self, snapshot: Snapshot) -> np.ndarray:
        """(n_particles, 1 + n_degrees) float64; zeros for a particle without a neighbour."""
        self.require_units(snapshot.units)
        neighbors = pairs_within(snapshot, self.r_max)
        distances = np.linalg.norm(neighbors.vectors, axis=1)
        weights = 0.5 * (1.0 + np.cos(np.pi * distances / self.r_max))
        directions = neighbors.vectors / distances[:, None]
        series = np.eye(max(self.degrees) + 1)[:, list(self.degrees)]  # coefficients of P_l, one column a degree
        rows = np.zeros((len(snapshot), 1 + len(self.degrees)))
        for particle, (start, end) in enumerate(zip(neighbors.offsets[:-1], neighbors.offsets[1:])):
            if start == end:
                continue
            weight, direction = weights[start:end], directions[start:end]
            polynomials = legendre.legval(direction @ direction.T, series)  # (n_degrees, n, n)
            sums = np.einsum("j,ljk,k->l", weight, polynomials, weight) / weight.sum() ** 2
            rows[particle] = weight.sum(), *np.sqrt(np.maximum(sums, 0.0))
        return rows

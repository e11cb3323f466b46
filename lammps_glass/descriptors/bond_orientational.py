"""`BondOrientational`: Steinhardt's order parameters of each particle, and their averages over neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors.ace.harmonics import coupling, real_harmonics
from lammps_glass.descriptors.base import Descriptor
from lammps_glass.descriptors.radial_gaussians import positive_length
from lammps_glass.descriptors.voronoi import voronoi_neighbors
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.neighbors import NeighborList, pairs_within


class BondOrientational(Descriptor):
    r"""Bond-orientational order :math:`q_l`, :math:`w_l` and the neighbour-averaged :math:`\bar q_l`, :math:`\bar w_l`.

    .. math:: q_{lm}(i) = \frac 1 {N_i} \sum_{j} Y_{lm}(\hat r_{ij}), \qquad
        q_l = \sqrt{\frac{4 \pi}{2 l + 1} \sum_m |q_{lm}|^2}, \qquad
        w_l = \frac{\sum_{m_1 + m_2 + m_3 = 0} \begin{pmatrix} l & l & l \\ m_1 & m_2 & m_3 \end{pmatrix}
        q_{l m_1} q_{l m_2} q_{l m_3}}{(\sum_m |q_{lm}|^2)^{3/2}}

    and the same of :math:`\bar q_{lm}`, the mean of :math:`q_{lm}` over the particle and its neighbours.

    Parameters
    ----------
    degrees
        l of each pair of columns; w_l vanishes for odd l, which have q_l alone.
    r_max
        Neighbours up to this distance, such as the first minimum of g(r), in length units; None takes those whose
        Voronoi cells share a face with that of the particle.

    References
    ----------
    P. J. Steinhardt, D. R. Nelson and M. Ronchetti, Phys. Rev. B 28, 784 (1983); W. Lechner and C. Dellago, J. Chem.
    Phys. 129, 114707 (2008).
    """

    name = "bond-orientational"

    def __init__(self, degrees: Sequence[int] = (4, 6, 8), r_max: float | None = None) -> None:
        self.degrees = degrees
        self.r_max = r_max
        whole = isinstance(degrees, Sequence) and all(
            isinstance(ell, int) and not isinstance(ell, bool) and 1 <= ell <= 20 for ell in degrees
        )
        if not whole or not degrees or len(set(degrees)) < len(degrees):
            raise InputError(f"{self.name}: degrees = {degrees!r} must be different whole numbers from 1 to 20")
        if r_max is not None:
            positive_length(self.name, "r_max", r_max)

    @property
    def feature_names(self) -> list[str]:
        """``q4``, ``w4`` ..., then ``mean q4``, ``mean w4`` ... of the averages over neighbours."""
        names = [f"{kind}{ell}" for ell in self.degrees for kind in (("q",) if ell % 2 else ("q", "w"))]
        return names + [f"mean {name}" for name in names]

    def compute(self, snapshot: Snapshot) -> Floats:
        """Return (n_particles, n_features), dimensionless.

        Raises
        ------
        InputError
            A particle has no neighbour within `r_max`.
        """
        require_three_dimensions(snapshot)
        neighbors = voronoi_neighbors(snapshot) if self.r_max is None else pairs_within(snapshot, self.r_max)
        if not neighbors.counts.all():
            lonely = int(np.argmin(neighbors.counts))
            raise InputError(
                f"{self.name}: particle {snapshot.ids[lonely]} (step {snapshot.step}) has no neighbour within "
                f"r_max = {self.r_max:g}: take a larger one"
            )
        moments = _moments(neighbors, max(self.degrees))
        averaged = (moments + _sum_over(neighbors, moments[neighbors.indices])) / (neighbors.counts + 1.0)[:, None]
        return np.hstack([self._invariants(moments), self._invariants(averaged)])

    def _invariants(self, moments: Floats) -> Floats:
        columns = []
        for ell in self.degrees:
            part = moments[:, ell * ell : (ell + 1) ** 2]
            squared = (part**2).sum(axis=1)
            columns.append(np.sqrt(4 * np.pi / (2 * ell + 1) * squared))
            if ell % 2 == 0:
                cubic = np.einsum("abc,na,nb,nc->n", coupling(ell, ell, ell), part, part, part, optimize=True)
                columns.append(cubic / np.maximum(squared, 1e-300) ** 1.5)
        return np.column_stack(columns)


def _moments(neighbors: NeighborList, l_max: int) -> Floats:
    """(n, (l_max + 1)^2) means over the neighbours of the real harmonics of their directions."""
    moments = np.empty((len(neighbors.counts), (l_max + 1) ** 2))
    block = 4096  # particles: the harmonics of all pairs at once would be large
    for first in range(0, len(moments), block):
        last = min(first + block, len(moments))
        start, stop = neighbors.offsets[first], neighbors.offsets[last]
        values = real_harmonics(neighbors.vectors[start:stop], l_max).T
        part = NeighborList(neighbors.offsets[first : last + 1] - start, neighbors.indices[start:stop], values)
        moments[first:last] = _sum_over(part, values) / part.counts[:, None]
    return moments


def _sum_over(neighbors: NeighborList, values: Floats) -> Floats:
    """(n, k) sums over each particle's neighbours of values (m, k); every particle has a neighbour."""
    return np.asarray(np.add.reduceat(values, neighbors.offsets[:-1], axis=0))

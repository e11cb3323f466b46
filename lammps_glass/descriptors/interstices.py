"""Interstices: free distances, areas and volumes between a particle and its Voronoi neighbours."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from lammps_glass.descriptors import hull, interstice_kernels
from lammps_glass.descriptors.base import Descriptor, Material
from lammps_glass.descriptors.voronoi import voronoi_neighbors
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.grid import Integers
from lammps_glass.snapshots.neighbors import NeighborList
from lammps_glass.units import UnitDefaults

#: Radii of the Kob-Andersen mixture: sigma_AA / 2, and sigma_AB less that.
RADII = {"A": 0.5, "B": 0.3}
METRICS = ("D", "A", "V")
STATISTICS = ("Mean", "Max", "Min", "Std")
SHORT_RANGE = tuple(f"{statistic}({metric})" for metric in METRICS for statistic in STATISTICS)
MEDIUM_RANGE = tuple(f"{outer}[{inner}]" for inner, outer in itertools.product(SHORT_RANGE, STATISTICS))

_FAILURES = {
    interstice_kernels.TOO_FEW: "has fewer than 4 Voronoi neighbours",
    interstice_kernels.TOUCHING: "has a neighbour at its own position",
    hull.FLAT: "has Voronoi neighbours that all lie in one plane",
    hull.TANGLED: "has Voronoi neighbours so close together that they have no convex hull",
}


class Interstices(Descriptor):
    r"""The 60 interstice features of Wu & Ruiz Pestana (2023), after Wang & Jain, Nat. Commun. 10, 5537 (2019).

    With :math:`r` the radii, for each Voronoi neighbour j of particle i the free distance

    .. math:: D = d_{ij} / (r_i + r_j) - 1;

    for each triangle of the convex hull of the neighbours the free fraction of its area, with angles :math:`\theta`,

    .. math:: A = \max(0, 1 - \sum_{\text{3 corners}} \tfrac12 \theta r^2 / \text{area});

    for each tetrahedron of such a triangle and the particle the free fraction of its volume, with its solid angles
    :math:`\Omega`,

    .. math:: V = \max(0, 1 - \sum_{\text{4 corners}} \tfrac13 \Omega r^3 / \text{volume}).

    Columns: short range, ``Mean(D) Max(D) Min(D) Std(D) Mean(A) ... Std(V)`` (population standard deviation); then
    medium range, the same statistics of each of these over the Voronoi neighbours of every species, the particle left
    out: ``Mean[Mean(D)] Max[Mean(D)] Min[Mean(D)] Std[Mean(D)] Mean[Max(D)] ... Std[Std(V)]``. All are dimensionless.

    Parameters
    ----------
    radii
        Radius of each species, in the length unit of the snapshots; default those of the Kob-Andersen mixture, A = 0.5
        (sigma_AA / 2) and B = 0.3 (sigma_AB less that).
    face_threshold
        Neighbours whose face is below this fraction of the Voronoi cell's area are left out; 0 keeps all.

    Notes
    -----
    In a crystal many neighbours lie in a plane; flat polygons of the hull are cut into triangles in a fixed way (see
    `lammps_glass.descriptors.hull`).
    """

    name = "interstices"
    unit_defaults = UnitDefaults("reduced units", ("radii",))

    def __init__(self, radii: Mapping[str, float] | None = RADII, face_threshold: float = 0.0) -> None:
        self.radii = RADII if radii is None else radii
        self.face_threshold = face_threshold
        self._check()

    def _check(self) -> None:
        if not isinstance(self.radii, Mapping) or not self.radii:
            raise InputError(f"radii of interstices are {self.radii!r}: give a radius per species, such as A = 0.5")
        for species, radius in self.radii.items():
            if not isinstance(radius, (int, float)) or not np.isfinite(radius) or radius <= 0:
                raise InputError(f"radius of species {species} is {radius!r}: it must be a positive number")
        if not isinstance(self.face_threshold, (int, float)) or not 0 <= self.face_threshold < 1:
            raise InputError(f"face_threshold is {self.face_threshold!r}: it must be a fraction in [0, 1)")

    @property
    def feature_names(self) -> list[str]:
        """Names of the short-range, then of the medium-range columns."""
        return [*SHORT_RANGE, *MEDIUM_RANGE]

    @property
    def species_needed(self) -> tuple[str, ...]:
        """Species that have a radius."""
        return tuple(self.radii)

    def check_glass(self, glass: Material) -> None:
        """Refuse a glass with a species that has no radius."""
        fractions = getattr(glass, "fractions", {})
        missing = [name for name in glass.species if name not in self.radii and fractions.get(name, 1.0) > 0]
        if missing:
            name, written = getattr(glass, "name", ""), ", ".join(f"{species} = ..." for species in missing)
            raise InputError(
                f"interstices have no radius for species {', '.join(missing)} of the glass {name}: write radii = "
                f"{{{written}}} in its file, or give them with --set radii.{missing[0]}=... (about half the distance "
                "of two particles in contact)"
            )

    def compute(self, snapshot: Snapshot) -> Floats:
        """Compute (n_particles, 60) float64 features.

        Raises
        ------
        InputError
            A species has no radius; a particle has fewer than four neighbours, or all of them in one plane.
        """
        self.require_units(snapshot.units)
        require_three_dimensions(snapshot)
        radii = self._radii_of(snapshot)
        return interstice_features(voronoi_neighbors(snapshot, self.face_threshold), radii, ids=snapshot.ids)

    def _radii_of(self, snapshot: Snapshot) -> Floats:
        present = [snapshot.species[t] for t in np.unique(snapshot.types)]
        missing = [species for species in present if species not in self.radii]
        if missing:
            raise InputError(
                f"interstices have no radius for species {', '.join(missing)} (step {snapshot.step}): "
                f"radii are given for {', '.join(self.radii)}"
            )
        radii = np.array([self.radii.get(species, np.nan) for species in snapshot.species])
        of_particles: Floats = radii[snapshot.types]
        return of_particles


def interstice_features(
    neighbors: NeighborList, radii: ArrayLike, *, ids: Sequence[int] | Integers | None = None
) -> Floats:
    """Compute the 60 features of `Interstices` from lists of neighbours.

    Parameters
    ----------
    neighbors
        Rows of neighbours; the relation is symmetric, images are separate neighbours.
    radii
        (n,) radius of each particle, in the unit of the vectors.
    ids
        (n,) ids of the particles for error messages; default 1 ... n.

    Raises
    ------
    InputError
        A particle has fewer than four neighbours, one at its own position, or all of them in one plane.
    """
    radii = np.ascontiguousarray(radii, dtype=np.float64)
    features = np.empty((len(radii), len(SHORT_RANGE) + len(MEDIUM_RANGE)))
    sizes = radii[neighbors.indices]
    code, row = interstice_kernels.short_range(neighbors.offsets, neighbors.vectors, sizes, radii, features)
    if code:
        particle = row + 1 if ids is None else ids[row]
        raise InputError(
            f"particle {particle} {_FAILURES[code]}: interstices need a bulk neighbourhood "
            f"(an open surface, a gap or a large face_threshold takes it away)"
        )
    interstice_kernels.medium_range(neighbors.offsets, neighbors.indices, features)
    return features

"""Radial Gaussians: smoothed numbers of neighbours around each of several distances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors import radial_kernels
from lammps_glass.descriptors.base import Descriptor, types_of
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.grid import Integers
from lammps_glass.units import UnitDefaults

#: Centres of Yang et al.: 1.5 to 7.5 angstrom in steps of 0.2.
CENTERS = tuple(round(1.5 + 0.2 * k, 1) for k in range(31))


class RadialGaussians(Descriptor):
    r"""Sums of Gaussians of the distances to a particle's neighbours (Yang et al. 2021, eq. 1).

    .. math:: G_i(\mu) = \sum_{j: R_{ij} \le r_{max}} \exp[-(R_{ij} - \mu)^2 / L^2],

    one column for each centre :math:`\mu`; every periodic image is a neighbour of its own. Dimensionless.

    Parameters
    ----------
    centers
        The centres, ascending, in the length unit of the snapshots; default 1.5 to 7.5 in steps of 0.2 (angstrom).
    width
        L. The default is the paper's 3.5, with which its 31 columns hold only about four independent numbers; 0.35
        resolves the shells (about 22).
    r_max
        Neighbours up to this distance; default the last centre and two widths beyond.
    by_species
        A column for each centre and species of the neighbour instead of one for all; needs `species`.
    species
        The species of the columns; the command line takes them from the glass.

    References
    ----------
    Z.-Y. Yang, D. Wei, A. Zaccone and Y.-J. Wang (2021), "Machine-learning integrated glassy defect from intricate
    configurational-thermodynamic-dynamic space", eq. 1; after J. Behler and M. Parrinello, PRL 98, 146401 (2007).
    """

    name = "radial-gaussians"
    unit_defaults = UnitDefaults("angstrom", ("centers", "width"))

    def __init__(
        self,
        centers: Sequence[float] = CENTERS,
        width: float = 3.5,
        r_max: float | None = None,
        by_species: bool = False,
        species: Sequence[str] | None = None,
    ) -> None:
        self.centers = centers
        self.width = width
        self.r_max = r_max
        self.by_species = by_species
        self.species = species
        self._check()

    def _check(self) -> None:
        ascending_lengths(self.name, "centers", self.centers)
        positive_length(self.name, "width", self.width)
        if self.r_max is not None:
            positive_length(self.name, "r_max", self.r_max)
        if not isinstance(self.by_species, bool):
            raise InputError(f"{self.name}: by_species = {self.by_species!r} must be true or false")
        if self.by_species and not self.species:
            raise InputError(f"{self.name}: by_species needs species=[...], or a glass that gives them")
        if self.by_species and self.species and len(set(self.species)) < len(self.species):
            raise InputError(f"{self.name}: a species is duplicated in {', '.join(self.species)}")

    @property
    def feature_names(self) -> list[str]:
        """``G(center)``, or ``G_species(center)`` by species."""
        labels = [f"_{name}" for name in self.species or ()] if self.by_species else [""]
        return [f"G{label}({center:.12g})" for label in labels for center in self.centers]

    @property
    def species_needed(self) -> tuple[str, ...]:
        """The species of the columns, if there are columns by species."""
        return tuple(self.species or ()) if self.by_species else ()

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_centers), or (n_particles, n_species * n_centers) by species, float64.

        Raises
        ------
        InputError
            By species: the snapshot has one that is not among `species`.
        """
        self.require_units(snapshot.units)
        require_three_dimensions(snapshot)
        centers = np.array(self.centers, dtype=float)
        reach = float(centers[-1] + 2 * self.width) if self.r_max is None else float(self.r_max)
        grid = radial_kernels.fine_grid(snapshot.cell, snapshot.positions, reach)
        groups, n_groups = np.zeros(len(snapshot), dtype=np.int64), 1
        if self.by_species and self.species:
            groups, n_groups = types_of(snapshot, self.species, self.name), len(self.species)
        values = np.zeros((len(snapshot), n_groups * len(centers)))
        radial_kernels.gaussian_sums(
            grid, groups, n_groups, centers, float(self.width), _blocks(centers, float(self.width)), values
        )
        return values


def _blocks(centers: Floats, width: float) -> Integers:
    """(k, 3) runs of equidistant centres no longer than 20 widths: first, one past the last, the one in the middle.

    The kernel steps through a run from its middle, which is exact while the terms stay above the smallest double; a
    step of more than one width, or another step, begins a new run.
    """
    spacing = np.diff(centers)
    runs, first = [], 0
    for k in range(1, len(centers) + 1):
        ends = k == len(centers) or spacing[k - 1] > width or centers[k] - centers[first] > 20 * width
        if not ends and k > first + 1:
            ends = abs(spacing[k - 1] - spacing[first]) > 1e-12 * centers[-1]
        if ends:
            runs.append((first, k, (first + k - 1) // 2))
            first = k
    return np.array(runs, dtype=np.int64)


def positive_length(owner: str, name: str, value: object) -> None:
    """Raise `InputError` unless `value` is a positive, finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value) or value <= 0:
        raise InputError(f"{owner}: {name} = {value!r} must be a positive number")


def ascending_lengths(owner: str, name: str, values: object) -> None:
    """Raise `InputError` unless `values` are one or more positive, finite numbers in ascending order."""
    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.ndim != 1 or not numbers.size or not np.isfinite(numbers).all() or not (numbers > 0).all():
        raise InputError(f"{owner}: {name} = {values!r} must be a list of positive numbers")
    if not (np.diff(numbers) > 0).all():
        raise InputError(f"{owner}: {name} must ascend strictly; they are {', '.join(f'{v:g}' for v in numbers)}")

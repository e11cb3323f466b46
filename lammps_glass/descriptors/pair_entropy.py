"""Pair entropy: the two-body excess entropy of single particles."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lammps_glass.descriptors import radial_kernels
from lammps_glass.descriptors.base import Descriptor
from lammps_glass.descriptors.radial_gaussians import ascending_lengths, positive_length
from lammps_glass.errors import InputError
from lammps_glass.snapshots import Snapshot
from lammps_glass.snapshots.cell import Floats
from lammps_glass.snapshots.checks import require_three_dimensions
from lammps_glass.snapshots.grid import Grid, Integers
from lammps_glass.units import UnitDefaults

#: Cutoffs of Yang et al.: 3 to 15 angstrom in steps of 0.5.
CUTOFFS = tuple(3.0 + 0.5 * k for k in range(25))
#: Each neighbour's Gaussian ends after five standard deviations (6e-7 of its area lie beyond) and is tabulated at so
#: many places in a cell of the grid, with two terms of Taylor's series between them (4e-9 of its peak).
_SIGMAS, _PARTS = 5, 64


class PairEntropy(Descriptor):
    r"""Two-body excess entropy of single particles, resolved by species (Yang et al. 2021, eq. 2), in units of k_B.

    .. math:: S_{2,i}(r_c) = -\tfrac12 \sum_v \rho_v \int_0^{r_c} \{g_i^{uv} \ln g_i^{uv} - [g_i^{uv} - 1]\}
              \, 4 \pi r^2 dr, \qquad
              g_i^{uv}(r) = \frac{1}{4 \pi r^2 \rho_v} \sum_{j \in v}
              \frac{e^{-(r - r_{ij})^2 / 2 \sigma^2}}{\sqrt{2 \pi} \sigma},

    one column for each cutoff :math:`r_c`; every periodic image is a neighbour of its own, in boxes of any size. The
    integral is taken by the midpoint rule.

    A single particle's g(r) is shot noise: even an ideal gas has a negative S2, see `floor`.

    Parameters
    ----------
    cutoffs
        Ascending, in the length unit of the snapshots; default 3 to 15 in steps of 0.5 (angstrom).
    smoothing
        sigma, in the same unit.
    grid
        Step of the integral, at most half of `smoothing`.

    References
    ----------
    Yang et al. (2021), eq. 2; smoothing as P. M. Piaggi and M. Parrinello, J. Chem. Phys. 147, 114112 (2017), eq. 2,
    where the paper is silent.
    """

    name = "pair-entropy"
    unit_defaults = UnitDefaults("angstrom", ("cutoffs",))

    def __init__(self, cutoffs: Sequence[float] = CUTOFFS, smoothing: float = 0.15, grid: float = 0.05) -> None:
        self.cutoffs = cutoffs
        self.smoothing = smoothing
        self.grid = grid
        self._check()

    def _check(self) -> None:
        ascending_lengths(self.name, "cutoffs", self.cutoffs)
        positive_length(self.name, "smoothing", self.smoothing)
        positive_length(self.name, "grid", self.grid)
        if self.grid > self.smoothing / 2:
            raise InputError(
                f"{self.name}: grid = {self.grid:g} is too coarse for smoothing = {self.smoothing:g}: use at most half"
            )

    @property
    def feature_names(self) -> list[str]:
        """``S2(cutoff)`` for each cutoff."""
        return [f"S2({cutoff:.12g})" for cutoff in self.cutoffs]

    def floor(self, n_species: int = 2) -> Floats:
        r"""Compute (n_cutoffs,) S2 of an ideal gas's single particles: :math:`-n\, r_c / (8 \sqrt{\pi} \sigma)`.

        The smoothed g has a variance of :math:`1 / (4 \pi r^2 \rho_v \cdot 2 \sqrt{\pi} \sigma)` about 1, of which
        g ln g - g + 1 takes half; each of `n_species` adds its own. It holds where many neighbours overlap. Near the
        particle few do: at the density of a metal (0.055) the mean is 0.73 of it at a cutoff of 3 and 0.95 at 15.
        """
        floor: Floats = -n_species * np.array(self.cutoffs, dtype=float) / (8 * math.sqrt(math.pi) * self.smoothing)
        return floor

    def compute(self, snapshot: Snapshot) -> Floats:
        """(n_particles, n_cutoffs) float64.

        Raises
        ------
        InputError
            The cell is open along a direction, so that there is no density.
        """
        values = np.zeros((len(snapshot), len(self.cutoffs)))
        self._accumulate(snapshot, values, np.empty((0, 0, 0)))
        return values

    def of_average(self, snapshot: Snapshot) -> Floats:
        """Compute (n_cutoffs,) S2 of the pair correlation functions averaged over all particles: 0 for an ideal gas.

        The entropy of the whole system, sum over u of x_u S2_u, without the shot noise of single particles.
        """
        densities = _densities(snapshot)
        n_groups = len(densities)
        totals = np.zeros((n_groups, n_groups, self._n_counts))
        self._accumulate(snapshot, np.zeros((len(snapshot), len(self.cutoffs))), totals)
        cells, parts = self._cells
        result = np.zeros(len(self.cutoffs))
        for u, density in enumerate(densities):
            of_species = np.zeros(len(self.cutoffs))
            for v in range(n_groups):
                counts = totals[u, v, self._half :] / (density * snapshot.cell.volume)
                radial_kernels.integrate(counts, densities[v], float(self.grid), cells, parts, of_species)
            result += density / snapshot.number_density * of_species
        return result

    def _accumulate(self, snapshot: Snapshot, values: Floats, totals: Floats) -> None:
        self.require_units(snapshot.units)
        require_three_dimensions(snapshot)
        cells, parts = self._cells
        reach = (cells[-1] + 1 + self._half) * float(self.grid)
        grid: Grid = radial_kernels.fine_grid(snapshot.cell, snapshot.positions, reach)
        groups = np.unique(snapshot.types, return_inverse=True)[1].astype(np.int64)
        radial_kernels.pair_entropies(
            grid, groups, _densities(snapshot), float(self.grid), self._profiles(), cells, parts,
            self._half, np.empty(self._n_counts), values, totals,
        )  # fmt: skip

    @property
    def _half(self) -> int:
        """Grid cells that a neighbour's Gaussian covers on either side of its own cell."""
        return math.ceil(_SIGMAS * self.smoothing / self.grid)

    @property
    def _taps(self) -> int:
        """Tabulated cells of a Gaussian: those that it covers, rounded up to a multiple of eight."""
        return -(-(2 * self._half + 1) // 8) * 8

    @property
    def _cells(self) -> tuple[Integers, Floats]:
        """Whole cells below each cutoff, and the fraction of the next one, 0 for a cutoff on the grid."""
        exact = np.array(self.cutoffs, dtype=float) / self.grid
        cells = np.floor(exact + 1e-9)
        return cells.astype(np.int64), np.maximum(exact - cells, 0.0)

    @property
    def _n_counts(self) -> int:
        """Cells up to the last cutoff, and room for the Gaussians of neighbours on either side of them."""
        return int(self._cells[0][-1]) + 2 + self._half + self._taps

    def _profiles(self) -> Floats:
        """(parts, 3, taps) Gaussians on the cells around each place in a cell, first and half second derivatives.

        The number of taps is a multiple of eight, which vector units take at once: 37 take half as long again as 40.
        """
        sigma, step, half = float(self.smoothing), float(self.grid), self._half
        offset = (np.arange(_PARTS)[:, None] + 0.5) / _PARTS
        x = (np.arange(-half, -half + self._taps) + 0.5 - offset) * step
        value = np.exp(-0.5 * (x / sigma) ** 2) / (math.sqrt(2 * math.pi) * sigma)
        value[np.abs(x) > (half - 0.25) * step] = 0.0  # the same range for a neighbour on either side of a cell's edge
        return np.stack([value, value * x / sigma**2, 0.5 * value * ((x / sigma) ** 2 - 1) / sigma**2], axis=1)


def _densities(snapshot: Snapshot) -> Floats:
    """(n,) number density of each species that the snapshot has."""
    if not snapshot.cell.periodic.all():
        raise InputError("pair-entropy needs a density: the cell must be periodic in every direction")
    counts = np.unique(snapshot.types, return_counts=True)[1]
    densities: Floats = counts / snapshot.cell.volume
    return densities
